#include "trends/trd_coverage.h"

#include <string.h>

#include "base/cm_date.h"
#include "base/cm_memory.h"
#include "trends/trd_facts.h"

typedef struct reading {
    cm_arena *arena;
    trd_collection_info *found;
    size_t count, capacity;
} reading;

/* A date that cannot be read is as none: nothing is covered. */
static cm_date date_of(const char *text)
{
    cm_date date = {0};
    cm_status status = cm_date_parse(text, &date);

    cm_status_clear(&status);
    return date;
}

static bool ends_a_year(cm_date date)
{
    return (date.precision == CM_PRECISION_MONTH && date.month == 12) ||
           (date.precision >= CM_PRECISION_DAY && date.month == 12 && date.day == 31);
}

static cm_status read_collection(void *context, const char *resource, const EvtEvent *event)
{
    reading *r = context;
    const NegCollection *c = event->collection;
    const char *id = trd_collection(resource);

    CM_GROW(r->found, r->capacity, r->count + 1);
    r->found[r->count++] =
        (trd_collection_info){.id = cm_arena_strdup(r->arena, id),
                              .label = cm_arena_strdup(r->arena, *c->display_name ? c->display_name : id),
                              .from = date_of(c->from).year,
                              .to = date_of(c->to).year,
                              .to_the_end = ends_a_year(date_of(c->to)),
                              .census = c->completeness == NEG_COMPLETENESS_CENSUS};
    return cm_ok();
}

cm_status trd_coverage_read(trd_moment at, cm_arena *arena, trd_coverage *coverage)
{
    reading r = {.arena = arena};
    cm_status status = trd_facts_each(at, "collection", read_collection, &r);

    coverage->collections = cm_arena_copy(arena, r.found, r.count * sizeof *r.found);
    coverage->count = r.count;
    free(r.found);
    return status;
}

const trd_collection_info *trd_coverage_find(const trd_coverage *coverage, const char *id)
{
    for (size_t i = 0; i < coverage->count; i++)
        if (strcmp(coverage->collections[i].id, id) == 0)
            return &coverage->collections[i];
    return NULL;
}

const char *trd_coverage_label(const trd_coverage *coverage, const char *id)
{
    const trd_collection_info *info = trd_coverage_find(coverage, id);

    return info ? info->label : id;
}

const trd_collection_info *trd_coverage_of(const trd_coverage *coverage, const char *id, bool memberships)
{
    if (strcmp(id, "institutions") == 0 || (memberships && strcmp(id, "gcom-accessions") != 0))
        id = "memberships";
    const trd_collection_info *info = trd_coverage_find(coverage, id);
    return info && info->from && info->to ? info : NULL;
}
