#include "stats/cm_levels.h"

#include <float.h>

#include "base/cm_memory.h"
#include "stats/cm_glm.h"

enum { CHANGES_MOST = 10, BINS_LEAST = 4 };

/* The bins that are used. */
typedef struct bins {
    double *times, *values, *totals; /* totals are 1 where there are none */
    size_t *places;
    size_t n;
} bins;

static void bins_cleanup(bins *b)
{
    free(b->times);
    free(b->values);
    free(b->totals);
    free(b->places);
}

void cm_levels_clear(cm_levels *levels)
{
    cm_segments_clear(&levels->levels);
}

static cm_status check(const double *times, const double *values, const double *totals, size_t n, cm_cost cost,
                       size_t most)
{
    if (cost != CM_COST_L2 && cost != CM_COST_POISSON && cost != CM_COST_BINOMIAL)
        return cm_fail(CM_INVALID_ARGUMENT, "cost: %d has no trend to compare with; use L2, Poisson or binomial",
                       (int)cost);
    if ((cost == CM_COST_BINOMIAL) != (totals != NULL))
        return cm_fail(CM_INVALID_ARGUMENT, "totals: give them for shares (binomial cost), and for nothing else");
    if (most < 1 || most > CHANGES_MOST)
        return cm_fail(CM_INVALID_ARGUMENT, "most: %zu changes are out of range; give 1 to %d", most, CHANGES_MOST);
    CM_TRY(cm_series_check_full("times", times, n));
    CM_TRY(cm_series_check_size("values", values, n));
    if (cost != CM_COST_L2)
        CM_TRY(cm_series_check_counts("values", values, n));
    if (totals) {
        CM_TRY(cm_series_check_counts("totals", totals, n));
        CM_TRY(cm_series_check_size("totals", totals, n));
    }
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && times[i] <= times[i - 1])
            return cm_fail(CM_INVALID_ARGUMENT, "times[%zu]: %g is not after %g; give them in order", i, times[i],
                           times[i - 1]);
        if (totals && values[i] > totals[i])
            return cm_fail(CM_INVALID_ARGUMENT, "values[%zu]: %g of %g is more than all; give at most the total", i,
                           values[i], totals[i]);
    }
    return cm_ok();
}

static void bins_fill(const double *times, const double *values, const double *totals, size_t n, bins *b)
{
    b->times = cm_realloc(NULL, n, sizeof *b->times);
    b->values = cm_realloc(NULL, n, sizeof *b->values);
    b->totals = cm_realloc(NULL, n, sizeof *b->totals);
    b->places = cm_realloc(NULL, n, sizeof *b->places);
    for (size_t i = 0; i < n; i++) {
        double total = totals ? totals[i] : 1;
        if (isnan(values[i]) || !(total > 0))
            continue;
        b->times[b->n] = times[i];
        b->values[b->n] = values[i];
        b->totals[b->n] = total;
        b->places[b->n++] = i;
    }
}

/* Residual sum of squares about the least-squares line. */
static double line_rss(const bins *b)
{
    double t = cm_mean(b->times, b->n), x = cm_mean(b->values, b->n), tt = 0, tx = 0, rss = 0;

    for (size_t i = 0; i < b->n; i++) {
        tt += (b->times[i] - t) * (b->times[i] - t);
        tx += (b->times[i] - t) * (b->values[i] - x);
    }
    for (size_t i = 0; i < b->n; i++) {
        double rest = b->values[i] - x - tx / tt * (b->times[i] - t);
        rss += rest * rest;
    }
    return rss;
}

/* What −2 ln L leaves out of cm_cost's Poisson cost, so that it compares with the regression's. */
static double poisson_rest(const bins *b)
{
    double sum = 0;

    for (size_t i = 0; i < b->n; i++)
        sum += b->values[i];
    return 2 * sum;
}

/* −2 ln L of the trend; NaN where it has no maximum. For L2 the residual sum of squares. */
static double trend_cost(const bins *b, cm_cost cost)
{
    if (cost == CM_COST_L2)
        return line_rss(b);
    cm_glm fit =
        cm_glm_fit(cost == CM_COST_BINOMIAL ? CM_GLM_BINOMIAL : CM_GLM_POISSON, b->times, b->values, b->totals, b->n);
    return fit.maximum ? -2 * fit.log_likelihood : NAN;
}

