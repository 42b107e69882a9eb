#include "stats/cm_change.h"

#include <float.h>
#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_glm.h"
#include "stats/cm_order.h"
#include "stats/cm_wide.h"

static const double WORK_MOST = 4e9, PLACES_MOST = 1e8;

/* Prefix sums over the values that are there: of the values and, by cost, of their squares or of the totals. */
typedef struct sums {
    double *first, *second;
    size_t *places;
    size_t n;
    double offset; /* taken from each value */
} sums;

static void sums_cleanup(sums *s)
{
    free(s->first);
    free(s->second);
    free(s->places);
}

/* Of a segment of n values: x is their sum; y that of their squares (L2) or totals (binomial). */
static inline double cost_of_sums(cm_cost cost, double n, double x, double y)
{
    switch (cost) {
        case CM_COST_L2:
            return y - x * x / n;
        case CM_COST_POISSON:
            return -2 * cm_y_log_ratio(x, n);
        case CM_COST_EXPONENTIAL:
            return 2 * n * (log(fmax(x / n, DBL_MIN)) + 1);
        default:
            return -2 * cm_binomial_best(fmin(fmax(x, 0), y), y);
    }
}

static inline double cost_of(const sums *s, cm_cost cost, size_t begin, size_t end)
{
    return cost_of_sums(cost, (double)(end - begin), s->first[end] - s->first[begin],
                        s->second[end] - s->second[begin]);
}

static cm_status check_value(cm_cost cost, double value, double total, size_t i)
{
    if (fabs(value) > CM_SERIES_LARGEST)
        return cm_fail(CM_INVALID_ARGUMENT, "values[%zu]: %g is beyond ±%g; use a larger unit", i, value,
                       CM_SERIES_LARGEST);
    if (cost == CM_COST_EXPONENTIAL && value <= 0)
        return cm_fail(CM_INVALID_ARGUMENT, "values[%zu]: %g has no exponential cost; give values above 0", i, value);
    if (cost != CM_COST_L2 && value < 0)
        return cm_fail(CM_INVALID_ARGUMENT, "values[%zu]: %g is no count; give values ≥ 0", i, value);
    if (cost == CM_COST_BINOMIAL && value > total)
        return cm_fail(CM_INVALID_ARGUMENT, "values[%zu]: %g of %g is more than all; give at most the total", i, value,
                       total);
    return cm_ok();
}

static cm_status check(const double *values, size_t n, const cm_change_options *options)
{
    if (options->cost > CM_COST_BINOMIAL || options->penalty > CM_PENALTY_GIVEN)
        return cm_fail(CM_INVALID_ARGUMENT, "cost: %d and penalty: %d are not both known", (int)options->cost,
                       (int)options->penalty);
    if ((options->cost == CM_COST_BINOMIAL) != (options->totals != NULL))
        return cm_fail(CM_INVALID_ARGUMENT, "totals: give them for shares (binomial cost), and for nothing else");
    CM_TRY(cm_series_check("values", values, n));
    if (!options->totals)
        return cm_ok();
    CM_TRY(cm_series_check_counts("totals", options->totals, n));
    return cm_series_check_size("totals", options->totals, n);
}

static cm_status sums_fill(const double *values, size_t n, const cm_change_options *options, sums *s)
{
    CM_TRY(check(values, n, options));
    s->first = cm_realloc(NULL, n + 1, sizeof *s->first);
    s->second = cm_realloc(NULL, n + 1, sizeof *s->second);
    s->places = cm_realloc(NULL, n + 1, sizeof *s->places);
    for (size_t i = 0; i < n; i++) {
        double total = options->totals ? options->totals[i] : 1;
        if (isnan(values[i]) || !(total > 0))
            continue;
        CM_TRY(check_value(options->cost, values[i], total, i));
        s->places[s->n] = i;
        s->first[s->n] = values[i];
        s->second[s->n++] = total;
    }
    s->offset = options->cost == CM_COST_L2 && s->n > 0 ? cm_mean(s->first, s->n) : 0;
    double first = 0, second = 0;
    for (size_t i = 0; i <= s->n; i++) {
        double x = i < s->n ? s->first[i] - s->offset : 0, y = i < s->n ? s->second[i] : 0;
        s->first[i] = first;
        s->second[i] = second;
        first += x;
        second += options->cost == CM_COST_L2 ? x * x : y;
    }
    return cm_ok();
}

