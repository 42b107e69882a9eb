/* Worlds whose truth is known, since it is planted: how often trends are found that are not there, and that are. Each
 * world has eight yearly series of Poisson counts over twenty years, tested as a report tests them: Mann–Kendall with
 * what autocorrelation leaves of it; what has q ≤ 0.05 is found. Other tests run beside it for comparison. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "planted.h"
#include "stats/cm_fdr.h"
#include "stats/cm_sen.h"
#include "stats/cm_turn.h"

enum { WORLDS = 500, SERIES = 8, YEARS = 20 };
static const double MEAN = 15, LEVEL = 0.05;
/* The 95 % binomial interval of worlds with a finding, where 5 % are expected: P(X < 16) = 0.019, P(X > 35) = 0.017. */
enum { LEAST = 16, BOUND = 35 };

typedef enum method { PLAIN, HAMED_RAO, PREWHITENED, AR1 } method;

/* Trend-free prewhitening (Yue, Pilon, Phinney, Cavadias 2002): where the autocorrelation of what is left of Sen's line
 * is significant, its share of the year before is taken out and the line put back. */
static double prewhitened(const double *x, size_t n, double plain)
{
    double left[YEARS], products = 0, squares = 0, mean = 0;
    cm_sen sen;
    cm_mann_kendall test;

    assert_true(cm_is_ok(cm_sen_slope_by_index(x, n, 0.95, &sen)));
    for (size_t i = 0; i < n; i++) {
        left[i] = x[i] - sen.slope * (double)i;
        mean += left[i] / (double)n;
    }
    for (size_t i = 0; i < n; i++) {
        squares += (left[i] - mean) * (left[i] - mean);
        products += i > 0 ? (left[i] - mean) * (left[i - 1] - mean) : 0;
    }
    double r = squares > 0 ? products / squares : 0;
    if (fabs(r) <= 1.96 / sqrt((double)n))
        return plain;
    for (size_t i = n - 1; i > 0; i--)
        left[i] += sen.slope * (double)i - r * left[i - 1];
    assert_true(cm_is_ok(cm_mann_kendall_test(left + 1, n - 1, &test)));
    return test.p;
}

/* p of counts that may be cut by NaN at their end. */
static double p_of(const double *counts, method how)
{
    cm_mann_kendall test;

    assert_true(cm_is_ok(how == HAMED_RAO ? cm_mann_kendall_hamed_rao(counts, YEARS, 3, &test)
                                          : cm_mann_kendall_test(counts, YEARS, &test)));
    if (how == PREWHITENED)
        return prewhitened(counts, test.n, test.p);
    if (how != AR1)
        return test.p;
    return planted_p(counts, test.n, PLANTED_COUNTS);
}

/* What was found in all worlds. */
typedef struct tally {
    double worlds_with_false; /* worlds in which something was found that is not there */
    double false_share;       /* mean over worlds of false among found */
    double power;             /* mean share of the planted trends that are found */
    double small;             /* share of p ≤ 0.05 among series without a trend */
} tally;

/* `planted` of the series of each world grow by `growth` a year. */
static tally explore(size_t planted, double growth, method how)
{
    tally t = {0};
    double without = 0, small = 0;

    for (uint64_t world = 0; world < WORLDS; world++) {
        cm_philox random = cm_philox_make(1000, world);
        double p[SERIES], q[SERIES], found = 0, wrong = 0;
        for (size_t k = 0; k < SERIES; k++) {
            double counts[YEARS];
            for (int year = 0; year < YEARS; year++)
                counts[year] = planted_poisson(&random, MEAN * (k < planted ? exp(growth * (year - YEARS / 2.0)) : 1));
            p[k] = p_of(counts, how);
            without += k >= planted;
            small += k >= planted && p[k] <= LEVEL;
        }
        assert_true(cm_is_ok(cm_fdr(p, SERIES, q)));
        for (size_t k = 0; k < SERIES; k++) {
            found += q[k] <= LEVEL;
            wrong += k >= planted && q[k] <= LEVEL;
        }
        t.worlds_with_false += wrong > 0;
        t.false_share += found > 0 ? wrong / found / WORLDS : 0;
        t.power += planted > 0 ? (found - wrong) / (double)planted / WORLDS : 0;
    }
    t.small = without > 0 ? small / without : 0;
    return t;
}

static void without_trends_few_worlds_have_a_finding(void **state)
{
    tally t = explore(0, 0, AR1), plain = explore(0, 0, PLAIN);

    /* 4,000 tests at 0.05 vary by 0.0034. Allowing for autocorrelation where there is none costs the rest. */
    print_message("no trend: p ≤ 0.05 in %.4f of the series, a finding in %.0f of %d worlds; by the plain test %.4f, "
                  "%.0f\n",
                  t.small, t.worlds_with_false, WORLDS, plain.small, plain.worlds_with_false);
    assert_true(t.worlds_with_false >= LEAST && t.worlds_with_false <= BOUND && plain.worlds_with_false <= BOUND);
    assert_true(t.small >= 0.03 && t.small <= 0.05);
    assert_true(plain.small >= 0.035 && plain.small <= 0.05 + 3.3 * 0.0034);
}

