#include "registry/reg_merge.h"

#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/cm_actor.h"
#include "registry/reg_actor.h"

/* So many actors may have been merged into one, as a filter has comparisons. */
enum { MERGED_MAX = 50 };

static cm_status refuse(const char *reason, cm_status s)
{
    cm_status_reason(&s, reason);
    return s;
}

/* A copy of the actor as it is now, to be changed. */
static cm_status load(cm_call *call, const char *field, const char *name, const char *etag, RegActor **actor)
{
    ProtobufCMessage *found;

    CM_TRY(cm_name_check(cm_actor_patterns, field, name));
    CM_TRY(cm_resource_load(call, &reg_actor_kind, name, etag, &found));
    *actor = cm_message_copy(found, cm_call_arena(call));
    return cm_ok();
}

static void append_name(RegActor *actor, const char *name, cm_arena *arena)
{
    char **names = cm_arena_take(arena, (actor->n_merged_from + 1) * sizeof *names);

    for (size_t i = 0; i < actor->n_merged_from; i++)
        names[i] = actor->merged_from[i];
    names[actor->n_merged_from++] = (char *)name;
    actor->merged_from = names;
}

static cm_status check_pair(const RegActor *actor, const RegActor *into)
{
    if (actor->kind != into->kind)
        return cm_invalid("into", "%.160s is of another kind than %.160s; name one of the same", into->name,
                          actor->name);
    if (strcmp(actor->name, into->name) == 0)
        return refuse("MERGE_CYCLE",
                      cm_fail(CM_FAILED_PRECONDITION,
                              "%s would be merged into itself; split what was merged into it first", actor->name));
    if (*actor->merged_into)
        return refuse("MERGED", cm_fail(CM_FAILED_PRECONDITION, "%s was merged into %s already; split it first",
                                        actor->name, actor->merged_into));
    if (into->n_merged_from + actor->n_merged_from >= MERGED_MAX)
        return cm_fail(CM_FAILED_PRECONDITION, "%s would have more than %d actors merged into it", into->name,
                       MERGED_MAX);
    return cm_ok();
}

/* What was merged into the one goes on into the other: nothing leads to an actor that itself leads on. */
static cm_status merge(cm_call *call, RegActor *actor, RegActor *into, ProtobufCMessage **changed, size_t *count)
{
    cm_arena *arena = cm_call_arena(call);

    for (size_t i = 0; i < actor->n_merged_from; i++) {
        RegActor *former;
        CM_TRY(load(call, "actor", actor->merged_from[i], "", &former));
        former->merged_into = into->name;
        append_name(into, former->name, arena);
        changed[(*count)++] = &former->base;
    }
    actor->n_merged_from = 0;
    actor->merged_into = into->name;
    append_name(into, actor->name, arena);
    return cm_ok();
}

cm_status reg_merge_actors(cm_call *call, const RegMergeActorsRequest *request, RegActor *response)
{
    ProtobufCMessage *changed[MERGED_MAX + 2];
    RegActor *actor, *into;
    size_t count = 2;
    bool repeated;

    CM_TRY(cm_resource_repeat(call, &reg_actor_kind, &request->base, &response->base, &repeated));
    if (repeated)
        return cm_ok();
    CM_TRY(load(call, "actor", request->actor, request->etag, &actor));
    CM_TRY(load(call, "into", request->into, "", &into));
    if (*into->merged_into)
        CM_TRY(load(call, "into", into->merged_into, "", &into));
    CM_TRY(check_pair(actor, into));
    changed[0] = &actor->base;
    changed[1] = &into->base;
    CM_TRY(merge(call, actor, into, changed, &count));
    return cm_resource_save_all(call, &reg_actor_kind, &request->base, "merged", changed, count, &response->base);
}

cm_status reg_split_actor(cm_call *call, const RegSplitActorRequest *request, RegActor *response)
{
    RegActor *actor, *from;
    bool repeated;
    size_t kept = 0;

    CM_TRY(cm_resource_repeat(call, &reg_actor_kind, &request->base, &response->base, &repeated));
    if (repeated)
        return cm_ok();
    CM_TRY(load(call, "name", request->name, request->etag, &actor));
    if (!*actor->merged_into)
        return refuse("NOT_MERGED", cm_fail(CM_FAILED_PRECONDITION, "%s was not merged into another; name one that was",
                                            actor->name));
    CM_TRY(load(call, "name", actor->merged_into, "", &from));
    for (size_t i = 0; i < from->n_merged_from; i++)
        if (strcmp(from->merged_from[i], actor->name) != 0)
            from->merged_from[kept++] = from->merged_from[i];
    from->n_merged_from = kept;
    actor->merged_into = "";
    ProtobufCMessage *changed[] = {&actor->base, &from->base};
    return cm_resource_save_all(call, &reg_actor_kind, &request->base, "split", changed, 2, &response->base);
}
