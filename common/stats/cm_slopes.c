#include "stats/cm_slopes.h"

#include <float.h>
#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_order.h"
#include "stats/cm_philox.h"
#include "stats/cm_slopes_group.h"

typedef cm_slopes_group group;

enum { DIRECT = 1 << 18, SAMPLE_LEAST = 1 << 12, SAMPLE_MOST = 1 << 20, ROUNDS_MOST = 100 };

void cm_slopes_clear(cm_slopes *slopes)
{
    for (size_t g = 0; g < slopes->count; g++) {
        free(slopes->groups[g].times);
        free(slopes->groups[g].values);
    }
    free(slopes->groups);
    *slopes = (cm_slopes){0};
}

/* Copies `from` in the order of `positions`. */
static double *arranged(const double *from, const uint32_t *positions, size_t n)
{
    double *to = cm_realloc(NULL, n, sizeof *to);

    for (size_t i = 0; i < n; i++)
        to[i] = from[positions[i]];
    return to;
}

cm_status cm_slopes_add(cm_slopes *slopes, const double *times, const double *values, size_t n)
{
    uint64_t pairs = n < 2 ? 0 : (uint64_t)n * (n - 1) / 2;
    bool sorted = true;

    for (size_t i = 1; i < n && sorted; i++)
        sorted = times[i] > times[i - 1];
    CM_GROW(slopes->groups, slopes->capacity, slopes->count + 1);
    group *g = &slopes->groups[slopes->count++];
    if (sorted) {
        *g = (group){cm_realloc(NULL, n, sizeof(double)), cm_realloc(NULL, n, sizeof(double)), n};
        memcpy(g->times, times, n * sizeof *times);
        memcpy(g->values, values, n * sizeof *values);
    } else {
        CM_FREE uint32_t *order = cm_realloc(NULL, n, sizeof *order);
        cm_sort_positions(values, n, order);
        CM_FREE double *by_value = arranged(values, order, n);
        CM_FREE double *their_times = arranged(times, order, n);
        cm_sort_positions(their_times, n, order);
        *g = (group){arranged(their_times, order, n), arranged(by_value, order, n), n};
        pairs -= cm_ties_of_sorted(g->times, n).pairs;
    }
    if (slopes->pairs + pairs > (uint64_t)1 << 62)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "values: %zu make too many pairs", n);
    slopes->pairs += pairs;
    return cm_ok();
}

uint64_t cm_slopes_count(const cm_slopes *slopes)
{
    return slopes->pairs;
}

/* Σ t(t−1) and Σ t(t−1)(t−2) over groups of t equal values. */
static void tie_sums(const double *sorted, size_t n, double sums[2])
{
    sums[0] = sums[1] = 0;
    for (size_t i = 0, j; i < n; i = j) {
        for (j = i + 1; j < n && sorted[j] == sorted[i];)
            j++;
        double t = (double)(j - i);
        sums[0] += t * (t - 1);
        sums[1] += t * (t - 1) * (t - 2);
    }
}

double cm_slopes_variance(const cm_slopes *slopes)
{
    if (slopes->count == 0 || slopes->groups[0].n < 2)
        return 0;
    const group *g = &slopes->groups[0];
    double n = (double)g->n, in_times[2], in_values[2];
    CM_FREE double *values = cm_realloc(NULL, g->n, sizeof *values);
    memcpy(values, g->values, g->n * sizeof *values);
    (void)cm_sort_counting(values, g->n);
    tie_sums(g->times, g->n, in_times);
    tie_sums(values, g->n, in_values);
    double variance =
        (n * (n - 1) * (2 * n + 5) - cm_ties_of_sorted(g->times, g->n).term - cm_ties_of_sorted(values, g->n).term) /
            18 +
        in_times[0] * in_values[0] / (2 * n * (n - 1));
    if (g->n > 2)
        variance += in_times[1] * in_values[1] / (9 * n * (n - 1) * (n - 2));
    return fmax(variance, 0);
}

static cm_status check_finite(const double *found, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(found[i]))
            return cm_fail(CM_OUT_OF_RANGE, "values: a slope is beyond ±%g; use larger units", DBL_MAX);
    return cm_ok();
}

/* The points of a group in the order of values − s·times; at ±∞ that of ∓times. Ties stand as they do in the group, so
 * that a pair is inverted exactly where its slope is below s, rounding apart. */
static void order_at(const group *g, double s, uint32_t *order)
{
    CM_FREE double *keys = cm_realloc(NULL, g->n, sizeof *keys);
    double middle = g->times[0] / 2 + g->times[g->n - 1] / 2;

    for (size_t i = 0; i < g->n; i++)
        keys[i] = isinf(s) ? (s > 0 ? -g->times[i] : g->times[i]) : g->values[i] - s * (g->times[i] - middle);
    cm_sort_positions(keys, g->n, order);
}

