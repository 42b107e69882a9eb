#include "trends/trd_influences.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "trends/trd_facts.h"

/* The lowest first. */
static const char *const tiers[] = {"Sufficiency", "High Sufficiency", "Gamma-", "Gamma",  "Gamma+", "Beta-", "Beta",
                                    "Beta+",       "Alpha-",           "Alpha",  "Alpha+", "Alpha++"};

typedef struct reading {
    cm_arena *arena;
    struct {
        trd_power_value *items;
        size_t count, capacity;
    } of[TRD_MEASURES];
} reading;

static void keep(reading *r, trd_measure measure, const trd_power_value *value)
{
    CM_GROW(r->of[measure].items, r->of[measure].capacity, r->of[measure].count + 1);
    r->of[measure].items[r->of[measure].count++] = *value;
}

/* 0: no tier. */
static double tier_number(const char *tier)
{
    for (size_t i = 0; i < sizeof tiers / sizeof *tiers; i++)
        if (strcmp(tiers[i], tier) == 0)
            return (double)i + 1;
    return 0;
}

/* "cities/kazan-ru/influences/…" → "cities/kazan-ru"; NULL where the name has no such part. */
static char *owner_of(const char *resource, const char *part, cm_arena *arena)
{
    const char *end = strstr(resource, part);

    return end ? cm_arena_strndup(arena, resource, (size_t)(end - resource)) : NULL;
}

static cm_status read_influence(void *context, const char *resource, const EvtEvent *event)
{
    reading *r = context;
    const RegInfluence *i = event->influence;
    trd_power_value v = {.resource = cm_arena_strdup(r->arena, resource),
                         .owner = owner_of(i->name, "/influences/", r->arena),
                         .unit = "tier",
                         .year = i->year,
                         .collection = cm_arena_strdup(r->arena, trd_collection(i->collection)),
                         .certainty = trd_surest(i->sources, i->n_sources)};

    if (!v.owner)
        return cm_fail(CM_DATA_LOSS, "%s is no name of an influence", resource);
    const TypActorSnapshot *city = trd_snapshot(event, v.owner);
    v.state = cm_arena_strdup(r->arena, city ? city->state : "");
    if (i->measure == REG_MEASURE_GAWC_2024 && tier_number(i->tier) > 0) {
        v.value = tier_number(i->tier);
        v.text = cm_arena_strdup(r->arena, i->tier);
        keep(r, TRD_TIER, &v);
    } else if ((i->measure == REG_MEASURE_GDP_SHARE || i->measure == REG_MEASURE_FOREIGN_MISSIONS) && i->number) {
        v.value = i->number->value;
        v.unit = cm_arena_strdup(r->arena, i->unit);
        v.text = cm_arena_format(r->arena, "%g %s", v.value, i->unit);
        keep(r, i->measure == REG_MEASURE_GDP_SHARE ? TRD_GDP_SHARE : TRD_MISSIONS, &v);
    }
    return cm_ok();
}

static cm_status read_profile(void *context, const char *resource, const EvtEvent *event)
{
    reading *r = context;
    const RegAutonomyProfile *p = event->autonomy_profile;
    const char *year = strrchr(resource, '/');
    trd_power_value v = {.resource = cm_arena_strdup(r->arena, resource),
                         .owner = owner_of(p->name, "/autonomyProfiles/", r->arena),
                         .unit = "LAI",
                         .collection = cm_arena_strdup(r->arena, trd_collection(p->collection)),
                         .certainty = trd_surest(p->sources, p->n_sources)};

    if (!v.owner)
        return cm_fail(CM_DATA_LOSS, "%s is no name of an autonomy profile", resource);
    if (!p->index)
        return cm_ok();
    v.state = v.owner;
    v.year = (int)strtol(year + 1, NULL, 10);
    v.value = p->index->value;
    v.text = cm_arena_format(r->arena, "Local Autonomy Index %g", v.value);
    keep(r, TRD_AUTONOMY, &v);
    return cm_ok();
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const trd_power_city *)a)->name, ((const trd_power_city *)b)->name);
}

