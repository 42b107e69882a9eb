/* Logistic trends, the year of change, and trend against levels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "near.h"
#include "series_data.h"
#include "stats/cm_agreement.h"
#include "stats/cm_levels.h"
#include "stats/cm_logistic.h"
#include "stats/cm_normal.h"
#include "stats/cm_turn.h"

static const cm_resampling USUAL = CM_RESAMPLING_USUAL;

static void refused(cm_status status, cm_code code)
{
    assert_int_equal(status.code, code);
    cm_status_clear(&status);
}

static void two_bins_have_the_closed_form(void **state)
{
    const double times[2] = {2000, 2001}, hits[2] = {10, 20}, totals[2] = {100, 100};
    cm_logistic r;

    assert_true(cm_is_ok(cm_logistic_trend(times, hits, totals, 2, 0.95, &r)));
    assert_near(r.slope, log(20.0 / 80) - log(10.0 / 90), 1e-10);
    assert_near(r.error, sqrt(1.0 / 10 + 1.0 / 90 + 1.0 / 20 + 1.0 / 80), 1e-10);
    assert_near(r.odds_ratio, 2.25, 1e-9);
    assert_near(r.mean_time, 2000.5, 1e-12);
    assert_near(r.p, cm_normal_two_sided(r.z), 1e-15);
    assert_false(cm_defined(r.dispersion) || cm_defined(r.quasi_p));
    assert_false(r.separated);
}

static void units_and_bins_give_the_same_trend(void **state)
{
    const double times[4] = {1, 2, 3, 4}, hits[4] = {1, 3, 2, 4}, totals[4] = {5, 5, 5, 5};
    double unit_times[20], unit_hits[20], ones[20];
    cm_logistic bins, units;

    for (int i = 0; i < 20; i++) {
        unit_times[i] = times[i / 5];
        unit_hits[i] = i % 5 < hits[i / 5];
        ones[i] = 1;
    }
    assert_true(cm_is_ok(cm_logistic_trend(times, hits, totals, 4, 0.95, &bins)));
    assert_true(cm_is_ok(cm_logistic_trend(unit_times, unit_hits, ones, 20, 0.95, &units)));
    assert_near(bins.slope, units.slope, 1e-10);
    assert_near(bins.error, units.error, 1e-10);
    assert_near(bins.p_likelihood, units.p_likelihood, 1e-10);
    assert_true(cm_defined(bins.quasi_p) && bins.n == 4 && units.n == 20);
}

static void separated_hits_have_no_estimate_but_a_likelihood_ratio(void **state)
{
    const double times[4] = {1, 2, 3, 4}, hits[4] = {0, 0, 3, 3}, totals[4] = {3, 3, 3, 3}, all[4] = {3, 3, 3, 3},
                 meeting[4] = {0, 0, 1, 3}, same[4] = {5, 5, 5, 5};
    cm_logistic r;

    assert_true(cm_is_ok(cm_logistic_trend(times, hits, totals, 4, 0.95, &r)));
    assert_true(r.separated && !cm_defined(r.slope) && !cm_defined(r.p) && !cm_defined(r.quasi_p));
    assert_true(r.log_likelihood == 0);
    assert_near(r.p_likelihood, cm_chi2_upper(24 * log(2), 1), 1e-12);
    assert_true(cm_is_ok(cm_logistic_trend(times, meeting, totals, 4, 0.95, &r)));
    assert_true(r.separated);
    assert_near(r.log_likelihood, log(1.0 / 3) + 2 * log(2.0 / 3), 1e-12);
    assert_true(cm_is_ok(cm_logistic_trend(times, all, totals, 4, 0.95, &r)));
    assert_true(r.separated && r.p_likelihood == 1);
    assert_true(cm_is_ok(cm_logistic_trend(same, meeting, totals, 4, 0.95, &r)));
    assert_true(!r.separated && !cm_defined(r.slope) && !cm_defined(r.p_likelihood) && r.n == 4);
    assert_true(cm_is_ok(cm_logistic_trend(times, hits, totals, 0, 0.95, &r)));
    assert_true(r.n == 0 && !cm_defined(r.log_likelihood_flat));
    refused(cm_logistic_trend(times, totals, hits, 4, 0.95, &r), CM_INVALID_ARGUMENT);
}

static void bins_without_units_are_left_out(void **state)
{
    const double times[5] = {1, 2, 3, 4, 5}, hits[5] = {1, 0, 2, NAN, 3}, totals[5] = {5, 0, 5, 5, NAN};
    cm_logistic r;

    assert_true(cm_is_ok(cm_logistic_trend(times, hits, totals, 5, 0.95, &r)));
    assert_int_equal(r.n, 2);
    assert_near(r.slope, (log(2.0 / 3) - log(0.25)) / 2, 1e-10);
}

/* One unit a month from 2000: a hit with the given pattern before and from 2010 on. */
static size_t monthly(cm_turn_unit *units, size_t years, int before, int after)
{
    for (size_t i = 0; i < years * 12; i++)
        units[i] = (cm_turn_unit){.time = 2000 + (double)(i / 12),
                                  .weight = 1,
                                  .cluster = i,
                                  .hit = (int)(i * 7 % 10) < (i < 120 ? before : after)};
    return years * 12;
}