static uint64_t count_below(const cm_slopes *slopes, double s)
{
    uint64_t count = 0;

    for (size_t k = 0; k < slopes->count; k++) {
        const group *g = &slopes->groups[k];
        if (g->n < 2)
            continue;
        CM_FREE uint32_t *order = cm_realloc(NULL, g->n, sizeof *order);
        CM_FREE double *sequence = cm_realloc(NULL, g->n, sizeof *sequence);
        order_at(g, s, order);
        for (size_t i = 0; i < g->n; i++)
            sequence[i] = order[i];
        count += cm_sort_counting(sequence, g->n);
    }
    return count;
}

/* A point on its way from its place at the lower end of a bracket to that at the upper end. */
typedef struct traveller {
    uint32_t place, point;
} traveller;

/* The slopes that are asked for, by their number in the order in which the merges meet them. */
typedef struct sampling {
    const uint64_t *wanted; /* ascending; NULL: all */
    size_t count, done;     /* done never exceeds count */
    uint64_t met;
    double *slopes;
} sampling;

static void meet(sampling *s, const group *g, const traveller *left, size_t n, uint32_t right)
{
    while (s->done < s->count && (s->wanted ? s->wanted[s->done] : s->met + n - 1) < s->met + n) {
        if (!s->wanted) {
            for (size_t i = 0; i < n && s->done < s->count; i++)
                s->slopes[s->done++] = cm_slopes_of(g, left[i].point, right);
            break;
        }
        s->slopes[s->done] = cm_slopes_of(g, left[s->wanted[s->done] - s->met].point, right);
        s->done++;
    }
    s->met += n;
}

/* Sorts by place and meets every inversion: the pairs of the group with a slope in the bracket. */
static void meet_inversions(const group *g, traveller *points, traveller *scratch, sampling *s)
{
    traveller *from = points, *to = scratch;

    for (size_t width = 1; width < g->n; width *= 2) {
        for (size_t begin = 0; begin < g->n; begin += 2 * width) {
            size_t i = begin, middle = begin + width < g->n ? begin + width : g->n, j = middle;
            size_t end = middle + width < g->n ? middle + width : g->n, k = begin;
            while (i < middle && j < end) {
                if (from[j].place < from[i].place) {
                    meet(s, g, from + i, middle - i, from[j].point);
                    to[k++] = from[j++];
                } else {
                    to[k++] = from[i++];
                }
            }
            while (i < middle)
                to[k++] = from[i++];
            while (j < end)
                to[k++] = from[j++];
        }
        traveller *other = from;
        from = to;
        to = other;
    }
}

static void sample_between(const cm_slopes *slopes, double low, double high, sampling *s)
{
    for (size_t k = 0; k < slopes->count; k++) {
        const group *g = &slopes->groups[k];
        if (g->n < 2)
            continue;
        CM_FREE uint32_t *order = cm_realloc(NULL, g->n, sizeof *order);
        CM_FREE uint32_t *place = cm_realloc(NULL, g->n, sizeof *place);
        CM_FREE traveller *points = cm_realloc(NULL, 2 * g->n, sizeof *points);
        order_at(g, high, order);
        for (size_t i = 0; i < g->n; i++)
            place[order[i]] = (uint32_t)i;
        order_at(g, low, order);
        for (size_t i = 0; i < g->n; i++)
            points[i] = (traveller){place[order[i]], order[i]};
        meet_inversions(g, points, points + g->n, s);
    }
}

/* How far rounding may carry a pair across s; never 0. */
static double fuzz_at(const cm_slopes *slopes, double s)
{
    double fuzz = DBL_MIN;

    for (size_t k = 0; k < slopes->count; k++) {
        const group *g = &slopes->groups[k];
        double largest = 0, gap = INFINITY;
        for (size_t i = 0; i < g->n; i++) {
            largest = fmax(largest, fabs(g->values[i]));
            if (i > 0 && g->times[i] > g->times[i - 1])
                gap = fmin(gap, g->times[i] - g->times[i - 1]);
        }
        if (g->n > 1 && isfinite(gap))
            fuzz = fmax(fuzz, 8 * DBL_EPSILON * (largest + fabs(s) * (g->times[g->n - 1] - g->times[0])) / gap);
    }
    return fuzz;
}

typedef struct bracket {
    double low, high;
    uint64_t below_low, below_high; /* slopes below each end */
} bracket;

/* Takes `s` as an end where the ranks lie on one side of it. */
static void narrow(const cm_slopes *slopes, bracket *b, double s, const uint64_t ranks[2])
{
    if (!(s > b->low && s < b->high))
        return;
    uint64_t below = count_below(slopes, s);
    if (below <= ranks[0] && below >= b->below_low) {
        b->low = s;
        b->below_low = below;
    } else if (below > ranks[1] && below <= b->below_high) {
        b->high = s;
        b->below_high = below;
    }
}

