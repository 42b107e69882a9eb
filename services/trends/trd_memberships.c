#include "trends/trd_memberships.h"

#include <string.h>

#include "base/cm_memory.h"
#include "trends/trd_facts.h"

typedef struct reading {
    cm_arena *arena;
    trd_membership *memberships;
    size_t count, capacity;
} reading;

static cm_status read_membership(void *context, const char *resource, const EvtEvent *event)
{
    reading *r = context;
    const RegMembership *m = event->membership;
    const char *end = strstr(m->name, "/memberships/");

    if (!end)
        return cm_fail(CM_DATA_LOSS, "%s is no name of a membership", resource);
    CM_GROW(r->memberships, r->capacity, r->count + 1);
    trd_membership *kept = &r->memberships[r->count++];
    *kept = (trd_membership){.name = cm_arena_strdup(r->arena, resource),
                             .actor = cm_arena_strndup(r->arena, m->name, (size_t)(end - m->name)),
                             .institution = cm_arena_strdup(r->arena, m->institution),
                             .collection = cm_arena_strdup(r->arena, trd_collection(m->collection)),
                             .certainty = trd_surest(m->sources, m->n_sources),
                             .status = m->status};
    const TypActorSnapshot *actor = trd_snapshot(event, kept->actor);
    kept->state = cm_arena_strdup(r->arena, actor ? actor->state : "");
    CM_TRY(cm_date_parse(m->from, &kept->from));
    return cm_date_parse(m->to, &kept->to);
}

static int in_order(const void *a, const void *b)
{
    const trd_membership *x = a, *y = b;
    int order = strcmp(x->institution, y->institution);

    if (order == 0)
        order = strcmp(x->actor, y->actor);
    return order ? order : strcmp(x->name, y->name);
}

cm_status trd_memberships_read(trd_moment at, cm_arena *arena, trd_membership **memberships, size_t *count)
{
    reading r = {.arena = arena};
    cm_status status = trd_facts_each(at, "membership", read_membership, &r);

    if (r.count > 0)
        qsort(r.memberships, r.count, sizeof *r.memberships, in_order);
    *memberships = cm_arena_copy(arena, r.memberships, r.count * sizeof *r.memberships);
    *count = r.count;
    free(r.memberships);
    return status;
}

static bool known(cm_date date)
{
    return date.precision != CM_PRECISION_NONE;
}

bool trd_membership_not_yet(const trd_membership *membership, cm_date date)
{
    return known(membership->from) && cm_date_last_day(date) < cm_date_first_day(membership->from);
}

bool trd_membership_covers(const trd_membership *membership, cm_date date)
{
    bool within = membership->status == REG_MEMBERSHIP_STATUS_MEMBER ||
                  membership->status == REG_MEMBERSHIP_STATUS_ASSOCIATE ||
                  (membership->status == REG_MEMBERSHIP_STATUS_LEFT && known(membership->to));

    return within && !trd_membership_not_yet(membership, date) &&
           !(known(membership->to) && cm_date_first_day(date) > cm_date_last_day(membership->to));
}
