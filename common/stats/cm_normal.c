#include "stats/cm_normal.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "stats/cm_special.h"

double cm_normal_cdf(double z)
{
    return erfc(-z * M_SQRT1_2) / 2;
}

double cm_normal_upper(double z)
{
    return erfc(z * M_SQRT1_2) / 2;
}

double cm_normal_two_sided(double z)
{
    return erfc(fabs(z) * M_SQRT1_2);
}

/* z > 0 with P(Z ≥ z) = p, 0 < p < ½: a first guess (Abramowitz and Stegun 26.2.23), then Halley's steps. */
static double upper_quantile(double p)
{
    double t = sqrt(-2 * log(p));
    double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));

    for (int k = 0; k < 4; k++) {
        double density = exp(-z * z / 2) / sqrt(2 * M_PI);
        if (!(density > DBL_MIN))
            break;
        double step = (cm_normal_upper(z) - p) / density;
        z += step / (1 - step * z / 2);
    }
    return z;
}

double cm_normal_quantile(double p)
{
    if (!(p >= 0 && p <= 1))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    if (p == 0.5)
        return 0;
    return p < 0.5 ? -upper_quantile(p) : upper_quantile(1 - p);
}

double cm_chi2_cdf(double x, double df)
{
    return cm_gamma_p(df / 2, x / 2);
}

double cm_chi2_upper(double x, double df)
{
    return cm_gamma_q(df / 2, x / 2);
}

/* Where `tail(x, a)` falls (or rises) through p, for x > 0, starting from a positive guess. */
static double invert(double (*tail)(double x, double a), double a, double p, bool rises, double guess)
{
    double low = guess, high = guess;

    while (low > DBL_MIN && (tail(low, a) > p) == rises)
        low /= 2;
    while (high < DBL_MAX / 4 && (tail(high, a) < p) == rises)
        high *= 2;
    for (;;) {
        double middle = low + (high - low) / 2;
        if (!(middle > low && middle < high))
            return middle;
        if ((tail(middle, a) < p) == rises)
            low = middle;
        else
            high = middle;
    }
}

static double gamma_lower_tail(double x, double a)
{
    return cm_gamma_p(a, x);
}

static double gamma_upper_tail(double x, double a)
{
    return cm_gamma_q(a, x);
}

double cm_gamma_quantile(double p, double a)
{
    if (!(p >= 0 && p <= 1 && a > 0))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? 0 : INFINITY;
    return p < 0.5 ? invert(gamma_lower_tail, a, p, true, a) : invert(gamma_upper_tail, a, 1 - p, false, a);
}

double cm_chi2_quantile(double p, double df)
{
    return 2 * cm_gamma_quantile(p, df / 2);
}

double cm_t_two_sided(double t, double df)
{
    if (!(df > 0) || isnan(t))
        return NAN;
    if (isinf(t))
        return 0;
    double root = hypot(t, sqrt(df)), x = sqrt(df) / root, y = t / root;
    return cm_beta(df / 2, 0.5, x * x, y * y);
}

double cm_t_cdf(double t, double df)
{
    double tail = cm_t_two_sided(t, df) / 2;

    return t < 0 ? tail : 1 - tail;
}

static double t_upper_tail(double t, double df)
{
    return cm_t_two_sided(t, df) / 2;
}

double cm_t_quantile(double p, double df)
{
    if (!(p >= 0 && p <= 1 && df > 0))
        return NAN;
    if (p == 0 || p == 1)
        return p == 0 ? -INFINITY : INFINITY;
    if (p == 0.5)
        return 0;
    double t = invert(t_upper_tail, df, p < 0.5 ? p : 1 - p, false, 1);
    return p < 0.5 ? -t : t;
}

double cm_f_upper(double f, double df1, double df2)
{
    if (!(f >= 0 && df1 > 0 && df2 > 0))
        return NAN;
    if (isinf(f))
        return 0;
    double whole = df2 + df1 * f;
    return cm_beta(df2 / 2, df1 / 2, df2 / whole, df1 * f / whole);
}
