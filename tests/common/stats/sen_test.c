/* Sen's slope: known numbers, exactness against all pairs, time that is given, and extremes. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "near.h"
#include "series_data.h"
#include "stats/cm_order.h"
#include "stats/cm_philox.h"
#include "stats/cm_sen.h"
#include "stats/cm_slopes.h"

static cm_sen by_index(const double *values, size_t n)
{
    cm_sen result;

    assert_true(cm_is_ok(cm_sen_slope_by_index(values, n, 0.95, &result)));
    return result;
}

static void shampoo_rises_by_11_a_month(void **state)
{
    cm_sen result = by_index(SHAMPOO, 36);

    assert_near(result.slope, 11.509375, 1e-12);
    assert_near(result.intercept, 78.7359375, 1e-10);
    assert_true(result.low < result.slope && result.slope < result.high && result.low > 0);
    assert_int_equal(result.pairs, 630);
}

static void passengers_rise_by_30_a_year(void **state)
{
    cm_sen result;

    assert_true(cm_is_ok(cm_sen_slope_seasonal(AIR_PASSENGERS, 144, 12, 0.95, &result)));
    assert_near(result.slope, 30.23611, 5e-6);
    assert_int_equal(result.pairs, 12 * 66);
}

static void calendar_years_and_positions_agree_where_none_is_missing(void **state)
{
    double years[100];
    cm_sen given, index = by_index(NILE, 100);

    for (int i = 0; i < 100; i++)
        years[i] = 1871 + i;
    assert_true(cm_is_ok(cm_sen_slope(years, NILE, 100, 0.95, &given)));
    assert_true(given.slope == index.slope && given.low == index.low && given.high == index.high);
    assert_near(given.intercept, index.intercept - 1871 * index.slope, 1e-9);
}

static void a_missing_year_keeps_its_place(void **state)
{
    const double years[3] = {2000, 2001, 2005}, values[3] = {1, 2, 6}, gaps[6] = {1, 2, NAN, NAN, NAN, 6};
    cm_sen result;

    assert_true(cm_is_ok(cm_sen_slope(years, values, 3, 0.95, &result)));
    assert_true(result.slope == 1 && result.intercept == -1999);
    assert_true(by_index(gaps, 6).slope == 1);
    assert_false(cm_defined(result.low) || cm_defined(result.high));
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Every rank asked for (six, from `outside` of the slopes to as many from the end) equals the one of the sorted slopes,
 * up to `rounding`. */
static void check_ranks(const double *times, const double *values, size_t n, double outside, double rounding)
{
    double *all = malloc(n * n / 2 * sizeof *all + 1);
    size_t m = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (times[j] > times[i])
                all[m++] = (values[j] - values[i]) / (times[j] - times[i]);
    qsort(all, m, sizeof *all, ascending);
    cm_slopes slopes = {0};
    assert_true(cm_is_ok(cm_slopes_add(&slopes, times, values, n)));
    assert_int_equal(cm_slopes_count(&slopes), m);
    size_t first = (size_t)((double)m * outside);
    uint64_t ranks[6] = {first, first + m / 40, (m - 1) / 2, m / 2, m - first - m / 40 - 1, m - first - 1};
    double found[6];
    assert_true(cm_is_ok(cm_slopes_select(&slopes, ranks, 6, found)));
    for (int k = 0; k < 6; k++)
        if (fabs(found[k] - all[ranks[k]]) > rounding * fabs(all[ranks[k]]))
            fail_msg("rank %zu of %zu: %.17g instead of %.17g", (size_t)ranks[k], m, found[k], all[ranks[k]]);
    cm_slopes_clear(&slopes);
    free(all);
}

static void selection_without_all_pairs_is_exact(void **state)
{
    enum { N = 1500 };
    double times[N], values[N];

    for (int kind = 0; kind < 6; kind++) {
        cm_philox random = cm_philox_make(11, (uint64_t)kind);
        for (int i = 0; i < N; i++) {
            double u = cm_philox_unit(&random);
            times[i] = kind == 3 ? cm_philox_below(&random, 300) : kind == 4 ? u * 50 : 1900 + i / 12.0;
            values[i] = kind == 0   ? u
                        : kind == 1 ? floor(3 * u)
                        : kind == 2 ? 1e6 + floor(u * 20) + i
                        : kind == 5 ? (i % 97 == 0 ? 1e12 * u : 1e-3 * i)
                                    : u + 0.01 * i;
        }
        check_ranks(times, values, N, 0, kind == 5 ? 1e-12 : 0); /* 5: most slopes differ by rounding alone */
    }
}