/* How much more neighbours differ than the model says: squared differences over their variance, at least 1. */
static double overdispersion(const bins *b, cm_cost cost)
{
    double sum = 0, pairs = 0;

    for (size_t i = 0; cost != CM_COST_L2 && i + 1 < b->n; i++) {
        double d = b->totals[i], e = b->totals[i + 1], share = (b->values[i] + b->values[i + 1]) / (d + e);
        double variance = (cost == CM_COST_POISSON ? share : share * (1 - share)) * (1 / d + 1 / e);
        double difference = b->values[i] / d - b->values[i + 1] / e;
        if (!(variance > 0))
            continue;
        sum += difference * difference / variance;
        pairs++;
    }
    return pairs > 0 ? fmax(1, sum / pairs) : 1;
}

/* An exact fit counts as this share of the sum of squares, so that its logarithm is there. */
static const double EXACT = 1e-20;

static double bic(cm_cost cost, double at, double flat, size_t n, double c, double parameters)
{
    double size = (double)n;

    if (cost == CM_COST_L2)
        return size * log(fmax(fmax(at, EXACT * flat), DBL_MIN) / size) + (parameters + 1) * log(size);
    return at / c + parameters * log(size);
}

static cm_status compare(const bins *b, cm_cost cost, size_t most, size_t least, cm_levels *r)
{
    cm_segments found[CHANGES_MOST + 1] = {{0}};
    cm_change_options options = {.cost = cost, .least = least, .totals = cost == CM_COST_BINOMIAL ? b->totals : NULL};
    double trend = trend_cost(b, cost), rest = cost == CM_COST_POISSON ? poisson_rest(b) : 0;
    size_t tried = 0, best = 0;
    cm_status status = cm_ok();

    while (cm_is_ok(status) && tried <= most && (tried + 1) * (least > 0 ? least : 1) <= b->n) {
        status = cm_change_exact(b->values, b->n, tried, &options, &found[tried]);
        tried += cm_is_ok(status);
    }
    if (cm_is_ok(status) && tried > 0) {
        double flat = found[0].cost + rest, c = overdispersion(b, cost);
        r->overdispersion = c;
        r->shape = CM_SHAPE_CONSTANT;
        r->bic_constant = bic(cost, flat, flat, b->n, c, 1);
        r->bic_trend = cm_defined(trend) ? bic(cost, trend, flat, b->n, c, 2) : NAN;
        for (size_t k = 1; k < tried; k++) {
            double at = bic(cost, found[k].cost + rest, flat, b->n, c, 2 * (double)k + 1);
            if (best == 0 || at < r->bic_levels) {
                r->bic_levels = at;
                best = k;
            }
        }
        if (r->bic_trend < r->bic_constant)
            r->shape = CM_SHAPE_TREND;
        if (r->bic_levels < (r->shape == CM_SHAPE_TREND ? r->bic_trend : r->bic_constant))
            r->shape = CM_SHAPE_LEVELS;
    }
    for (size_t k = 0; k < tried; k++)
        if (k == best && best > 0)
            r->levels = found[k];
        else
            cm_segments_clear(&found[k]);
    r->changes = best;
    for (size_t k = 0; k < r->levels.count; k++) {
        r->levels.segments[k].first = b->places[r->levels.segments[k].first];
        r->levels.segments[k].last = b->places[r->levels.segments[k].last];
    }
    return status;
}

static bool varies(const bins *b)
{
    for (size_t i = 1; i < b->n; i++)
        if (b->values[i] / b->totals[i] != b->values[0] / b->totals[0])
            return true;
    return false;
}

cm_status cm_levels_compare(const double *times, const double *values, const double *totals, size_t n, cm_cost cost,
                            size_t most, size_t least, cm_levels *result)
{
    CM_TRY(check(times, values, totals, n, cost, most));
    CM_AUTO(bins) b = {0};
    bins_fill(times, values, totals, n, &b);
    cm_levels r = {.n = b.n, .bic_constant = NAN, .bic_trend = NAN, .bic_levels = NAN, .overdispersion = 1};
    if (b.n >= BINS_LEAST && varies(&b)) {
        cm_status status = compare(&b, cost, most, least, &r);
        if (!cm_is_ok(status)) {
            cm_levels_clear(&r);
            return status;
        }
    }
    *result = r;
    return cm_ok();
}