static void with_trends_the_share_of_false_findings_stays_at_its_bound(void **state)
{
    const double growths[] = {0.01, 0.02, 0.03, 0.04, 0.06, 0.08};
    double before = 0;

    for (size_t k = 0; k < sizeof growths / sizeof *growths; k++) {
        tally t = explore(SERIES / 2, growths[k], AR1), plain = explore(SERIES / 2, growths[k], PLAIN);
        print_message("growth %.0f %% a year: %.3f of the trends found, %.4f of what is found is false; by the plain "
                      "test %.3f, %.4f\n",
                      100 * growths[k], t.power, t.false_share, plain.power, plain.false_share);
        assert_true(t.false_share <= LEVEL);
        assert_true(t.power > before);
        before = t.power;
    }
    assert_true(before > 0.9);
}

/* Worlds without a trend whose sources look at a part of the years only (nothing is recorded in the last five), or
 * whose years follow each other (the logarithm of the rate is an AR(1) process): how many have a finding. */
typedef enum looks { ALWAYS, AWAY_AT_THE_END, CUT_AT_THE_END } looks;
static int worlds_with_a_finding(looks look, double memory, double deviation, method how)
{
    int found = 0;

    for (uint64_t world = 0; world < WORLDS; world++) {
        cm_philox random = cm_philox_make(3000, world);
        double p[SERIES], q[SERIES];
        for (size_t k = 0; k < SERIES; k++) {
            double counts[YEARS];
            planted_counts(&random, counts, YEARS, MEAN, deviation, memory, 0);
            for (int year = YEARS - 5; year < YEARS && look != ALWAYS; year++)
                counts[year] = look == CUT_AT_THE_END ? NAN : 0;
            p[k] = p_of(counts, how);
        }
        assert_true(cm_is_ok(cm_fdr(p, SERIES, q)));
        bool any = false;
        for (size_t k = 0; k < SERIES; k++)
            any |= q[k] <= LEVEL;
        found += any;
    }
    return found;
}

static void years_in_which_nobody_looked_make_trends_unless_they_are_cut(void **state)
{
    int cut = worlds_with_a_finding(CUT_AT_THE_END, 0, 0, AR1);
    int naive = worlds_with_a_finding(AWAY_AT_THE_END, 0, 0, PLAIN);

    print_message("coverage ends five years early: a finding in %d of %d worlds when cut, %d when not\n", cut, WORLDS,
                  naive);
    assert_true(cut <= BOUND);
    assert_true(naive > 0.95 * WORLDS);
}

static void years_that_follow_each_other_make_no_trends(void **state)
{
    for (int memory = 0; memory <= 5; memory += memory ? 2 : 3) {
        int found[AR1 + 1];
        for (int how = PLAIN; how <= AR1; how++)
            found[how] = worlds_with_a_finding(ALWAYS, memory / 10.0, 0.5, (method)how);
        print_message("autocorrelation 0.%d of log rates: a finding in %d of %d worlds by the plain test, %d by Hamed "
                      "and Rao, %d by prewhitening, %d by ours\n",
                      memory, found[PLAIN], WORLDS, found[HAMED_RAO], found[PREWHITENED], found[AR1]);
        assert_true(found[AR1] <= BOUND);
        assert_true(memory == 0 || found[PLAIN] > BOUND);
    }
}

static void a_year_of_change_is_covered_and_no_change_is_seldom_found(void **state)
{
    enum { TRIALS = 200, UNITS = 150 };
    const cm_resampling how = {.seed = 5, .replicates = 400, .level = 0.95};
    int covered = 0, found = 0, small = 0;

    for (uint64_t trial = 0; trial < TRIALS; trial++) {
        cm_turn_unit changed[UNITS], steady[UNITS];
        cm_philox random = cm_philox_make(2000, trial);
        for (size_t i = 0; i < UNITS; i++) {
            double year = 2000 + (double)cm_philox_below(&random, 24), share = year >= 2014 ? 0.75 : 0.35;
            changed[i] = (cm_turn_unit){.time = year, .weight = 1, .cluster = i};
            changed[i].hit = cm_philox_unit(&random) < share;
            steady[i] = changed[i];
            steady[i].hit = cm_philox_unit(&random) < 0.5;
        }
        cm_turn turn;
        assert_true(cm_is_ok(cm_turn_find(changed, UNITS, 10, &how, &turn)));
        covered += turn.low <= 2014 && turn.high >= 2014;
        found += turn.p <= LEVEL;
        assert_true(cm_is_ok(cm_turn_find(steady, UNITS, 10, &how, &turn)));
        small += turn.p <= LEVEL;
    }
    print_message("year of change: in the interval %d, found %d, false %d of %d times\n", covered, found, small,
                  TRIALS);
    assert_true(covered >= 0.9 * TRIALS); /* percentile intervals of a place are a little narrow */
    assert_true(found >= 0.97 * TRIALS);
    assert_true(small <= 0.05 * TRIALS + 3.3 * 3.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_trends_few_worlds_have_a_finding),
        cmocka_unit_test(with_trends_the_share_of_false_findings_stays_at_its_bound),
        cmocka_unit_test(years_in_which_nobody_looked_make_trends_unless_they_are_cut),
        cmocka_unit_test(years_that_follow_each_other_make_no_trends),
        cmocka_unit_test(a_year_of_change_is_covered_and_no_change_is_seldom_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