/* A segment by its definition, from the values themselves: prefix sums lose what is small beside the rest. */
static cm_segment segment_of(const double *values, const cm_change_options *options, const sums *s, size_t begin,
                             size_t end)
{
    double x = 0, d = 0, squares = 0, n = (double)(end - begin);
    cm_segment segment = {.first = s->places[begin], .last = s->places[end - 1], .n = end - begin};

    for (size_t i = begin; i < end; i++) {
        x += values[s->places[i]] - s->offset;
        d += options->totals ? options->totals[s->places[i]] : 1;
    }
    segment.mean = x / d + s->offset;
    for (size_t i = begin; i < end; i++) {
        double rest = values[s->places[i]] - segment.mean;
        squares += rest * rest;
    }
    segment.cost = options->cost == CM_COST_L2 ? squares : cost_of_sums(options->cost, n, x, d);
    return segment;
}

/* Turns the ends of segments, from the last back to the first, into segments. */
static void collect(const double *values, const cm_change_options *options, const sums *s, const size_t *ends,
                    size_t count, double penalty, cm_segments *result)
{
    cm_segments r = {.n = s->n, .count = count, .segments = cm_alloc(count * sizeof *r.segments), .penalty = penalty};

    for (size_t k = 0, begin = 0; k < count; k++) {
        size_t end = ends[count - 1 - k];
        r.segments[k] = segment_of(values, options, s, begin, end);
        r.cost += r.segments[k].cost;
        begin = end;
    }
    *result = r;
}

void cm_segments_clear(cm_segments *segments)
{
    free(segments->segments);
    *segments = (cm_segments){0};
}

double cm_noise_variance(const double *present, size_t n)
{
    if (n < 2)
        return NAN;
    CM_FREE double *steps = cm_realloc(NULL, n - 1, sizeof *steps);
    double squares = 0;
    for (size_t i = 0; i + 1 < n; i++) {
        steps[i] = fabs(present[i + 1] - present[i]);
        squares += steps[i] * steps[i] / (double)(n - 1);
    }
    double deviation = cm_median(steps, n - 1) / (M_SQRT2 * 0.6744897501960817);
    return deviation > 0 ? deviation * deviation : squares / 2;
}

/* Where the last change may be, by place, with what costs are made of: columns, since several are computed at once. */
typedef struct places {
    double *best;      /* of the values before it, with penalties */
    double *cut;       /* with the segment from it to now */
    double *inverse;   /* 1/length and … */
    double *by_length; /* … penalty of segments of length s->n, s->n − 1 … 1, so that both run along with places */
    size_t *dead;      /* from here on it is beaten for good */
    struct run {
        size_t begin, end;
    } * runs; /* of places that are still looked at */
    size_t count;
} places;

static void places_cleanup(places *p)
{
    free(p->best);
    free(p->dead);
    free(p->runs);
}

static places places_new(const sums *s, double by_length)
{
    size_t n = s->n + 1;
    double *columns = cm_alloc(4 * n * sizeof *columns);
    places p = {.best = columns,
                .cut = columns + n,
                .inverse = columns + 2 * n,
                .by_length = columns + 3 * n,
                .dead = cm_realloc(NULL, n, sizeof *p.dead),
                .runs = cm_realloc(NULL, n, sizeof *p.runs)};

    for (size_t length = 1; length <= s->n; length++) {
        p.inverse[s->n - length] = 1 / (double)length;
        p.by_length[s->n - length] = by_length > 0 ? by_length * log((double)length) : 0;
    }
    return p;
}

static void add_place(places *p, size_t place)
{
    p->dead[place] = SIZE_MAX;
    if (p->count > 0 && p->runs[p->count - 1].end == place)
        p->runs[p->count - 1].end++;
    else
        p->runs[p->count++] = (struct run){place, place + 1};
}

