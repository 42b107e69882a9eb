/* One change: Pettitt's rank test and cumulative sums. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "series_data.h"
#include "stats/cm_cusum.h"
#include "stats/cm_pettitt.h"

static const cm_resampling USUAL = CM_RESAMPLING_USUAL;

static void both_tests_find_the_niles_change(void **state)
{
    cm_pettitt pettitt;
    cm_cusum cusum;

    assert_true(cm_is_ok(cm_pettitt_test(NILE, 100, &pettitt)));
    assert_true(pettitt.k == 1617 && pettitt.index == 1899 - 1871);
    assert_near(pettitt.p, 2 * exp(-6 * 1617.0 * 1617 / (1e6 + 1e4)), 1e-15);
    assert_true(cm_is_ok(cm_cusum_test(NILE, 100, &USUAL, &cusum)));
    assert_int_equal(cusum.index, 1899 - 1871);
    assert_near(cusum.p, 1.0 / 2001, 1e-12);
    assert_near(cusum.range, 28 * (1097.75 - 919.35), 1e-8);
}

static void a_statistic_of_ranks_ignores_rising_transforms(void **state)
{
    double logarithms[100];
    cm_pettitt plain, transformed;

    for (int i = 0; i < 100; i++)
        logarithms[i] = log(NILE[i]);
    assert_true(cm_is_ok(cm_pettitt_test(NILE, 100, &plain)));
    assert_true(cm_is_ok(cm_pettitt_test(logarithms, 100, &transformed)));
    assert_memory_equal(&plain, &transformed, sizeof plain);
}

static void k_is_the_sum_of_signs_by_definition(void **state)
{
    const double x[9] = {3, 1, 2, 2, 7, 9, 7, 8, 5};
    double k = 0;

    for (int t = 1; t < 9; t++) {
        double u = 0;
        for (int i = 0; i < t; i++)
            for (int j = t; j < 9; j++)
                u += (x[i] > x[j]) - (x[i] < x[j]);
        k = fmax(k, fabs(u));
    }
    cm_pettitt result;
    assert_true(cm_is_ok(cm_pettitt_test(x, 9, &result)));
    assert_true(result.k == k && result.index == 4);
}

static void missing_values_keep_the_index(void **state)
{
    const double x[8] = {NAN, 1, 2, NAN, NAN, 8, 9, NAN};
    cm_pettitt pettitt;
    cm_cusum cusum;

    assert_true(cm_is_ok(cm_pettitt_test(x, 8, &pettitt)));
    assert_true(cm_is_ok(cm_cusum_test(x, 8, &USUAL, &cusum)));
    assert_true(pettitt.n == 4 && pettitt.index == 5 && cusum.n == 4 && cusum.index == 5);
}

static void few_equal_and_infinite_values(void **state)
{
    const double equal[4] = {0.1, 0.1, 0.1, 0.1}, infinite[2] = {1, INFINITY}, large[2] = {-1e308, 1e308};
    cm_pettitt pettitt;
    cm_cusum cusum;

    for (size_t n = 0; n <= 4; n++) {
        assert_true(cm_is_ok(cm_pettitt_test(equal, n, &pettitt)));
        assert_true(cm_is_ok(cm_cusum_test(equal, n, &USUAL, &cusum)));
        assert_true(pettitt.k == 0 && cusum.range == 0);
        assert_true(n < 2 ? !cm_defined(pettitt.p) && !cm_defined(cusum.p) : pettitt.p == 1 && cusum.p == 1);
    }
    assert_true(cm_is_ok(cm_pettitt_test(large, 2, &pettitt)));
    assert_true(pettitt.k == 1);
    cm_status status = cm_pettitt_test(infinite, 2, &pettitt);
    assert_int_equal(status.code, CM_INVALID_ARGUMENT);
    cm_status_clear(&status);
    status = cm_cusum_test(large, 2, &USUAL, &cusum);
    assert_int_equal(status.code, CM_INVALID_ARGUMENT);
    cm_status_clear(&status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_tests_find_the_niles_change),
        cmocka_unit_test(a_statistic_of_ranks_ignores_rising_transforms),
        cmocka_unit_test(k_is_the_sum_of_signs_by_definition),
        cmocka_unit_test(missing_values_keep_the_index),
        cmocka_unit_test(few_equal_and_infinite_values),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
