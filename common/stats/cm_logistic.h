/* cm_logistic.h: how do the odds of a share move with time? Logistic regression on time by iteratively reweighted
 * least squares, with binomial or quasi-binomial variance.
 * Reach for it where Sen's slope is 0 or units are binary. Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_LOGISTIC_H
#define CM_LOGISTIC_H

#include "stats/cm_series.h"

typedef struct cm_logistic {
    size_t n;       /* bins used: those with hits, total and a total above 0 */
    bool separated; /* the hits lie on one side of a time, or all are hits or none: the likelihood has no maximum.
                       Estimates, errors, odds ratio and p are then NaN; p_likelihood is defined */
    int iterations;
    double intercept;             /* log odds at the mean time */
    double slope;                 /* log odds per unit of time; NaN with fewer than 2 distinct times, and where values
                             are so many orders of magnitude apart that rounding hides the maximum */
    double mean_time;             /* weighted by totals */
    double error;                 /* standard error of the slope, binomial variance */
    double odds_ratio;            /* exp(slope): a year, where time is in years */
    double odds_low, odds_high;   /* Wald interval by the normal distribution */
    double z, p;                  /* Wald: slope/error against the normal distribution */
    double p_likelihood;          /* likelihood ratio against no slope, χ² with 1 degree of freedom */
    double log_likelihood;        /* without the binomial coefficients, which cancel in comparisons */
    double log_likelihood_flat;   /* of the constant share */
    double dispersion;            /* Pearson's χ² / (n − 2); NaN for n < 3 */
    double quasi_error;           /* error·√dispersion, also below 1 (McCullagh and Nelder 1989, §4.5) */
    double quasi_low, quasi_high; /* of the odds ratio, by t with n − 2 degrees of freedom */
    double quasi_t, quasi_p;      /* slope/quasi_error against that t; NaN for n < 3 and where dispersion is 0 */
} cm_logistic;

/* hits[i] of totals[i] at times[i]: a bin each, fractions allowed, 0 ≤ hits ≤ totals; a bin with a missing hit or
 * total, or a total of 0, is left out. Units one by one are bins with a total of 1. Every time must be there. */
cm_status cm_logistic_trend(const double *times, const double *hits, const double *totals, size_t n, double level,
                            cm_logistic *result) CM_MUST_USE;

#endif
