/* cm_cusum.h: did the mean change, in whichever order the values could have come? Cumulative sums, tested by
 * permutation.
 * Reach for it where Pettitt's approximation is too coarse (few values). Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_CUSUM_H
#define CM_CUSUM_H

#include "stats/cm_bootstrap.h"

typedef struct cm_cusum {
    size_t n;
    double range; /* max S_t − min S_t, S_0 = 0, S_t = S_{t−1} + x_t − mean (Page 1954; Taylor 2000) */
    double p; /* (1 + permutations with as large a range)/(1 + permutations); NaN for n < 2, 1 where all are equal */
    size_t index; /* of the first value after the change: after the first largest |S_t|. 0 where p is NaN */
} cm_cusum;

/* INVALID_ARGUMENT for |x| > 1e100. */
cm_status cm_cusum_test(const double *values, size_t n, const cm_resampling *how, cm_cusum *result) CM_MUST_USE;

#endif
