#include "stats/cm_special.h"

#include <float.h>
#include <math.h>

static const double HALF_LN_2PI = 0.91893853320467274178;
enum { MOST_TERMS = 200000 };

double cm_log_gamma(double x)
{
    int sign;

    return lgamma_r(x, &sign);
}

/* ln Γ(x + 1) less Stirling's (x + ½) ln x − x + ½ ln 2π: small, so that nothing cancels (Loader 2000). */
static double stirling_error(double x)
{
    if (x < 15)
        return x > 0 ? cm_log_gamma(x + 1) - (x + 0.5) * log(x) + x - HALF_LN_2PI : 0;
    double w = 1 / (x * x);
    return (1.0 / 12 - w * (1.0 / 360 - w * (1.0 / 1260 - w * (1.0 / 1680 - w * (1.0 / 1188 - w * 691.0 / 360360))))) /
           x;
}

/* x ln(x/m) + m − x, exact also where x is near m. */
static double deviance(double x, double m)
{
    double d = (x - m) / m;

    if (fabs(d) > 0.1)
        return (x > 0 ? x * log(x / m) : 0) + m - x;
    double sum = 0, power = d;
    for (int k = 2; k < 40; k++) {
        power *= d;
        double term = power / ((double)k * (k - 1));
        sum += k % 2 ? -term : term;
        if (fabs(term) <= fabs(sum) * DBL_EPSILON / 4)
            break;
    }
    return m * sum;
}

/* x^a e^−x / Γ(a + 1) */
static double poisson_mass(double a, double x)
{
    return exp(-stirling_error(a) - deviance(a, x)) / sqrt(2 * M_PI * a);
}

static double gamma_series(double a, double x)
{
    double sum = 1, term = 1;

    for (int k = 1; k < MOST_TERMS; k++) {
        term *= x / (a + k);
        sum += term;
        if (term <= sum * DBL_EPSILON / 4)
            break;
    }
    return poisson_mass(a, x) * sum;
}

static double away_from_zero(double value)
{
    return fabs(value) < 1e-300 ? 1e-300 : value;
}

/* Continued fraction of Q (Abramowitz and Stegun 6.5.31, in its contracted form) by Lentz's method. */
static double gamma_fraction(double a, double x)
{
    double b = x + 1 - a, c = 1e300, d = 1 / away_from_zero(b), h = d;

    for (int k = 1; k < MOST_TERMS; k++) {
        double factor = -k * (k - a);
        b += 2;
        d = 1 / away_from_zero(factor * d + b);
        c = away_from_zero(b + factor / c);
        h *= d * c;
        if (fabs(d * c - 1) <= DBL_EPSILON)
            break;
    }
    return poisson_mass(a, x) * a * h;
}

double cm_gamma_p(double a, double x)
{
    if (!(a > 0 && x >= 0))
        return NAN;
    if (x == 0)
        return 0;
    if (isinf(x))
        return 1;
    return x < a + 1 ? gamma_series(a, x) : 1 - gamma_fraction(a, x);
}

double cm_gamma_q(double a, double x)
{
    if (!(a > 0 && x >= 0))
        return NAN;
    if (x == 0)
        return 1;
    if (isinf(x))
        return 0;
    return x < a + 1 ? 1 - gamma_series(a, x) : gamma_fraction(a, x);
}

/* Continued fraction of the incomplete beta (Abramowitz and Stegun 26.5.8) by Lentz's method. */
static double beta_fraction(double a, double b, double x)
{
    double c = 1, d = 1 / away_from_zero(1 - (a + b) * x / (a + 1)), h = d;

    for (int m = 1; m < MOST_TERMS; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / away_from_zero(1 + even * d);
        c = away_from_zero(1 + even / c);
        h *= d * c;
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / away_from_zero(1 + odd * d);
        c = away_from_zero(1 + odd / c);
        h *= d * c;
        if (fabs(d * c - 1) <= DBL_EPSILON)
            break;
    }
    return h;
}

double cm_beta(double a, double b, double x, double y)
{
    if (!(a > 0 && b > 0 && x >= 0 && x <= 1 && y >= 0 && y <= 1))
        return NAN;
    if (x == 0)
        return 0;
    if (y == 0)
        return 1;
    double n = a + b;
    double mass =
        exp(stirling_error(n) - stirling_error(a) - stirling_error(b) - deviance(a, n * x) - deviance(b, n * y)) *
        sqrt(n / (2 * M_PI * a * b));
    if (x <= (a + 1) / (n + 2))
        return mass * b / n * beta_fraction(a, b, x);
    return 1 - mass * a / n * beta_fraction(b, a, y);
}

double cm_log_choose(double n, double k)
{
    double rest = n - k;

    if (k == 0 || rest == 0)
        return 0;
    return stirling_error(n) - stirling_error(k) - stirling_error(rest) - k * log(fmax(k / n, DBL_MIN)) -
           rest * log(fmax(rest / n, DBL_MIN)) - HALF_LN_2PI + 0.5 * (log(n) - log(k) - log(rest));
}
