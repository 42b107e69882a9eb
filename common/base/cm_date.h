/* cm_date.h: a moment in the world, as precisely as it is known. Written in the Extended Date/Time Format, level 0
 * (ISO 8601-2): `2015`, `2015-12`, `2015-12-06`, `2015-12-06T10:00:00Z`. What is written is what is known.
 * Reach for it wherever an event time is read, checked or compared. Pure; any thread. */
#ifndef CM_DATE_H
#define CM_DATE_H

#include "base/cm_status.h"

typedef enum cm_precision {
    CM_PRECISION_NONE = 0, /* no date at all */
    CM_PRECISION_YEAR,
    CM_PRECISION_MONTH,
    CM_PRECISION_DAY,
    CM_PRECISION_INSTANT,
} cm_precision;

typedef struct cm_date {
    int year;       /* 1 … 9999 */
    int month, day; /* 1 … 12, 1 … 31; 0 where not known */
    int seconds;    /* since midnight UTC, for an instant */
    cm_precision precision;
} cm_date;

/* Parses `text`; "" and NULL give CM_PRECISION_NONE. INVALID_ARGUMENT, without a field path, names the value and the
 * forms that are right: the calendar is checked (no 2015-02-29), an instant's offset is applied, so that what is kept
 * is UTC. */
cm_status cm_date_parse(const char *text, cm_date *date) CM_MUST_USE;

/* Writes the canonical form, at most 20 characters and a NUL. */
enum { CM_DATE_TEXT = 32 };
char *cm_date_format(cm_date date, char text[CM_DATE_TEXT]);

/* Days since 1970-01-01 of the first and of the last day that the date may mean (2015 → 16436, 16800). Not for NONE. */
int32_t cm_date_first_day(cm_date date);
int32_t cm_date_last_day(cm_date date);

/* The day in the middle: mid-month and mid-year for partial dates (2015 → 2015-07-02, 2015-02 → 2015-02-15). */
int32_t cm_date_middle_day(cm_date date);

/* The date with day precision that lies `days` after 1970-01-01. */
cm_date cm_date_of_day(int32_t days);

/* Orders by first day, then instant, then precision (the coarser first). NONE comes before everything. */
int cm_date_compare(cm_date a, cm_date b);

/* Whether `b` certainly ends before `a` begins: end before start, as far as both are known. NONE never is. */
bool cm_date_certainly_after(cm_date a, cm_date b);

#endif