static void a_planted_year_of_change_is_found_with_its_levels(void **state)
{
    cm_turn_unit units[240];
    cm_turn r;
    size_t n = monthly(units, 20, 2, 7);

    assert_true(cm_is_ok(cm_turn_find(units, n, 10, &USUAL, &r)));
    assert_true(r.time == 2010 && r.units_before == 120 && r.units_after == 120);
    assert_near(r.before, 0.2, 1e-12);
    assert_near(r.after, 0.7, 1e-12);
    assert_near(r.p, 1.0 / 2001, 1e-12);
    assert_true(r.low <= 2010 && r.high >= 2010 && r.high - r.low <= 3 && r.moved == 1);
}

static void no_change_has_a_large_p(void **state)
{
    cm_turn_unit units[240];
    cm_turn r;
    size_t n = monthly(units, 20, 4, 4);

    assert_true(cm_is_ok(cm_turn_find(units, n, 10, &USUAL, &r)));
    assert_true(r.p > 0.3 && cm_defined(r.time));
}

static void weights_only_count_relative_to_each_other(void **state)
{
    cm_turn_unit units[240];
    cm_turn one, half;
    size_t n = monthly(units, 20, 2, 7);

    assert_true(cm_is_ok(cm_turn_find(units, n, 10, &USUAL, &one)));
    for (size_t i = 0; i < n; i++)
        units[i].weight = 0.5;
    assert_true(cm_is_ok(cm_turn_find(units, n, 10, &USUAL, &half)));
    assert_memory_equal(&one, &half, sizeof one);
}

static void a_change_needs_units_on_both_sides_and_hits_of_both_kinds(void **state)
{
    cm_turn_unit units[240];
    cm_turn r;

    monthly(units, 20, 2, 7);
    assert_true(cm_is_ok(cm_turn_find(units, 19, 10, &USUAL, &r)));
    assert_true(!cm_defined(r.time) && !cm_defined(r.p) && r.n == 19);
    assert_true(cm_is_ok(cm_turn_find(units, 0, 1, &USUAL, &r)));
    assert_false(cm_defined(r.time));
    monthly(units, 20, 10, 10);
    assert_true(cm_is_ok(cm_turn_find(units, 240, 10, &USUAL, &r)));
    assert_true(r.time == 2001 && r.log_likelihood_ratio == 0 && !cm_defined(r.p)); /* the earliest of equals */
    refused(cm_turn_find(units, 240, 0, &USUAL, &r), CM_INVALID_ARGUMENT);
    units[7].weight = 0;
    refused(cm_turn_find(units, 240, 10, &USUAL, &r), CM_INVALID_ARGUMENT);
    units[7].weight = 1;
    units[7].time = NAN;
    refused(cm_turn_find(units, 240, 10, &USUAL, &r), CM_INVALID_ARGUMENT);
}

static void a_step_up_and_back_is_levels_and_a_slope_is_a_trend(void **state)
{
    double times[16], hits[16], totals[16], rising[16], steady[16];
    cm_levels r;

    for (int i = 0; i < 16; i++) {
        times[i] = 2008 + i;
        totals[i] = 50;
        hits[i] = i == 12 || i == 13 ? 40 : 5 + i % 3;
        rising[i] = 4 + 2.5 * i + i % 2;
        steady[i] = 20 + i % 3;
    }
    assert_true(cm_is_ok(cm_levels_compare(times, hits, totals, 16, CM_COST_BINOMIAL, 2, 1, &r)));
    assert_true(r.shape == CM_SHAPE_LEVELS && r.changes == 2 && r.levels.count == 3);
    assert_true(r.levels.segments[1].first == 12 && r.levels.segments[1].last == 13);
    assert_near(r.levels.segments[1].mean, 0.8, 1e-12);
    assert_true(r.bic_levels < r.bic_trend);
    cm_levels_clear(&r);
    const cm_cost costs[3] = {CM_COST_BINOMIAL, CM_COST_POISSON, CM_COST_L2};
    for (int k = 0; k < 3; k++) {
        const double *given = k == 0 ? totals : NULL;
        assert_true(cm_is_ok(cm_levels_compare(times, rising, given, 16, costs[k], 2, 2, &r)));
        assert_true(r.shape == CM_SHAPE_TREND && r.bic_trend < r.bic_levels);
        cm_levels_clear(&r);
        assert_true(cm_is_ok(cm_levels_compare(times, steady, given, 16, costs[k], 2, 2, &r)));
        assert_int_equal(r.shape, CM_SHAPE_CONSTANT);
        cm_levels_clear(&r);
    }
}

