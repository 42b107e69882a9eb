#include "registry/reg_parents.h"

#include <string.h>

#include "base/cm_date.h"
#include "base/cm_memory.h"
#include "journal/cm_actor.h"
#include "registry/reg_actor.h"
#include "registry/reg_members.h"
#include "registry/reg_names.h"

enum { DEEPEST = 16 };

static bool is_state(const char *name)
{
    return cm_actor_kind(name) == TYP_ACTOR_KIND_STATE;
}

/* ---- by itself ---- */

static void check_span(cm_check check, const RegActor *actor, size_t i)
{
    static const char *const patterns[] = {"regions/{region}", "states/{state}", NULL};
    RegActorParent *span = actor->parents[i];
    const char *prefix = cm_check_path(check, "parents[%zu].", i);
    const char *field = cm_check_path(check, "%sparent", prefix);

    if (strcmp(span->parent, actor->name) == 0)
        cm_violations_add(check.wrong, field, "%.160s is the actor itself; name where it lay", span->parent);
    else
        cm_check_name(check, field, span->parent, patterns, true);
    cm_check_span(check, prefix, "from", &span->from, "to", &span->to);
    cm_check_citations(check, prefix, span->sources, span->n_sources);
    if (!*span->to && is_state(span->parent) && strcmp(span->parent, actor->state) != 0)
        cm_violations_add(check.wrong, field, "%.160s has no end, but `state` says %.160s; let both be the same",
                          span->parent, *actor->state ? actor->state : "nothing");
    for (size_t k = 0; k < i; k++)
        if (reg_spans_overlap(span->from, span->to, actor->parents[k]->from, actor->parents[k]->to)) {
            cm_violations_add(check.wrong, cm_check_path(check, "%sfrom", prefix),
                              "overlaps with parents[%zu]; give dates that do not", k);
            break;
        }
}

/* Where it lies now: the region of the span that has no end. */
static char *open_region(const RegActor *actor)
{
    for (size_t i = 0; i < actor->n_parents; i++)
        if (!*actor->parents[i]->to)
            return is_state(actor->parents[i]->parent) ? "" : actor->parents[i]->parent;
    return "";
}

void reg_parents_check(cm_check check, RegActor *actor, const RegActor *before)
{
    bool may_have = actor->kind == TYP_ACTOR_KIND_CITY || actor->kind == TYP_ACTOR_KIND_REGION;
    int wrong = check.wrong->count;

    if (!actor->n_parents)
        return;
    if (!may_have) {
        cm_violations_add(check.wrong, "parents", "were given, but only cities and regions have some; leave them out");
        return;
    }
    for (size_t i = 0; i < actor->n_parents; i++)
        check_span(check, actor, i);
    if (check.wrong->count > wrong)
        return;
    const char *open = open_region(actor), *known = before ? before->parent : "";
    if (strcmp(actor->parent, open) != 0 && strcmp(actor->parent, known) != 0)
        cm_violations_add(check.wrong, "parent", "%.160s is not what `parents` says of now, %.160s; change those",
                          *actor->parent ? actor->parent : "nothing", *open ? open : "nothing");
    else
        actor->parent = (char *)open;
}

/* ---- among others ---- */

/* A way up that holds for a time, "" where an end is not known. */
typedef struct span {
    const char *parent, *from, *to;
} span;

static size_t span_count(const RegActor *actor)
{
    return actor->n_parents ? actor->n_parents : *actor->parent != '\0';
}

static span span_at(const RegActor *actor, size_t i)
{
    if (!actor->n_parents)
        return (span){actor->parent, "", ""};
    return (span){actor->parents[i]->parent, actor->parents[i]->from, actor->parents[i]->to};
}

/* The time that both have in common; they overlap. */
static span within(span a, span b)
{
    if (!*b.from || (*a.from && cm_date_compare(reg_date(a.from), reg_date(b.from)) > 0))
        b.from = a.from;
    if (!*b.to || (*a.to && cm_date_last_day(reg_date(a.to)) < cm_date_last_day(reg_date(b.to))))
        b.to = a.to;
    return b;
}

typedef struct climb {
    const cm_resource_context *context;
    const RegActor *actor;
    const char *field; /* of the way up that is being followed */
    const char *first; /* its parent */
    bool moves;        /* the actor, which was there before: others may lie in it, and move at the same time */
} climb;

static cm_status is_within_itself(const climb *c, span way)
{
    bool always = !*way.from && !*way.to;
    const char *when = always ? ""
                              : cm_arena_format(c->context->arena, " from %s to %s", *way.from ? way.from : "unknown",
                                                *way.to ? way.to : "now");

    return cm_invalid(c->field, "%.160s is itself within %.160s%s; name another, or give dates that do not overlap",
                      c->first, c->actor->name, when);
}

