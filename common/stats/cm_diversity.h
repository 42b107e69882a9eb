/* cm_diversity.h: how spread out is a mix? Shannon entropy, Hill numbers and the Herfindahl–Hirschman index.
 * Reach for it for the mix of countries, topics or partners. Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_DIVERSITY_H
#define CM_DIVERSITY_H

#include "stats/cm_mix.h"

/* Of weights ≥ 0 over n categories; zeros count for nothing; NaN where all are 0. */
cm_status cm_entropy(const double *weights, size_t n, double *nats) CM_MUST_USE; /* −Σ p ln p */
cm_status cm_hhi(const double *weights, size_t n, double *index) CM_MUST_USE;    /* Σ p², 1/k … 1 */

/* Hill's number of order q ≥ 0: (Σ p^q)^(1/(1−q)), the limit exp(entropy) at 1 (Hill 1973; Jost 2006). Order 0 is the
 * number of categories that occur. */
cm_status cm_hill(const double *weights, size_t n, double order, double *number) CM_MUST_USE;

typedef struct cm_diversity {
    size_t categories; /* that occur */
    size_t clusters;
    double total;                 /* weight */
    double entropy, hhi;          /* NaN where total is 0 */
    double hill1, hill2;          /* exp(entropy), 1/hhi */
    cm_interval entropy_interval; /* percentile bootstrap over clusters; NaN with fewer than 2 clusters. Resampling */
    cm_interval hhi_interval;     /* loses rare categories: entropy is low and HHI high on average, and no correction */
    cm_interval hill1_interval;   /* is made */
    cm_interval hill2_interval;
} cm_diversity;

/* Of the rows in `window`. */
cm_status cm_diversity_of(const cm_mix *mix, int window, const cm_resampling *how, cm_diversity *result) CM_MUST_USE;

#endif
