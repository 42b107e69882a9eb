/* cm_clock.h: what time it is, and how it is written. Reach for it instead of gettimeofday. Any thread. */
#ifndef CM_CLOCK_H
#define CM_CLOCK_H

#include <pthread.h>

#include "base/cm_status.h"

/* Microseconds since 1970-01-01T00:00:00Z by the wall clock, which may step. */
int64_t cm_clock_wall_us(void);

/* Microseconds by a clock that never runs backwards; only differences mean something. */
int64_t cm_clock_monotonic_us(void);

/* Makes a condition whose timed waits end by CLOCK_MONOTONIC, which nobody sets. */
void cm_condition_init(pthread_cond_t *condition);

/* RFC 3339 in UTC with six decimals: `2026-11-24T09:14:12.000000Z`. */
enum { CM_TIME_TEXT = 40 };
char *cm_time_format(int64_t wall_us, char text[CM_TIME_TEXT]);

/* Parses RFC 3339 with any offset and up to nine decimals (cut to six). INVALID_ARGUMENT names the value. */
cm_status cm_time_parse(const char *text, int64_t *wall_us) CM_MUST_USE;

#endif
