/* The history of one resource, newest first: its rows of the journal, each with what it became. */
#include <stdlib.h>
#include <string.h>

#include "journal/cm_journal_service.h"
#include "journal/resource.h"

enum { PAGE = 100, PAGE_MAX = 1000, PAGE_BYTES = 2 << 20 };

/* ---- what is asked for ---- */

typedef struct history {
    cm_db *db;
    cm_arena *arena;
    const cm_resource_kind *kind;
    const char *name;
    resource_page page;
    int64_t before; /* revisions below this */
    int wanted;
} history;

static cm_status take_token(history *h, const char *token)
{
    resource_page given;

    CM_TRY(resource_token_parse(token, h->arena, &given));
    if (memcmp(given.query, h->page.query, CM_SHA256) != 0 || !cm_uuid_equal(given.epoch, h->page.epoch))
        return cm_invalid("page_token", "\"%.80s\" is of another resource, time or store; leave it out", token);
    h->page = given;
    h->before = strtoll(given.last, NULL, 10);
    return cm_ok();
}

static cm_status take_request(history *h, const ProtobufCMessage *request)
{
    const char *token = cm_message_string(request, "page_token");
    int32_t size = resource_int(request, "page_size");
    int64_t as_of;

    if (size < 0)
        return cm_invalid("page_size", "%d is negative; give 1 to %d, or 0 for %d", size, PAGE_MAX, PAGE);
    h->wanted = size == 0 ? PAGE : size > PAGE_MAX ? PAGE_MAX : size;
    CM_TRY(cm_resource_as_of(request, &as_of));
    if (as_of)
        CM_TRY(cm_journal_seal(h->db, h->name, as_of));
    const cm_bytes parts[] = {{(const uint8_t *)h->name, strlen(h->name) + 1}, {(const uint8_t *)&as_of, sizeof as_of}};
    h->page = (resource_page){.as_of = as_of ? as_of : INT64_MAX, .last = ""};
    cm_sha256(parts, 2, h->page.query);
    CM_TRY(journal_epoch(h->db, &h->page.epoch));
    h->before = INT64_MAX;
    return *token ? take_token(h, token) : cm_ok();
}

/* ---- what is answered ---- */

static void set_time(ProtobufCMessage *message, const char *name, int64_t wall_us, cm_arena *arena)
{
    *(GoogleTimestamp **)cm_field_at(message, cm_message_field(message->descriptor, name)) =
        cm_journal_timestamp(wall_us, arena);
}

static void set_strings(ProtobufCMessage *message, const char *name, char **strings, size_t count)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(message->descriptor, name);

    *(char ***)cm_field_at(message, field) = strings;
    *(size_t *)((char *)message + field->quantifier_offset) = count;
}

/* The resource as it became, with its stamps, in the member that has its type. */
static void set_resource(ProtobufCMessage *message, const cm_row *row, ProtobufCMessage *body, cm_arena *arena)
{
    resource_revision revision = {.number = row->revision, .recorded_at = row->recorded_at, .body = body};

    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->descriptor != body->descriptor)
            continue;
        *(ProtobufCMessage **)cm_field_at(message, field) = resource_stamped(&revision, arena);
        cm_field_mark(message, field);
    }
}

static cm_status describe(const history *h, const cm_row *row, ProtobufCMessage *message)
{
    char id[CM_UUID_TEXT];
    ProtobufCMessage *body;
    EvtEvent *event;

    *(int64_t *)cm_field_at(message, cm_message_field(message->descriptor, "revision")) = row->revision;
    cm_message_set_string(message, "id", cm_arena_strdup(h->arena, cm_uuid_format(row->id, id)));
    cm_message_set_string(message, "type", row->type);
    set_time(message, "record_time", row->recorded_at, h->arena);
    cm_message_set_string(message, "event_time", row->event_time);
    cm_message_set_string(message, "recorded_by", row->actor);
    cm_message_set_string(message, "request_id", row->request_id);
    *(protobuf_c_boolean *)cm_field_at(message, cm_message_field(message->descriptor, "erased")) =
        cm_row_is_erased(row);
    CM_TRY(resource_event_read(h->kind, row->payload, h->arena, &event, &body));
    set_strings(message, "changed", event->changed, event->n_changed);
    cm_message_set_string(message, "corrects", event->corrects);
    cm_message_set_string(message, "reason", event->reason);
    if (body)
        set_resource(message, row, body, h->arena);
    return cm_ok();
}

static cm_status read_rows(const history *h, cm_row *rows, int *count)
{
    cm_rows from;
    cm_status s = cm_ok();
    size_t bytes = 0;

    *count = 0;
    CM_TRY(cm_db_query(
        h->db,
        "SELECT " JOURNAL_COLUMNS " FROM journal WHERE resource = $1 AND revision < $2 AND "
        "recorded_at <= $3 ORDER BY revision DESC LIMIT $4",
        CM_WITH(cm_v_text(h->name), cm_v_int(h->before), cm_v_int(h->page.as_of), cm_v_int(h->wanted + 1)), &from));
    while (cm_is_ok(s) && bytes < PAGE_BYTES && cm_rows_next(&from)) {
        s = journal_row(&from, h->page.epoch, h->arena, &rows[*count]);
        bytes += rows[(*count)++].payload.size;
    }
    return resource_db_end(&from, s);
}

static cm_status answer(history *h, ProtobufCMessage *response)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(response->descriptor, "revisions");
    cm_row *rows = cm_arena_take(h->arena, ((size_t)h->wanted + 1) * sizeof *rows);
    ProtobufCMessage **revisions = cm_arena_take(h->arena, ((size_t)h->wanted + 1) * sizeof *revisions);
    int count, told;

    CM_TRY(read_rows(h, rows, &count));
    if (!count && h->before == INT64_MAX) {
        cm_status s = cm_not_found(h->kind->type, h->name);
        resource_say_time(&s, h->page.as_of == INT64_MAX ? 0 : h->page.as_of);
        return s;
    }
    told = count > h->wanted ? h->wanted : count;
    for (int i = 0; i < told; i++) {
        revisions[i] = cm_message_new(h->arena, field->descriptor);
        CM_TRY(describe(h, &rows[i], revisions[i]));
    }
    if (told && rows[told - 1].revision > 1) {
        h->page.last = cm_arena_format(h->arena, "%lld", (long long)rows[told - 1].revision);
        cm_message_set_string(response, "next_page_token", resource_token(&h->page, h->arena));
    }
    resource_answer_many(response, "revisions", revisions, (size_t)told);
    return cm_ok();
}

cm_status cm_resource_list_revisions(cm_call *call, const cm_resource_kind *const *kinds,
                                     const ProtobufCMessage *request, ProtobufCMessage *response)
{
    history h = {.db = cm_call_lent(call), .arena = cm_call_arena(call), .name = cm_message_string(request, "name")};

    CM_TRY(resource_kind_of(kinds, "name", h.name, &h.kind));
    CM_TRY(take_request(&h, request));
    return answer(&h, response);
}
