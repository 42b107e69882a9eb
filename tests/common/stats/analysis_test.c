/* Everything about one series: the known numbers in one call, bad input, and that no undefined number goes unsaid. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "near.h"
#include "series_data.h"
#include "stats/cm_analysis.h"
#include "stats/cm_philox.h"

static void refused(const cm_series *series, const cm_analysis_options *options, cm_code code)
{
    cm_analysis a;
    cm_status status = cm_analyze(series, options, &a);

    assert_int_equal(status.code, code);
    cm_status_clear(&status);
}

static void shampoo_in_one_call(void **state)
{
    cm_analysis_options options = cm_analysis_usual();
    cm_analysis a;

    options.season = 12;
    options.steps = 5;
    assert_true(cm_is_ok(cm_analyze(&(cm_series){.values = SHAMPOO, .n = 36}, &options, &a)));
    assert_true(a.rows == 36 && a.n == 36 && a.missing == 0 && a.mann_kendall.s == 440);
    assert_near(a.sen.slope, 11.509375, 1e-12);
    assert_near(a.sen.intercept, 78.7359375, 1e-10);
    assert_true(a.sen_by_time.slope == a.sen.slope && a.sen_by_time.intercept == a.sen.intercept);
    assert_true(a.seasonal && a.seasonal_mann_kendall.s > 0 && a.seasonal_sen.slope > 100);
    assert_true(a.steps == 5 && a.forecast_times[4] == 40);
    assert_true(a.forecasts[0].low < a.forecasts[0].mean && a.forecasts[0].mean < a.forecasts[0].high);
    assert_true(a.ses.fitted && a.holt.fitted && a.holt_winters.fitted && a.backtest.origins == 12);
    assert_true(!a.with_totals && a.levels.shape != CM_SHAPE_NONE && a.segments.count > 1);
    cm_analysis_clear(&a);
}

static void the_nile_changed_once_in_one_call(void **state)
{
    double years[100];
    cm_analysis_options options = cm_analysis_usual();
    cm_analysis a;

    for (int i = 0; i < 100; i++)
        years[i] = 1871 + i;
    for (int exact = 0; exact < 2; exact++) {
        options.exact = exact;
        options.changes = 1;
        assert_true(cm_is_ok(cm_analyze(&(cm_series){.times = years, .values = NILE, .n = 100}, &options, &a)));
        assert_true(a.segments.count == 2 && a.segments.segments[1].first == 28);
        assert_near(a.segments.segments[0].mean, 1097.75, 1e-9);
        assert_near(a.segments.segments[1].mean, 849.972, 5e-4);
        assert_true(a.pettitt.index == 28 && a.cusum.index == 28);
        assert_true(a.levels.shape == CM_SHAPE_LEVELS && a.levels.levels.segments[1].first == 28);
        assert_near(a.forecast_times[0], 1971, 1e-9);
        cm_analysis_clear(&a);
    }
}

static void totals_add_shares_and_bursts(void **state)
{
    double values[24], totals[24], times[24];
    cm_analysis_options options = cm_analysis_usual();
    cm_analysis a;

    for (int i = 0; i < 24; i++) {
        times[i] = 2000 + i;
        totals[i] = 60;
        values[i] = i >= 15 && i <= 17 ? 45 : 6 + i % 3;
    }
    totals[4] = NAN;
    totals[5] = 0;
    values[5] = 0;
    cm_series series = {.times = times, .values = values, .totals = totals, .n = 24};
    assert_true(cm_is_ok(cm_analyze(&series, &options, &a)));
    assert_true(a.with_totals && a.share.n == 22 && a.bursts.count == 1);
    assert_true(a.bursts.bursts[0].first == 15 && a.bursts.bursts[0].last == 17);
    assert_true(a.share.levels.shape == CM_SHAPE_LEVELS && a.share.levels.changes == 2);
    assert_true(a.n == 24 && a.share.mann_kendall.n == 22 && cm_defined(a.share.logistic.quasi_p));
    cm_analysis_clear(&a);
}

/* Every number that must be there whatever the values, for n ≥ 3. */
static void check_defined(const cm_analysis *a)
{
    const double numbers[] = {a->mean,
                              a->median,
                              a->least,
                              a->most,
                              a->mann_kendall.z,
                              a->mann_kendall.p,
                              a->mann_kendall.var_s,
                              a->hamed_rao.ratio,
                              a->sen.slope,
                              a->sen.intercept,
                              a->sen_by_time.slope,
                              a->pettitt.p,
                              a->cusum.p,
                              a->segments.cost,
                              a->segments.penalty,
                              a->ses.alpha,
                              a->ses.level,
                              a->ses.sse};

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (!isfinite(numbers[i]))
            fail_msg("number %zu is %g", i, numbers[i]);
    for (size_t h = 0; h < a->steps; h++)
        assert_true(isfinite(a->forecasts[h].low) && isfinite(a->forecasts[h].high) && isfinite(a->forecast_times[h]));
    for (size_t k = 0; k < a->segments.count; k++)
        assert_true(isfinite(a->segments.segments[k].mean));
}

