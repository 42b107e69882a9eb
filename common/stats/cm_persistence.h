/* cm_persistence.h: how far do years follow each other, and what does that leave of a test that takes them as
 * independent? Reach for it with every trend test on a series in time: a series that wanders looks like a trend.
 * Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_PERSISTENCE_H
#define CM_PERSISTENCE_H

#include "stats/cm_series.h"

typedef struct cm_persistence {
    size_t n;     /* values used */
    double room;  /* 0 … 1: how far the values leave room for memory. 1 where nothing is known, for n < 6, and where
                     r1 says so by itself, beyond 1.96/√n; else, of counts, their dispersion less ½: independent events
                     have 1 and no memory, and what is estimated from few values is rough */
    double share; /* ½ … 1: of the variance, what is not the chance of single events, 1 − 1/dispersion; else 1 */
    double r1;    /* autocorrelation at lag 1 of what Sen's line leaves of the ranks (by season: within each season),
                     over neighbours in place; NaN for n < 6, without neighbours, and where nothing is left */
    double rho; /* the process's, 0 … 0.95: r1 turned into a correlation of normal values, 2 sin(π r1/6), freed of the
                   bias that a fitted line gives it, (n r + 2)/(n − 5), times room, over share (Zeger 1988); 0 where
                   it is below or r1 is NaN */
    double ratio; /* by which the variance of S grows: Hamed and Rao 1998, eq. 15, with the autocorrelations of ranks
                     (6/π) asin(share·ρ^k/2); 1 where rho is 0. Missing places are not counted as distance */
    double effective; /* n(1 − ρ)/(1 + ρ): as many independent values say as much (Santer et al. 2000, eq. 6) */
    double df; /* effective − 3, by season effective − 2 − period: for line, seasons and rho; at least 1, with which
                  hardly anything is small. Over room², since only so much of the variance is estimated (Satterthwaite
                  1946); at most 10⁶. Never a refusal, which would choose the family of tests by its data */
} cm_persistence;

/* `period`: 1 without seasons, else values in a year; 0 is INVALID_ARGUMENT. `dispersion`: of values that are counts,
 * or shares of totals, cm_persistence_dispersion(); NaN where they are neither, or nothing is known. */
cm_status cm_persistence_measure(const double *values, size_t n, size_t period, double dispersion,
                                 cm_persistence *result) CM_MUST_USE;

/* How much more counts vary about a log-linear trend than independent events would, Pearson's χ²/(n − 2); with totals,
 * about a logistic trend. Times are finite, and all counts and totals there, counts within 0 … total, totals above 0.
 * NaN for fewer than 6 values, and where the trend has no maximum. */
double cm_persistence_dispersion(const double *times, const double *counts, const double *totals, size_t n);

/* Two-sided p of a standardised statistic (Mann–Kendall's z, a slope over its error) whose error is too small by
 * √ratio: statistic/√ratio against t with df degrees of freedom (adjusted error and adjusted degrees of freedom of
 * Santer et al. 2000). NaN where the statistic is. */
double cm_persistence_p(const cm_persistence *persistence, double statistic);

#endif
