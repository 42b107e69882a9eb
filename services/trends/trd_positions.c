#include "trends/trd_positions.h"

#include <string.h>

#include "base/cm_memory.h"
#include "trends/trd_facts.h"

typedef struct reading {
    cm_arena *arena;
    trd_position *positions;
    size_t count, capacity;
} reading;

static cm_status read_position(void *context, const char *resource, const EvtEvent *event)
{
    reading *r = context;
    const NegPosition *p = event->position;
    const TypActorSnapshot *actor = trd_snapshot(event, p->actor);
    cm_date date;

    CM_TRY(cm_date_parse(p->date, &date));
    CM_GROW(r->positions, r->capacity, r->count + 1);
    r->positions[r->count++] = (trd_position){.name = cm_arena_strdup(r->arena, resource),
                                              .actor = cm_arena_strdup(r->arena, p->actor),
                                              .issue = cm_arena_strdup(r->arena, trd_collection(p->issue)),
                                              .negotiation = cm_arena_strdup(r->arena, p->negotiation),
                                              .state = cm_arena_strdup(r->arena, actor ? actor->state : ""),
                                              .stance = p->stance ? p->stance->value : 0,
                                              .date = date,
                                              .collection = cm_arena_strdup(r->arena, trd_collection(p->collection)),
                                              .certainty = trd_surest(p->sources, p->n_sources)};
    return cm_ok();
}

cm_status trd_positions_read(trd_moment at, cm_arena *arena, trd_position **positions, size_t *count)
{
    reading r = {.arena = arena};
    cm_status status = trd_facts_each(at, "position", read_position, &r);

    *positions = cm_arena_copy(arena, r.positions, r.count * sizeof *r.positions);
    *count = r.count;
    free(r.positions);
    return status;
}

static bool is_city(const trd_position *p)
{
    return strncmp(p->actor, "cities/", 7) == 0;
}

static int by_actor_and_issue(const void *a, const void *b)
{
    const trd_position *x = *(const trd_position *const *)a, *y = *(const trd_position *const *)b;
    int order = strcmp(x->actor, y->actor);

    if (order == 0)
        order = strcmp(x->issue, y->issue);
    return order ? order : cm_date_compare(x->date, y->date);
}

static int32_t apart(const trd_position *a, const trd_position *b)
{
    int32_t days = cm_date_first_day(a->date) - cm_date_first_day(b->date);

    return days < 0 ? -days : days;
}

/* Whether (city, state) is nearer than `best`; of equals the later city date, then the later state date. */
static bool nearer(const trd_position *city, const trd_position *state, const trd_divergence *best)
{
    if (!best->state)
        return true;
    int32_t now = apart(city, state), before = apart(best->city, best->state);
    if (now != before)
        return now < before;
    int order = cm_date_compare(city->date, best->city->date);
    return order ? order > 0 : cm_date_compare(state->date, best->state->date) > 0;
}

void trd_positions_pair(const trd_position *positions, size_t count, cm_arena *arena, trd_divergence **pairs,
                        size_t *pair_count)
{
    const trd_position **cities = cm_arena_take(arena, (count + 1) * sizeof *cities);
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        if (is_city(&positions[i]))
            cities[n++] = &positions[i];
    qsort(cities, n, sizeof *cities, by_actor_and_issue);
    *pairs = cm_arena_take(arena, (n + 1) * sizeof **pairs);
    *pair_count = 0;
    for (size_t i = 0; i < n;) {
        trd_divergence best = {.city = cities[i]};
        size_t first = i;
        for (; i < n && strcmp(cities[i]->actor, cities[first]->actor) == 0 &&
               strcmp(cities[i]->issue, cities[first]->issue) == 0;
             i++) {
            for (size_t k = 0; k < count; k++) {
                const trd_position *state = &positions[k];
                if (!*cities[i]->state || strcmp(state->actor, cities[i]->state) != 0 ||
                    strcmp(state->issue, cities[i]->issue) != 0 ||
                    (int64_t)apart(cities[i], state) * 4 > TRD_NEAR_QUARTER_DAYS)
                    continue;
                if (nearer(cities[i], state, &best))
                    best = (trd_divergence){cities[i], state};
            }
            if (!best.state)
                best.city = cities[i]; /* the latest: they are in order of time */
        }
        (*pairs)[(*pair_count)++] = best;
    }
}
