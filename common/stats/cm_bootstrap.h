/* cm_bootstrap.h: how sure is a number whose units hang together? Percentile intervals by resampling whole clusters.
 * Reach for it for shares of units that come in clusters (entries of one negotiation, agreements of one city) and for
 * counts in fractions. Conventions: stats/cm_series.h. Any thread.
 *
 * Replicate r draws from stream r of the seed (stats/cm_philox.h), so the same input gives the same interval. */
#ifndef CM_BOOTSTRAP_H
#define CM_BOOTSTRAP_H

#include "stats/cm_series.h"

/* How much to resample. */
typedef struct cm_resampling {
    uint64_t seed;
    int replicates; /* 1 … 1,000,000 */
    double level;   /* 0.95 */
} cm_resampling;

/* 2,000 replicates at 95 % from a fixed seed. */
#define CM_RESAMPLING_USUAL ((cm_resampling){.seed = 20240101, .replicates = 2000, .level = 0.95})

/* OK where its members are in range; and where replicates·n ≤ 4e9 besides, else RESOURCE_EXHAUSTED. */
cm_status cm_resampling_check(const cm_resampling *how) CM_MUST_USE;
cm_status cm_resampling_check_work(const cm_resampling *how, size_t n) CM_MUST_USE;

typedef struct cm_cluster_share {
    size_t clusters;  /* used: with a hit and a total that are there, and a total above 0 */
    double estimate;  /* Σ hits / Σ totals; NaN where Σ totals is 0 */
    double low, high; /* percentiles of the replicates; NaN with fewer than 2 clusters */
} cm_cluster_share;

/* A ratio of sums over n clusters: hits[c] of totals[c] (fractions allowed, 0 ≤ hits ≤ totals). Each replicate draws
 * as many clusters as there are, with replacement (Efron 1979; Davison and Hinkley 1997, §3.8). */
cm_status cm_bootstrap_share(const double *hits, const double *totals, size_t n, const cm_resampling *how,
                             cm_cluster_share *result) CM_MUST_USE;

/* The same from units: unit u is in clusters[u] (any numbers; equal ones belong together), weighs weights[u] (NULL: 1)
 * and is a hit or not. The order of the units does not matter, but where weights have no exact sum. */
cm_status cm_bootstrap_share_of_units(const uint64_t *clusters, const bool *hits, const double *weights, size_t n,
                                      const cm_resampling *how, cm_cluster_share *result) CM_MUST_USE;

/* A mean over clusters: Σ sums[c] / Σ counts[c], with sums of any sign (of city minus state by issue, say).
 * OUT_OF_RANGE where the ratio leaves the range of doubles. */
cm_status cm_bootstrap_mean(const double *sums, const double *counts, size_t n, const cm_resampling *how,
                            cm_cluster_share *result) CM_MUST_USE;

/* Percentile interval of `n` replicates, which are sorted in place (definition 7 quantiles); NaN where n is 0. */
cm_interval cm_percentiles(double *replicates, size_t n, double level);

#endif
