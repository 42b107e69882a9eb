#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "journal/resource.h"

/* What is checked and recorded about one resource. */
typedef struct change {
    resource_work *work;
    const char *verb;
    const resource_revision *before; /* NULL: it is new */
    ProtobufCMessage *after;
    cm_names actors, fields; /* that it names; that differ */
    TypActorSnapshot **snapshots;
} change;

static void clear_stamps(ProtobufCMessage *resource)
{
    for (unsigned i = 0; i < resource->descriptor->n_fields; i++)
        if (resource_is_stamp(resource->descriptor->fields[i].name))
            cm_field_clear(resource, &resource->descriptor->fields[i]);
}

static const ProtobufCMessage *body_before(const change *c)
{
    return c->before ? c->before->body : NULL;
}

static cm_status relate(change *c, cm_violations *wrong)
{
    const cm_resource_kind *kind = c->work->kind;

    if (!kind->relate || wrong->count)
        return cm_ok();
    cm_status s = kind->relate(&c->work->context, c->after, body_before(c));
    if (cm_is_ok(s) || s.code != CM_INVALID_ARGUMENT || !s.error->violations)
        return s;
    *wrong = cm_violations_take(&s);
    return cm_ok();
}

/* Everything that is wrong, as violations; the status is for what is no caller's fault. */
static cm_status check(change *c, cm_violations *wrong)
{
    const cm_resource_kind *kind = c->work->kind;
    cm_arena *arena = c->work->context.arena;

    resource_bounds(c->after, wrong);
    if (kind->check)
        kind->check(c->after, body_before(c), arena, wrong);
    if (kind->actors)
        kind->actors(c->after, &c->actors);
    c->snapshots = cm_arena_zero(arena, c->actors.count * sizeof *c->snapshots);
    if (kind->snapshot)
        CM_TRY(resource_snapshots(c->work, &c->actors, c->snapshots, wrong));
    return relate(c, wrong);
}

static void find_differences(change *c)
{
    const ProtobufCMessageDescriptor *descriptor = c->after->descriptor;

    for (unsigned i = 0; c->before && i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (!resource_is_stamp(field->name) && !cm_field_equal(c->before->body, c->after, field))
            cm_names_add(&c->fields, field->name);
    }
}

static const char *event_time(const change *c)
{
    const cm_resource_kind *kind = c->work->kind;

    if (kind->dated)
        return kind->dated(c->after, body_before(c));
    return kind->event_time ? cm_message_string(c->after, kind->event_time) : "";
}

cm_status resource_append(const resource_work *work, const cm_resource_kind *kind, const resource_row *recorded,
                          resource_revision *written)
{
    cm_call *call = work->context.call;
    cm_change row = {
        .type = cm_arena_join(work->context.arena, "cityneg.", cm_journal_name(cm_tx_journal(work->context.tx)), ".",
                              kind->type, ".", recorded->verb, ".v1", NULL),
        .resource = recorded->name,
        .event_time = recorded->event_time,
        .actor = cm_call_identity(call),
        .request_id = work->request_id,
        .traceparent = cm_call_traceparent(call),
        .payload = recorded->payload,
        .fresh = recorded->fresh,
    };

    return cm_tx_append(work->context.tx, &row, &written->at, &written->number, &written->recorded_at);
}

static cm_status record(change *c)
{
    resource_work *work = c->work;
    const cm_resource_kind *kind = work->kind;
    cm_arena *arena = work->context.arena;
    const char *name = cm_message_string(c->after, "name");
    resource_revision written = {.body = c->after};
    EvtEvent about;
    resource_row row = {.verb = c->verb, .name = name, .event_time = event_time(c), .fresh = !c->before};
    cm_db *db;

    EvtEvent_init(&about);
    about.changed = (char **)c->fields.names;
    about.n_changed = c->fields.count;
    about.actors = c->snapshots;
    about.n_actors = kind->snapshot ? c->actors.count : 0;
    about.corrects = (char *)work->corrects;
    about.reason = (char *)work->reason;
    CM_TRY(cm_tx_write(work->context.tx, &db));
    CM_TRY(resource_event_pack(kind, c->after, &about, arena, &row.payload));
    CM_TRY(resource_append(work, kind, &row, &written));
    CM_TRY(resource_table_put(db, kind, work->upsert, c->after, written.at, arena));
    CM_TRY(resource_mentions_put(work, body_before(c), name, &c->actors));
    if (kind->index)
        CM_TRY(kind->index(&work->context, c->after, written.at));
    resource_snapshot_forget(work, name);
    resource_add_answer(work, &written, true);
    return cm_ok();
}

/* Violations of a failure with another code than INVALID_ARGUMENT are told as paths of the request, too. */
static void lengthen_paths(const cm_status *s, const char *prefix)
{
    for (cm_violation *v = s->error->violations; v; v = v->next) {
        char *field = cm_format("%s%s", prefix, v->field);
        free(v->field);
        v->field = field;
    }
}

static cm_status settle(change *c, const char *prefix)
{
    cm_violations wrong = {0};
    cm_status s = check(c, &wrong);

    if (!cm_is_ok(s)) {
        lengthen_paths(&s, prefix);
        cm_violations_clear(&wrong);
        return s;
    }
    if (wrong.count) {
        resource_add_violations(c->work, prefix, &wrong);
        return cm_ok();
    }
    find_differences(c);
    if (c->before && !c->fields.count) {
        resource_add_answer(c->work, c->before, false);
        return cm_ok();
    }
    return record(c);
}

cm_status resource_change(resource_work *work, const char *where, const char *prefix, const char *verb,
                          const resource_revision *before, ProtobufCMessage *after)
{
    change c = {
        .work = work,
        .verb = verb,
        .before = before,
        .after = after,
        .actors = {.arena = work->context.arena},
        .fields = {.arena = work->context.arena},
    };

    clear_stamps(after);
    cm_status s = settle(&c, prefix);
    if (where)
        cm_status_prefix(&s, "%s", where);
    return s;
}
