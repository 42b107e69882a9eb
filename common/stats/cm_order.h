/* cm_order.h: sorting, selecting and counting by order: medians, quantiles, ranks, ties and inversions.
 * Reach for it where only the order of values matters. No value may be NaN. Conventions: stats/cm_series.h. Any thread.
 */
#ifndef CM_ORDER_H
#define CM_ORDER_H

#include "stats/cm_series.h"

/* Sorts ascending, in place, O(n log n). */
void cm_sort(double *values, size_t n);

/* Puts the values of the given ranks (0-based, ascending, below n) into `found`, O(n) for a few ranks; the array is
 * left in another order. */
void cm_select(double *values, size_t n, const uint64_t *ranks, size_t count, double *found);

/* The median of n values, NaN where n is 0; the array is left alone. */
double cm_median(const double *values, size_t n);

/* The quantile at `share` (0 … 1) of n sorted values by linear interpolation at (n−1)·share (Hyndman and Fan 1996,
 * definition 7); NaN where n is 0. */
double cm_quantile(const double *sorted, size_t n, double share);

/* Ranks 1 … n, ties given their mean rank; `ranks` may be the same array. */
void cm_ranks(const double *values, size_t n, double *ranks);

/* Positions of the values in ascending order, equal ones as they stand. */
void cm_sort_positions(const double *values, size_t n, uint32_t *positions);

/* Pairs i < j with values[i] > values[j]; sorts the array on the way (Knight 1966). */
uint64_t cm_sort_counting(double *values, size_t n);

/* Σ over the groups of t equal values: pairs t(t−1)/2, and t(t−1)(2t+5), which is what variances of S lose. */
typedef struct cm_ties {
    uint64_t pairs;
    double term;
} cm_ties;
cm_ties cm_ties_of_sorted(const double *sorted, size_t n);

#endif
