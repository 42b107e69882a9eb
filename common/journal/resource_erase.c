/* Erasing a resource: every row that it has in the journal, its tables, and what is remembered of requests. */
#include <string.h>

#include "base/cm_memory.h"
#include "journal/cm_journal_service.h"
#include "journal/resource.h"

/* Who erases, and why. */
typedef struct erasing {
    cm_tx *tx;
    cm_arena *arena;
    const char *by, *request_id, *traceparent, *reason;
} erasing;

static cm_status clear_tables(cm_db *db, const cm_resource_kind *kind, const char *name, cm_arena *arena)
{
    resource_revision *newest;
    char sql[128];

    CM_TRY(resource_newest(db, kind, name, arena, &newest));
    CM_TRY(resource_mentions_forget(db, kind, newest ? newest->body : NULL, name, arena));
    snprintf(sql, sizeof sql, "DELETE FROM %s WHERE name = $1", kind->table);
    CM_TRY(cm_db_run(db, sql, CM_WITH(cm_v_text(name))));
    return kind->forget ? kind->forget(db, name) : cm_ok();
}

static cm_status erase_one(const erasing *e, const cm_resource_kind *kind, const char *name, cm_position *at)
{
    const char *service = cm_journal_name(cm_tx_journal(e->tx));
    EvtEvent about;
    int64_t recorded_at;
    cm_db *db;
    cm_change change = {.type = cm_arena_format(e->arena, "cityneg.%s.%s.erased.v1", service, kind->type),
                        .resource = name,
                        .actor = e->by,
                        .request_id = e->request_id,
                        .traceparent = e->traceparent};

    EvtEvent_init(&about);
    about.reason = (char *)e->reason;
    CM_TRY(resource_event_pack(kind, NULL, &about, e->arena, &change.payload));
    CM_TRY(cm_tx_write(e->tx, &db));
    CM_TRY(clear_tables(db, kind, name, e->arena));
    return cm_tx_erase(e->tx, &change, at, &recorded_at);
}

/* ---- the method ---- */

static cm_status is_there(cm_db *db, const cm_resource_kind *kind, const char *name)
{
    cm_row *row;
    CM_ARENA(arena);

    CM_TRY(cm_journal_newest(db, name, 0, arena, &row));
    return row && !cm_row_is_erased(row) ? cm_ok() : resource_missing(db, kind, name);
}

static cm_status erase_all(resource_work *work, const cm_resource_kind *const *kinds, const char *name)
{
    const cm_resource_context *context = &work->context;
    cm_db *db = cm_tx_db(context->tx);
    erasing e = {context->tx,
                 context->arena,
                 cm_call_identity(context->call),
                 work->request_id,
                 cm_call_traceparent(context->call),
                 cm_message_string(work->request, "reason")};
    resource_child *children;
    size_t count;
    cm_position at;

    if (!*e.reason)
        return cm_invalid("reason", "is missing; say why, and nothing of what is erased: it is kept for ever");
    CM_TRY(resource_check_reason(e.reason));
    CM_TRY(is_there(db, work->kind, name));
    CM_TRY(resource_below(db, kinds, name, context->arena, &children, &count));
    if (count && !resource_bool(work->request, "force"))
        return resource_refuse_below(name, count, "erase");
    CM_TRY(erase_one(&e, work->kind, name, &at));
    resource_add_row(work, at);
    for (size_t i = 0; i < count; i++) {
        CM_TRY(erase_one(&e, children[i].kind, children[i].name, &at));
        resource_add_row(work, at);
    }
    return cm_ok();
}

/* The answer is made of the rows that tell of the erasures, now and when the request is repeated. */
static cm_status answer(cm_db *db, const cm_position *rows, size_t count, cm_arena *arena, ProtobufCMessage *response)
{
    TypErasure **erasures = cm_arena_take(arena, (count + 1) * sizeof *erasures);

    for (size_t i = 0; i < count; i++) {
        cm_row *row;
        CM_TRY(cm_journal_at(db, rows[i], arena, &row));
        erasures[i] = CM_NEW(arena, TypErasure);
        erasures[i]->name = (char *)row->resource;
        erasures[i]->revisions = row->revision - 1;
        erasures[i]->erase_time = cm_journal_timestamp(row->recorded_at, arena);
    }
    resource_answer_many(response, "erasures", (ProtobufCMessage **)erasures, count);
    return cm_ok();
}

cm_status cm_resource_erase(cm_call *call, const cm_resource_kind *const *kinds, const ProtobufCMessage *request,
                            ProtobufCMessage *response)
{
    cm_db *db = cm_tx_db(cm_call_lent(call));
    const char *name = cm_message_string(request, "name");
    const cm_resource_kind *kind = NULL;
    resource_work work;
    cm_position *rows;
    bool repeated;
    int count;

    CM_TRY(resource_kind_of(kinds, "name", name, &kind));
    CM_TRY(resource_begin(&work, call, kind, request));
    CM_TRY(cm_tx_known(work.context.tx, cm_call_identity(call), work.request_id, cm_call_method(call), work.digest,
                       work.context.arena, &repeated, &rows, &count));
    if (repeated)
        return answer(db, rows, (size_t)count, work.context.arena, response);
    CM_TRY(resource_finish(&work, erase_all(&work, kinds, name)));
    return answer(db, work.rows, work.count, work.context.arena, response);
}

/* ---- after a restore ---- */

static cm_status find_pending(cm_db *db, cm_arena *arena, cm_names *names)
{
    cm_rows rows;

    CM_TRY(cm_db_query(db, "SELECT name FROM erased WHERE pending = 1 ORDER BY name", CM_NONE, &rows));
    while (cm_rows_next(&rows))
        cm_names_add(names, cm_arena_strdup(arena, cm_rows_text(&rows, 0)));
    return cm_rows_end(&rows);
}

static cm_status erase_pending(void *argument, void *lent)
{
    const cm_resource_kind *const *kinds = argument;
    CM_ARENA(arena);
    cm_names names = {.arena = arena};
    erasing e = {lent, arena, "restore", "", "", "erased before the store was restored"};

    CM_TRY(find_pending(cm_tx_db(lent), arena, &names));
    for (size_t i = 0; i < names.count; i++) {
        const cm_resource_kind *kind;
        cm_position at;
        CM_TRY(resource_kind_of(kinds, "erased", names.names[i], &kind));
        CM_TRY(erase_one(&e, kind, names.names[i], &at));
    }
    return cm_ok();
}

cm_status cm_resource_erase_pending(cm_journal *journal, const cm_resource_kind *const *kinds)
{
    return cm_run_and_wait(cm_journal_writer(journal), erase_pending, (void *)kinds);
}
