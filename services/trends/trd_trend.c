#include "trends/trd_trend.h"

#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_text.h"
#include "stats/cm_levels.h"
#include "stats/cm_logistic.h"
#include "stats/cm_mann_kendall.h"
#include "stats/cm_normal.h"
#include "stats/cm_persistence.h"
#include "stats/cm_sen.h"

enum { LEAST_BINS = 4, LEAST_UNITS = 5, MOST_CHANGES = 2, LEAST_SEGMENT = 2, STRONG_GAIN = 6, TOO_FEW_LEFT = 4 };

void trd_trend_note(trd_report *report, TrdFinding *finding, const char *test, double p, int family)
{
    if (trd_filter_picks(report->filter))
        return;
    finding->p = trd_number(report->arena, p);
    if (!finding->p) {
        finding->untested = "the series does not vary";
        return;
    }
    finding->test = (char *)test;
    if (finding->sensitivity)
        return;
    CM_GROW(report->tests, report->test_capacity, report->test_count + 1);
    report->tests[report->test_count++] = (trd_test){finding, family};
}

/* "0.12 from 1990, 0.55 from 2020, 0.21 from 2022": levels and where they begin. */
static char *levels_text(trd_report *report, const cm_levels *levels, const trd_bins *bins, bool shares)
{
    cm_text text = {0};

    for (size_t i = 0; i < levels->levels.count; i++) {
        const cm_segment *s = &levels->levels.segments[i];
        int bin = (int)lround(bins->times[s->first] * bins->per);
        char *from = trd_bin_text(report->arena, bins->per, 1, bin);
        if (shares)
            cm_text_format(&text, "%s%.0f %% from %s", i ? ", " : "", 100 * s->mean, from);
        else
            cm_text_format(&text, "%s%s from %s", i ? ", " : "", CM_FIGURE(s->mean, 4), from);
    }
    char *kept = cm_arena_strdup(report->arena, cm_text_get(&text));
    cm_text_clear(&text);
    return kept;
}

static cm_status test_levels(trd_report *report, TrdFinding *finding, const trd_bins *bins, trd_kind kind)
{
    cm_levels levels;
    bool shares = kind == TRD_SHARES;

    CM_TRY(cm_levels_compare(bins->times, bins->counts, shares ? bins->totals : NULL, bins->n,
                             shares ? CM_COST_BINOMIAL : CM_COST_POISSON, MOST_CHANGES, LEAST_SEGMENT, &levels));
    if (levels.shape == CM_SHAPE_LEVELS) {
        trd_detail_text(report, finding, "levels", levels_text(report, &levels, bins, shares));
        trd_detail(report, finding, "levels_bic_gain", levels.bic_constant - levels.bic_levels, NAN, NAN);
    }
    cm_levels_clear(&levels);
    return cm_ok();
}

/* The interval is widened, and p taken, by what autocorrelation leaves. */
static cm_status test_odds(trd_report *report, TrdFinding *finding, const trd_bins *bins,
                           const cm_persistence *persistence, bool *defined, double *p)
{
    cm_logistic logistic;

    CM_TRY(cm_logistic_trend(bins->times, bins->counts, bins->totals, bins->n, 0.95, &logistic));
    *defined = cm_defined(logistic.quasi_t);
    if (*defined) {
        double df = fmin(persistence->df, (double)bins->n - 2), root = sqrt(persistence->ratio);
        *p = cm_t_two_sided(logistic.quasi_t / root, df);
        double reach = cm_t_quantile(0.975, df) * logistic.quasi_error * root;
        trd_detail(report, finding, "odds_ratio", logistic.odds_ratio, exp(logistic.slope - reach),
                   exp(logistic.slope + reach));
    }
    return cm_ok();
}

/* A share of one or two units has no trend: a single year would decide it. */
static bool too_few(const trd_bins *bins)
{
    double hits = 0, misses = 0;

    for (size_t i = 0; i < bins->n; i++) {
        hits += bins->counts[i];
        misses += bins->totals[i] - bins->counts[i];
    }
    return hits < LEAST_UNITS || misses < LEAST_UNITS;
}

static const char *bins_of(const trd_series *series)
{
    return series->step == 10 ? "decades" : series->per == 4 ? "quarters" : series->per == 12 ? "months" : "years";
}

/* Yearly counts, and shares of them, that vary no more than independent events do leave no room for memory. Of quarters
 * and months that is not known: seasons vary, too. */
static double dispersion_of(const trd_bins *bins, trd_kind kind)
{
    if (bins->per > 1)
        return NAN;
    return cm_persistence_dispersion(bins->times, bins->counts, kind == TRD_SHARES ? bins->totals : NULL, bins->n);
}

/* Every bin from the first to the last, NaN where one is not tested. Quarters and months are compared with those of the
 * same name only: a season is no trend. */
