/* Cluster bootstrap, diversity and Jensen–Shannon: closed forms, coverage of resampling, and what is undefined. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "stats/cm_bootstrap.h"
#include "stats/cm_diversity.h"
#include "stats/cm_jensen_shannon.h"
#include "stats/cm_philox.h"

static const cm_resampling USUAL = CM_RESAMPLING_USUAL;

static void refused(cm_status status, cm_code code)
{
    assert_int_equal(status.code, code);
    cm_status_clear(&status);
}

static void clusters_of_one_give_about_the_binomial_interval(void **state)
{
    uint64_t clusters[400];
    bool hits[400];
    cm_cluster_share share;

    for (size_t i = 0; i < 400; i++) {
        clusters[i] = 1000 - i;
        hits[i] = i % 4 == 0;
    }
    assert_true(cm_is_ok(cm_bootstrap_share_of_units(clusters, hits, NULL, 400, &USUAL, &share)));
    assert_true(share.estimate == 0.25 && share.clusters == 400);
    assert_near(share.high - share.low, 2 * 1.96 * sqrt(0.25 * 0.75 / 400), 0.01);
    for (size_t i = 0; i < 400; i++)
        clusters[i] = i / 40 * 4 + i % 4; /* whole clusters are hits or misses */
    assert_true(cm_is_ok(cm_bootstrap_share_of_units(clusters, hits, NULL, 400, &USUAL, &share)));
    assert_true(share.clusters == 40 && share.estimate == 0.25);
    assert_true(share.high - share.low > 0.2);
}

static void units_and_sums_by_cluster_agree(void **state)
{
    const uint64_t clusters[6] = {5, 9, 5, 7, 9, 9};
    const bool hits[6] = {true, false, false, true, true, false};
    const double weights[6] = {1, 0.5, 1, 2, 0.25, 0.25}, tops[3] = {1, 2, 0.25}, bottoms[3] = {2, 2, 1};
    cm_cluster_share units, sums;

    assert_true(cm_is_ok(cm_bootstrap_share_of_units(clusters, hits, weights, 6, &USUAL, &units)));
    assert_true(cm_is_ok(cm_bootstrap_share(tops, bottoms, 3, &USUAL, &sums)));
    assert_memory_equal(&units, &sums, sizeof units);
    assert_true(sums.estimate == 0.65);
    assert_true(cm_is_ok(cm_bootstrap_mean(tops, bottoms, 3, &USUAL, &units)));
    assert_memory_equal(&units, &sums, sizeof units);
}

static void a_seed_gives_the_same_numbers_and_another_seed_others(void **state)
{
    const double tops[5] = {1, 0, 3, 2, 5}, bottoms[5] = {4, 4, 5, 6, 5};
    cm_resampling other = {.seed = 2, .replicates = 500, .level = 0.9};
    cm_cluster_share first, again, different;

    assert_true(cm_is_ok(cm_bootstrap_share(tops, bottoms, 5, &USUAL, &first)));
    assert_true(cm_is_ok(cm_bootstrap_share(tops, bottoms, 5, &USUAL, &again)));
    assert_true(cm_is_ok(cm_bootstrap_share(tops, bottoms, 5, &other, &different)));
    assert_memory_equal(&first, &again, sizeof first);
    assert_true(first.low != different.low || first.high != different.high);
}

static void one_cluster_has_no_interval_and_none_has_no_share(void **state)
{
    const double top = 1, bottom = 3, nothing = 0, negative = -1;
    cm_cluster_share share;
    cm_resampling none = {.seed = 1, .replicates = 0, .level = 0.95};

    assert_true(cm_is_ok(cm_bootstrap_share(&top, &bottom, 1, &USUAL, &share)));
    assert_true(share.clusters == 1 && cm_defined(share.estimate) && !cm_defined(share.low));
    assert_true(cm_is_ok(cm_bootstrap_share(&nothing, &nothing, 1, &USUAL, &share)));
    assert_true(share.clusters == 0 && !cm_defined(share.estimate));
    refused(cm_bootstrap_share(&bottom, &top, 1, &USUAL, &share), CM_INVALID_ARGUMENT);
    refused(cm_bootstrap_share(&negative, &top, 1, &USUAL, &share), CM_INVALID_ARGUMENT);
    refused(cm_bootstrap_share(&top, &bottom, 1, &none, &share), CM_INVALID_ARGUMENT);
    assert_true(cm_is_ok(cm_bootstrap_mean(&negative, &bottom, 1, &USUAL, &share)));
    assert_true(share.estimate < 0);
}