static cm_status follow(const climb *c, span way, int depth)
{
    ProtobufCMessage *found;

    if (is_state(way.parent))
        return cm_ok();
    if (strcmp(way.parent, c->actor->name) == 0)
        return is_within_itself(c, way);
    if (depth == DEEPEST)
        return cm_invalid(c->field, "%.160s is more than %d levels deep; name one above it", c->first, DEEPEST);
    if (c->moves)
        CM_TRY(cm_journal_hold(cm_tx_db(c->context->tx), way.parent));
    CM_TRY(cm_resource_find(cm_tx_db(c->context->tx), &reg_actor_kind, way.parent, c->context->arena, &found));
    const RegActor *above = (const RegActor *)found;
    for (size_t i = 0; above && i < span_count(above); i++) {
        span next = span_at(above, i);
        if (reg_spans_overlap(way.from, way.to, next.from, next.to))
            CM_TRY(follow(c, within(way, next), depth + 1));
    }
    return cm_ok();
}

/* What has no end lies in a region of the actor's own state. */
static cm_status check_state(const climb *c, span way)
{
    ProtobufCMessage *found;

    if (*way.to || is_state(way.parent))
        return cm_ok();
    CM_TRY(cm_resource_find(cm_tx_db(c->context->tx), &reg_actor_kind, way.parent, c->context->arena, &found));
    const char *state = found ? ((const RegActor *)found)->state : "";
    return strcmp(state, c->actor->state) == 0
               ? cm_ok()
               : cm_invalid(c->field, "%.160s is in %s, not in %s; name one of the same state", way.parent, state,
                            c->actor->state);
}

static bool same_parents(const RegActor *a, const RegActor *b)
{
    return strcmp(a->parent, b->parent) == 0 &&
           cm_field_equal(&a->base, &b->base, cm_message_field(a->base.descriptor, "parents"));
}

cm_status reg_parents_relate(const cm_resource_context *context, const RegActor *actor, const RegActor *before)
{
    bool moves = before && !same_parents(actor, before);

    for (size_t i = 0; i < span_count(actor); i++) {
        span way = span_at(actor, i);
        climb c = {context, actor, "parent", way.parent, moves};
        if (actor->n_parents)
            c.field = cm_arena_format(context->arena, "parents[%zu].parent", i);
        CM_TRY(check_state(&c, way));
        CM_TRY(follow(&c, way, 0));
    }
    return cm_ok();
}

/* ---- on a date ---- */

static void add(RegListParentsResponse *response, cm_arena *arena, const char *actor, span way)
{
    size_t count = response->n_containments;
    RegContainment **grown = cm_arena_take(arena, (count + 1) * sizeof *grown);

    if (count)
        memcpy(grown, response->containments, count * sizeof *grown);
    grown[count] = CM_NEW(arena, RegContainment);
    grown[count]->actor = (char *)actor;
    grown[count]->parent = (char *)way.parent;
    grown[count]->from = (char *)way.from;
    grown[count]->to = (char *)way.to;
    response->containments = grown;
    response->n_containments = count + 1;
}

static void add_all(RegListParentsResponse *response, const RegActor *actor, const char *date, cm_names *up)
{
    for (size_t i = 0; i < span_count(actor); i++) {
        span way = span_at(actor, i);
        if (!reg_span_covers(way.from, way.to, date))
            continue;
        add(response, up->arena, actor->name, way);
        cm_names_add(up, way.parent);
    }
    if (!span_count(actor) && *actor->state && !is_state(actor->name))
        add(response, up->arena, actor->name, (span){actor->state, "", ""});
}

cm_status reg_list_parents(cm_call *call, const RegListParentsRequest *request, RegListParentsResponse *response)
{
    static const char *const patterns[] = {"cities/{city}", "regions/{region}", NULL};
    cm_arena *arena = cm_call_arena(call);
    cm_names up = {.arena = arena};
    cm_violations wrong = {0};
    cm_check check = {arena, &wrong};
    char *date = cm_arena_strdup(arena, request->date);
    int64_t as_of;

    cm_check_name(check, "actor", request->actor, patterns, true);
    if (cm_check_given(check, "date", request->date, "give one such as 2015-12-06"))
        (void)cm_check_date(check, "date", &date);
    CM_TRY(cm_violations_status(&wrong));
    CM_TRY(cm_resource_as_of(&request->base, &as_of));
    if (as_of)
        CM_TRY(cm_journal_seal(cm_call_lent(call), NULL, as_of)); /* which ones are asked is not known yet */
    cm_names_add(&up, request->actor);
    for (size_t i = 0; i < up.count; i++) {
        ProtobufCMessage *found;
        CM_TRY(cm_resource_find_as_of(cm_call_lent(call), &reg_actor_kind, up.names[i], as_of, arena, &found));
        if (found)
            add_all(response, (const RegActor *)found, date, &up);
        else if (i == 0)
            return cm_not_found("actor", request->actor);
    }
    return cm_ok();
}