/* Around the median nearly all slopes are left out unseen; what is left must hold the ranks whatever the values are. */
static void selection_among_all_pairs_is_exact(void **state)
{
    enum { MOST = 700, KINDS = 8 };
    double times[MOST], values[MOST];

    for (int kind = 0; kind < KINDS; kind++)
        for (size_t n = 85; n <= MOST; n += 123) {
            cm_philox random = cm_philox_make(12, (uint64_t)kind * MOST + n);
            for (size_t i = 0; i < n; i++) {
                double u = cm_philox_unit(&random);
                times[i] = kind == 3 ? cm_philox_below(&random, 60) : kind == 4 ? u * 50 : 1900 + (double)i / 12;
                values[i] = kind == 0   ? u
                            : kind == 1 ? floor(3 * u)
                            : kind == 2 ? 1e15 + floor(u * 20)
                            : kind == 5 ? (i % 97 == 0 ? 1e300 * u : u)
                            : kind == 6 ? 1e-310 * u
                            : kind == 7 ? (i % 2 ? 1e40 : -1e40) * u + (double)i
                                        : u + 0.01 * (double)i;
            }
            for (int k = 0; k < 3; k++)
                check_ranks(times, values, n, (double[]){0, 0.3, 0.45}[k], 0);
        }
}

static void a_long_straight_line_has_one_slope(void **state)
{
    enum { N = 100000 };
    double *line = malloc(N * sizeof *line), *flat = calloc(N, sizeof *flat);

    for (int i = 0; i < N; i++)
        line[i] = 5 - 2.0 * i;
    cm_sen result = by_index(line, N);
    assert_true(result.slope == -2 && result.low == -2 && result.high == -2);
    assert_near(result.intercept, 5, 1e-9);
    result = by_index(flat, N);
    assert_true(result.slope == 0 && result.low == 0 && result.high == 0 && result.intercept == 0);
    free(line);
    free(flat);
}

static void gilberts_ranks_are_interpolated(void **state)
{
    /* Ten values, no ties: var(S) = 125, so the ranks are (45 ∓ 1.959964·√125)/2 (+1): 11.5434 and 34.4566. */
    const double values[10] = {10, 22, 21, 30, 32, 34, 43, 42, 39, 48};
    double all[45];
    int m = 0;

    for (int i = 0; i < 10; i++)
        for (int j = i + 1; j < 10; j++)
            all[m++] = (values[j] - values[i]) / (j - i);
    qsort(all, 45, sizeof *all, ascending);
    cm_sen result = by_index(values, 10);
    double half = 1.959963984540054 * sqrt(125) / 2, low = 22.5 - half, high = 23.5 + half;
    assert_near(result.low, all[10] + (low - 11) * (all[11] - all[10]), 1e-12);
    assert_near(result.high, all[33] + (high - 34) * (all[34] - all[33]), 1e-12);
}

static void few_values_are_undefined_not_wrong(void **state)
{
    const double values[3] = {1, 3, 4};

    cm_sen none = by_index(values, 0), one = by_index(values, 1), three = by_index(values, 3);
    assert_false(cm_defined(none.slope) || cm_defined(one.slope) || cm_defined(one.intercept));
    assert_true(three.slope == 1.5 && !cm_defined(three.low));
    const double same[2] = {2000, 2000};
    cm_sen result;
    assert_true(cm_is_ok(cm_sen_slope(same, values, 2, 0.95, &result)));
    assert_true(result.n == 2 && result.pairs == 0 && !cm_defined(result.slope));
}

static void extremes_are_scaled_and_overflow_is_said(void **state)
{
    const double large[3] = {-1e308, 0, 1e308}, larger[2] = {-1.7e308, 1.7e308}, missing[2] = {2000, NAN};
    cm_sen result = by_index(large, 3);

    assert_near(result.slope / 1e308, 1, 1e-12);
    cm_status status = cm_sen_slope_by_index(larger, 2, 0.95, &result);
    assert_int_equal(status.code, CM_OUT_OF_RANGE);
    cm_status_clear(&status);
    status = cm_sen_slope(missing, large, 2, 0.95, &result);
    assert_int_equal(status.code, CM_INVALID_ARGUMENT);
    cm_status_clear(&status);
    status = cm_sen_slope_by_index(large, 3, 95, &result);
    assert_int_equal(status.code, CM_INVALID_ARGUMENT);
    cm_status_clear(&status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shampoo_rises_by_11_a_month),
        cmocka_unit_test(passengers_rise_by_30_a_year),
        cmocka_unit_test(calendar_years_and_positions_agree_where_none_is_missing),
        cmocka_unit_test(a_missing_year_keeps_its_place),
        cmocka_unit_test(selection_without_all_pairs_is_exact),
        cmocka_unit_test(selection_among_all_pairs_is_exact),
        cmocka_unit_test(a_long_straight_line_has_one_slope),
        cmocka_unit_test(gilberts_ranks_are_interpolated),
        cmocka_unit_test(few_values_are_undefined_not_wrong),
        cmocka_unit_test(extremes_are_scaled_and_overflow_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
