/* Exponential smoothing: exact series, known optima, gaps, forecasts, and backtests against the naive forecast. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "series_data.h"
#include "stats/cm_philox.h"
#include "stats/cm_smooth.h"

static cm_smooth fit(const double *values, size_t n, cm_smooth_kind kind, size_t period)
{
    cm_smooth model;

    assert_true(cm_is_ok(cm_smooth_fit(values, n, kind, period, &model)));
    return model;
}

/* Σ e² of simple smoothing at α, with the best first level by its closed form. */
static double ses_by_definition(const double *x, size_t n, double alpha)
{
    double from_zero = 0, level = 0, unit = 1, xx = 0, xy = 0, yy = 0;

    for (size_t t = 0; t < n; t++) {
        from_zero = x[t] - level;
        xx += unit * unit;
        xy += unit * from_zero;
        yy += from_zero * from_zero;
        level += alpha * from_zero;
        unit *= 1 - alpha;
    }
    return yy - xy * xy / xx;
}

static void simple_smoothing_of_the_nile_is_at_its_optimum(void **state)
{
    cm_smooth model = fit(NILE, 100, CM_SMOOTH_SES, 1);

    assert_true(model.fitted && model.n == 100);
    assert_near(model.alpha, 0.2465, 0.002); /* R's HoltWinters(Nile, beta = FALSE, gamma = FALSE): 0.2465796 */
    assert_near(model.sse, ses_by_definition(NILE, 100, model.alpha), 1e-3);
    for (double alpha = 0.01; alpha < 1; alpha += 0.01)
        assert_true(model.sse <= ses_by_definition(NILE, 100, alpha) + 1e-3);
    assert_true(isnan(model.beta) && isnan(model.gamma) && isnan(model.phi) && isnan(model.trend));
}

static void a_seasonal_line_is_continued_exactly(void **state)
{
    double x[40];
    const double season[4] = {3, -1, -4, 2};
    cm_forecast ahead[6];

    for (int t = 0; t < 40; t++)
        x[t] = 10 + 0.5 * t + season[t % 4];
    cm_smooth model = fit(x, 40, CM_SMOOTH_HOLT_WINTERS, 4);
    assert_true(model.sse < 1e-18);
    assert_near(model.trend, 0.5, 1e-8);
    assert_true(cm_is_ok(cm_smooth_forecast(&model, 6, 0.95, ahead)));
    for (int h = 0; h < 6; h++)
        assert_near(ahead[h].mean, 10 + 0.5 * (40 + h) + season[h % 4], 1e-7);
    for (int k = 0; k < 4; k++)
        assert_near(model.season[k], season[k], 1e-7);
}

static void an_equal_series_stays_where_it_is(void **state)
{
    const double equal[10] = {7, 7, 7, 7, 7, 7, 7, 7, 7, 7};
    cm_forecast ahead[3];

    for (int kind = CM_SMOOTH_SES; kind <= CM_SMOOTH_HOLT_DAMPED; kind++) {
        cm_smooth model = fit(equal, 10, (cm_smooth_kind)kind, 1);
        assert_true(model.sse == 0 && model.sigma2 == 0 && !cm_defined(model.log_likelihood) &&
                    !cm_defined(model.aicc));
        assert_true(cm_is_ok(cm_smooth_forecast(&model, 3, 0.95, ahead)));
        assert_true(ahead[2].mean == 7 && ahead[2].low == 7 && ahead[2].high == 7);
    }
}

static void intervals_widen_by_the_models_variance(void **state)
{
    cm_smooth model = fit(NILE, 100, CM_SMOOTH_SES, 1);
    cm_forecast ahead[5];

    assert_true(cm_is_ok(cm_smooth_forecast(&model, 5, 0.95, ahead)));
    for (int h = 0; h < 5; h++) {
        double half = 1.959963984540054 * sqrt(model.sigma2 * (1 + h * model.alpha * model.alpha));
        assert_near(ahead[h].mean, model.level, 1e-9);
        assert_near(ahead[h].high - ahead[h].mean, half, 1e-9);
        assert_near(ahead[h].mean - ahead[h].low, half, 1e-9);
    }
}

