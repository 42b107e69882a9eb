/* cm_mix.h: weights of units over categories, in one window or two: what mixes are compared and resampled from.
 * Reach for it to feed cm_jensen_shannon.h and cm_diversity.h. Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_MIX_H
#define CM_MIX_H

#include "stats/cm_bootstrap.h"

/* One unit's weight in one category. A unit that is split over categories is several rows of the same cluster. */
typedef struct cm_mix_row {
    uint64_t cluster;  /* rows of equal cluster are resampled and permuted together */
    uint32_t category; /* 0 … categories − 1 */
    uint8_t window;    /* 0 or 1; 0 where there is only one */
    double weight;     /* ≥ 0, finite */
} cm_mix_row;

typedef struct cm_mix {
    const cm_mix_row *rows;
    size_t n;
    size_t categories; /* 1 … 1,000,000 */
} cm_mix;

cm_status cm_mix_check(const cm_mix *mix) CM_MUST_USE;

/* Sums of weight by category in a window; `sums` has room for mix->categories. Returns their total. */
double cm_mix_sums(const cm_mix *mix, int window, double *sums);

/* A mix sorted by cluster, ready to be drawn from again and again. */
typedef struct cm_mix_sampler cm_mix_sampler;
cm_status cm_mix_sampler_new(const cm_mix *mix, cm_mix_sampler **sampler) CM_MUST_USE;
void cm_mix_sampler_free(cm_mix_sampler *sampler); /* NULL is fine */

/* How many clusters weigh anything: at all, and in one window. */
size_t cm_mix_sampler_clusters(const cm_mix_sampler *sampler);
size_t cm_mix_sampler_clusters_in(const cm_mix_sampler *sampler, int window);

/* Draws clusters with replacement, as many as there are within each stratum (only in window 0, only in window 1, in
 * both), and sums their weights: sums[0 …] for window 0, sums[categories …] for window 1. */
void cm_mix_sampler_bootstrap(const cm_mix_sampler *sampler, uint64_t seed, uint64_t replicate, double *sums);

/* Permutes which window a cluster is in: clusters of one window exchange their windows, keeping how many each has;
 * those in both swap theirs with probability ½. */
void cm_mix_sampler_permute(const cm_mix_sampler *sampler, uint64_t seed, uint64_t replicate, double *sums);

#endif