static void short_equal_and_gappy_series_are_analysed_without_a_surprise(void **state)
{
    for (uint64_t stream = 0; stream < 60; stream++) {
        cm_philox random = cm_philox_make(21, stream);
        cm_analysis_options options = cm_analysis_usual();
        size_t n = stream % 12, present = 0;
        double values[12];
        options.season = stream % 3 == 0 ? 2 : 0;
        for (size_t i = 0; i < n; i++) {
            values[i] = stream % 4 == 0   ? 5
                        : stream % 4 == 1 ? 1e100 * (cm_philox_unit(&random) - 0.5)
                                          : (double)cm_philox_below(&random, 4);
            if (stream % 5 == 4 && i % 3 == 0)
                values[i] = NAN;
            present += !isnan(values[i]);
        }
        cm_analysis a;
        assert_true(cm_is_ok(cm_analyze(&(cm_series){.values = values, .n = n}, &options, &a)));
        assert_true(a.n == present && a.missing == n - present);
        if (present >= 3)
            check_defined(&a);
        else
            assert_true(!a.ses.fitted && a.steps == 0 && (present == 2 || !cm_defined(a.mann_kendall.p)));
        cm_analysis_clear(&a);
    }
}

static void what_is_wrong_is_named(void **state)
{
    const double values[3] = {1, 2, 3}, back[3] = {2000, 2002, 2001}, infinite[3] = {1, INFINITY, 3},
                 large[3] = {1, DBL_MAX, 2}, fewer[3] = {1, 1, 1};
    cm_analysis_options usual = cm_analysis_usual(), options = usual;
    cm_series series = {.values = values, .n = 3};

    refused(&(cm_series){.values = infinite, .n = 3}, &usual, CM_INVALID_ARGUMENT);
    refused(&(cm_series){.values = large, .n = 3}, &usual, CM_INVALID_ARGUMENT);
    refused(&(cm_series){.times = back, .values = values, .n = 3}, &usual, CM_INVALID_ARGUMENT);
    refused(&(cm_series){.values = values, .totals = fewer, .n = 3}, &usual, CM_INVALID_ARGUMENT);
    options.season = 1;
    refused(&series, &options, CM_INVALID_ARGUMENT);
    options = usual;
    options.level = 95;
    refused(&series, &options, CM_INVALID_ARGUMENT);
    options = usual;
    options.burst.s = 1;
    refused(&(cm_series){.values = values, .totals = values, .n = 3}, &options, CM_INVALID_ARGUMENT);
    options = usual;
    options.steps = 1001;
    refused(&series, &options, CM_INVALID_ARGUMENT);
    options = usual;
    options.change.penalty = CM_PENALTY_GIVEN;
    options.change.given = -3;
    refused(&series, &options, CM_INVALID_ARGUMENT);
    double *many = calloc(20001, sizeof *many);
    refused(&(cm_series){.values = many, .n = 20001}, &usual, CM_RESOURCE_EXHAUSTED);
    free(many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shampoo_in_one_call),
        cmocka_unit_test(the_nile_changed_once_in_one_call),
        cmocka_unit_test(totals_add_shares_and_bursts),
        cmocka_unit_test(short_equal_and_gappy_series_are_analysed_without_a_surprise),
        cmocka_unit_test(what_is_wrong_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
