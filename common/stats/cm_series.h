/* cm_series.h: what all statistics here agree on: how a series is given, what is missing and what is undefined.
 * Reach for it before the first call into stats/; it holds for every header of this folder.
 *
 * - A series is an array of doubles and its length. NaN in an input is a missing value and is skipped; its place is
 *   kept wherever places mean something. ±infinity is refused with INVALID_ARGUMENT that names index and value.
 * - NaN in a result means "undefined": the definition gives no number here (too few values, no variance). Each member
 *   says when. No result is ever ±infinity. Ask with cm_defined; in JSON it is null. Too little data is no error.
 * - INVALID_ARGUMENT is for what no data excuse: a negative count, a level outside (0, 1), an infinite value.
 *   RESOURCE_EXHAUSTED says which size would fit. On any failure the result is left as it was.
 * - Counts of what was used (`n`) leave missing values out. An `index` is a 0-based position in the array as given.
 * - p-values are two-sided. Levels are given as 0.95, intervals as cm_interval.
 * - Nothing here keeps state, reads a clock or writes anywhere: any thread, at any time, and the same input gives the
 *   same output. */
#ifndef CM_SERIES_H
#define CM_SERIES_H

#include <math.h>

#include "base/cm_status.h"

typedef struct cm_interval {
    double low, high; /* both defined or both NaN */
} cm_interval;

/* The longest series that is taken; more is RESOURCE_EXHAUSTED. */
enum { CM_SERIES_MOST = 10000000 };

static inline bool cm_defined(double value)
{
    return !isnan(value);
}

/* OK where n ≤ CM_SERIES_MOST and no value is infinite; `name` is what the message calls the array. */
cm_status cm_series_check(const char *name, const double *values, size_t n) CM_MUST_USE;

/* The same, and no value may be negative. */
cm_status cm_series_check_counts(const char *name, const double *values, size_t n) CM_MUST_USE;

/* Every value must be there: NaN is refused as well. */
cm_status cm_series_check_full(const char *name, const double *values, size_t n) CM_MUST_USE;

/* For what squares its values: ±1e100 at most. */
#define CM_SERIES_LARGEST 1e100
cm_status cm_series_check_size(const char *name, const double *values, size_t n) CM_MUST_USE;

/* OK where 0 < level < 1. */
cm_status cm_level_check(const char *name, double level) CM_MUST_USE;

/* Copies the values that are there to `kept`, and their positions to `places` (may be NULL); both have room for n.
 * Returns how many. */
size_t cm_series_present(const double *values, size_t n, double *kept, size_t *places);

/* Mean of n present values, without overflow for values that are near the largest; NaN where n is 0. */
double cm_mean(const double *values, size_t n);

#endif
