#include "stats/cm_turn.h"

#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_glm.h"
#include "stats/cm_order.h"
#include "stats/cm_philox.h"

/* Likelihoods that differ by rounding alone are the same. */
static const double ROUNDING = 1e-11;

/* What falls on one time. */
typedef struct slot {
    double hits, weight;
    size_t units;
} slot;

typedef struct search {
    cm_turn_unit *units; /* by time, then cluster, hit, weight */
    uint32_t *slot_of;   /* of each unit */
    double *times;       /* of each slot */
    size_t n, slots, least;
    size_t *starts;    /* cluster k is members[starts[k]] … members[starts[k + 1] − 1] */
    uint32_t *members; /* units by cluster */
    size_t clusters;
} search;

static void search_cleanup(search *s)
{
    free(s->units);
    free(s->slot_of);
    free(s->times);
    free(s->starts);
    free(s->members);
}

typedef struct split {
    size_t slot; /* the first of the new level; 0: there is none */
    double ratio;
    slot before, after;
} split;

static split best_split(const search *s, const slot *slots)
{
    slot all = {0}, before = {0};
    split best = {.ratio = -INFINITY};

    for (size_t k = 0; k < s->slots; k++) {
        all.hits += slots[k].hits;
        all.weight += slots[k].weight;
        all.units += slots[k].units;
    }
    double flat = cm_binomial_best(all.hits, all.weight), tolerance = ROUNDING * (1 + fabs(flat));
    for (size_t k = 1; k < s->slots; k++) {
        before.hits += slots[k - 1].hits;
        before.weight += slots[k - 1].weight;
        before.units += slots[k - 1].units;
        slot after = {fmax(all.hits - before.hits, 0), all.weight - before.weight, all.units - before.units};
        if (before.units < s->least || after.units < s->least || slots[k].units == 0)
            continue;
        after.hits = fmin(after.hits, after.weight);
        double ratio = cm_binomial_best(fmin(before.hits, before.weight), before.weight) +
                       cm_binomial_best(after.hits, after.weight) - flat;
        if (ratio > best.ratio + tolerance)
            best = (split){k, ratio, before, after};
    }
    return best;
}

static void put(slot *slots, uint32_t at, const cm_turn_unit *unit)
{
    slots[at].hits += unit->hit ? unit->weight : 0;
    slots[at].weight += unit->weight;
    slots[at].units++;
}

static int compare(double a, double b)
{
    return (a > b) - (a < b);
}

static int by_time(const void *a, const void *b)
{
    const cm_turn_unit *x = a, *y = b;
    int order = compare(x->time, y->time);

    if (order == 0)
        order = (x->cluster > y->cluster) - (x->cluster < y->cluster);
    if (order == 0)
        order = x->hit - y->hit;
    return order != 0 ? order : compare(x->weight, y->weight);
}

typedef struct member {
    uint64_t cluster;
    uint32_t unit;
} member;

static int by_cluster(const void *a, const void *b)
{
    const member *x = a, *y = b;

    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    return (x->unit > y->unit) - (x->unit < y->unit);
}

static cm_status check_units(const cm_turn_unit *units, size_t n, size_t least)
{
    if (least < 1)
        return cm_fail(CM_INVALID_ARGUMENT, "least: 0 units on a side have no share; give 1 or more");
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(units[i].time))
            return cm_fail(CM_INVALID_ARGUMENT, "units[%zu].time: %g is no time; every unit needs one", i,
                           units[i].time);
        if (!(units[i].weight > 0 && units[i].weight <= CM_SERIES_LARGEST))
            return cm_fail(CM_INVALID_ARGUMENT, "units[%zu].weight: %g is no weight; give a finite number above 0", i,
                           units[i].weight);
    }
    return cm_ok();
}

/* Units in order, weights scaled to a mean of 1. */
static search search_new(const cm_turn_unit *units, size_t n, size_t least)
{
    search s = {.units = cm_realloc(NULL, n, sizeof *s.units),
                .slot_of = cm_realloc(NULL, n, sizeof *s.slot_of),
                .times = cm_realloc(NULL, n, sizeof *s.times),
                .starts = cm_realloc(NULL, n + 1, sizeof *s.starts),
                .members = cm_realloc(NULL, n, sizeof *s.members),
                .n = n,
                .least = least};
    CM_FREE member *members = cm_realloc(NULL, n, sizeof *members);
    double mean = 0;

    for (size_t i = 0; i < n; i++) {
        s.units[i] = units[i];
        mean += units[i].weight / (double)n;
    }
    qsort(s.units, n, sizeof *s.units, by_time);
    for (size_t i = 0; i < n; i++) {
        s.units[i].weight /= mean;
        if (i == 0 || s.units[i].time > s.units[i - 1].time)
            s.times[s.slots++] = s.units[i].time;
        s.slot_of[i] = (uint32_t)(s.slots - 1);
        members[i] = (member){s.units[i].cluster, (uint32_t)i};
    }
    qsort(members, n, sizeof *members, by_cluster);
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || members[i].cluster != members[i - 1].cluster)
            s.starts[s.clusters++] = i;
        s.members[i] = members[i].unit;
    }
    s.starts[s.clusters] = n;
    return s;
}

