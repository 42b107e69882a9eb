#include "stats/cm_logistic.h"

#include "base/cm_memory.h"
#include "stats/cm_glm.h"
#include "stats/cm_normal.h"

/* e^x within the doubles; NaN where it is not. */
static double bounded_exp(double x)
{
    double e = exp(x);

    return isfinite(e) ? e : NAN;
}

static void add_wald(const cm_glm *fit, double level, cm_logistic *r)
{
    double z = cm_normal_quantile(0.5 + level / 2);

    r->intercept = fit->intercept;
    r->slope = fit->slope;
    r->error = fit->error;
    r->odds_ratio = bounded_exp(fit->slope);
    r->odds_low = bounded_exp(fit->slope - z * fit->error);
    r->odds_high = bounded_exp(fit->slope + z * fit->error);
    r->z = fit->slope / fit->error;
    r->p = cm_normal_two_sided(r->z);
}

static void add_quasi(const cm_glm *fit, double level, cm_logistic *r)
{
    if (r->n < 3)
        return;
    double df = (double)r->n - 2, t = cm_t_quantile(0.5 + level / 2, df);
    r->dispersion = fit->pearson / df;
    if (r->dispersion < 1e-20)
        r->dispersion = 0;
    r->quasi_error = fit->error * sqrt(r->dispersion);
    r->quasi_low = bounded_exp(fit->slope - t * r->quasi_error);
    r->quasi_high = bounded_exp(fit->slope + t * r->quasi_error);
    if (r->dispersion == 0)
        return;
    r->quasi_t = fit->slope / r->quasi_error;
    r->quasi_p = cm_t_two_sided(r->quasi_t, df);
}

static cm_status check(const double *times, const double *hits, const double *totals, size_t n, double level)
{
    CM_TRY(cm_level_check("level", level));
    CM_TRY(cm_series_check_full("times", times, n));
    CM_TRY(cm_series_check_counts("hits", hits, n));
    CM_TRY(cm_series_check_counts("totals", totals, n));
    CM_TRY(cm_series_check_size("totals", totals, n));
    for (size_t i = 0; i < n; i++) {
        if (hits[i] > totals[i])
            return cm_fail(CM_INVALID_ARGUMENT, "hits[%zu]: %g of %g is more than all; give at most the total", i,
                           hits[i], totals[i]);
        if (fabs(times[i]) > 1e12)
            return cm_fail(CM_INVALID_ARGUMENT, "times[%zu]: %g is beyond ±1e12; use a larger unit", i, times[i]);
    }
    return cm_ok();
}

cm_status cm_logistic_trend(const double *times, const double *hits, const double *totals, size_t n, double level,
                            cm_logistic *result)
{
    CM_TRY(check(times, hits, totals, n, level));
    CM_FREE double *kept = cm_realloc(NULL, 3 * n, sizeof *kept);
    double *t = kept, *h = kept + n, *d = kept + 2 * n, all_hits = 0, all = 0;
    bool times_differ = false;
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        if (isnan(hits[i]) || !(totals[i] > 0))
            continue;
        t[m] = times[i];
        h[m] = hits[i];
        d[m] = totals[i];
        all_hits += hits[i];
        all += totals[i];
        times_differ = times_differ || t[m] != t[0];
        m++;
    }
    cm_logistic r = {.n = m,
                     .intercept = NAN,
                     .slope = NAN,
                     .mean_time = NAN,
                     .error = NAN,
                     .odds_ratio = NAN,
                     .odds_low = NAN,
                     .odds_high = NAN,
                     .z = NAN,
                     .p = NAN,
                     .p_likelihood = NAN,
                     .log_likelihood = NAN,
                     .log_likelihood_flat = m > 0 ? cm_binomial_best(all_hits, all) : NAN,
                     .dispersion = NAN,
                     .quasi_error = NAN,
                     .quasi_low = NAN,
                     .quasi_high = NAN,
                     .quasi_t = NAN,
                     .quasi_p = NAN};
    if (times_differ) {
        cm_glm fit = cm_glm_fit(CM_GLM_BINOMIAL, t, h, d, m);
        r.separated = fit.separated;
        r.iterations = fit.iterations;
        r.mean_time = fit.mean_time;
        r.log_likelihood = fit.log_likelihood;
        if (cm_defined(r.log_likelihood))
            r.p_likelihood = cm_chi2_upper(fmax(0, 2 * (r.log_likelihood - r.log_likelihood_flat)), 1);
        if (fit.maximum) {
            add_wald(&fit, level, &r);
            add_quasi(&fit, level, &r);
        }
    }
    *result = r;
    return cm_ok();
}