static cm_status measure(const trd_series *series, const trd_bins *bins, double dispersion, cm_mann_kendall *mk,
                         cm_sen *sen, cm_persistence *persistence)
{
    size_t n = (size_t)((bins->to - bins->from) / series->step + 1), per = (size_t)series->per;
    CM_FREE double *values = cm_alloc(n * sizeof *values);

    for (size_t i = 0; i < n; i++)
        values[i] = NAN;
    for (size_t i = 0; i < bins->n; i++)
        values[(lround(bins->times[i] * series->per) - bins->from) / series->step] = bins->shares[i];
    CM_TRY(cm_persistence_measure(values, n, per, dispersion, persistence));
    if (per == 1) {
        CM_TRY(cm_mann_kendall_test(bins->shares, bins->n, mk));
        return cm_sen_slope(bins->times, bins->shares, bins->n, 0.95, sen);
    }
    CM_TRY(cm_mann_kendall_seasonal(values, n, per, mk));
    return cm_sen_slope_seasonal(values, n, per, 0.95, sen);
}

cm_status trd_trend_test(trd_report *report, TrdFinding *finding, const trd_series *series, trd_kind kind,
                         int unfinished, int family)
{
    trd_bins bins = trd_series_tested(series, kind == TRD_SHARES, unfinished, report->arena);
    cm_mann_kendall mk;
    cm_persistence persistence;
    cm_sen sen;

    if (trd_filter_picks(report->filter))
        return cm_ok();
    if (bins.n < LEAST_BINS) {
        finding->untested =
            cm_arena_format(report->arena, "%zu covered %s%s; at least %d are needed", bins.n, bins_of(series),
                            kind == TRD_SHARES ? " with 5 units or more" : "", LEAST_BINS);
        return cm_ok();
    }
    if (kind == TRD_SHARES && too_few(&bins)) {
        finding->untested = cm_arena_format(report->arena, "fewer than %d units of it, or of all others, in tested %s",
                                            LEAST_UNITS, bins_of(series));
        return cm_ok();
    }
    trd_detail_text(report, finding, "tested_period",
                    cm_arena_format(report->arena, "%s–%s", trd_bin_text(report->arena, series->per, 1, bins.from),
                                    trd_bin_text(report->arena, series->per, 1, bins.to)));
    double dispersion = dispersion_of(&bins, kind);
    CM_TRY(measure(series, &bins, dispersion, &mk, &sen, &persistence));
    if (cm_defined(mk.z)) {
        finding->mann_kendall = CM_NEW(report->arena, TrdMannKendall);
        finding->mann_kendall->s = (int64_t)mk.s;
        finding->mann_kendall->var_s = mk.var_s;
        finding->mann_kendall->z = mk.z;
        finding->mann_kendall->p = mk.p;
    }
    if (cm_defined(sen.slope)) {
        finding->sen = CM_NEW(report->arena, TrdSen);
        finding->sen->slope = sen.slope;
        finding->sen->intercept = sen.intercept;
        finding->sen->low = trd_number(report->arena, sen.low);
        finding->sen->high = trd_number(report->arena, sen.high);
    }
    if (mk.var_s == 0) {
        finding->untested = "the series does not vary";
        return cm_ok();
    }
    if (cm_defined(dispersion))
        trd_detail(report, finding, "dispersion", dispersion, NAN, NAN);
    trd_detail(report, finding, "autocorrelation", persistence.rho, NAN, NAN);
    trd_detail(report, finding, "effective_bins", persistence.effective, NAN, NAN);
    bool by_odds = false;
    double p = cm_persistence_p(&persistence, mk.z);
    if (kind == TRD_SHARES && cm_defined(sen.slope) && sen.slope == 0)
        CM_TRY(test_odds(report, finding, &bins, &persistence, &by_odds, &p));
    trd_trend_note(report, finding,
                   by_odds           ? "quasi-binomial-ar1"
                   : series->per > 1 ? "seasonal-mann-kendall-ar1"
                                     : "mann-kendall-ar1",
                   p, family);
    return finding->p ? test_levels(report, finding, &bins, kind) : cm_ok();
}

static const TrdDetail *detail_of(const TrdFinding *finding, const char *name)
{
    for (size_t i = 0; i < finding->n_details; i++)
        if (strcmp(finding->details[i]->name, name) == 0)
            return finding->details[i];
    return NULL;
}

const char *trd_trend_words(trd_report *report, const TrdFinding *finding)
{
    const TrdDetail *levels = detail_of(finding, "levels"), *period = detail_of(finding, "tested_period");
    const TrdDetail *odds = detail_of(finding, "odds_ratio"), *gain = detail_of(finding, "levels_bic_gain");
    const TrdDetail *effective = detail_of(finding, "effective_bins");
    bool shown = finding->q && finding->q->value < 0.05;

    if (!finding->p || !period)
        return "";
    if (levels && (shown || (gain->value && gain->value->value >= STRONG_GAIN)))
        return cm_arena_format(report->arena, "; over %s steps between levels fit better than a steady trend: %s",
                               period->text, levels->text);
    if (!shown && effective->value->value < TOO_FEW_LEFT)
        return cm_arena_format(report->arena,
                               "; over %s its values follow each other so closely that they say as much as %.1f "
                               "independent ones, too few to show a direction",
                               period->text, effective->value->value);
    if (!shown)
        return cm_arena_format(report->arena, "; over %s no direction is shown", period->text);
    bool rising = odds && strcmp(finding->test, "quasi-binomial-ar1") == 0 ? odds->value->value > 1
                                                                           : finding->mann_kendall->s > 0;
    return cm_arena_format(report->arena, "; it %s over %s", rising ? "rose" : "fell", period->text);
}
