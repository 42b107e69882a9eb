#include "stats/cm_analysis.h"

#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_order.h"

enum { ROWS_MOST = 20000, FORECASTS_MOST = 1000, STEPS_COMPARED = 2, LEAST_IN_LEVEL = 2 };

cm_analysis_options cm_analysis_usual(void)
{
    return (cm_analysis_options){
        .level = 0.95,
        .change = {.cost = CM_COST_L2, .penalty = CM_PENALTY_MBIC, .least = 1},
        .burst = CM_BURST_USUAL,
        .steps = 12,
        .resampling = CM_RESAMPLING_USUAL,
    };
}

void cm_analysis_clear(cm_analysis *analysis)
{
    cm_segments_clear(&analysis->segments);
    cm_levels_clear(&analysis->levels);
    cm_bursts_clear(&analysis->bursts);
    cm_levels_clear(&analysis->share.levels);
    free(analysis->forecast_times);
    free(analysis->forecasts);
    *analysis = (cm_analysis){0};
}

static cm_status check(const cm_series *s, const cm_analysis_options *o)
{
    if (s->n > ROWS_MOST)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "rows: %zu are too many for one analysis; give at most %d", s->n,
                       ROWS_MOST);
    if (o->season == 1 || o->season > CM_SEASON_MOST)
        return cm_fail(CM_INVALID_ARGUMENT, "season: %zu is out of range; give 2 to %d rows a period", o->season,
                       CM_SEASON_MOST);
    if (o->steps > FORECASTS_MOST)
        return cm_fail(CM_INVALID_ARGUMENT, "steps: %zu are too many to forecast; give at most %d", o->steps,
                       FORECASTS_MOST);
    if (o->change.cost == CM_COST_BINOMIAL)
        return cm_fail(CM_INVALID_ARGUMENT, "cost: a series is cut by L2, Poisson or exponential cost");
    CM_TRY(cm_level_check("level", o->level));
    CM_TRY(cm_series_check_size("value", s->values, s->n));
    for (size_t i = 1; s->times && i < s->n; i++)
        if (s->times[i] <= s->times[i - 1])
            return cm_fail(CM_INVALID_ARGUMENT, "time[%zu]: %g is not after %g; give rows in order of time, one a time",
                           i, s->times[i], s->times[i - 1]);
    return cm_ok();
}

static void describe(const double *values, size_t n, cm_analysis *a)
{
    CM_FREE double *kept = cm_realloc(NULL, n, sizeof *kept);

    a->rows = n;
    a->n = cm_series_present(values, n, kept, NULL);
    a->missing = n - a->n;
    a->mean = cm_mean(kept, a->n);
    cm_sort(kept, a->n);
    a->median = cm_quantile(kept, a->n, 0.5);
    a->least = a->n > 0 ? kept[0] : NAN;
    a->most = a->n > 0 ? kept[a->n - 1] : NAN;
}

static cm_status trends(const cm_series *s, const cm_analysis_options *o, cm_analysis *a)
{
    CM_TRY(cm_mann_kendall_test(s->values, s->n, &a->mann_kendall));
    CM_TRY(cm_mann_kendall_hamed_rao(s->values, s->n, 0, &a->hamed_rao));
    CM_TRY(cm_mann_kendall_yue_wang(s->values, s->n, 0, &a->yue_wang));
    CM_TRY(cm_persistence_measure(s->values, s->n, o->season > 0 ? o->season : 1, NAN, &a->persistence));
    CM_TRY(cm_sen_slope_by_index(s->values, s->n, o->level, &a->sen));
    CM_TRY(cm_sen_slope(s->times, s->values, s->n, o->level, &a->sen_by_time));
    a->seasonal = o->season > 0;
    if (a->seasonal) {
        CM_TRY(cm_mann_kendall_seasonal(s->values, s->n, o->season, &a->seasonal_mann_kendall));
        CM_TRY(cm_sen_slope_seasonal(s->values, s->n, o->season, o->level, &a->seasonal_sen));
    }
    return cm_ok();
}

static cm_status changes(const cm_series *s, const cm_analysis_options *o, cm_analysis *a)
{
    CM_TRY(cm_pettitt_test(s->values, s->n, &a->pettitt));
    CM_TRY(cm_cusum_test(s->values, s->n, &o->resampling, &a->cusum));
    if (o->exact)
        CM_TRY(cm_change_exact(s->values, s->n, o->changes, &o->change, &a->segments));
    else
        CM_TRY(cm_change_pelt(s->values, s->n, &o->change, &a->segments));
    return cm_ok();
}

/* Comparing levels is quadratic in the rows: beyond this many nothing is compared, and the shape stays NONE. */
enum { COMPARED_MOST = 5000 };

