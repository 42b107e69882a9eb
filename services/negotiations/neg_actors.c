#include "negotiations/neg_actors.h"

#include <string.h>

#include "base/cm_message.h"
#include "cityneg/events/v1/events.grpc-c.h"
#include "journal/cm_actor.h"
#include "journal/cm_merge.h"

TypActorSnapshot *neg_actors_snapshot(const RegActor *actor, int64_t revision, const char *epoch, cm_arena *arena)
{
    TypActorSnapshot *snapshot = CM_NEW(arena, TypActorSnapshot);
    TypActorKind kind = cm_actor_kind(actor->name);

    snapshot->actor = cm_arena_strdup(arena, actor->name);
    snapshot->kind = kind;
    snapshot->state = cm_arena_strdup(arena, kind == TYP_ACTOR_KIND_STATE ? actor->name : actor->state);
    snapshot->revision = revision;
    snapshot->epoch = cm_arena_strdup(arena, epoch);
    return snapshot;
}

cm_status neg_actors_put(cm_db *db, const TypActorSnapshot *snapshot, int part)
{
    return cm_db_run(db,
                     "INSERT INTO known_actors (name, kind, state, revision, epoch, part) "
                     "VALUES ($1, $2, $3, $4, $5, $6) "
                     "ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, state = excluded.state, "
                     "revision = excluded.revision, epoch = excluded.epoch, part = excluded.part "
                     "WHERE known_actors.epoch <> excluded.epoch OR known_actors.revision < excluded.revision",
                     CM_WITH(cm_v_text(snapshot->actor), cm_v_int((int64_t)snapshot->kind), cm_v_text(snapshot->state),
                             cm_v_int(snapshot->revision), cm_v_text(snapshot->epoch),
                             part < 0 ? cm_v_null() : cm_v_int(part)));
}

/* Later than all that was ever answered of this store as of a time, since whatever is sealed is in the heads. */
static cm_status note_merge(cm_db *db, const RegActor *actor)
{
    int64_t newest;

    CM_TRY(cm_db_integer(db, "SELECT max(recorded_at) FROM heads", CM_NONE, 0, &newest));
    return cm_merge_note(db, actor->name, actor->merged_into, newest + 1);
}

cm_status neg_actors_apply(void *context, cm_tx *tx, const cm_row *row)
{
    static const char actors[] = "cityneg.registry.actor.";
    CM_ARENA(arena);
    char epoch[CM_UUID_TEXT];
    ProtobufCMessage *message;
    cm_db *db;

    if (strncmp(row->type, actors, strlen(actors)) != 0)
        return cm_ok();
    CM_TRY(cm_tx_write(tx, &db));
    if (cm_row_is_erased(row)) {
        cm_tx_scrub(tx, 1); /* what was set aside holds nothing but codes of actors */
        CM_TRY(cm_merge_forget(db, row->resource));
        return cm_db_run(db, "DELETE FROM known_actors WHERE name = $1", CM_WITH(cm_v_text(row->resource)));
    }
    CM_TRY(cm_message_unpack(&EvtEvent_descriptor, row->payload, arena, &message));
    const EvtEvent *event = (const EvtEvent *)message;
    if (event->resource_case != EVT_EVENT_RESOURCE_ACTOR)
        return cm_fail(CM_DATA_LOSS, "%s of %s carries no actor", row->type, row->resource);
    CM_TRY(note_merge(db, event->actor));
    if (cm_row_is_retracted(row))
        return cm_db_run(db, "DELETE FROM known_actors WHERE name = $1", CM_WITH(cm_v_text(row->resource)));
    return neg_actors_put(
        db, neg_actors_snapshot(event->actor, row->revision, cm_uuid_format(row->epoch, epoch), arena), row->at.part);
}

cm_status neg_actors_reset(void *context, cm_tx *tx, int part)
{
    cm_db *db;

    CM_TRY(cm_tx_write(tx, &db));
    CM_TRY(cm_db_run(
        db, "DELETE FROM merges WHERE actor IN (SELECT name FROM known_actors WHERE part = $1 OR part IS NULL)",
        CM_WITH(cm_v_int(part))));
    return cm_db_run(db, "DELETE FROM known_actors WHERE part = $1 OR part IS NULL", CM_WITH(cm_v_int(part)));
}

cm_status neg_actors_find(cm_db *db, const char *name, cm_arena *arena, TypActorSnapshot *snapshot, bool *known)
{
    cm_rows rows;

    CM_TRY(cm_db_query(db, "SELECT kind, state, revision, epoch FROM known_actors WHERE name = $1",
                       CM_WITH(cm_v_text(name)), &rows));
    *known = cm_rows_next(&rows);
    if (*known) {
        snapshot->actor = cm_arena_strdup(arena, name);
        snapshot->kind = (TypActorKind)cm_rows_int(&rows, 0);
        snapshot->state = cm_arena_strdup(arena, cm_rows_text(&rows, 1));
        snapshot->revision = cm_rows_int(&rows, 2);
        snapshot->epoch = cm_arena_strdup(arena, cm_rows_text(&rows, 3));
    }
    return cm_rows_end(&rows);
}

cm_status neg_actors_known(cm_db *db, const char *name, bool *known)
{
    int64_t count;

    CM_TRY(cm_db_integer(db, "SELECT count(*) FROM known_actors WHERE name = $1", CM_WITH(cm_v_text(name)), 0, &count));
    *known = count > 0;
    return cm_ok();
}
