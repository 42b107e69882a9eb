/* cm_slopes.h: order statistics of the slopes between all pairs of points, without making all pairs.
 * Reach for it behind cm_sen.h. Conventions: stats/cm_series.h. One thread a value.
 *
 * Slopes below s are the inversions of values − s·times (Matoušek 1991; Dillencourt, Mount, Netanyahu 1992): they are
 * counted, sampled evenly and listed by merge sort in O(n log n), which narrows a bracket around the rank until what is
 * in it can be listed. A slope that comes out is one of the pairs'; where more slopes than can be listed lie within
 * rounding of each other, it is one of those. Few pairs are simply made. */
#ifndef CM_SLOPES_H
#define CM_SLOPES_H

#include "stats/cm_series.h"

typedef struct cm_slopes {
    struct cm_slopes_group *groups;
    size_t count, capacity;
    uint64_t pairs;
} cm_slopes; /* zero-initialise */
void cm_slopes_clear(cm_slopes *slopes);
static inline void cm_slopes_cleanup(cm_slopes *slopes)
{
    cm_slopes_clear(slopes);
}

/* Adds points (finite, |values| < 2^1000), copied, whose pairs with different times are slopes; points of different
 * calls form no pairs. RESOURCE_EXHAUSTED beyond 2^62 pairs. */
cm_status cm_slopes_add(cm_slopes *slopes, const double *times, const double *values, size_t n) CM_MUST_USE;

uint64_t cm_slopes_count(const cm_slopes *slopes);

/* Variance of Kendall's S of the points added first, ties in values and in times corrected for (Kendall 1975, §4.4). */
double cm_slopes_variance(const cm_slopes *slopes);

/* The slopes of `count` (≤ 16) ascending 0-based ranks below cm_slopes_count. OUT_OF_RANGE where a slope overflows. */
cm_status cm_slopes_select(const cm_slopes *slopes, const uint64_t *ranks, size_t count, double *found) CM_MUST_USE;

#endif