static void diversity_has_its_closed_forms(void **state)
{
    const double even[4] = {2, 2, 2, 2}, single[3] = {0, 5, 0}, zeros[2] = {0, 0}, mixed[3] = {6, 3, 1};
    double value;

    assert_true(cm_is_ok(cm_entropy(even, 4, &value)));
    assert_near(value, log(4), 1e-15);
    assert_true(cm_is_ok(cm_hhi(even, 4, &value)));
    assert_near(value, 0.25, 1e-15);
    for (double order = 0; order < 6; order += 0.5) {
        assert_true(cm_is_ok(cm_hill(even, 4, order, &value)));
        assert_near(value, 4, 1e-13);
        assert_true(cm_is_ok(cm_hill(single, 3, order, &value)));
        assert_near(value, 1, 1e-15);
    }
    assert_true(cm_is_ok(cm_entropy(single, 3, &value)));
    assert_true(value == 0 && !signbit(value));
    assert_true(cm_is_ok(cm_hhi(mixed, 3, &value)));
    assert_near(value, 0.46, 1e-15);
    assert_true(cm_is_ok(cm_hill(mixed, 3, 2, &value)));
    assert_near(value, 1 / 0.46, 1e-14);
    assert_true(cm_is_ok(cm_hill(mixed, 3, 0, &value)));
    assert_near(value, 3, 1e-14);
    assert_true(cm_is_ok(cm_hhi(zeros, 2, &value)));
    assert_false(cm_defined(value));
    refused(cm_hill(mixed, 3, -1, &value), CM_INVALID_ARGUMENT);
}

static void diversity_of_a_mix_brackets_its_estimate(void **state)
{
    cm_mix_row rows[90];
    cm_diversity result;

    for (uint32_t i = 0; i < 90; i++)
        rows[i] = (cm_mix_row){.cluster = i, .category = i % 10 < 6 ? 0 : i % 10 < 9 ? 1 : 2, .window = 0, .weight = 1};
    cm_mix mix = {rows, 90, 5};
    assert_true(cm_is_ok(cm_diversity_of(&mix, 0, &USUAL, &result)));
    assert_true(result.categories == 3 && result.clusters == 90 && result.total == 90);
    assert_near(result.hhi, 0.46, 1e-12);
    assert_true(result.hhi_interval.low < 0.46 && result.hhi_interval.high > 0.46);
    assert_true(result.entropy_interval.low < result.entropy && result.entropy < result.entropy_interval.high);
    assert_true(result.hill2_interval.low < result.hill2 && result.hill2 < result.hill2_interval.high);
    assert_true(cm_is_ok(cm_diversity_of(&mix, 1, &USUAL, &result)));
    assert_true(result.total == 0 && !cm_defined(result.entropy) && !cm_defined(result.hhi_interval.low));
}

static void divergence_is_0_for_equal_1_for_disjoint_mixes(void **state)
{
    const double a[3] = {1, 2, 3}, twice[3] = {2, 4, 6}, left[2] = {1, 0}, right[2] = {0, 7}, half[2] = {1, 1},
                 none[2] = {0, 0};
    double value;

    assert_true(cm_is_ok(cm_jensen_shannon(a, twice, 3, &value)));
    assert_near(value, 0, 1e-15);
    assert_true(cm_is_ok(cm_jensen_shannon(left, right, 2, &value)));
    assert_true(value == 1);
    assert_true(cm_is_ok(cm_jensen_shannon(left, half, 2, &value)));
    assert_near(value, 1.5 - 0.75 * log2(3), 1e-15); /* H(¾, ¼) − ½·H(½, ½) */
    assert_true(cm_is_ok(cm_jensen_shannon(left, none, 2, &value)));
    assert_false(cm_defined(value));
}