static void few_bins_have_no_shape(void **state)
{
    const double times[4] = {1, 2, 3, 4}, values[4] = {1, 5, NAN, 7}, same[4] = {2, 2, 2, 2}, back[4] = {1, 2, 2, 3};
    cm_levels r;

    assert_true(cm_is_ok(cm_levels_compare(times, values, NULL, 4, CM_COST_L2, 2, 1, &r)));
    assert_true(r.shape == CM_SHAPE_NONE && !cm_defined(r.bic_constant) && r.levels.count == 0 && r.n == 3);
    cm_levels_clear(&r);
    assert_true(cm_is_ok(cm_levels_compare(times, same, NULL, 4, CM_COST_POISSON, 2, 1, &r)));
    assert_int_equal(r.shape, CM_SHAPE_NONE);
    cm_levels_clear(&r);
    refused(cm_levels_compare(back, same, NULL, 4, CM_COST_L2, 2, 1, &r), CM_INVALID_ARGUMENT);
    refused(cm_levels_compare(times, same, NULL, 4, CM_COST_EXPONENTIAL, 2, 1, &r), CM_INVALID_ARGUMENT);
    refused(cm_levels_compare(times, same, NULL, 4, CM_COST_BINOMIAL, 2, 1, &r), CM_INVALID_ARGUMENT);
}

static void van_der_eijks_a_has_its_corner_values(void **state)
{
    const double one[5] = {0, 9, 0, 0, 0}, even[5] = {3, 3, 3, 3, 3}, split[5] = {4, 0, 0, 0, 4},
                 mixed[7] = {30, 40, 210, 130, 530, 50, 10}, none[3] = {0, 0, 0};
    double a;

    assert_true(cm_is_ok(cm_van_der_eijk(one, 5, &a)));
    assert_true(a == 1);
    assert_true(cm_is_ok(cm_van_der_eijk(even, 5, &a)));
    assert_near(a, 0, 1e-15);
    assert_true(cm_is_ok(cm_van_der_eijk(split, 5, &a)));
    assert_near(a, -1, 1e-15);
    assert_true(cm_is_ok(cm_van_der_eijk(mixed, 7, &a))); /* the worked example of the R package agrmt */
    assert_near(a, 0.6113333, 5e-8);
    assert_true(cm_is_ok(cm_van_der_eijk(none, 3, &a)));
    assert_false(cm_defined(a));
    refused(cm_van_der_eijk(none, 2, &a), CM_INVALID_ARGUMENT);
}

static void votes_agree_from_0_to_1(void **state)
{
    double index;

    assert_true(cm_is_ok(cm_hix_noury_roland(10, 0, 0, &index)));
    assert_true(index == 1);
    assert_true(cm_is_ok(cm_hix_noury_roland(5, 5, 5, &index)));
    assert_true(index == 0);
    assert_true(cm_is_ok(cm_hix_noury_roland(6, 3, 1, &index)));
    assert_near(index, 0.4, 1e-15);
    assert_true(cm_is_ok(cm_hix_noury_roland(0, 0, 0, &index)));
    assert_false(cm_defined(index));
    refused(cm_hix_noury_roland(1, -1, 0, &index), CM_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_bins_have_the_closed_form),
        cmocka_unit_test(units_and_bins_give_the_same_trend),
        cmocka_unit_test(separated_hits_have_no_estimate_but_a_likelihood_ratio),
        cmocka_unit_test(bins_without_units_are_left_out),
        cmocka_unit_test(a_planted_year_of_change_is_found_with_its_levels),
        cmocka_unit_test(no_change_has_a_large_p),
        cmocka_unit_test(weights_only_count_relative_to_each_other),
        cmocka_unit_test(a_change_needs_units_on_both_sides_and_hits_of_both_kinds),
        cmocka_unit_test(a_step_up_and_back_is_levels_and_a_slope_is_a_trend),
        cmocka_unit_test(few_bins_have_no_shape),
        cmocka_unit_test(van_der_eijks_a_has_its_corner_values),
        cmocka_unit_test(votes_agree_from_0_to_1),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
