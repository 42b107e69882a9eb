#include <float.h>
#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_order.h"
#include "stats/cm_slopes_group.h"
#include "stats/cm_wide.h"

typedef cm_slopes_group group;

enum { SAMPLE = 1024, GUESSED_LEAST = 1 << 12 };

/* Slopes that are kept, and how many are not because they are below. */
typedef struct keeping {
    double low, high; /* what lies between, ends included, is kept, and perhaps some besides */
    double *kept;
    size_t n, capacity;
    uint64_t below;
} keeping;

static void keeping_cleanup(keeping *k)
{
    free(k->kept);
}

/* A Kronecker sequence in both directions, with Roberts' constants. */
bool cm_slopes_guess(const cm_slopes *slopes, const uint64_t *ranks, size_t count, double *sample, size_t size,
                     double bounds[2])
{
    static const double ACROSS = 0.7548776662466927, ALONG = 0.5698402909980532;
    double x = 0.5, y = 0.5;
    size_t m = 0, which = 0;

    for (size_t s = 0; s < size; s++) {
        const group *g = &slopes->groups[which];
        which = which + 1 < slopes->count ? which + 1 : 0;
        x += ACROSS - (x + ACROSS >= 1);
        y += ALONG - (y + ALONG >= 1);
        size_t i = (size_t)(x * (double)g->n), j = (size_t)(y * (double)g->n);
        if (g->n > 1 && g->times[i] != g->times[j])
            sample[m++] = i < j ? cm_slopes_of(g, i, j) : cm_slopes_of(g, j, i);
    }
    double around = 1.3 * sqrt((double)m) + 1, all = (double)slopes->pairs;
    double first = floor((double)m * (double)ranks[0] / all - around);
    double last = ceil((double)m * (double)ranks[count - 1] / all + around);
    if (first < 0 || last >= (double)m)
        return false;
    cm_select(sample, m, (uint64_t[]){(uint64_t)first, (uint64_t)last}, 2, bounds);
    return isfinite(bounds[0]) && isfinite(bounds[1]);
}

/* The points of a group as values − bound · time in few digits: where the later of two is surely lower, their slope is
 * surely below the bound. `sure` is what rounding may do to a difference. */
typedef struct key_columns {
    float *low, *high;
    unsigned char *inside; /* 1: the pair is looked at */
    uint32_t *places;      /* of these, and room for one more */
    float sure;
} key_columns;

static bool fill_keys(const group *g, const keeping *k, key_columns *keys)
{
    double time = g->times[0] / 2 + g->times[g->n - 1] / 2, value = g->values[g->n / 2], largest = 0;

    for (size_t i = 0; i < g->n; i++) {
        double low = g->values[i] - value - k->low * (g->times[i] - time);
        double high = g->values[i] - value - k->high * (g->times[i] - time);
        keys->low[i] = (float)low;
        keys->high[i] = (float)high;
        largest = fmax(largest, fmax(fabs(low), fabs(high)));
        largest = fmax(largest, fmax(fabs(g->values[i]), fabs(value)) * 1e-6);
    }
    keys->sure = (float)(largest * 8 * FLT_EPSILON);
    return largest > FLT_MIN / FLT_EPSILON && largest < FLT_MAX / 4;
}

/* Marks the points that make pairs with one of `low` and `high` which are neither surely below nor surely above; counts
 * those below. */
CM_WIDE static uint32_t mark(const float *restrict lows, const float *restrict highs, size_t n, float low, float high,
                             unsigned char *restrict inside)
{
    uint32_t below = 0;

    for (size_t j = 0; j < n; j++) {
        below += lows[j] < low;
        inside[j] = (lows[j] >= low) & (highs[j] <= high);
    }
    return below;
}

/* Slopes of a point with others that are given by their places behind it. */
CM_WIDE static void keep_slopes(const double *times, const double *values, const uint32_t *restrict places, size_t n,
                                double *restrict kept)
{
    double time = times[0], value = values[0];

    for (size_t k = 0; k < n; k++)
        kept[k] = (values[places[k]] - value) / (times[places[k]] - time);
}

static void keep_row(const group *g, size_t i, size_t begin, const key_columns *keys, keeping *k)
{
    size_t n = 0;

    for (size_t j = begin; j < g->n; j++) {
        keys->places[n] = (uint32_t)(j - i);
        n += keys->inside[j];
    }
    CM_GROW(k->kept, k->capacity, k->n + n);
    keep_slopes(g->times + i, g->values + i, keys->places, n, k->kept + k->n);
    k->n += n;
}

