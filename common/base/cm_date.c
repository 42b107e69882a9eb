#include "base/cm_date.h"

#include <stdio.h>
#include <string.h>

enum { DAY_SECONDS = 86400, DAYS_400_YEARS = 146097, DAYS_TO_1970 = 719468 };

static bool leap(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && leap(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar. Years are taken to begin in March, so that the leap day
 * is the last of one. Years are not negative here. */
static int32_t day_number(int year, int month, int day)
{
    int y = month <= 2 ? year - 1 : year, m = (month + 9) % 12;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - DAYS_TO_1970;
}

cm_date cm_date_of_day(int32_t days)
{
    int64_t z = (int64_t)days + DAYS_TO_1970;
    int64_t era = (z >= 0 ? z : z - DAYS_400_YEARS + 1) / DAYS_400_YEARS;
    int in_era = (int)(z - era * DAYS_400_YEARS);
    int year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int in_year = in_era - (365 * year + year / 4 - year / 100);
    int m = (5 * in_year + 2) / 153;
    int month = m < 10 ? m + 3 : m - 9;

    return (cm_date){.year = (int)(year + era * 400) + (month <= 2),
                     .month = month,
                     .day = in_year - (153 * m + 2) / 5 + 1,
                     .precision = CM_PRECISION_DAY};
}

/* Reads exactly `digits` digits; false where they are not there. */
static bool number(const char **at, int digits, int *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *value = *value * 10 + (**at - '0');
    }
    return true;
}

static bool skip(const char **at, char c)
{
    if (**at != c)
        return false;
    (*at)++;
    return true;
}

/* Z, +hh or +hh:mm in seconds east of UTC. */
static bool offset(const char **at, int *seconds)
{
    int hours, minutes = 0;
    bool west = **at == '-';

    *seconds = 0;
    if (skip(at, 'Z'))
        return true;
    if (!skip(at, '+') && !skip(at, '-'))
        return false;
    if (!number(at, 2, &hours) || (skip(at, ':') && !number(at, 2, &minutes)) || hours > 23 || minutes > 59)
        return false;
    *seconds = (hours * 60 + minutes) * (west ? -60 : 60);
    return true;
}

/* hh:mm:ss and an offset; moves the date where UTC is on another day. A 60th second exists at 23:59:60 UTC only. */
static bool time_of_day(const char **at, cm_date *date)
{
    int hours, minutes, seconds, east;

    if (!number(at, 2, &hours) || !skip(at, ':') || !number(at, 2, &minutes) || !skip(at, ':') ||
        !number(at, 2, &seconds) || !offset(at, &east) || hours > 23 || minutes > 59 || seconds > 60)
        return false;
    int of_day = (hours * 60 + minutes) * 60 + seconds - east;
    if (seconds == 60 && of_day % DAY_SECONDS != 0)
        return false;
    int32_t day = day_number(date->year, date->month, date->day);
    if (of_day < 0) {
        of_day += DAY_SECONDS;
        day--;
    } else if (of_day >= DAY_SECONDS) {
        of_day -= DAY_SECONDS;
        day++;
    }
    *date = cm_date_of_day(day);
    date->seconds = of_day;
    date->precision = CM_PRECISION_INSTANT;
    return date->year >= 1 && date->year <= 9999;
}

static bool parse(const char *at, cm_date *date)
{
    if (!number(&at, 4, &date->year) || date->year < 1)
        return false;
    date->precision = CM_PRECISION_YEAR;
    if (skip(&at, '-')) {
        if (!number(&at, 2, &date->month) || date->month < 1 || date->month > 12)
            return false;
        date->precision = CM_PRECISION_MONTH;
        if (skip(&at, '-')) {
            if (!number(&at, 2, &date->day) || date->day < 1 || date->day > days_in_month(date->year, date->month))
                return false;
            date->precision = CM_PRECISION_DAY;
            if (skip(&at, 'T') && !time_of_day(&at, date))
                return false;
        }
    }
    return *at == '\0';
}

cm_status cm_date_parse(const char *text, cm_date *date)
{
    *date = (cm_date){0};
    if (!text || !*text)
        return cm_ok();
    cm_date parsed = {0};
    if (!parse(text, &parsed))
        return cm_fail(CM_INVALID_ARGUMENT,
                       "\"%.60s\" is no date; give a year (2015), a month (2015-12), a day that exists (2015-12-06) or "
                       "an instant (2015-12-06T10:00:00Z), from year 0001 to 9999",
                       text);
    *date = parsed;
    return cm_ok();
}

char *cm_date_format(cm_date d, char text[CM_DATE_TEXT])
{
    size_t room = CM_DATE_TEXT;
    int hour = d.seconds / 3600, minute = d.seconds / 60 % 60, second = d.seconds % 60;

    switch (d.precision) {
        case CM_PRECISION_NONE:
            text[0] = '\0';
            break;
        case CM_PRECISION_YEAR:
            snprintf(text, room, "%04d", d.year);
            break;
        case CM_PRECISION_MONTH:
            snprintf(text, room, "%04d-%02d", d.year, d.month);
            break;
        case CM_PRECISION_DAY:
            snprintf(text, room, "%04d-%02d-%02d", d.year, d.month, d.day);
            break;
        case CM_PRECISION_INSTANT:
            snprintf(text, room, "%04d-%02d-%02dT%02d:%02d:%02dZ", d.year, d.month, d.day, hour, minute, second);
            break;
    }
    return text;
}

int32_t cm_date_first_day(cm_date date)
{
    return day_number(date.year, date.month ? date.month : 1, date.day ? date.day : 1);
}

int32_t cm_date_last_day(cm_date date)
{
    int month = date.month ? date.month : 12;

    return day_number(date.year, month, date.day ? date.day : days_in_month(date.year, month));
}

int32_t cm_date_middle_day(cm_date date)
{
    if (date.precision == CM_PRECISION_YEAR)
        return day_number(date.year, 7, 2);
    return day_number(date.year, date.month, date.precision == CM_PRECISION_MONTH ? 15 : date.day);
}

static int order(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

int cm_date_compare(cm_date a, cm_date b)
{
    if (a.precision == CM_PRECISION_NONE || b.precision == CM_PRECISION_NONE)
        return order(a.precision, b.precision);
    int by_day = order(cm_date_first_day(a), cm_date_first_day(b));
    if (by_day)
        return by_day;
    int by_second = order(a.seconds, b.seconds);
    return by_second ? by_second : order(a.precision, b.precision);
}

bool cm_date_certainly_after(cm_date a, cm_date b)
{
    if (a.precision == CM_PRECISION_NONE || b.precision == CM_PRECISION_NONE)
        return false;
    if (a.precision == CM_PRECISION_INSTANT && b.precision == CM_PRECISION_INSTANT)
        return cm_date_compare(a, b) > 0;
    return cm_date_first_day(a) > cm_date_last_day(b);
}
