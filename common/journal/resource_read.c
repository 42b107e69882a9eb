#include <string.h>

#include "base/cm_clock.h"
#include "google/protobuf/timestamp.grpc-c.h"
#include "journal/cm_journal_service.h"
#include "journal/resource.h"

cm_status resource_db_end(cm_rows *rows, cm_status s)
{
    cm_status end = cm_rows_end(rows);

    if (cm_is_ok(s))
        return end;
    cm_status_clear(&end);
    return s;
}

cm_status resource_take(const cm_resource_kind *kind, const cm_rows *rows, cm_arena *arena, resource_revision **found)
{
    cm_bytes payload = cm_rows_blob(rows, 6);
    resource_revision *revision = cm_arena_take(arena, sizeof *revision);
    EvtEvent *event;

    *revision = (resource_revision){
        .at = {(int32_t)cm_rows_int(rows, 0), cm_rows_int(rows, 1)},
        .number = cm_rows_int(rows, 2),
        .recorded_at = cm_rows_int(rows, 3),
        .actor = cm_arena_strdup(arena, cm_rows_text(rows, 4)),
        .request_id = cm_arena_strdup(arena, cm_rows_text(rows, 5)),
        .bytes = payload.size,
    };
    CM_TRY(resource_event_read(kind, payload, arena, &event, &revision->body));
    *found = revision->body ? revision : NULL;
    return cm_ok();
}

static cm_status read_one(cm_db *db, const cm_resource_kind *kind, const char *sql, const cm_value *values, int count,
                          cm_arena *arena, resource_revision **found)
{
    cm_rows rows;
    cm_status s = cm_ok();

    *found = NULL;
    CM_TRY(cm_db_query(db, sql, values, count, &rows));
    if (cm_rows_next(&rows))
        s = resource_take(kind, &rows, arena, found);
    return resource_db_end(&rows, s);
}

cm_status resource_newest(cm_db *db, const cm_resource_kind *kind, const char *name, cm_arena *arena,
                          resource_revision **found)
{
    const char *sql = cm_arena_join(arena, "SELECT " RESOURCE_COLUMNS " FROM ", kind->table,
                                    " t JOIN journal j ON j.part = t.part AND j.seq = t.seq WHERE t.name = $1", NULL);

    return read_one(db, kind, sql, CM_WITH(cm_v_text(name)), arena, found);
}

cm_status resource_as_of(cm_db *db, const cm_resource_kind *kind, const char *name, int64_t as_of, cm_arena *arena,
                         resource_revision **found)
{
    return read_one(db, kind,
                    "SELECT " RESOURCE_COLUMNS " FROM journal j WHERE j.resource = $1 AND j.recorded_at <= $2 "
                    "ORDER BY j.revision DESC LIMIT 1",
                    CM_WITH(cm_v_text(name), cm_v_int(as_of)), arena, found);
}

cm_status resource_at(cm_db *db, const cm_resource_kind *kind, cm_position at, cm_arena *arena,
                      resource_revision **found)
{
    return read_one(db, kind, "SELECT " RESOURCE_COLUMNS " FROM journal j WHERE j.part = $1 AND j.seq = $2",
                    CM_WITH(cm_v_int(at.part), cm_v_int(at.seq)), arena, found);
}

bool resource_is_stamp(const char *field)
{
    return strcmp(field, "etag") == 0 || strcmp(field, "update_time") == 0 || strcmp(field, "delete_time") == 0;
}

ProtobufCMessage *resource_stamped(const resource_revision *revision, cm_arena *arena)
{
    const ProtobufCMessageDescriptor *descriptor = revision->body->descriptor;
    const ProtobufCFieldDescriptor *time = cm_message_field(descriptor, "update_time");
    const ProtobufCFieldDescriptor *deleted = cm_message_field(descriptor, "delete_time");
    ProtobufCMessage *stamped = cm_arena_copy(arena, revision->body, descriptor->sizeof_message);

    cm_message_set_string(stamped, "etag", cm_arena_format(arena, "%lld", (long long)revision->number));
    if (time)
        *(GoogleTimestamp **)cm_field_at(stamped, time) = cm_journal_timestamp(revision->recorded_at, arena);
    if (deleted && resource_retraction(revision->body)) /* it is the newest change: there is none after a deletion */
        *(GoogleTimestamp **)cm_field_at(stamped, deleted) = cm_journal_timestamp(revision->recorded_at, arena);
    return stamped;
}

cm_status resource_missing(cm_db *db, const cm_resource_kind *kind, const char *name)
{
    cm_status s = cm_not_found(kind->type, name);
    char time[CM_TIME_TEXT];
    int64_t erased_at;

    cm_status found = cm_journal_erased(db, name, &erased_at);
    if (!cm_is_ok(found)) {
        cm_status_clear(&s);
        return found;
    }
    if (erased_at) {
        cm_status_prefix(&s, "erased at %s", cm_time_format(erased_at, time));
        cm_status_reason(&s, "ERASED");
    }
    return s;
}

const TypRetraction *resource_retraction(const ProtobufCMessage *body)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(body->descriptor, "retraction");

    return field ? *(TypRetraction **)cm_field_at(body, field) : NULL;
}

cm_status resource_refuse_retracted(const char *name)
{
    cm_status s = cm_fail(CM_FAILED_PRECONDITION,
                          "%s is deleted; undelete it first, or update it with corrects set to the id of its newest "
                          "revision, which ListRevisions tells",
                          name);

    cm_status_reason(&s, "RETRACTED");
    return s;
}

cm_status resource_check_etag(const char *name, const char *etag, const resource_revision *newest)
{
    char number[24] = "";
    cm_status s;

    if (newest)
        snprintf(number, sizeof number, "%lld", (long long)newest->number);
    if (!*etag || strcmp(etag, number) == 0)
        return cm_ok();
    if (newest)
        s = cm_fail(CM_ABORTED, "etag: %.40s is not the newest of %s, which is %s; read it again and repeat the change",
                    etag, name, number);
    else
        s = cm_fail(CM_ABORTED, "etag: %.40s was given, but %s does not exist; leave the etag out to create it", etag,
                    name);
    cm_status_reason(&s, RESOURCE_ETAG_MISMATCH);
    return s;
}

cm_status cm_resource_find(cm_db *db, const cm_resource_kind *kind, const char *name, cm_arena *arena,
                           ProtobufCMessage **resource)
{
    resource_revision *found;

    CM_TRY(resource_newest(db, kind, name, arena, &found));
    *resource = found ? resource_stamped(found, arena) : NULL;
    return cm_ok();
}

cm_status cm_resource_exists(cm_db *db, const cm_resource_kind *kind, const char *name, bool *exists)
{
    bool may_be_retracted = cm_message_field(kind->message, "retraction");
    char sql[256];
    int64_t count;

    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s t%s WHERE t.name = $1%s", kind->table,
             may_be_retracted ? " JOIN journal j ON j.part = t.part AND j.seq = t.seq" : "",
             may_be_retracted ? " AND " CM_RESOURCE_IS_THERE : "");
    CM_TRY(cm_db_integer(db, sql, CM_WITH(cm_v_text(name)), 0, &count));
    *exists = count > 0;
    return cm_ok();
}
