/* cm_sen.h: how steep is a trend? Sen's slope: the median of the slopes of all pairs, with Gilbert's interval.
 * Reach for it beside cm_mann_kendall.h. Conventions: stats/cm_series.h. Any thread.
 *
 * The order statistics of slopes are found by randomised selection in O(n log n) without making all pairs (Matoušek
 * 1991); the random numbers are fixed, and what they lead to is exact. */
#ifndef CM_SEN_H
#define CM_SEN_H

#include "stats/cm_series.h"

typedef struct cm_sen {
    size_t n;         /* values used */
    uint64_t pairs;   /* slopes that the median is taken of */
    double slope;     /* per unit of time; NaN where there is no pair */
    double intercept; /* median(values) − median(times)·slope, over the values that are there; NaN where slope is */
    double low, high; /* Gilbert 1987, p. 218: with C = z·√var(S), the slopes of rank (pairs − C)/2 and
                         (pairs + C)/2 + 1, between ranks by linear interpolation; both NaN where the ranks lie outside
                         1 … pairs, as they do for fewer than six values without ties */
} cm_sen;

/* times[i] goes with values[i]: calendar years, say, so that a missing bin keeps its place. Any order; pairs at the
 * same time have no slope and are left out. Every time must be there (INVALID_ARGUMENT otherwise). OUT_OF_RANGE where
 * a slope leaves the range of doubles. */
cm_status cm_sen_slope(const double *times, const double *values, size_t n, double level, cm_sen *result) CM_MUST_USE;

/* Time is the position 0 … n−1, missing values keeping theirs. */
cm_status cm_sen_slope_by_index(const double *values, size_t n, double level, cm_sen *result) CM_MUST_USE;

/* Over seasons (Hirsch, Slack, Smith 1982): slopes of pairs of the same season, per whole period; the intercept is
 * median(values) − median(i)/period·slope. The interval's variance is the seasonal test's. */
cm_status cm_sen_slope_seasonal(const double *values, size_t n, size_t period, double level,
                                cm_sen *result) CM_MUST_USE;

#endif
