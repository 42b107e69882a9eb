/* The test of a series: which test, on which bins, and what may be said of it. */
#include "trd_bed.h"

#include "stats/cm_normal.h"
#include "trends/trd_trend.h"

enum { FIRST = 2000 };

typedef struct trend_bed {
    cm_arena *arena;
    trd_report report;
    trd_findings findings;
    TrdFinding *finding;
} trend_bed;

static int set_up(void **state)
{
    trend_bed *b = cm_alloc(sizeof *b);

    b->arena = cm_arena_new();
    b->report = (trd_report){.arena = b->arena, .filter = &trd_filter_none};
    b->finding = trd_finding_add(&b->report, &b->findings, "channel-mix", "virtual", "");
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    trend_bed *b = *state;

    free(b->report.tests);
    free(b->findings.items);
    cm_arena_free(b->arena);
    free(b);
    return 0;
}

/* Tests covered years from 2000 on with these counts of `total` each. */
static void test(trend_bed *b, const double *counts, int years, double total, trd_kind kind)
{
    trd_series series = trd_series_new(b->arena, FIRST, FIRST + years - 1, 1);

    for (int i = 0; i < years; i++) {
        series.covered[i] = true;
        trd_series_add(&series, FIRST + i, counts[i], total, true);
    }
    assert_ok(trd_trend_test(&b->report, b->finding, &series, kind, 0, 7));
}

static const TrdDetail *detail(const TrdFinding *finding, const char *name)
{
    for (size_t i = 0; i < finding->n_details; i++)
        if (strcmp(finding->details[i]->name, name) == 0)
            return finding->details[i];
    return NULL;
}

static void a_steady_rise_is_tested_by_mann_and_kendall(void **state)
{
    static const double counts[] = {2, 4, 6, 8, 10, 12};
    trend_bed *b = *state;

    test(b, counts, 6, 20, TRD_SHARES);
    /* S = 6 · 5 / 2, variance = 6 · 5 · 17 / 18, z = 14 / √28.33, by hand */
    assert_string_equal(b->finding->test, "mann-kendall-ar1");
    assert_int_equal(b->finding->mann_kendall->s, 15);
    assert_near(b->finding->mann_kendall->var_s, 85.0 / 3, 1e-9);
    assert_near(b->finding->mann_kendall->z, 14 / sqrt(85.0 / 3), 1e-9);
    assert_near(b->finding->mann_kendall->p, erfc(14 / sqrt(85.0 / 3) / sqrt(2)), 1e-9);
    /* Nothing is left of a straight line, so nothing is alike; shares that vary less than those of 20 independent units
     * do leave no room for memory, and p is the plain one. */
    assert_near(detail(b->finding, "autocorrelation")->value->value, 0, 0);
    assert_near(detail(b->finding, "effective_bins")->value->value, 6, 0);
    assert_true(detail(b->finding, "dispersion")->value->value < 0.5);
    assert_near(b->finding->p->value, b->finding->mann_kendall->p, 1e-6);
    assert_near(b->finding->sen->slope, 0.1, 1e-9);
    assert_near(b->finding->sen->intercept + 2000 * 0.1, 0.1, 1e-6);
    assert_int_equal(b->report.test_count, 1);
    assert_int_equal(b->report.tests[0].family, 7);
    assert_string_equal(detail(b->finding, "tested_period")->text, "2000–2005");
}

static void shares_of_split_units_are_equal_where_their_parts_are(void **state)
{
    trend_bed *b = *state;
    trd_series series = trd_series_new(b->arena, FIRST, FIRST + 3, 1);

    for (int year = FIRST; year <= FIRST + 3; year++) {
        series.covered[year - FIRST] = true;
        trd_series_add(&series, year, year < FIRST + 2 ? 2 : year - FIRST + 2, 5, true);
    }
    trd_series_add(&series, FIRST, 0, 1, true);
    for (int i = 0; i < 6; i++)
        trd_series_add(&series, FIRST + 1, 0, 1.0 / 6, true); /* 5.999999999999999 as doubles go */
    assert_ok(trd_trend_test(&b->report, b->finding, &series, TRD_SHARES, 0, 0));
    assert_int_equal(b->finding->mann_kendall->s, 5); /* 2 of 6 twice is a tie */
}

static void where_the_slope_is_zero_the_odds_are_what_is_tested(void **state)
{
    static const double counts[] = {0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 4};
    trend_bed *b = *state;

    test(b, counts, 12, 20, TRD_SHARES);
    assert_near(b->finding->sen->slope, 0, 0);
    assert_string_equal(b->finding->test, "quasi-binomial-ar1");
    const TrdDetail *odds = detail(b->finding, "odds_ratio");
    assert_non_null(odds);
    assert_true(odds->value->value > 1 && odds->low->value < odds->value->value &&
                odds->value->value < odds->high->value);
}

