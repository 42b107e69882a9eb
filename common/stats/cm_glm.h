/* cm_glm.h: regression of shares or counts on time with the canonical link, by Newton's steps, which for these are
 * iteratively reweighted least squares (McCullagh and Nelder 1989, §2.5).
 * Reach for cm_logistic.h or cm_levels.h, which rest on it. Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_GLM_H
#define CM_GLM_H

#include <float.h>

#include "stats/cm_series.h"

typedef enum cm_glm_family {
    CM_GLM_BINOMIAL, /* values of totals; logit */
    CM_GLM_POISSON,  /* values, totals not used; logarithm */
} cm_glm_family;

typedef struct cm_glm {
    bool separated; /* the likelihood has no maximum: all of one kind, or kinds apart in time. log_likelihood is then
                       its supremum */
    bool maximum; /* false where it is separated, and where rounding hides the maximum (values many orders of magnitude
                     apart). What follows is then NaN, but for mean_time and a supremum */
    int iterations;
    double mean_time;      /* weighted by totals (Poisson: plain) */
    double intercept;      /* linear predictor at mean_time */
    double slope, error;   /* per unit of time, and its standard error */
    double log_likelihood; /* without terms that hold for every model: binomial coefficients, ln y! */
    double pearson;        /* Σ (y − μ)²/V(μ) */
} cm_glm;

/* All values are there, totals above 0, values within range, and at least two times differ: the caller sees to it. */
cm_glm cm_glm_fit(cm_glm_family family, const double *times, const double *values, const double *totals, size_t n);

/* y·ln(y/m) with 0·ln 0 = 0, and finite where y/m is too small for a double. */
static inline double cm_y_log_ratio(double y, double m)
{
    return y > 0 ? y * log(fmax(y / m, DBL_MIN)) : 0;
}

/* Log-likelihood of `hits` of `total` at their own share: the largest that a share can give. */
static inline double cm_binomial_best(double hits, double total)
{
    return cm_y_log_ratio(hits, total) + cm_y_log_ratio(total - hits, total);
}

#endif
