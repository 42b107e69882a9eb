/* cm_mann_kendall.h: is there a monotonic trend? The Mann–Kendall test, plain and by season, and with its variance
 * corrected for autocorrelation.
 * Reach for it with cm_sen.h, which says how steep. Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_MANN_KENDALL_H
#define CM_MANN_KENDALL_H

#include "stats/cm_series.h"

typedef struct cm_mann_kendall {
    size_t n; /* values used */
    double s; /* Σ_{i<j} sgn(x_j − x_i); 0 where n < 2 */
    double var_s; /* (n(n−1)(2n+5) − Σ t(t−1)(2t+5)) / 18 over groups of t ties, times `ratio`; 0 where all are equal */
    double ratio; /* by which the variance was corrected; 1 for the plain tests */
    double tau;   /* s / (n(n−1)/2), by season: over the sum of these; NaN where n < 2 */
    double z;     /* (s ∓ 1) / √var_s; 0 where s is 0; NaN where n < 2 or the corrected variance is not positive */
    double p;     /* two-sided, normal; NaN where z is */
} cm_mann_kendall;

/* The plain test (Mann 1945; Kendall 1975), O(n log n) by Knight 1966. */
cm_status cm_mann_kendall_test(const double *values, size_t n, cm_mann_kendall *result) CM_MUST_USE;

/* By season (Hirsch, Slack, Smith 1982, eq. 5–8): values[i] belongs to season i mod `period` (≥ 1); S and variance are
 * summed over seasons, which are taken as independent. */
cm_status cm_mann_kendall_seasonal(const double *values, size_t n, size_t period, cm_mann_kendall *result) CM_MUST_USE;

/* Variance corrected by the autocorrelation of the ranks of what is left after Sen's slope is taken out, at lags that
 * differ from 0 at the 5 % level (Hamed and Rao 1998, eq. 15–16). `lags`: how many are looked at; 0 is all n − 1. The
 * ratio is NaN for n < 3. Values that are there are taken as neighbours, as if none were missing between. */
cm_status cm_mann_kendall_hamed_rao(const double *values, size_t n, size_t lags, cm_mann_kendall *result) CM_MUST_USE;

/* Variance corrected by the effective sample size, 1 + 2 Σ (1 − k/n) r_k, of the detrended values (Yue and Wang 2004,
 * eq. 10–12). `lags` as above. With all lags the sum of sample autocorrelations is −½ by construction, which can make
 * the ratio small or negative (z and p are then NaN): prefer a few lags, or Hamed and Rao. */
cm_status cm_mann_kendall_yue_wang(const double *values, size_t n, size_t lags, cm_mann_kendall *result) CM_MUST_USE;

#endif