static cm_status compare_levels(const cm_series *s, const double *totals, cm_cost cost, cm_levels *levels)
{
    return cm_levels_compare(s->times, s->values, totals, s->n > COMPARED_MOST ? 0 : s->n, cost, STEPS_COMPARED,
                             LEAST_IN_LEVEL, levels);
}

static cm_status share(const cm_series *s, const cm_analysis_options *o, cm_share_analysis *share)
{
    CM_FREE double *shares = cm_realloc(NULL, s->n, sizeof *shares);
    double hits = 0, all = 0;

    for (size_t i = 0; i < s->n; i++) {
        bool there = !isnan(s->values[i]) && s->totals[i] > 0;
        shares[i] = there ? s->values[i] / s->totals[i] : NAN;
        share->n += there;
        hits += there ? s->values[i] : 0;
        all += there ? s->totals[i] : 0;
    }
    share->estimate = all > 0 ? hits / all : NAN;
    CM_TRY(cm_mann_kendall_test(shares, s->n, &share->mann_kendall));
    CM_TRY(cm_sen_slope(s->times, shares, s->n, o->level, &share->sen));
    CM_TRY(cm_logistic_trend(s->times, s->values, s->totals, s->n, o->level, &share->logistic));
    return compare_levels(s, s->totals, CM_COST_BINOMIAL, &share->levels);
}

/* The last time and `steps` median steps from it. */
static void extrapolate(const cm_series *s, size_t steps, double *times)
{
    CM_FREE double *gaps = cm_realloc(NULL, s->n, sizeof *gaps);

    for (size_t i = 1; i < s->n; i++)
        gaps[i - 1] = s->times[i] - s->times[i - 1];
    double step = cm_median(gaps, s->n - 1);
    for (size_t h = 0; h < steps; h++)
        times[h] = s->times[s->n - 1] + (double)(h + 1) * step;
}

/* Whether b, fitted, is to be preferred to a: a better fit for its number of parameters, an exact one above all. */
static bool better(const cm_smooth *a, const cm_smooth *b)
{
    if (!b->fitted || !a->fitted)
        return b->fitted;
    if (a->sse == 0 || b->sse == 0)
        return a->sse > 0;
    return b->aicc < a->aicc || (cm_defined(b->aicc) && !cm_defined(a->aicc));
}

static cm_status look_ahead(const cm_series *s, const cm_analysis_options *o, cm_analysis *a)
{
    const cm_smooth *best = &a->ses;

    CM_TRY(cm_smooth_fit(s->values, s->n, CM_SMOOTH_SES, 1, &a->ses));
    CM_TRY(cm_smooth_fit(s->values, s->n, CM_SMOOTH_HOLT_DAMPED, 1, &a->holt));
    if (better(best, &a->holt))
        best = &a->holt;
    if (o->season > 0) {
        CM_TRY(cm_smooth_fit(s->values, s->n, CM_SMOOTH_HOLT_WINTERS, o->season, &a->holt_winters));
        if (better(best, &a->holt_winters))
            best = &a->holt_winters;
    }
    a->forecast_kind = best->kind;
    CM_TRY(cm_smooth_backtest(s->values, s->n, best->kind, o->season, &a->backtest));
    if (!best->fitted)
        return cm_ok();
    a->steps = o->steps;
    a->forecasts = cm_realloc(NULL, o->steps, sizeof *a->forecasts);
    a->forecast_times = cm_realloc(NULL, o->steps, sizeof *a->forecast_times);
    extrapolate(s, o->steps, a->forecast_times);
    return cm_smooth_forecast(best, o->steps, o->level, a->forecasts);
}

static cm_status analyze(const cm_series *s, const cm_analysis_options *o, cm_analysis *a)
{
    describe(s->values, s->n, a);
    CM_TRY(trends(s, o, a));
    CM_TRY(changes(s, o, a));
    CM_TRY(compare_levels(s, NULL, CM_COST_L2, &a->levels));
    a->with_totals = s->totals != NULL;
    if (s->totals) {
        CM_TRY(cm_burst_find(s->values, s->totals, s->n, &o->burst, &a->bursts));
        CM_TRY(share(s, o, &a->share));
    }
    return look_ahead(s, o, a);
}

cm_status cm_analyze(const cm_series *series, const cm_analysis_options *options, cm_analysis *analysis)
{
    CM_TRY(check(series, options));
    CM_FREE double *positions = cm_realloc(NULL, series->n, sizeof *positions);
    cm_series s = *series;
    cm_analysis a = {.backtest = {.mase = NAN, .naive_mase = NAN}};
    for (size_t i = 0; i < s.n; i++)
        positions[i] = (double)i;
    if (!s.times)
        s.times = positions;
    cm_status status = analyze(&s, options, &a);
    if (!cm_is_ok(status)) {
        cm_analysis_clear(&a);
        return status;
    }
    *analysis = a;
    return cm_ok();
}
