#include "trends/trd_power.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_order.h"

/* An owner's own value before that of an actor that was merged into it. */
static int by_resource(const trd_power_value *a, const trd_power_value *b)
{
    bool own_a = strncmp(a->resource, a->owner, strlen(a->owner)) == 0;
    bool own_b = strncmp(b->resource, b->owner, strlen(b->owner)) == 0;

    return own_a != own_b ? own_b - own_a : strcmp(a->resource, b->resource);
}

static int by_owner(const void *a, const void *b)
{
    const trd_power_value *x = a, *y = b;
    int order = strcmp(x->unit, y->unit);

    if (order == 0)
        order = strcmp(x->owner, y->owner);
    if (order == 0)
        order = (y->year > x->year) - (y->year < x->year);
    return order ? order : by_resource(x, y);
}

static int by_state(const void *a, const void *b)
{
    const trd_power_value *x = a, *y = b;
    int order = strcmp(x->unit, y->unit);

    if (order == 0)
        order = strcmp(x->state, y->state);
    return order ? order : by_owner(a, b);
}

void trd_power_sort(trd_power_value *values, size_t count, bool within_state)
{
    if (count > 0)
        qsort(values, count, sizeof *values, within_state ? by_state : by_owner);
}

static bool carries(const trd_power_value *v, int year)
{
    return v->year > 0 && v->year <= year && year - v->year <= TRD_POWER_AGE;
}

static bool together(const trd_power_value *a, const trd_power_value *b, bool within_state)
{
    return strcmp(a->unit, b->unit) == 0 && (!within_state || strcmp(a->state, b->state) == 0);
}

/* Ranks one group of values, each of another owner, and adds them to `ranks`. */
static void rank_group(const trd_power_value *const *group, size_t n, trd_power_rank *ranks, size_t *count)
{
    if (n < TRD_POWER_LEAST)
        return;
    CM_FREE double *values = cm_alloc(n * sizeof *values);
    for (size_t i = 0; i < n; i++)
        values[i] = group[i]->value;
    cm_ranks(values, n, values);
    for (size_t i = 0; i < n; i++)
        ranks[(*count)++] = (trd_power_rank){group[i], values[i], n, (values[i] - 0.5) / (double)n};
}

/* By owner, and of one owner the rank that counts first. */
static int by_worth(const void *a, const void *b)
{
    const trd_power_rank *x = a, *y = b;
    int order = strcmp(x->value->owner, y->value->owner);

    if (order == 0)
        order = (y->value->year > x->value->year) - (y->value->year < x->value->year);
    if (order == 0)
        order = (y->n > x->n) - (y->n < x->n);
    if (order == 0)
        order = strcmp(x->value->unit, y->value->unit);
    return order ? order : by_resource(x->value, y->value);
}

void trd_power_ranks(const trd_power_value *values, size_t count, int year, bool within_state, cm_arena *arena,
                     trd_power_rank **ranks, size_t *rank_count)
{
    CM_FREE const trd_power_value **group = cm_alloc((count + 1) * sizeof *group);
    trd_power_rank *found = cm_arena_take(arena, (count + 1) * sizeof *found);
    size_t n = 0, all = 0, kept = 0;

    for (size_t i = 0; i < count; i++) {
        const trd_power_value *v = &values[i];
        if (!carries(v, year) || (within_state && !*v->state))
            continue;
        if (n > 0 && !together(group[n - 1], v, within_state)) {
            rank_group(group, n, found, &all);
            n = 0;
        }
        if (n == 0 || strcmp(group[n - 1]->owner, v->owner) != 0)
            group[n++] = v;
    }
    rank_group(group, n, found, &all);
    if (all > 0)
        qsort(found, all, sizeof *found, by_worth);
    for (size_t i = 0; i < all; i++)
        if (kept == 0 || strcmp(found[kept - 1].value->owner, found[i].value->owner) != 0)
            found[kept++] = found[i];
    *ranks = found;
    *rank_count = kept;
}

static int owner_order(const void *key, const void *item)
{
    return strcmp(key, ((const trd_power_rank *)item)->value->owner);
}

const trd_power_rank *trd_power_find(const trd_power_rank *ranks, size_t count, const char *owner)
{
    return count > 0 ? bsearch(owner, ranks, count, sizeof *ranks, owner_order) : NULL;
}

double trd_power_part(const trd_power_rank *one, const trd_power_rank *other)
{
    if (one && other)
        return (one->share + other->share) / 2;
    return one ? one->share : other ? other->share : NAN;
}

double trd_power_index(const double parts[3])
{
    return cbrt(parts[0] * parts[1] * parts[2]); /* NaN stays NaN */
}