static void keep_between(const cm_slopes *slopes, keeping *k)
{
    size_t longest = 0;

    for (size_t s = 0; s < slopes->count; s++)
        longest = slopes->groups[s].n > longest ? slopes->groups[s].n : longest;
    CM_FREE float *low = cm_realloc(NULL, longest, sizeof *low);
    CM_FREE float *high = cm_realloc(NULL, longest, sizeof *high);
    CM_FREE unsigned char *inside = cm_realloc(NULL, longest, sizeof *inside);
    CM_FREE uint32_t *places = cm_realloc(NULL, longest + 1, sizeof *places);
    key_columns keys = {low, high, inside, places, 0};
    for (size_t s = 0; s < slopes->count; s++) {
        const group *g = &slopes->groups[s];
        if (g->n < 2)
            continue;
        bool use = isfinite(k->low) && isfinite(k->high) && fill_keys(g, k, &keys);
        if (!use)
            memset(inside, 1, g->n);
        for (size_t i = 0; i < g->n; i++) {
            size_t begin = i + 1;
            while (begin < g->n && g->times[begin] == g->times[i])
                begin++;
            if (use)
                k->below += mark(low + begin, high + begin, g->n - begin, low[i] - keys.sure, high[i] + keys.sure,
                                 inside + begin);
            keep_row(g, i, begin, &keys, k);
        }
    }
}

/* Leaves of the slopes, which the bounds hold but for a few, only the hundredths of the range that ranks lie in, and
 * makes `ranks` their ranks there. Returns how many are left. */
static size_t narrow(double *slopes, size_t n, const double bounds[2], uint64_t *ranks, size_t count)
{
    enum { PARTS = 128 };
    uint32_t sizes[PARTS] = {0};
    bool wanted[PARTS] = {false};
    CM_FREE unsigned char *part = cm_realloc(NULL, n, sizeof *part);
    double low = bounds[0], scale = PARTS / (bounds[1] - low);

    if (!(scale > 0 && isfinite(scale)))
        return n;
    for (size_t i = 0; i < n; i++) {
        double at = (slopes[i] - low) * scale;
        at = at > 0 ? at : 0;
        part[i] = (unsigned char)(at < PARTS - 1 ? at : PARTS - 1);
        sizes[part[i]]++;
    }
    uint64_t before = 0, left_out = 0;
    for (size_t p = 0, rank = 0; p < PARTS; before += sizes[p++]) {
        size_t first = rank;
        while (rank < count && ranks[rank] < before + sizes[p])
            rank++;
        wanted[p] = rank > first;
        for (size_t i = first; i < rank; i++)
            ranks[i] -= left_out;
        left_out += wanted[p] ? 0 : sizes[p];
    }
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        slopes[left] = slopes[i];
        left += wanted[part[i]];
    }
    return left;
}

void cm_slopes_pick(double *slopes, size_t n, const double bounds[2], const uint64_t *ranks, size_t count,
                    double *found)
{
    uint64_t within[CM_SLOPES_RANKS];

    memcpy(within, ranks, count * sizeof *ranks);
    n = narrow(slopes, n, bounds, within, count);
    cm_select(slopes, n, within, count, found);
}

/* False where the bounds did not hold the ranks. */
static bool select_between(keeping *k, const uint64_t *ranks, size_t count, double *found)
{
    uint64_t within[CM_SLOPES_RANKS];

    if (k->below > ranks[0] || k->below + k->n <= ranks[count - 1])
        return false;
    for (size_t i = 0; i < count; i++)
        within[i] = ranks[i] - k->below;
    cm_slopes_pick(k->kept, k->n, (const double[]){k->low, k->high}, within, count, found);
    return found[0] >= k->low && found[count - 1] <= k->high;
}

void cm_slopes_select_few(const cm_slopes *slopes, const uint64_t *ranks, size_t count, double *found)
{
    CM_AUTO(keeping) k = {.low = -INFINITY, .high = INFINITY};
    double sample[SAMPLE], bounds[2];

    if (slopes->pairs > GUESSED_LEAST && cm_slopes_guess(slopes, ranks, count, sample, SAMPLE, bounds)) {
        k.low = bounds[0];
        k.high = bounds[1];
    }
    keep_between(slopes, &k);
    if (select_between(&k, ranks, count, found))
        return;
    k = (keeping){.low = -INFINITY, .high = INFINITY, .kept = k.kept, .capacity = k.capacity};
    keep_between(slopes, &k);
    (void)select_between(&k, ranks, count, found);
}
