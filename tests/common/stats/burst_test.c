/* Kleinberg's bursts: the optimum over every sequence, planted bursts, nesting, and what cannot burst. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "stats/cm_burst.h"
#include "stats/cm_philox.h"
#include "stats/cm_special.h"

static double cost_of(const double *r, const double *d, size_t n, double p, const cm_burst_options *o,
                      const size_t *sequence)
{
    double cost = 0;
    size_t at = 0;

    for (size_t t = 0; t < n; t++) {
        double q = p * pow(o->s, (double)sequence[t]);
        if (sequence[t] > at)
            cost += (double)(sequence[t] - at) * o->gamma * log((double)n);
        cost -= cm_log_choose(d[t], r[t]) + (r[t] > 0 ? r[t] * log(q) : 0) + (d[t] - r[t]) * log(1 - q);
        at = sequence[t];
    }
    return cost;
}

static void the_sequence_is_the_cheapest_of_all(void **state)
{
    enum { N = 8 };

    for (uint64_t stream = 0; stream < 40; stream++) {
        cm_philox random = cm_philox_make(9, stream);
        cm_burst_options o = {.s = 1.3 + cm_philox_unit(&random), .gamma = cm_philox_unit(&random), .states = 3};
        double r[N], d[N], hits = 0, all = 0, best = INFINITY;
        for (size_t t = 0; t < N; t++) {
            d[t] = 10 + cm_philox_below(&random, 10);
            r[t] = cm_philox_below(&random, t == 3 || t == 4 ? 9 : 3);
            hits += r[t];
            all += d[t];
        }
        cm_bursts result;
        assert_true(cm_is_ok(cm_burst_find(r, d, N, &o, &result)));
        size_t states = result.states, sequence[N], count = 1;
        for (size_t t = 0; t < N; t++)
            count *= states;
        for (size_t code = 0; code < count; code++) {
            for (size_t t = 0, rest = code; t < N; t++, rest /= states)
                sequence[t] = rest % states;
            best = fmin(best, cost_of(r, d, N, hits / all, &o, sequence));
        }
        for (size_t t = 0; t < N; t++)
            sequence[t] = (size_t)result.state[t];
        assert_near(result.cost, best, 1e-9);
        assert_near(cost_of(r, d, N, hits / all, &o, sequence), best, 1e-9);
        cm_bursts_clear(&result);
    }
}

static void a_planted_burst_is_found_with_its_bins(void **state)
{
    double r[20], d[20];
    cm_bursts result;

    for (int t = 0; t < 20; t++) {
        d[t] = 100;
        r[t] = t >= 8 && t <= 11 ? 40 : 5;
    }
    d[9] = NAN; /* nobody looked: the burst goes on over the gap */
    assert_true(cm_is_ok(cm_burst_find(r, d, 20, &CM_BURST_USUAL, &result)));
    assert_true(result.n == 19 && result.states == 2 && result.count == 1);
    assert_true(result.bursts[0].first == 8 && result.bursts[0].last == 11 && result.bursts[0].level == 1);
    assert_true(result.bursts[0].weight > 20 && result.state[9] == -1 && result.state[7] == 0 && result.state[8] == 1);
    cm_bursts_clear(&result);
}

static void higher_levels_lie_within_lower_ones(void **state)
{
    double r[20], d[20];
    cm_bursts result;
    cm_burst_options o = {.s = 2, .gamma = 0.5, .states = 4};

    for (int t = 0; t < 20; t++) {
        d[t] = 200;
        r[t] = t == 10 ? 190 : t >= 8 && t <= 12 ? 60 : 10;
    }
    assert_true(cm_is_ok(cm_burst_find(r, d, 20, &o, &result)));
    assert_true(result.count >= 2);
    assert_true(result.bursts[0].level == 1 && result.bursts[0].first <= 8 && result.bursts[0].last >= 12);
    assert_true(result.bursts[1].level == 2 && result.bursts[1].first >= result.bursts[0].first &&
                result.bursts[1].last <= result.bursts[0].last);
    cm_bursts_clear(&result);
}

static void nothing_bursts_where_the_share_is_even_or_too_large(void **state)
{
    const double r[4] = {6, 6, 6, 6}, d[4] = {10, 10, 10, 10}, none[4] = {0, 0, 0, 0};
    cm_bursts result;

    assert_true(cm_is_ok(cm_burst_find(r, d, 4, &CM_BURST_USUAL, &result)));
    assert_true(result.states == 1 && result.count == 0 && result.base == 0.6 && result.state[2] == 0);
    cm_bursts_clear(&result);
    assert_true(cm_is_ok(cm_burst_find(none, d, 4, &CM_BURST_USUAL, &result)));
    assert_true(result.states == 1 && result.cost == 0 && result.base == 0);
    cm_bursts_clear(&result);
    assert_true(cm_is_ok(cm_burst_find(none, none, 4, &CM_BURST_USUAL, &result)));
    assert_true(result.n == 0 && !cm_defined(result.base) && result.state[0] == -1);
    cm_bursts_clear(&result);
    assert_true(cm_is_ok(cm_burst_find(none, none, 0, &CM_BURST_USUAL, &result)));
    assert_true(result.state == NULL && result.count == 0);
    cm_bursts_clear(&result);
}

static void options_and_counts_are_checked(void **state)
{
    const double r[2] = {1, 2}, d[2] = {2, 1};
    const cm_burst_options options[5] = {{1, 1, 2}, {2, -1, 2}, {2, 1, 1}, {2, 1, 33}, {NAN, 1, 2}};
    cm_bursts result;
    cm_status status = cm_burst_find(r, d, 2, &CM_BURST_USUAL, &result);

    assert_string_equal(cm_status_message(status), "relevant[1]: 2 of 1 is more than all; give at most the total");
    cm_status_clear(&status);
    for (int k = 0; k < 5; k++) {
        status = cm_burst_find(r, r, 2, &options[k], &result);
        assert_int_equal(status.code, CM_INVALID_ARGUMENT);
        cm_status_clear(&status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_sequence_is_the_cheapest_of_all),
        cmocka_unit_test(a_planted_burst_is_found_with_its_bins),
        cmocka_unit_test(higher_levels_lie_within_lower_ones),
        cmocka_unit_test(nothing_bursts_where_the_share_is_even_or_too_large),
        cmocka_unit_test(options_and_counts_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
