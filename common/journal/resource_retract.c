/* Deleting a resource, which is retracting it: one more revision, which says that what the others say is not so; and
 * taking that back, which is correcting that revision. */
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_uuid.h"
#include "journal/resource.h"

/* The newest event with the retraction in it: nothing is checked anew, since nothing else is said. */
static cm_status retracted_event(const resource_work *work, const cm_resource_kind *kind, const cm_row *newest,
                                 ProtobufCMessage **body, cm_bytes *payload)
{
    cm_arena *arena = work->context.arena;
    char **changed = cm_arena_take(arena, sizeof *changed);
    TypRetraction *retraction = CM_NEW(arena, TypRetraction);
    EvtEvent *before, about;

    CM_TRY(resource_event_read(kind, newest->payload, arena, &before, body));
    retraction->reason = (char *)cm_message_string(work->request, "reason");
    *(TypRetraction **)cm_field_at(*body, cm_message_field(kind->message, "retraction")) = retraction;
    changed[0] = "retraction";
    EvtEvent_init(&about);
    about.actors = before->actors;
    about.n_actors = before->n_actors;
    about.changed = changed;
    about.n_changed = 1;
    about.reason = retraction->reason;
    return resource_event_pack(kind, *body, &about, arena, payload);
}

static cm_status retract_one(resource_work *work, const cm_resource_kind *kind, const resource_revision *newest,
                             resource_revision *written)
{
    cm_arena *arena = work->context.arena;
    const char *name = cm_message_string(newest->body, "name");
    cm_bytes payload;
    cm_row *row;
    cm_db *db;

    CM_TRY(cm_tx_write(work->context.tx, &db));
    CM_TRY(cm_journal_at(db, newest->at, arena, &row));
    *written = (resource_revision){0};
    CM_TRY(retracted_event(work, kind, row, &written->body, &payload));
    CM_TRY(resource_append(
        work, kind,
        &(resource_row){.verb = "retracted", .name = name, .event_time = row->event_time, .payload = payload},
        written));
    return resource_table_put(db, kind, resource_upsert(kind, arena), written->body, written->at, arena);
}

/* Those below it that are not retracted yet. */
static cm_status find_below(const resource_work *work, const cm_resource_kind *const *kinds, const char *name,
                            resource_child **children, resource_revision ***newest, size_t *count)
{
    cm_arena *arena = work->context.arena;
    cm_db *db = cm_tx_db(work->context.tx);
    size_t all;

    CM_TRY(resource_below(db, kinds, name, arena, children, &all));
    *newest = cm_arena_take(arena, (all + 1) * sizeof **newest);
    *count = 0;
    for (size_t i = 0; i < all; i++) {
        resource_revision *found;
        CM_TRY(resource_newest(db, (*children)[i].kind, (*children)[i].name, arena, &found));
        if (!found || resource_retraction(found->body))
            continue;
        (*children)[*count] = (*children)[i];
        (*newest)[(*count)++] = found;
    }
    return cm_ok();
}

static cm_status retract_all(resource_work *work, const cm_resource_kind *const *kinds)
{
    const char *name = cm_message_string(work->request, "name");
    resource_revision *found, **newest, written;
    resource_child *children;
    size_t count;

    CM_TRY(resource_check_reason(cm_message_string(work->request, "reason")));
    CM_TRY(resource_newest(cm_tx_db(work->context.tx), work->kind, name, work->context.arena, &found));
    if (!found)
        return resource_missing(cm_tx_db(work->context.tx), work->kind, name);
    CM_TRY(resource_check_etag(name, cm_message_string(work->request, "etag"), found));
    if (resource_retraction(found->body))
        return resource_refuse_retracted(name);
    CM_TRY(find_below(work, kinds, name, &children, &newest, &count));
    if (count && !resource_bool(work->request, "force"))
        return resource_refuse_below(name, count, "retract");
    CM_TRY(retract_one(work, work->kind, found, &written));
    resource_add_answer(work, &written, true); /* the others are no part of the answer */
    for (size_t i = 0; i < count; i++)
        CM_TRY(retract_one(work, children[i].kind, newest[i], &written));
    return cm_ok();
}

cm_status cm_resource_delete(cm_call *call, const cm_resource_kind *const *kinds, const cm_resource_kind *kind,
                             const ProtobufCMessage *request, ProtobufCMessage *response)
{
    resource_work work;
    bool repeated;

    CM_TRY(cm_name_check(kind->patterns, "name", cm_message_string(request, "name")));
    CM_TRY(cm_resource_repeat(call, kind, request, response, &repeated));
    if (repeated)
        return cm_ok();
    CM_TRY(resource_begin(&work, call, kind, request));
    CM_TRY(resource_finish(&work, retract_all(&work, kinds)));
    resource_answer_one(response, work.answers[0]);
    return cm_ok();
}

cm_status cm_resource_retract(cm_call *call, const cm_resource_kind *const *kinds, const cm_resource_kind *kind,
                              const ProtobufCMessage *request, ProtobufCMessage *response)
{
    if (!*cm_message_string(request, "reason"))
        return cm_invalid("reason", "is missing; say why it is not so");
    return cm_resource_delete(call, kinds, kind, request, response);
}

/* ---- taking it back ---- */

static cm_status id_of(cm_db *db, cm_position at, cm_arena *arena, const char **id)
{
    char text[CM_UUID_TEXT];
    cm_row *row;

    CM_TRY(cm_journal_at(db, at, arena, &row));
    *id = cm_arena_strdup(arena, cm_uuid_format(row->id, text));
    return cm_ok();
}

static cm_status undelete(resource_work *work)
{
    const char *name = cm_message_string(work->request, "name");
    cm_arena *arena = work->context.arena;
    cm_db *db = cm_tx_db(work->context.tx);
    resource_revision *newest;

    CM_TRY(resource_newest(db, work->kind, name, arena, &newest));
    if (!newest)
        return resource_missing(db, work->kind, name);
    CM_TRY(resource_check_etag(name, cm_message_string(work->request, "etag"), newest));
    if (!resource_retraction(newest->body)) {
        cm_status s = cm_fail(CM_FAILED_PRECONDITION, "%s is not deleted", name);
        cm_status_reason(&s, "NOT_DELETED");
        return s;
    }
    CM_TRY(id_of(db, newest->at, arena, &work->corrects));
    ProtobufCMessage *after = cm_message_copy(newest->body, arena);
    cm_field_clear(after, cm_message_field(after->descriptor, "retraction"));
    return resource_change(work, NULL, "", "corrected", newest, after);
}

cm_status cm_resource_undelete(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                               ProtobufCMessage *response)
{
    resource_work work;
    bool repeated;

    CM_TRY(cm_name_check(kind->patterns, "name", cm_message_string(request, "name")));
    CM_TRY(cm_resource_repeat(call, kind, request, response, &repeated));
    if (repeated)
        return cm_ok();
    CM_TRY(resource_begin(&work, call, kind, request));
    CM_TRY(resource_finish(&work, undelete(&work)));
    resource_answer_one(response, work.answers[0]);
    return cm_ok();
}
