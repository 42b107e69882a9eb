/* cm_special.h: the incomplete gamma and beta functions, on which probabilities rest.
 * Reach for stats/cm_normal.h first; reach here for a distribution that it lacks. Any thread. */
#ifndef CM_SPECIAL_H
#define CM_SPECIAL_H

/* Regularised lower and upper incomplete gamma P(a, x) and Q(a, x) = 1 − P (Abramowitz and Stegun 6.5.1): a > 0, x ≥ 0.
 * NaN outside. Relative error below 1e-12 wherever the result is above 1e-290 and a ≤ 1e6. */
double cm_gamma_p(double a, double x);
double cm_gamma_q(double a, double x);

/* Regularised incomplete beta I_x(a, b) (Abramowitz and Stegun 26.5.1): a, b > 0, 0 ≤ x ≤ 1; NaN outside. `y` is 1 − x,
 * given apart so that nothing is lost where x is near 1. */
double cm_beta(double a, double b, double x, double y);

/* ln Γ(x) for x > 0, thread-safe; ln of the binomial coefficient n over k, for real 0 ≤ k ≤ n. */
double cm_log_gamma(double x);
double cm_log_choose(double n, double k);

#endif
