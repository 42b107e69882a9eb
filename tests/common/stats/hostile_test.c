/* Short series of the worst doubles there are, through every function: an answer that is finite or said to be
 * undefined, or a refusal that says why; never an infinity, never a hang. */
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/cm_agreement.h"
#include "stats/cm_analysis.h"
#include "stats/cm_diversity.h"
#include "stats/cm_fdr.h"
#include "stats/cm_jensen_shannon.h"
#include "stats/cm_philox.h"
#include "stats/cm_turn.h"

enum { MOST = 9, ROUNDS = 4000 };
static const cm_resampling FEW = {.seed = 1, .replicates = 20, .level = 0.9};

static const double WORST[] = {
    NAN, INFINITY, -INFINITY, DBL_MAX, -DBL_MAX, 1e308,  -1e308,      DBL_MIN,         DBL_TRUE_MIN, -0.0, 0,   1,
    1,   2,        3,         1e100,   -1e100,   1e-200, DBL_EPSILON, 1 + DBL_EPSILON, 1e15,         0.1,  0.3, -7};

/* `tame`: mostly small counts, so that functions of counts get past their checks. */
static void fill(cm_philox *random, bool tame, double *values, size_t n)
{
    for (size_t i = 0; i < n; i++)
        values[i] = tame && cm_philox_below(random, 8) > 0
                        ? (double)cm_philox_below(random, 4)
                        : WORST[cm_philox_below(random, sizeof WORST / sizeof *WORST)];
}

/* A failure must be of the caller's making and say something; a success must have no infinity among its numbers. */
static bool answered(cm_status status)
{
    if (cm_is_ok(status))
        return true;
    if (status.code != CM_INVALID_ARGUMENT && status.code != CM_OUT_OF_RANGE && status.code != CM_RESOURCE_EXHAUSTED)
        fail_msg("%s: %s", cm_code_name(status.code), cm_status_message(status));
    assert_true(cm_status_message(status)[0] != '\0');
    cm_status_clear(&status);
    return false;
}

