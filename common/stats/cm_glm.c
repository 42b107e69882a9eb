#include "stats/cm_glm.h"

#include <float.h>

enum { ITERATIONS_MOST = 200, HALVINGS_MOST = 60 };

typedef struct data {
    cm_glm_family family;
    const double *times, *values, *totals;
    size_t n;
    double middle, scale; /* regression is on (time − middle)/scale */
} data;

static double at(const data *d, size_t i)
{
    return (d->times[i] - d->middle) / d->scale;
}

static double log_likelihood(const data *d, const double b[2])
{
    double sum = 0;

    for (size_t i = 0; i < d->n; i++) {
        double eta = b[0] + b[1] * at(d, i), y = d->values[i];
        if (d->family == CM_GLM_POISSON)
            sum += y * eta - exp(eta);
        else
            sum += (y > 0 ? -y * (eta > 0 ? log1p(exp(-eta)) : log1p(exp(eta)) - eta) : 0) +
                   (d->totals[i] > y ? -(d->totals[i] - y) * (eta > 0 ? eta + log1p(exp(-eta)) : log1p(exp(eta))) : 0);
    }
    return sum;
}

/* Mean and variance of value i. */
static void moments(const data *d, size_t i, const double b[2], double *mean, double *variance)
{
    double eta = b[0] + b[1] * at(d, i);

    if (d->family == CM_GLM_POISSON) {
        *mean = *variance = exp(eta);
        return;
    }
    double e = exp(-fabs(eta)), p = eta > 0 ? 1 / (1 + e) : e / (1 + e);
    *mean = d->totals[i] * p;
    *variance = d->totals[i] * e / ((1 + e) * (1 + e));
}

/* Times of the first and the last value with something of a kind: of hits, and of misses (for counts: of nothing). */
typedef struct span {
    double first, last;
} span;

static span span_of(const data *d, bool misses)
{
    span s = {INFINITY, -INFINITY};

    for (size_t i = 0; i < d->n; i++) {
        bool there = misses ? (d->family == CM_GLM_POISSON || d->totals[i] > d->values[i]) : d->values[i] > 0;
        if (!there)
            continue;
        s.first = fmin(s.first, d->times[i]);
        s.last = fmax(s.last, d->times[i]);
    }
    return s;
}

/* The supremum where the two kinds lie apart: what happens at each time is then foretold, but where both kinds meet. */
static double supremum(const data *d, double meeting)
{
    double hits = 0, total = 0, values = 0;

    for (size_t i = 0; i < d->n; i++) {
        values += d->values[i];
        if (d->times[i] != meeting)
            continue;
        hits += d->values[i];
        total += d->family == CM_GLM_POISSON ? 1 : d->totals[i];
    }
    if (d->family == CM_GLM_POISSON)
        return values == 0 ? 0 : cm_y_log_ratio(hits, total) - values;
    return cm_binomial_best(hits, total);
}

/* Whether the top was reached. */
static bool climb(const data *d, double b[2], double information[3], int *iterations)
{
    double reached = log_likelihood(d, b);

    for (*iterations = 1; *iterations <= ITERATIONS_MOST; ++*iterations) {
        double score[2] = {0, 0};
        information[0] = information[1] = information[2] = 0;
        for (size_t i = 0; i < d->n; i++) {
            double mean, variance, u = at(d, i);
            moments(d, i, b, &mean, &variance);
            score[0] += d->values[i] - mean;
            score[1] += (d->values[i] - mean) * u;
            information[0] += variance;
            information[1] += variance * u;
            information[2] += variance * u * u;
        }
        double determinant = information[0] * information[2] - information[1] * information[1];
        if (!(determinant > 0))
            break;
        double step[2] = {(information[2] * score[0] - information[1] * score[1]) / determinant,
                          (information[0] * score[1] - information[1] * score[0]) / determinant};
        double next = -INFINITY, taken[2];
        for (int halving = 0; halving < HALVINGS_MOST; halving++) {
            taken[0] = b[0] + ldexp(step[0], -halving);
            taken[1] = b[1] + ldexp(step[1], -halving);
            next = log_likelihood(d, taken);
            if (next >= reached - 1e-13 * fabs(reached))
                break;
        }
        bool still = fabs(step[0]) <= 1e-11 * (1 + fabs(b[0])) && fabs(step[1]) <= 1e-11 * (1 + fabs(b[1]));
        b[0] = taken[0];
        b[1] = taken[1];
        reached = next;
        if (still)
            return true;
    }
    return false;
}

cm_glm cm_glm_fit(cm_glm_family family, const double *times, const double *values, const double *totals, size_t n)
{
    data d = {.family = family, .times = times, .values = values, .totals = totals, .n = n};
    double weight = 0, low = INFINITY, high = -INFINITY, sum = 0, value = 0;

    for (size_t i = 0; i < n; i++) {
        double w = family == CM_GLM_POISSON ? 1 : totals[i];
        weight += w;
        value += values[i];
        low = fmin(low, times[i]);
        high = fmax(high, times[i]);
    }
    for (size_t i = 0; i < n; i++)
        sum += (family == CM_GLM_POISSON ? 1 : totals[i]) / weight * (times[i] - low);
    d.middle = low + sum;
    d.scale = (high - low) / 2;
    span hits = span_of(&d, false), misses = span_of(&d, true);
    cm_glm fit = {
        .mean_time = d.middle, .intercept = NAN, .slope = NAN, .error = NAN, .log_likelihood = NAN, .pearson = NAN};
    if (value == 0 || misses.first > misses.last || hits.last <= misses.first || hits.first >= misses.last) {
        fit.log_likelihood = supremum(&d, hits.last <= misses.first ? hits.last : hits.first);
        fit.separated = true;
        return fit;
    }
    double share = value / weight, information[3] = {0};
    double b[2] = {family == CM_GLM_POISSON ? log(share) : log(share / (1 - share)), 0};
    cm_glm none = fit;
    fit.maximum = climb(&d, b, information, &fit.iterations);
    fit.intercept = b[0];
    fit.slope = b[1] / d.scale;
    fit.error = sqrt(information[0] / (information[0] * information[2] - information[1] * information[1])) / d.scale;
    fit.log_likelihood = log_likelihood(&d, b);
    fit.pearson = 0;
    for (size_t i = 0; i < n; i++) {
        double mean, variance;
        moments(&d, i, b, &mean, &variance);
        fit.pearson += variance > DBL_MIN ? (values[i] - mean) * (values[i] - mean) / variance : 0;
    }
    bool finite = isfinite(fit.intercept) && isfinite(fit.slope) && isfinite(fit.error) && isfinite(fit.pearson) &&
                  isfinite(fit.log_likelihood);
    return fit.maximum && finite ? fit : none;
}