/* Fills `cut` of a run of places for the first t values, and returns the lowest; L2. Eight minima, so that several are
 * found at once. */
CM_WIDE static double lowest_l2(const double *restrict best, const double *restrict first,
                                const double *restrict second, const double *restrict inverse,
                                const double *restrict by_length, double x_end, double y_end, double penalty, size_t n,
                                double *restrict cut)
{
    double lowest[8], all = INFINITY;
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        double x = x_end - first[i];
        cut[i] = best[i] + (y_end - second[i] - x * x * inverse[i]) + penalty + by_length[i];
    }
    for (size_t i = 0; i < 8; i++)
        lowest[i] = INFINITY;
    for (; k + 8 <= n; k += 8)
        for (size_t i = 0; i < 8; i++)
            lowest[i] = cut[k + i] < lowest[i] ? cut[k + i] : lowest[i];
    for (; k < n; k++)
        all = cut[k] < all ? cut[k] : all;
    for (size_t i = 0; i < 8; i++)
        all = lowest[i] < all ? lowest[i] : all;
    return all;
}

static double lowest_of(const places *p, const sums *s, cm_cost cost, size_t t, struct run run, double penalty)
{
    size_t k = run.begin, length = s->n - t + k;
    double lowest = INFINITY;

    if (cost == CM_COST_L2)
        return lowest_l2(p->best + k, s->first + k, s->second + k, p->inverse + length, p->by_length + length,
                         s->first[t], s->second[t], penalty, run.end - k, p->cut + k);
    for (; k < run.end; k++, length++) {
        p->cut[k] = p->best[k] + cost_of(s, cost, k, t) + penalty + p->by_length[length];
        lowest = p->cut[k] < lowest ? p->cut[k] : lowest;
    }
    return lowest;
}

static size_t first_with(const places *p, double cut)
{
    for (size_t r = 0;; r++)
        for (size_t k = p->runs[r].begin; k < p->runs[r].end; k++)
            if (p->cut[k] == cut)
                return k;
}

/* What costs more than `bound` without a penalty is never the last change again, from `least` values on. Gaps that are
 * shorter than looking past them is worth stay in a run: a place that is beaten does no harm. */
static void prune(places *p, const sums *s, cm_cost cost, size_t t, size_t least, double bound)
{
    enum { GAP = 8 };
    size_t count = 0, before = p->count;
    CM_FREE struct run *runs = cm_realloc(NULL, before + 1, sizeof *runs);

    memcpy(runs, p->runs, before * sizeof *runs);
    p->count = 0;
    for (size_t r = 0; r < before; r++)
        for (size_t k = runs[r].begin; k < runs[r].end; k++) {
            if (p->dead[k] == SIZE_MAX && p->best[k] + cost_of(s, cost, k, t) > bound)
                p->dead[k] = t + least;
            if (p->dead[k] <= t + 1)
                continue;
            if (count > 0 && k - p->runs[count - 1].end < GAP && p->runs[count - 1].end >= runs[r].begin)
                p->runs[count - 1].end = k + 1;
            else
                p->runs[count++] = (struct run){k, k + 1};
        }
    p->count = count;
}

/* By PELT: last[t] is where the last segment of the first t values begins. `by_length` · ln(length) is what a segment
 * costs besides. Places are dropped now and then only, since that takes longer than to look at them once more. */
static void partition(const sums *s, cm_cost cost, double penalty, double by_length, size_t least, size_t *last)
{
    enum { STEPS_BETWEEN = 8 };
    CM_AUTO(places) p = places_new(s, by_length);

    p.best[0] = -penalty;
    for (size_t t = least; t <= s->n; t++) {
        size_t begin = t - least;
        if (begin == 0 || begin >= least)
            add_place(&p, begin);
        double lowest = INFINITY;
        for (size_t r = 0; r < p.count; r++)
            lowest = fmin(lowest, lowest_of(&p, s, cost, t, p.runs[r], penalty));
        last[t] = first_with(&p, lowest);
        p.best[t] = lowest;
        if (t % STEPS_BETWEEN == 0)
            prune(&p, s, cost, t, least, lowest + 1e-10 * (1 + fabs(lowest)));
    }
}