#define assert_no_infinity(...)                                                                                        \
    do {                                                                                                               \
        const double numbers_[] = {__VA_ARGS__};                                                                       \
        for (size_t k_ = 0; k_ < sizeof numbers_ / sizeof *numbers_; k_++)                                             \
            if (isinf(numbers_[k_]))                                                                                   \
                fail_msg("number %zu of " #__VA_ARGS__ " is infinite", k_);                                            \
    } while (0)

static void trends_of_the_worst(const double *times, const double *x, size_t n)
{
    cm_mann_kendall mk;
    cm_persistence persistence;
    cm_sen sen;

    if (answered(cm_mann_kendall_test(x, n, &mk)))
        assert_no_infinity(mk.s, mk.var_s, mk.z, mk.p, mk.tau);
    if (answered(cm_mann_kendall_hamed_rao(x, n, 0, &mk)))
        assert_no_infinity(mk.ratio, mk.var_s, mk.z, mk.p);
    if (answered(cm_mann_kendall_yue_wang(x, n, 0, &mk)))
        assert_no_infinity(mk.ratio, mk.var_s, mk.z, mk.p);
    if (answered(cm_mann_kendall_seasonal(x, n, 2, &mk)))
        assert_no_infinity(mk.s, mk.var_s, mk.z, mk.p, mk.tau);
    for (size_t period = 1; period <= 2; period++)
        if (answered(cm_persistence_measure(x, n, period, period == 1 ? fabs(x[n / 2]) : NAN, &persistence))) {
            assert_no_infinity(persistence.r1, persistence.rho, persistence.ratio, persistence.effective,
                               persistence.df, cm_persistence_p(&persistence, 3));
            assert_true(persistence.ratio >= 1 && persistence.rho >= 0 && persistence.rho < 1);
        }
    if (answered(cm_sen_slope(times, x, n, 0.95, &sen)))
        assert_no_infinity(sen.slope, sen.intercept, sen.low, sen.high);
    if (answered(cm_sen_slope_seasonal(x, n, 2, 0.95, &sen)))
        assert_no_infinity(sen.slope, sen.intercept, sen.low, sen.high);
}

static void changes_of_the_worst(const double *x, const double *totals, size_t n)
{
    cm_pettitt pettitt;
    cm_cusum cusum;
    cm_segments s;
    cm_bursts bursts;

    if (answered(cm_pettitt_test(x, n, &pettitt)))
        assert_no_infinity(pettitt.k, pettitt.p);
    if (answered(cm_cusum_test(x, n, &FEW, &cusum)))
        assert_no_infinity(cusum.range, cusum.p);
    for (int cost = CM_COST_L2; cost <= CM_COST_BINOMIAL; cost++) {
        cm_change_options options = {
            .cost = (cm_cost)cost, .penalty = CM_PENALTY_MBIC, .totals = cost == CM_COST_BINOMIAL ? totals : NULL};
        if (answered(cm_change_pelt(x, n, &options, &s))) {
            assert_no_infinity(s.cost, s.penalty);
            for (size_t k = 0; k < s.count; k++)
                assert_no_infinity(s.segments[k].mean, s.segments[k].cost);
            cm_segments_clear(&s);
        }
        if (answered(cm_change_exact(x, n, 2, &options, &s))) {
            assert_no_infinity(s.cost);
            cm_segments_clear(&s);
        }
    }
    if (answered(cm_burst_find(x, totals, n, &CM_BURST_USUAL, &bursts))) {
        assert_no_infinity(bursts.cost, bursts.base);
        cm_bursts_clear(&bursts);
    }
}

static void models_of_the_worst(const double *times, const double *x, const double *totals, size_t n)
{
    cm_logistic l;
    cm_levels levels;

    if (answered(cm_logistic_trend(times, x, totals, n, 0.95, &l)))
        assert_no_infinity(l.slope, l.error, l.odds_ratio, l.odds_low, l.odds_high, l.z, l.p, l.p_likelihood,
                           l.log_likelihood, l.log_likelihood_flat, l.dispersion, l.quasi_error, l.quasi_low,
                           l.quasi_high, l.quasi_t, l.quasi_p);
    const cm_cost costs[3] = {CM_COST_L2, CM_COST_POISSON, CM_COST_BINOMIAL};
    for (int k = 0; k < 3; k++)
        if (answered(cm_levels_compare(times, x, k == 2 ? totals : NULL, n, costs[k], 2, 1, &levels))) {
            assert_no_infinity(levels.bic_constant, levels.bic_trend, levels.bic_levels, levels.overdispersion);
            cm_levels_clear(&levels);
        }
    for (int kind = CM_SMOOTH_SES; kind <= CM_SMOOTH_HOLT_WINTERS; kind++) {
        cm_smooth m;
        cm_forecast ahead[3];
        cm_backtest test;
        if (!answered(cm_smooth_fit(x, n, (cm_smooth_kind)kind, 2, &m)))
            continue;
        assert_no_infinity(m.alpha, m.level, m.trend, m.sse, m.sigma2, m.log_likelihood, m.aicc);
        assert_true(answered(cm_smooth_forecast(&m, 3, 0.95, ahead)));
        assert_no_infinity(ahead[2].mean, ahead[2].low, ahead[2].high);
        if (answered(cm_smooth_backtest(x, n, (cm_smooth_kind)kind, 2, &test)))
            assert_no_infinity(test.mase, test.naive_mase);
    }
}

static void mixes_of_the_worst(cm_philox *random, const double *x, const double *y, size_t n)
{
    double value, q[MOST];
    cm_cluster_share share;
    cm_mix_row rows[MOST];
    cm_turn_unit units[MOST];
    cm_jensen_shannon_result jsd;
    cm_diversity d;
    cm_turn turn;

    if (answered(cm_entropy(x, n, &value)))
        assert_no_infinity(value);
    for (double order = 0; order <= 100; order = 3 * order + 0.5)
        if (answered(cm_hill(x, n, order, &value)))
            assert_no_infinity(value);
    if (answered(cm_jensen_shannon(x, y, n, &value)))
        assert_no_infinity(value);
    if (answered(cm_van_der_eijk(x, n, &value)))
        assert_no_infinity(value);
    if (answered(cm_bootstrap_share(x, y, n, &FEW, &share)))
        assert_no_infinity(share.estimate, share.low, share.high);
    if (answered(cm_bootstrap_mean(x, y, n, &FEW, &share)))
        assert_no_infinity(share.estimate, share.low, share.high);
    if (answered(cm_fdr(x, n, q)))
        for (size_t i = 0; i < n; i++)
            assert_true(isnan(q[i]) == isnan(x[i]) && !(q[i] > 1));
    for (size_t i = 0; i < n; i++) {
        rows[i] = (cm_mix_row){.cluster = cm_philox_below(random, 4),
                               .category = cm_philox_below(random, 3),
                               .window = (uint8_t)cm_philox_below(random, 2),
                               .weight = x[i]};
        units[i] = (cm_turn_unit){.time = y[i], .weight = x[i], .cluster = i / 2, .hit = i % 3 == 0};
    }
    cm_mix mix = {rows, n, 3};
    if (answered(cm_jensen_shannon_test(&mix, &FEW, &jsd)))
        assert_no_infinity(jsd.divergence, jsd.low, jsd.high, jsd.chance_mean, jsd.chance_high, jsd.p);
    if (answered(cm_diversity_of(&mix, 1, &FEW, &d)))
        assert_no_infinity(d.entropy, d.hhi, d.hill1, d.hill2, d.hill2_interval.low, d.hill2_interval.high);
    if (answered(cm_turn_find(units, n, 1, &FEW, &turn)))
        assert_no_infinity(turn.time, turn.before, turn.after, turn.log_likelihood_ratio, turn.p, turn.low, turn.high);
}

static void every_function_answers_or_says_why_not(void **state)
{
    for (uint64_t round = 0; round < ROUNDS; round++) {
        cm_philox random = cm_philox_make(77, round);
        double x[MOST], totals[MOST], times[MOST];
        size_t n = cm_philox_below(&random, MOST + 1);
        bool tame = round % 4 > 0;
        fill(&random, tame, x, n);
        fill(&random, tame, totals, n);
        fill(&random, round % 8 > 4, times, n);
        for (size_t i = 0; i < n; i++) {
            if (round % 3 > 0)
                times[i] = 2000 + (double)i;
            if (round % 5 > 0 && totals[i] < x[i])
                totals[i] = x[i] + 1;
        }
        trends_of_the_worst(times, x, n);
        changes_of_the_worst(x, totals, n);
        models_of_the_worst(times, x, totals, n);
        mixes_of_the_worst(&random, x, totals, n);
    }
}

static void an_analysis_answers_or_says_why_not(void **state)
{
    for (uint64_t round = 0; round < ROUNDS / 8; round++) {
        cm_philox random = cm_philox_make(78, round);
        double x[MOST], totals[MOST];
        size_t n = cm_philox_below(&random, MOST + 1);
        fill(&random, round % 4 > 0, x, n);
        fill(&random, round % 4 > 0, totals, n);
        for (size_t i = 0; i < n; i++)
            totals[i] = round % 2 > 0 ? fabs(x[i]) + 1 : totals[i];
        cm_analysis_options options = cm_analysis_usual();
        options.season = round % 3;
        options.season += options.season == 1;
        options.resampling = FEW;
        cm_analysis a;
        if (!answered(cm_analyze(&(cm_series){.values = x, .totals = totals, .n = n}, &options, &a)))
            continue;
        assert_no_infinity(a.mean, a.median, a.sen.slope, a.share.estimate, a.segments.cost, a.backtest.mase);
        for (size_t h = 0; h < a.steps; h++)
            assert_true(isfinite(a.forecasts[h].mean) && isfinite(a.forecasts[h].high));
        cm_analysis_clear(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_function_answers_or_says_why_not),
        cmocka_unit_test(an_analysis_answers_or_says_why_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
