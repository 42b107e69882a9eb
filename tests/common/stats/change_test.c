/* Change points: the Nile, exactness against every segmentation, penalties, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "series_data.h"
#include "stats/cm_change.h"
#include "stats/cm_order.h"
#include "stats/cm_philox.h"

static void refused(cm_status status, cm_code code)
{
    assert_int_equal(status.code, code);
    cm_status_clear(&status);
}

static void check_nile(const cm_segments *s)
{
    assert_int_equal(s->count, 2);
    assert_int_equal(s->segments[1].first, 1899 - 1871);
    assert_int_equal(s->segments[0].last, 1898 - 1871);
    assert_near(s->segments[0].mean, 1097.75, 1e-9);
    assert_near(s->segments[1].mean, 849.972, 5e-4);
    assert_near(s->cost, 1597457.19444444, 1e-6);
}

static void the_nile_changed_once_after_1898(void **state)
{
    cm_segments s;

    assert_true(cm_is_ok(cm_change_exact(NILE, 100, 1, &(cm_change_options){.cost = CM_COST_L2}, &s)));
    check_nile(&s);
    cm_segments_clear(&s);
    for (int penalty = CM_PENALTY_BIC; penalty <= CM_PENALTY_MBIC; penalty++) {
        cm_change_options options = {.cost = CM_COST_L2, .penalty = (cm_penalty)penalty};
        assert_true(cm_is_ok(cm_change_pelt(NILE, 100, &options, &s)));
        check_nile(&s);
        cm_segments_clear(&s);
    }
}

static double cost_by_definition(cm_cost cost, const double *x, const double *d, size_t begin, size_t end)
{
    double sum = 0, total = 0, result = 0, n = (double)(end - begin);

    for (size_t i = begin; i < end; i++) {
        sum += x[i];
        total += d[i];
    }
    double p = sum / total;
    for (size_t i = begin; i < end; i++)
        if (cost == CM_COST_L2)
            result += (x[i] - sum / n) * (x[i] - sum / n);
        else if (cost == CM_COST_POISSON)
            result -= sum > 0 ? 2 * x[i] * log(sum / n) : 0;
        else if (cost == CM_COST_EXPONENTIAL)
            result += 2 * (log(sum / n) + x[i] / (sum / n));
        else
            result -= 2 * ((x[i] > 0 ? x[i] * log(p) : 0) + (x[i] < d[i] ? (d[i] - x[i]) * log(1 - p) : 0));
    return result;
}

/* The least cost + penalty·changes over all segmentations of n ≤ 12 values, with `changes` of them (−1: any). */
static double best_of_all(cm_cost cost, const double *x, const double *d, size_t n, size_t least, double penalty,
                          double by_length, int changes)
{
    double best = INFINITY;

    for (unsigned mask = 0; mask < 1u << (n - 1); mask++) {
        if (changes >= 0 && __builtin_popcount(mask) != changes)
            continue;
        double sum = penalty * __builtin_popcount(mask);
        bool allowed = true;
        for (size_t begin = 0, end = 1; end <= n; end++) {
            if (end < n && !(mask >> (end - 1) & 1))
                continue;
            allowed = allowed && end - begin >= least;
            sum += cost_by_definition(cost, x, d, begin, end) + by_length * log((double)(end - begin));
            begin = end;
        }
        if (allowed && sum < best)
            best = sum;
    }
    return best;
}

static void fill(cm_cost cost, cm_philox *random, double *x, double *d, size_t n)
{
    uint32_t step = cm_philox_below(random, 8);

    for (size_t i = 0; i < n; i++) {
        d[i] = 5 + cm_philox_below(random, 4);
        x[i] = cm_philox_below(random, 5) + (i >= n / 2 ? step : 0);
        if (cost == CM_COST_EXPONENTIAL)
            x[i] += 0.5;
        if (cost == CM_COST_BINOMIAL)
            x[i] = fmin(x[i], d[i]);
    }
}

