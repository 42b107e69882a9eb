/* Mann–Kendall: known numbers, properties, and what is undefined. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "near.h"
#include "series_data.h"
#include "stats/cm_mann_kendall.h"
#include "stats/cm_philox.h"

static cm_mann_kendall plain(const double *values, size_t n)
{
    cm_mann_kendall result;
    cm_status status = cm_mann_kendall_test(values, n, &result);

    assert_true(cm_is_ok(status));
    return result;
}

static void shampoo_rises_with_s_440(void **state)
{
    cm_mann_kendall result = plain(SHAMPOO, 36);

    assert_true(result.s == 440);
    assert_near(result.var_s, 36.0 * 35 * 77 / 18, 1e-9);
    assert_near(result.z, 439 / sqrt(5390.0), 1e-12);
    assert_near(result.tau, 440.0 / 630, 1e-12);
    assert_true(result.p < 1e-8 && result.p > 0);
}

static void passengers_rise_in_every_season_with_s_784(void **state)
{
    cm_mann_kendall result;

    assert_true(cm_is_ok(cm_mann_kendall_seasonal(AIR_PASSENGERS, 144, 12, &result)));
    assert_true(result.s == 784);
    assert_near(result.var_s, 2550, 1e-9);
    assert_near(result.z, 783 / sqrt(2550), 1e-12);
}

static void a_season_of_one_is_the_plain_test(void **state)
{
    cm_mann_kendall seasonal, result = plain(NILE, 100);

    assert_true(cm_is_ok(cm_mann_kendall_seasonal(NILE, 100, 1, &seasonal)));
    assert_memory_equal(&seasonal, &result, sizeof result);
}

static double s_by_pairs(const double *v, size_t n)
{
    double s = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            s += (v[j] > v[i]) - (v[j] < v[i]);
    return s;
}

static void s_equals_the_sum_over_all_pairs_with_ties_and_gaps(void **state)
{
    for (uint64_t stream = 0; stream < 300; stream++) {
        cm_philox random = cm_philox_make(7, stream);
        double v[200], kept[200];
        size_t n = cm_philox_below(&random, 200), m = 0;
        uint32_t distinct = 1 + cm_philox_below(&random, 60);
        for (size_t i = 0; i < n; i++) {
            v[i] = cm_philox_below(&random, distinct);
            if (cm_philox_below(&random, 10) == 0)
                v[i] = NAN;
            else
                kept[m++] = v[i];
        }
        cm_mann_kendall result = plain(v, n);
        assert_true(result.n == m);
        assert_true(result.s == s_by_pairs(kept, m));
    }
}

static void a_rising_transform_changes_nothing_and_reversal_the_sign(void **state)
{
    double cubed[100], reversed[100];

    for (int i = 0; i < 100; i++) {
        cubed[i] = NILE[i] * NILE[i] * NILE[i];
        reversed[99 - i] = NILE[i];
    }
    cm_mann_kendall result = plain(NILE, 100), same = plain(cubed, 100), other = plain(reversed, 100);
    assert_memory_equal(&result, &same, sizeof result);
    assert_true(other.s == -result.s && other.z == -result.z && other.p == result.p);
}

static void too_few_values_are_undefined_and_equal_ones_have_no_trend(void **state)
{
    const double equal[5] = {3, 3, 3, 3, 3}, gaps[4] = {NAN, NAN, 1, NAN};

    for (size_t n = 0; n < 2; n++) {
        cm_mann_kendall result = plain(equal, n);
        assert_true(result.n == n && result.s == 0 && !signbit(result.s) && result.var_s == 0);
        assert_false(cm_defined(result.z) || cm_defined(result.p) || cm_defined(result.tau));
    }
    assert_false(cm_defined(plain(gaps, 4).p));
    cm_mann_kendall result = plain(equal, 5);
    assert_true(result.s == 0 && result.var_s == 0 && result.z == 0 && result.p == 1);
    const double two[2] = {1, 2};
    result = plain(two, 2);
    assert_true(result.s == 1 && result.var_s == 1 && result.z == 0 && result.p == 1);
}

static void the_largest_doubles_are_taken_and_infinity_is_refused(void **state)
{
    const double large[4] = {-DBL_MAX, 0, 1e308, DBL_MAX}, infinite[3] = {1, -INFINITY, 2};
    cm_mann_kendall result = plain(large, 4), untouched;

    assert_true(result.s == 6);
    memset(&untouched, 7, sizeof untouched);
    result = untouched;
    cm_status status = cm_mann_kendall_test(infinite, 3, &result);
    assert_int_equal(status.code, CM_INVALID_ARGUMENT);
    assert_string_equal(cm_status_message(status), "values[1]: -inf is not finite; give a number, or leave it out");
    cm_status_clear(&status);
    assert_memory_equal(&result, &untouched, sizeof result);
}

static void a_wave_widens_the_corrected_variance(void **state)
{
    double wave[120];

    for (int i = 0; i < 120; i++)
        wave[i] = sin(i / 9.0) + 0.001 * (i % 7);
    cm_mann_kendall result;
    assert_true(cm_is_ok(cm_mann_kendall_hamed_rao(wave, 120, 3, &result)));
    assert_true(result.ratio > 3);
    assert_true(fabs(result.z) < fabs(plain(wave, 120).z));
    assert_true(cm_is_ok(cm_mann_kendall_yue_wang(wave, 120, 3, &result)));
    assert_true(result.ratio > 3);
}

static void a_straight_line_has_no_autocorrelation_to_correct(void **state)
{
    double line[50];
    cm_mann_kendall result;

    for (int i = 0; i < 50; i++)
        line[i] = 0.1 * i + 3;
    assert_true(cm_is_ok(cm_mann_kendall_hamed_rao(line, 50, 0, &result)));
    assert_true(result.ratio == 1 && result.s == 1225);
    assert_true(cm_is_ok(cm_mann_kendall_yue_wang(line, 50, 0, &result)));
    assert_true(result.ratio == 1);
    assert_true(cm_is_ok(cm_mann_kendall_hamed_rao(line, 2, 0, &result)));
    assert_true(result.ratio == 1 && result.n == 2);
}

static void a_season_of_zero_is_refused(void **state)
{
    cm_mann_kendall result;
    cm_status status = cm_mann_kendall_seasonal(NILE, 100, 0, &result);

    assert_int_equal(status.code, CM_INVALID_ARGUMENT);
    cm_status_clear(&status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shampoo_rises_with_s_440),
        cmocka_unit_test(passengers_rise_in_every_season_with_s_784),
        cmocka_unit_test(a_season_of_one_is_the_plain_test),
        cmocka_unit_test(s_equals_the_sum_over_all_pairs_with_ties_and_gaps),
        cmocka_unit_test(a_rising_transform_changes_nothing_and_reversal_the_sign),
        cmocka_unit_test(too_few_values_are_undefined_and_equal_ones_have_no_trend),
        cmocka_unit_test(the_largest_doubles_are_taken_and_infinity_is_refused),
        cmocka_unit_test(a_wave_widens_the_corrected_variance),
        cmocka_unit_test(a_straight_line_has_no_autocorrelation_to_correct),
        cmocka_unit_test(a_season_of_zero_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