/* The slopes of two ranks that are equal or neighbours. */
static cm_status select_pair(const cm_slopes *slopes, const uint64_t ranks[2], double found[2])
{
    size_t points = 0;
    bracket b = {-INFINITY, INFINITY, 0, slopes->pairs};

    for (size_t k = 0; k < slopes->count; k++)
        points += slopes->groups[k].n;
    size_t most = points > DIRECT ? points : DIRECT;
    size_t samples = points < SAMPLE_LEAST ? SAMPLE_LEAST : points > SAMPLE_MOST ? SAMPLE_MOST : points;
    CM_FREE uint64_t *wanted = cm_realloc(NULL, samples, sizeof *wanted);
    CM_FREE double *numbers = cm_realloc(NULL, samples, sizeof *numbers);
    CM_FREE double *sample = cm_realloc(NULL, samples, sizeof *sample);
    for (uint64_t round = 0;; round++) {
        uint64_t inside = b.below_high - b.below_low;
        if (inside <= most) {
            CM_FREE double *all = cm_realloc(NULL, inside, sizeof *all);
            sampling s = {.count = inside, .slopes = all};
            sample_between(slopes, b.low, b.high, &s);
            if (s.done == inside && s.met == inside) {
                cm_select(all, inside, (uint64_t[]){ranks[0] - b.below_low, ranks[1] - b.below_low}, 2, found);
                return check_finite(found, 2);
            }
        }
        cm_philox random = cm_philox_make(0, round);
        for (size_t i = 0; i < samples; i++)
            numbers[i] = (double)cm_philox_below64(&random, inside);
        cm_sort(numbers, samples);
        for (size_t i = 0; i < samples; i++)
            wanted[i] = (uint64_t)numbers[i] < inside ? (uint64_t)numbers[i] : inside - 1;
        sampling s = {.wanted = wanted, .count = samples, .slopes = sample};
        sample_between(slopes, b.low, b.high, &s);
        CM_TRY(check_finite(sample, s.done));
        if (s.done == 0)
            return cm_fail(CM_OUT_OF_RANGE, "times: they are too close together for their range; use another unit");
        cm_sort(sample, s.done);
        double m = (double)s.done, at = (double)(ranks[0] - b.below_low) / (double)inside;
        double around = 3 * sqrt(m * at * (1 - at)) + 2;
        double first = floor(m * at - around), last = ceil(m * at + around);
        double middle = sample[(size_t)fmin(m * at, m - 1)], fuzz = 2 * fuzz_at(slopes, middle);
        bracket before = b;
        if (first >= 0)
            narrow(slopes, &b, sample[(size_t)first] - fuzz, ranks);
        if (last < m)
            narrow(slopes, &b, sample[(size_t)last] + fuzz, ranks);
        bool stuck = before.below_low == b.below_low && before.below_high == b.below_high;
        if ((stuck && b.high - b.low <= 16 * fuzz) || round == ROUNDS_MOST) {
            found[0] = found[1] = middle;
            return cm_ok();
        }
    }
}

/* All ranks from one bracket that a sample of pairs suggests, where few enough slopes lie in it. False where not, or
 * where the bracket does not hold the ranks. */
static bool select_together(const cm_slopes *slopes, const uint64_t *ranks, size_t count, double *found)
{
    enum { SAMPLE = 1 << 14 };
    CM_FREE double *sample = cm_realloc(NULL, SAMPLE, sizeof *sample);
    double bounds[2], room = 2.6 / 128 + (double)(ranks[count - 1] - ranks[0]) / (double)slopes->pairs;
    const uint64_t ends[2] = {ranks[0], ranks[count - 1]};
    bracket b = {-INFINITY, INFINITY, 0, slopes->pairs};

    if (room * (double)slopes->pairs > DIRECT || !cm_slopes_guess(slopes, ranks, count, sample, SAMPLE, bounds))
        return false;
    narrow(slopes, &b, bounds[0] - 2 * fuzz_at(slopes, bounds[0]), ends);
    narrow(slopes, &b, bounds[1] + 2 * fuzz_at(slopes, bounds[1]), ends);
    uint64_t inside = b.below_high - b.below_low, within[CM_SLOPES_RANKS];
    if (inside > DIRECT)
        return false;
    CM_FREE double *all = cm_realloc(NULL, inside, sizeof *all);
    sampling s = {.count = inside, .slopes = all};
    sample_between(slopes, b.low, b.high, &s);
    if (s.done != inside || s.met != inside)
        return false;
    for (size_t i = 0; i < count; i++)
        within[i] = ranks[i] - b.below_low;
    cm_slopes_pick(all, inside, bounds, within, count, found);
    return true;
}

cm_status cm_slopes_select(const cm_slopes *slopes, const uint64_t *ranks, size_t count, double *found)
{
    if (slopes->pairs <= DIRECT) {
        cm_slopes_select_few(slopes, ranks, count, found);
        return check_finite(found, count);
    }
    if (select_together(slopes, ranks, count, found))
        return check_finite(found, count);
    for (size_t i = 0; i < count; i++) {
        bool two = i + 1 < count && ranks[i + 1] - ranks[i] <= 1;
        double pair[2];
        CM_TRY(select_pair(slopes, (uint64_t[]){ranks[i], ranks[two ? i + 1 : i]}, pair));
        found[i] = pair[0];
        if (two)
            found[++i] = pair[1];
    }
    return cm_ok();
}
