/* cm_normal.h: the normal, χ², t and F distributions: probabilities and quantiles.
 * Reach for it to turn a statistic into a p-value or a level into a factor. NaN where an argument is outside its
 * range. Upper tails are computed as such, so that small p-values keep their digits. Any thread. */
#ifndef CM_NORMAL_H
#define CM_NORMAL_H

double cm_normal_cdf(double z);
double cm_normal_upper(double z);
double cm_normal_two_sided(double z); /* P(|Z| ≥ |z|) */
double cm_normal_quantile(double p);  /* 0 < p < 1; −∞ and ∞ at 0 and 1 */

double cm_chi2_cdf(double x, double df); /* x ≥ 0, df > 0, df may be any real number, here and below */
double cm_chi2_upper(double x, double df);
double cm_chi2_quantile(double p, double df);

double cm_t_two_sided(double t, double df); /* P(|T| ≥ |t|) */
double cm_t_cdf(double t, double df);
double cm_t_quantile(double p, double df);

double cm_f_upper(double f, double df1, double df2);

/* Quantile of the gamma distribution with shape `a` and scale 1. */
double cm_gamma_quantile(double p, double a);

#endif