static void pelt_and_exact_segmentation_reach_the_optimum_of_all(void **state)
{
    for (uint64_t stream = 0; stream < 160; stream++) {
        cm_philox random = cm_philox_make(5, stream);
        cm_cost cost = (cm_cost)(stream % 4);
        double x[10], d[10], ones[10] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
        size_t n = 4 + cm_philox_below(&random, 7), least = 1 + cm_philox_below(&random, 3);
        fill(cost, &random, x, d, n);
        double penalty = cm_philox_unit(&random) * 8;
        cm_change_options options = {.cost = cost,
                                     .penalty = CM_PENALTY_GIVEN,
                                     .given = penalty,
                                     .least = least,
                                     .totals = cost == CM_COST_BINOMIAL ? d : NULL};
        const double *totals = options.totals ? d : ones;
        cm_segments s;
        assert_true(cm_is_ok(cm_change_pelt(x, n, &options, &s)));
        assert_near(s.cost + penalty * (double)(s.count - 1), best_of_all(cost, x, totals, n, least, penalty, 0, -1),
                    1e-8);
        cm_segments_clear(&s);
        for (size_t changes = 0; (changes + 1) * least <= n; changes++) {
            assert_true(cm_is_ok(cm_change_exact(x, n, changes, &options, &s)));
            assert_int_equal(s.count, changes + 1);
            assert_near(s.cost, best_of_all(cost, x, totals, n, least, 0, 0, (int)changes), 1e-8);
            cm_segments_clear(&s);
        }
        options.penalty = CM_PENALTY_MBIC;
        double scale = cost == CM_COST_L2 ? cm_noise_variance(x, n) : 1;
        assert_true(cm_is_ok(cm_change_pelt(x, n, &options, &s)));
        assert_near(s.penalty, 3 * log((double)n) * scale, 1e-9);
        double reached = s.cost + s.penalty * (double)(s.count - 1);
        for (size_t k = 0; k < s.count; k++)
            reached += scale * log((double)s.segments[k].n);
        assert_near(reached, best_of_all(cost, x, totals, n, least, s.penalty, scale, -1), 1e-8);
        cm_segments_clear(&s);
    }
}

static void missing_values_keep_the_index_of_what_follows(void **state)
{
    const double x[9] = {1, NAN, 1.1, 0.9, NAN, NAN, 9, 9.1, 8.9};
    cm_segments s;

    assert_true(cm_is_ok(cm_change_pelt(x, 9, &(cm_change_options){.cost = CM_COST_L2}, &s)));
    assert_true(s.n == 6 && s.count == 2);
    assert_true(s.segments[0].first == 0 && s.segments[0].last == 3 && s.segments[1].first == 6);
    assert_near(s.segments[1].mean, 9, 1e-12);
    cm_segments_clear(&s);
}

static void few_or_equal_values_do_not_change(void **state)
{
    const double equal[6] = {4, 4, 4, 4, 4, 4};
    cm_segments s;

    for (size_t n = 0; n <= 6; n++)
        for (int cost = CM_COST_L2; cost <= CM_COST_EXPONENTIAL; cost++)
            for (int penalty = CM_PENALTY_BIC; penalty <= CM_PENALTY_MBIC; penalty++) {
                cm_change_options options = {.cost = (cm_cost)cost, .penalty = (cm_penalty)penalty};
                assert_true(cm_is_ok(cm_change_pelt(equal, n, &options, &s)));
                assert_int_equal(s.count, n == 0 ? 0 : 1);
                cm_segments_clear(&s);
            }
    assert_true(cm_is_ok(cm_change_exact(equal, 2, 5, &(cm_change_options){.cost = CM_COST_L2}, &s)));
    assert_int_equal(s.count, 2);
    cm_segments_clear(&s);
    assert_false(cm_defined(cm_noise_variance(equal, 1)));
    assert_true(cm_noise_variance(equal, 6) == 0);
}

static void what_a_cost_does_not_take_is_refused_by_name(void **state)
{
    const double x[3] = {1, -2, 3}, zero[2] = {1, 0}, large[2] = {1, 1e308}, totals[3] = {1, 1, 1};
    cm_segments s;
    cm_status status = cm_change_pelt(x, 3, &(cm_change_options){.cost = CM_COST_POISSON}, &s);

    assert_string_equal(cm_status_message(status), "values[1]: -2 is no count; give values ≥ 0");
    refused(status, CM_INVALID_ARGUMENT);
    refused(cm_change_pelt(zero, 2, &(cm_change_options){.cost = CM_COST_EXPONENTIAL}, &s), CM_INVALID_ARGUMENT);
    refused(cm_change_pelt(large, 2, &(cm_change_options){.cost = CM_COST_L2}, &s), CM_INVALID_ARGUMENT);
    refused(cm_change_pelt(x, 3, &(cm_change_options){.cost = CM_COST_BINOMIAL}, &s), CM_INVALID_ARGUMENT);
    refused(cm_change_pelt(x, 3, &(cm_change_options){.cost = CM_COST_L2, .totals = totals}, &s), CM_INVALID_ARGUMENT);
    refused(cm_change_pelt(x, 3, &(cm_change_options){.penalty = CM_PENALTY_GIVEN, .given = -1}, &s),
            CM_INVALID_ARGUMENT);
    refused(cm_change_pelt(x, 3, &(cm_change_options){.penalty = CM_PENALTY_GIVEN, .given = NAN}, &s),
            CM_INVALID_ARGUMENT);
    refused(cm_change_exact(NILE, 100, 1000000, &(cm_change_options){.cost = CM_COST_L2}, &s), CM_RESOURCE_EXHAUSTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nile_changed_once_after_1898),
        cmocka_unit_test(pelt_and_exact_segmentation_reach_the_optimum_of_all),
        cmocka_unit_test(missing_values_keep_the_index_of_what_follows),
        cmocka_unit_test(few_or_equal_values_do_not_change),
        cmocka_unit_test(what_a_cost_does_not_take_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