static double permutation_p(const search *s, double ratio, const cm_resampling *how)
{
    CM_FREE slot *slots = cm_realloc(NULL, s->slots, sizeof *slots);
    CM_FREE uint32_t *order = cm_realloc(NULL, s->n, sizeof *order);
    size_t as_large = 0;

    for (size_t i = 0; i < s->n; i++)
        order[i] = (uint32_t)i;
    for (int r = 0; r < how->replicates; r++) {
        cm_philox random = cm_philox_make(how->seed, (uint64_t)r);
        cm_philox_shuffle(&random, order, s->n);
        memset(slots, 0, s->slots * sizeof *slots);
        for (size_t i = 0; i < s->n; i++)
            put(slots, s->slot_of[i], &s->units[order[i]]);
        as_large += best_split(s, slots).ratio >= ratio - ROUNDING * (1 + ratio);
    }
    return (1 + (double)as_large) / (1 + (double)how->replicates);
}

/* The sorted value that at least `share` of them do not exceed. */
static double nearest_rank(const double *sorted, size_t n, double share)
{
    double rank = ceil(share * (double)n - 1e-9);

    return sorted[rank < 1 ? 0 : rank >= (double)n ? n - 1 : (size_t)rank - 1];
}

static void add_interval(const search *s, const cm_resampling *how, cm_turn *result)
{
    size_t replicates = (size_t)how->replicates, found = 0, same_way = 0;
    CM_FREE slot *slots = cm_realloc(NULL, s->slots, sizeof *slots);
    CM_FREE double *times = cm_realloc(NULL, replicates, sizeof *times);

    for (size_t r = 0; r < replicates; r++) {
        cm_philox random = cm_philox_make(how->seed, replicates + r);
        memset(slots, 0, s->slots * sizeof *slots);
        for (size_t k = 0; k < s->clusters; k++) {
            uint32_t drawn = cm_philox_below(&random, (uint32_t)s->clusters);
            for (size_t i = s->starts[drawn]; i < s->starts[drawn + 1]; i++)
                put(slots, s->slot_of[s->members[i]], &s->units[s->members[i]]);
        }
        split best = best_split(s, slots);
        if (best.slot == 0)
            continue;
        times[found++] = s->times[best.slot];
        double move = best.after.hits / best.after.weight - best.before.hits / best.before.weight;
        same_way += move * (result->after - result->before) > 0;
    }
    if (found == 0)
        return;
    cm_sort(times, found);
    result->low = nearest_rank(times, found, (1 - how->level) / 2);
    result->high = nearest_rank(times, found, (1 + how->level) / 2);
    result->moved = (double)same_way / (double)found;
}

cm_status cm_turn_find(const cm_turn_unit *units, size_t n, size_t least, const cm_resampling *how, cm_turn *result)
{
    CM_TRY(cm_resampling_check_work(how, 2 * n));
    CM_TRY(check_units(units, n, least));
    CM_AUTO(search) s = search_new(units, n, least);
    CM_FREE slot *slots = cm_alloc(s.slots * sizeof *slots);
    cm_turn turn = {.n = n,
                    .time = NAN,
                    .before = NAN,
                    .after = NAN,
                    .log_likelihood_ratio = NAN,
                    .p = NAN,
                    .low = NAN,
                    .high = NAN,
                    .moved = NAN};
    bool kinds[2] = {false, false};
    for (size_t i = 0; i < n; i++) {
        put(slots, s.slot_of[i], &s.units[i]);
        kinds[s.units[i].hit] = true;
    }
    split best = best_split(&s, slots);
    if (best.slot > 0) {
        turn.time = s.times[best.slot];
        turn.units_before = best.before.units;
        turn.units_after = best.after.units;
        turn.before = best.before.hits / best.before.weight;
        turn.after = best.after.hits / best.after.weight;
        turn.log_likelihood_ratio = fmax(best.ratio, 0);
        if (kinds[0] && kinds[1])
            turn.p = permutation_p(&s, turn.log_likelihood_ratio, how);
        if (s.clusters >= 2)
            add_interval(&s, how, &turn);
    }
    *result = turn;
    return cm_ok();
}
