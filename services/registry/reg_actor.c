#include "registry/reg_actor.h"

#include <string.h>

#include "journal/cm_actor.h"
#include "journal/cm_merge.h"
#include "registry/reg_actor_check.h"
#include "registry/reg_external_id.h"
#include "registry/reg_names.h"
#include "registry/reg_parents.h"

static cm_status take_snapshot(const cm_resource_context *context, const cm_rows *rows, TypActorSnapshot *snapshot)
{
    int kind;

    CM_TRY(cm_enum_parse(&TypActorKind_descriptor, cm_rows_text(rows, 0), &kind));
    snapshot->kind = (TypActorKind)kind;
    snapshot->state = cm_arena_strdup(context->arena, cm_rows_text(rows, 1));
    snapshot->revision = cm_rows_int(rows, 2);
    snapshot->epoch = (char *)cm_journal_epoch_text(cm_tx_journal(context->tx));
    return cm_ok();
}

cm_status reg_actor_snapshot(cm_resource_context *context, const char *actor, TypActorSnapshot *snapshot)
{
    cm_rows rows;

    CM_TRY(cm_db_query(cm_tx_db(context->tx),
                       "SELECT a.kind, a.state, j.revision FROM actors a JOIN journal j ON j.part = a.part AND "
                       "j.seq = a.seq WHERE a.name = $1 AND " CM_RESOURCE_IS_THERE,
                       CM_WITH(cm_v_text(actor)), &rows));
    cm_status s = cm_rows_next(&rows) ? take_snapshot(context, &rows, snapshot) : cm_not_found("actor", actor);
    cm_status end = cm_rows_end(&rows);
    if (cm_is_ok(end))
        return s;
    cm_status_clear(&s);
    return end;
}

static void name_actors(const ProtobufCMessage *resource, cm_names *names)
{
    const RegActor *actor = (const RegActor *)resource;

    if (strcmp(actor->state, actor->name) != 0)
        cm_names_add_at(names, actor->state, "state");
    if (strcmp(actor->parent, actor->name) != 0)
        cm_names_add_at(names, actor->parent, "parent");
    for (size_t i = 0; i < actor->n_parents; i++)
        if (strcmp(actor->parents[i]->parent, actor->name) != 0)
            cm_names_add_at(names, actor->parents[i]->parent, "parents[%zu].parent", i);
}

static cm_status relate(cm_resource_context *context, ProtobufCMessage *resource, const ProtobufCMessage *before)
{
    const RegActor *actor = (const RegActor *)resource;

    CM_TRY(reg_parents_relate(context, actor, (const RegActor *)before));
    return reg_external_ids_claim(context, actor, (const RegActor *)before);
}

/* Whose survivor it names, lists find from the time on at which this was recorded. */
static cm_status note_merge(cm_resource_context *context, const ProtobufCMessage *resource, cm_position at)
{
    const RegActor *actor = (const RegActor *)resource;
    cm_db *db = cm_tx_db(context->tx);
    int64_t since;

    CM_TRY(cm_db_integer(db, "SELECT recorded_at FROM journal WHERE part = $1 AND seq = $2",
                         CM_WITH(cm_v_int(at.part), cm_v_int(at.seq)), 0, &since));
    return cm_merge_note(db, actor->name, actor->merged_into, since);
}

static cm_status forget(cm_db *db, const char *name)
{
    CM_TRY(cm_merge_forget(db, name));
    return reg_external_ids_forget(db, name);
}

static const char *const columns[] = {"kind", "state", "parent", "collection", NULL};
static const char *const output_only[] = {"kind", "merged_into", "merged_from", NULL};

const cm_resource_kind reg_actor_kind = {
    .type = "actor",
    .singular = "actor",
    .plural = "actors",
    .message = &RegActor_descriptor,
    .patterns = cm_actor_patterns,
    .table = "actors",
    .columns = columns,
    .output_only = output_only,
    .check = reg_actor_check,
    .actors = name_actors,
    .snapshot = reg_actor_snapshot,
    .relate = relate,
    .forget = forget,
    .index = note_merge,
};