/* 40 clusters a window in 3 categories; `moved`: window 1 leans to the last one. */
static void fill(cm_mix_row *rows, bool moved)
{
    for (uint32_t i = 0; i < 160; i++) {
        uint32_t cluster = i / 2, window = cluster >= 40, category = (cluster * 7 + i) % 3;
        if (moved && window && cluster % 3 != 0)
            category = 2;
        rows[i] = (cm_mix_row){.cluster = cluster, .category = category, .window = (uint8_t)window, .weight = 0.5};
    }
}

static void a_moved_mix_is_found_and_an_unmoved_one_is_not(void **state)
{
    cm_mix_row rows[160];
    cm_mix mix = {rows, 160, 3};
    cm_jensen_shannon_result result;

    fill(rows, true);
    assert_true(cm_is_ok(cm_jensen_shannon_test(&mix, &USUAL, &result)));
    assert_near(result.p, 1.0 / 2001, 1e-12);
    assert_true(result.divergence > result.chance_high && result.chance_high > result.chance_mean);
    assert_true(result.low < result.divergence && result.divergence < result.high);
    assert_true(result.clusters == 80 && result.total[0] == 40 && result.total[1] == 40);
    fill(rows, false);
    assert_true(cm_is_ok(cm_jensen_shannon_test(&mix, &USUAL, &result)));
    assert_true(result.p > 0.5);
}

static void rows_in_another_order_change_nothing(void **state)
{
    cm_mix_row rows[160], shuffled[160];
    uint32_t order[160];
    cm_philox random = cm_philox_make(4, 4);
    cm_jensen_shannon_result first, second;

    fill(rows, true);
    for (uint32_t i = 0; i < 160; i++)
        order[i] = i;
    cm_philox_shuffle(&random, order, 160);
    for (int i = 0; i < 160; i++)
        shuffled[i] = rows[order[i]];
    assert_true(cm_is_ok(cm_jensen_shannon_test(&(cm_mix){rows, 160, 3}, &USUAL, &first)));
    assert_true(cm_is_ok(cm_jensen_shannon_test(&(cm_mix){shuffled, 160, 3}, &USUAL, &second)));
    assert_memory_equal(&first, &second, sizeof first);
}

static void clusters_in_both_windows_keep_both_alive(void **state)
{
    cm_mix_row rows[20];
    cm_jensen_shannon_result result;

    for (uint32_t i = 0; i < 20; i++) /* each cluster moves from category 0 to 1 */
        rows[i] = (cm_mix_row){.cluster = i / 2, .category = i % 2, .window = i % 2, .weight = 1};
    assert_true(cm_is_ok(cm_jensen_shannon_test(&(cm_mix){rows, 20, 2}, &USUAL, &result)));
    assert_true(result.divergence == 1 && result.low == 1 && result.high == 1);
    assert_true(result.p < 0.01); /* all ten swap together with probability 2/1024 */
    assert_true(cm_is_ok(cm_jensen_shannon_test(&(cm_mix){rows, 2, 2}, &USUAL, &result)));
    assert_true(result.p == 1 && !cm_defined(result.low));
    assert_true(cm_is_ok(cm_jensen_shannon_test(&(cm_mix){rows, 0, 2}, &USUAL, &result)));
    assert_false(cm_defined(result.divergence) || cm_defined(result.p));
    rows[3].category = 2;
    refused(cm_jensen_shannon_test(&(cm_mix){rows, 20, 2}, &USUAL, &result), CM_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(clusters_of_one_give_about_the_binomial_interval),
        cmocka_unit_test(units_and_sums_by_cluster_agree),
        cmocka_unit_test(a_seed_gives_the_same_numbers_and_another_seed_others),
        cmocka_unit_test(one_cluster_has_no_interval_and_none_has_no_share),
        cmocka_unit_test(diversity_has_its_closed_forms),
        cmocka_unit_test(diversity_of_a_mix_brackets_its_estimate),
        cmocka_unit_test(divergence_is_0_for_equal_1_for_disjoint_mixes),
        cmocka_unit_test(a_moved_mix_is_found_and_an_unmoved_one_is_not),
        cmocka_unit_test(rows_in_another_order_change_nothing),
        cmocka_unit_test(clusters_in_both_windows_keep_both_alive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