static void counts_of_a_flat_series_keep_to_mann_and_kendall(void **state)
{
    static const double counts[] = {3, 0, 0, 4, 0, 0, 0, 0};
    trend_bed *b = *state;

    test(b, counts, 8, 0, TRD_COUNTS);
    assert_near(b->finding->sen->slope, 0, 0);
    assert_string_equal(b->finding->test, "mann-kendall-ar1");
}

static void bins_that_follow_each_other_show_no_direction(void **state)
{
    static const double counts[] = {9, 10, 12, 12, 11, 9, 7, 6, 6, 8, 11, 13, 15, 16, 15, 13};
    trend_bed *b = *state;

    test(b, counts, 16, 0, TRD_COUNTS);
    double left = detail(b->finding, "effective_bins")->value->value;
    assert_true(detail(b->finding, "autocorrelation")->value->value > 0.6 && left < 4);
    assert_true(b->finding->mann_kendall->p < 0.1 && b->finding->p->value > 0.3);
    b->finding->q = trd_number(b->arena, b->finding->p->value);
    for (size_t i = 0; i < b->finding->n_details; i++)
        if (strncmp(b->finding->details[i]->name, "levels", 6) == 0)
            b->finding->details[i]->name = "other"; /* steps would be said instead */
    assert_non_null(strstr(trd_trend_words(&b->report, b->finding), "too few to show a direction"));
}

static void fewer_than_four_bins_are_not_tested_and_it_is_said(void **state)
{
    static const double counts[] = {5, 6, 7};
    trend_bed *b = *state;

    test(b, counts, 3, 20, TRD_SHARES);
    assert_null(b->finding->p);
    assert_string_equal(b->finding->untested, "3 covered years with 5 units or more; at least 4 are needed");
    assert_int_equal(b->report.test_count, 0);
}

static void a_handful_of_units_has_no_trend(void **state)
{
    static const double counts[] = {0, 0, 0, 0, 0, 0, 0, 1};
    trend_bed *b = *state;

    test(b, counts, 8, 20, TRD_SHARES);
    assert_null(b->finding->p);
    assert_true(*b->finding->untested);
}

static void a_series_that_does_not_vary_has_no_p(void **state)
{
    static const double counts[] = {0, 0, 0, 0, 0};
    trend_bed *b = *state;

    test(b, counts, 5, 0, TRD_COUNTS);
    assert_null(b->finding->p);
    assert_string_equal(b->finding->untested, "the series does not vary");
}

static void levels_are_said_where_they_fit_better_than_a_slope(void **state)
{
    static const double counts[] = {2, 2, 3, 2, 2, 3, 2, 30, 31, 30, 31, 30};
    trend_bed *b = *state;

    test(b, counts, 12, 50, TRD_SHARES);
    const TrdDetail *levels = detail(b->finding, "levels");
    assert_non_null(levels);
    assert_string_equal(levels->text, "5 % from 2000, 61 % from 2007");
    b->finding->q = trd_number(b->arena, 0.001);
    const char *words = trd_trend_words(&b->report, b->finding);
    assert_non_null(strstr(words, "levels"));
    assert_non_null(strstr(words, "61 % from 2007"));
    assert_null(strstr(words, "rose"));
}

static void a_direction_is_said_only_where_q_is_below_5_percent(void **state)
{
    static const double counts[] = {10, 11, 12, 13, 14, 15, 16, 17};
    trend_bed *b = *state;

    test(b, counts, 8, 40, TRD_SHARES);
    assert_null(detail(b->finding, "levels"));
    b->finding->q = trd_number(b->arena, 0.05);
    assert_string_equal(trd_trend_words(&b->report, b->finding), "; over 2000–2007 no direction is shown");
    b->finding->q = trd_number(b->arena, 0.049);
    assert_string_equal(trd_trend_words(&b->report, b->finding), "; it rose over 2000–2007");
}

static void sensitivity_findings_never_enter_q(void **state)
{
    static const double counts[] = {2, 4, 6, 8, 10, 12};
    trend_bed *b = *state;

    b->finding->sensitivity = true;
    test(b, counts, 6, 20, TRD_SHARES);
    assert_non_null(b->finding->p);
    assert_int_equal(b->report.test_count, 0);
}

#define TREND_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREND_TEST(a_steady_rise_is_tested_by_mann_and_kendall),
        TREND_TEST(shares_of_split_units_are_equal_where_their_parts_are),
        TREND_TEST(where_the_slope_is_zero_the_odds_are_what_is_tested),
        TREND_TEST(counts_of_a_flat_series_keep_to_mann_and_kendall),
        TREND_TEST(bins_that_follow_each_other_show_no_direction),
        TREND_TEST(fewer_than_four_bins_are_not_tested_and_it_is_said),
        TREND_TEST(a_handful_of_units_has_no_trend),
        TREND_TEST(a_series_that_does_not_vary_has_no_p),
        TREND_TEST(levels_are_said_where_they_fit_better_than_a_slope),
        TREND_TEST(a_direction_is_said_only_where_q_is_below_5_percent),
        TREND_TEST(sensitivity_findings_never_enter_q),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