static cm_status penalties(const double *values, const sums *s, const cm_change_options *options, double *penalty,
                           double *by_length)
{
    double n = (double)s->n, scale = 1;

    *by_length = 0;
    if (options->penalty == CM_PENALTY_GIVEN) {
        if (!(options->given >= 0 && isfinite(options->given)))
            return cm_fail(CM_INVALID_ARGUMENT, "penalty: %g is none; give a finite number ≥ 0", options->given);
        *penalty = options->given;
        return cm_ok();
    }
    if (options->cost == CM_COST_L2) {
        CM_FREE double *present = cm_realloc(NULL, s->n, sizeof *present);
        for (size_t i = 0; i < s->n; i++)
            present[i] = values[s->places[i]];
        scale = s->n < 2 ? 0 : cm_noise_variance(present, s->n);
    }
    *penalty = s->n < 2 ? 0 : scale * (options->penalty == CM_PENALTY_BIC ? 2 : 3) * log(n);
    *by_length = options->penalty == CM_PENALTY_MBIC ? scale : 0;
    return cm_ok();
}

cm_status cm_change_pelt(const double *values, size_t n, const cm_change_options *options, cm_segments *result)
{
    CM_AUTO(sums) s = {0};
    double penalty = 0, by_length = 0;

    CM_TRY(sums_fill(values, n, options, &s));
    CM_TRY(penalties(values, &s, options, &penalty, &by_length));
    size_t least = options->least > 0 ? options->least : 1, count = 0;
    CM_FREE size_t *last = cm_alloc((s.n + 1) * sizeof *last);
    CM_FREE size_t *ends = cm_realloc(NULL, s.n + 1, sizeof *ends);
    if (s.n >= least)
        partition(&s, options->cost, penalty, by_length, least, last);
    for (size_t end = s.n; end > 0; end = last[end])
        ends[count++] = end;
    collect(values, options, &s, ends, count, penalty, result);
    return cm_ok();
}

cm_status cm_change_exact(const double *values, size_t n, size_t changes, const cm_change_options *options,
                          cm_segments *result)
{
    CM_AUTO(sums) s = {0};
    double size = (double)n;

    if ((double)changes * size * size > WORK_MOST || (double)changes * size > PLACES_MOST)
        return cm_fail(CM_RESOURCE_EXHAUSTED,
                       "changes: %zu in %zu values are too much work; give at most %.0f, or use a penalty", changes, n,
                       fmin(floor(WORK_MOST / (size * size)), floor(PLACES_MOST / size)));
    CM_TRY(sums_fill(values, n, options, &s));
    size_t least = options->least > 0 ? options->least : 1, most = s.n / least, width = s.n + 1;
    if (changes + 1 > most)
        changes = most > 0 ? most - 1 : 0;
    CM_FREE double *costs = cm_realloc(NULL, 2 * width, sizeof *costs);
    CM_FREE uint32_t *last = cm_alloc((changes + 1) * width * sizeof *last);
    CM_FREE size_t *ends = cm_realloc(NULL, changes + 1, sizeof *ends);
    double *before = costs, *now = costs + width;
    for (size_t t = 1; t <= s.n; t++)
        before[t] = cost_of(&s, options->cost, 0, t);
    for (size_t k = 1; k <= changes; k++) {
        for (size_t t = (k + 1) * least; t <= s.n; t++) {
            now[t] = INFINITY;
            for (size_t begin = k * least; begin + least <= t; begin++) {
                double cut = before[begin] + cost_of(&s, options->cost, begin, t);
                if (cut < now[t]) {
                    now[t] = cut;
                    last[k * width + t] = (uint32_t)begin;
                }
            }
        }
        double *other = before;
        before = now;
        now = other;
    }
    size_t end = s.n, count = 0;
    if (end > 0)
        for (size_t k = changes + 1; k-- > 0; end = last[k * width + end])
            ends[count++] = end;
    collect(values, options, &s, ends, count, 0, result);
    return cm_ok();
}
