#include "base/cm_clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cm_date.h"

enum { MILLION = 1000000, DAY_SECONDS = 86400 };

static int64_t now_us(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * MILLION + t.tv_nsec / 1000;
}

int64_t cm_clock_wall_us(void)
{
    return now_us(CLOCK_REALTIME);
}

int64_t cm_clock_monotonic_us(void)
{
    return now_us(CLOCK_MONOTONIC);
}

void cm_condition_init(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;

    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

static int64_t floor_divide(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

char *cm_time_format(int64_t wall_us, char text[CM_TIME_TEXT])
{
    int64_t seconds = floor_divide(wall_us, MILLION), days = floor_divide(seconds, DAY_SECONDS);
    cm_date date = cm_date_of_day((int32_t)days);
    int of_day = (int)(seconds - days * DAY_SECONDS), us = (int)(wall_us - seconds * MILLION);

    snprintf(text, CM_TIME_TEXT, "%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", date.year, date.month, date.day, of_day / 3600,
             of_day / 60 % 60, of_day % 60, us);
    return text;
}

/* The fraction from behind its point; false where it has no digit or more than nine. */
static bool fraction(const char **at, int *microseconds)
{
    int digits = 0;

    *microseconds = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++, digits++)
        if (digits < 6)
            *microseconds = *microseconds * 10 + (**at - '0');
    for (int i = digits; i < 6; i++)
        *microseconds *= 10;
    return digits >= 1 && digits <= 9;
}

/* A time without its fraction is an instant as cm_date reads it; what stays is the fraction and the offset's form. */
static bool parse(const char *text, int64_t *wall_us)
{
    enum { WHOLE = sizeof "2015-12-06T10:00:00" - 1 };
    char instant[CM_DATE_TEXT];
    int us = 0;
    cm_date date;

    if (strnlen(text, WHOLE + 1) <= WHOLE)
        return false;
    const char *offset = text + WHOLE;
    if (*offset == '.') {
        offset++;
        if (!fraction(&offset, &us))
            return false;
    }
    bool zulu = strcmp(offset, "Z") == 0 || strcmp(offset, "z") == 0;
    if (!zulu && strlen(offset) != sizeof "+00:00" - 1)
        return false;
    snprintf(instant, sizeof instant, "%.*s%s", (int)WHOLE, text, zulu ? "Z" : offset);
    if (instant[10] == 't' || instant[10] == ' ')
        instant[10] = 'T';
    cm_status s = cm_date_parse(instant, &date);
    bool fine = cm_is_ok(s) && date.precision == CM_PRECISION_INSTANT;
    cm_status_clear(&s);
    if (fine)
        *wall_us = ((int64_t)cm_date_first_day(date) * DAY_SECONDS + date.seconds) * MILLION + us;
    return fine;
}

cm_status cm_time_parse(const char *text, int64_t *wall_us)
{
    if (!parse(text, wall_us))
        return cm_fail(CM_INVALID_ARGUMENT,
                       "\"%.60s\" is no time; give RFC 3339 with an offset, such as 2026-11-24T09:14:12.5Z or "
                       "2026-11-24T10:14:12+01:00",
                       text);
    return cm_ok();
}