/* Every city once; its state is the first that a value tells. */
static void list_cities(trd_influences *influences, cm_arena *arena)
{
    static const trd_measure own[] = {TRD_TIER, TRD_GDP_SHARE, TRD_MISSIONS};
    size_t n = 0, kept = 0;

    for (size_t m = 0; m < sizeof own / sizeof *own; m++)
        n += influences->of[own[m]].count;
    trd_power_city *cities = cm_arena_take(arena, (n + 1) * sizeof *cities);
    n = 0;
    for (size_t m = 0; m < sizeof own / sizeof *own; m++)
        for (size_t i = 0; i < influences->of[own[m]].count; i++)
            cities[n++] =
                (trd_power_city){influences->of[own[m]].items[i].owner, influences->of[own[m]].items[i].state};
    if (n > 0)
        qsort(cities, n, sizeof *cities, by_name);
    for (size_t i = 0; i < n; i++) {
        if (kept == 0 || strcmp(cities[kept - 1].name, cities[i].name) != 0)
            cities[kept++] = cities[i];
        else if (!*cities[kept - 1].state)
            cities[kept - 1].state = cities[i].state;
    }
    influences->cities = cities;
    influences->city_count = kept;
}

size_t trd_influences_city(const trd_influences *influences, const char *name)
{
    const trd_power_city key = {.name = name};
    const trd_power_city *found = influences->city_count ? bsearch(&key, influences->cities, influences->city_count,
                                                                   sizeof *influences->cities, by_name)
                                                         : NULL;

    return found ? (size_t)(found - influences->cities) : influences->city_count;
}

static cm_status read_memberships(trd_moment at, cm_arena *arena, trd_influences *influences)
{
    trd_membership *all;
    size_t count;

    CM_TRY(trd_memberships_read(at, arena, &all, &count));
    influences->memberships = all;
    for (size_t i = 0; i < count; i++)
        if (strcmp(all[i].collection, "gcom-accessions") != 0 &&
            trd_influences_city(influences, all[i].actor) < influences->city_count)
            all[influences->membership_count++] = all[i];
    return cm_ok();
}

static cm_status read_all(trd_moment at, reading *r)
{
    CM_TRY(trd_facts_each(at, "influence", read_influence, r));
    return trd_facts_each(at, "autonomy_profile", read_profile, r);
}

cm_status trd_influences_read(trd_moment at, cm_arena *arena, trd_influences *influences)
{
    reading r = {.arena = arena};
    cm_status status = read_all(at, &r);

    *influences = (trd_influences){0};
    for (int m = 0; m < TRD_MEASURES; m++) {
        influences->of[m] =
            (trd_values){cm_arena_copy(arena, r.of[m].items, r.of[m].count * sizeof *r.of[m].items), r.of[m].count};
        free(r.of[m].items);
    }
    CM_TRY(status);
    list_cities(influences, arena);
    return read_memberships(at, arena, influences);
}

trd_values trd_influences_memberships(const trd_influences *influences, int year, cm_arena *arena)
{
    CM_FREE size_t *inside = cm_alloc((influences->city_count + 1) * sizeof *inside);
    const cm_date date = {.year = year, .precision = CM_PRECISION_YEAR};
    const trd_membership *last = NULL; /* counted: a city that is a member twice is inside once */
    trd_values values = {.items = cm_arena_take(arena, (influences->city_count + 1) * sizeof *values.items)};

    for (size_t i = 0; i < influences->membership_count; i++) {
        const trd_membership *m = &influences->memberships[i];
        bool again = last && strcmp(last->actor, m->actor) == 0 && strcmp(last->institution, m->institution) == 0;
        if (again || !trd_membership_covers(m, date))
            continue;
        inside[trd_influences_city(influences, m->actor)]++;
        last = m;
    }
    for (size_t i = 0; i < influences->city_count; i++)
        if (inside[i] > 0)
            values.items[values.count++] = (trd_power_value){
                .resource = influences->cities[i].name,
                .owner = influences->cities[i].name,
                .state = influences->cities[i].state,
                .unit = "memberships",
                .text = cm_arena_format(arena, "%zu membership%s", inside[i], inside[i] == 1 ? "" : "s"),
                .year = year,
                .value = (double)inside[i],
                .collection = ""};
    return values;
}

void trd_influences_years(const trd_influences *influences, int *from, int *to)
{
    *from = 1;
    *to = 0;
    for (int m = 0; m < TRD_MEASURES; m++)
        for (size_t i = 0; i < influences->of[m].count; i++) {
            int year = influences->of[m].items[i].year;
            bool none = *to == 0;
            if (year == 0)
                continue;
            *from = none || year < *from ? year : *from;
            *to = year > *to ? year : *to;
        }
}
