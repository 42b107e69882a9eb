/* cm_jensen_shannon.h: how different are two mixes? The Jensen–Shannon divergence, base 2: 0 equal … 1 disjoint.
 * Reach for it to compare partners before and after, or topics of two formats. Conventions: stats/cm_series.h. Any
 * thread. */
#ifndef CM_JENSEN_SHANNON_H
#define CM_JENSEN_SHANNON_H

#include "stats/cm_mix.h"

/* Of weights ≥ 0 over the same categories, each scaled to sum 1 (Lin 1991, eq. 4.1 with equal weights). NaN where one
 * of them sums to 0. */
cm_status cm_jensen_shannon(const double *a, const double *b, size_t categories, double *divergence) CM_MUST_USE;

typedef struct cm_jensen_shannon_result {
    double total[2]; /* weight in each window */
    size_t clusters;
    double divergence;  /* NaN where a window is empty, and with it all below */
    double low, high;   /* percentile bootstrap over clusters: descriptive, biased upwards in small samples.
                           NaN where a window has fewer than 2 */
    double chance_mean; /* mean divergence when windows are permuted: what chance alone gives with these sizes */
    double chance_high; /* its quantile at `level` */
    double p;           /* (1 + permutations with a divergence at least as large) / (1 + permutations) */
} cm_jensen_shannon_result;

/* Bootstrap and permutation test with `how->replicates` each (Phipson and Smyth 2010 for p). */
cm_status cm_jensen_shannon_test(const cm_mix *mix, const cm_resampling *how,
                                 cm_jensen_shannon_result *result) CM_MUST_USE;

#endif