static void a_gap_moves_the_states_on_without_an_error(void **state)
{
    double x[24], errors[24];

    for (int t = 0; t < 24; t++)
        x[t] = 5 + 2 * t;
    x[7] = x[8] = NAN;
    cm_smooth model = {.kind = CM_SMOOTH_HOLT_WINTERS,
                       .period = 2,
                       .alpha = 0.5,
                       .beta = 0.1,
                       .gamma = 0.1,
                       .phi = 1,
                       .level = 3,
                       .trend = 2};
    assert_true(cm_smooth_run(x, 24, &model, errors) == 0);
    assert_true(isnan(errors[7]) && errors[9] == 0 && model.level == 5 + 2 * 23);
    assert_true(fit(x, 24, CM_SMOOTH_HOLT_DAMPED, 1).n == 22);
}

static void holt_winters_forecasts_passengers_better_than_the_last_year(void **state)
{
    double logarithms[144];
    cm_backtest test;

    for (int t = 0; t < 144; t++)
        logarithms[t] = log(AIR_PASSENGERS[t]);
    assert_true(cm_is_ok(cm_smooth_backtest(logarithms, 144, CM_SMOOTH_HOLT_WINTERS, 12, &test)));
    assert_true(test.origins == 48 && test.better && test.mase < 0.5 && test.naive_mase > test.mase);
    assert_true(cm_is_ok(cm_smooth_backtest(NILE, 100, CM_SMOOTH_SES, 1, &test)));
    assert_true(test.origins == 33);
}

static void a_random_walk_is_forecast_no_better_than_naively(void **state)
{
    double walk[300], at = 0;
    cm_philox random = cm_philox_make(2, 0);
    cm_backtest test;

    for (int t = 0; t < 300; t++)
        walk[t] = at += cm_philox_unit(&random) - 0.5;
    assert_true(cm_is_ok(cm_smooth_backtest(walk, 300, CM_SMOOTH_SES, 1, &test)));
    assert_near(test.mase, test.naive_mase, 0.05);
    const double flat[12] = {3};
    assert_true(cm_is_ok(cm_smooth_backtest(flat + 1, 11, CM_SMOOTH_SES, 1, &test)));
    assert_true(!cm_defined(test.mase) && !test.better);
}

static void few_values_are_not_fitted(void **state)
{
    const double x[16] = {1, 2, 3, 2, 1, 4, 2, 3, 1, 2, 3, 5, 2, 1, 2, 4};
    cm_forecast ahead[2];

    for (size_t n = 0; n <= 3; n++)
        assert_true(fit(x, n, CM_SMOOTH_SES, 1).fitted == (n >= 3));
    assert_true(!fit(x, 5, CM_SMOOTH_HOLT_DAMPED, 1).fitted && fit(x, 6, CM_SMOOTH_HOLT_DAMPED, 1).fitted);
    assert_true(!fit(x, 10, CM_SMOOTH_HOLT_WINTERS, 4).fitted && fit(x, 11, CM_SMOOTH_HOLT_WINTERS, 4).fitted);
    cm_smooth model = fit(x, 2, CM_SMOOTH_SES, 1);
    assert_false(cm_defined(model.alpha) || cm_defined(model.sse));
    assert_true(cm_is_ok(cm_smooth_forecast(&model, 2, 0.95, ahead)));
    assert_false(cm_defined(ahead[1].mean) || cm_defined(ahead[1].low));
}

static void what_no_model_takes_is_refused(void **state)
{
    const double large[3] = {1, 1e308, 2};
    cm_smooth model;
    cm_status statuses[4] = {
        cm_smooth_fit(large, 3, CM_SMOOTH_SES, 1, &model),
        cm_smooth_fit(NILE, 100, CM_SMOOTH_HOLT_WINTERS, 1, &model),
        cm_smooth_fit(NILE, 100, CM_SMOOTH_HOLT_WINTERS, CM_SEASON_MOST + 1, &model),
        cm_smooth_fit(NILE, 100, (cm_smooth_kind)9, 1, &model),
    };

    for (int k = 0; k < 4; k++) {
        assert_int_equal(statuses[k].code, CM_INVALID_ARGUMENT);
        cm_status_clear(&statuses[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(simple_smoothing_of_the_nile_is_at_its_optimum),
        cmocka_unit_test(a_seasonal_line_is_continued_exactly),
        cmocka_unit_test(an_equal_series_stays_where_it_is),
        cmocka_unit_test(intervals_widen_by_the_models_variance),
        cmocka_unit_test(a_gap_moves_the_states_on_without_an_error),
        cmocka_unit_test(holt_winters_forecasts_passengers_better_than_the_last_year),
        cmocka_unit_test(a_random_walk_is_forecast_no_better_than_naively),
        cmocka_unit_test(few_values_are_not_fitted),
        cmocka_unit_test(what_no_model_takes_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
