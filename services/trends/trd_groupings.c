#include "trends/trd_groupings.h"

#include <string.h>

#include "base/cm_memory.h"
#include "trends/trd_facts.h"

typedef struct reading {
    cm_arena *arena;
    trd_edition *editions;
    size_t count, capacity;
} reading;

/* groupings/brics/editions/2024-01-01 */
static cm_status read_edition(void *context, const char *resource, const EvtEvent *event)
{
    reading *r = context;
    const RegGroupingEdition *g = event->grouping_edition;
    char *name = cm_arena_strdup(r->arena, trd_collection(resource));
    char *label = strstr(name, "/editions/");

    if (!label)
        return cm_fail(CM_DATA_LOSS, "%s is no name of a grouping's edition", resource);
    *label = '\0';
    CM_GROW(r->editions, r->capacity, r->count + 1);
    trd_edition *e = &r->editions[r->count++];
    *e = (trd_edition){.grouping = name,
                       .label = label + strlen("/editions/"),
                       .count = g->n_members,
                       .states = cm_arena_take(r->arena, (g->n_members + 1) * sizeof(char *))};
    CM_TRY(cm_date_parse(e->label, &e->date));
    for (size_t i = 0; i < g->n_members; i++)
        e->states[i] = cm_arena_strdup(r->arena, g->members[i]->state);
    return cm_ok();
}

static int in_order(const void *a, const void *b)
{
    const trd_edition *x = a, *y = b;
    int order = strcmp(x->grouping, y->grouping);

    return order ? order : cm_date_compare(x->date, y->date);
}

cm_status trd_groupings_read(trd_moment at, cm_arena *arena, trd_edition **editions, size_t *count)
{
    reading r = {.arena = arena};
    cm_status status = trd_facts_each(at, "grouping_edition", read_edition, &r);

    if (r.count > 0)
        qsort(r.editions, r.count, sizeof *r.editions, in_order);
    *editions = cm_arena_copy(arena, r.editions, r.count * sizeof *r.editions);
    *count = r.count;
    free(r.editions);
    return status;
}

bool trd_edition_has(const trd_edition *edition, const char *state)
{
    for (size_t i = 0; i < edition->count; i++)
        if (strcmp(edition->states[i], state) == 0)
            return true;
    return false;
}

const trd_edition *trd_grouping_at(const trd_edition *editions, size_t count, const char *grouping, cm_date date)
{
    const trd_edition *newest = NULL;

    for (size_t i = 0; i < count; i++)
        if (strcmp(editions[i].grouping, grouping) == 0 &&
            (date.precision == CM_PRECISION_NONE || cm_date_first_day(editions[i].date) <= cm_date_first_day(date)))
            newest = &editions[i]; /* they are in order of dates */
    return newest;
}
