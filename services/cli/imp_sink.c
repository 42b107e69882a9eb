#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_uuid.h"
#include "cli/imp_session.h"

enum { BATCH = 1000 };

struct imp_sink {
    imp_session *session;
    cm_channel *channel;
    const cm_method_desc *method;
    const ProtobufCMessageDescriptor *item;   /* UpdateActorRequest */
    const ProtobufCFieldDescriptor *resource; /* its field `actor` */
    cm_arena *arena;                          /* of the batch */
    ProtobufCMessage *items[BATCH];
    imp_origin origins[BATCH];
    size_t count;
    imp_sink *first; /* sent before this one; NULL: none */
};

imp_sink *imp_sink_new(imp_session *session, cm_channel *channel, const cm_service_desc *service, const char *method)
{
    imp_sink *sink = cm_alloc(sizeof *sink);

    *sink = (imp_sink){.session = session, .channel = channel, .arena = cm_arena_new()};
    for (size_t i = 0; i < service->count; i++)
        if (strcmp(service->methods[i].name, method) == 0)
            sink->method = &service->methods[i];
    if (!sink->method)
        abort(); /* a name in this program that its .proto lacks */
    sink->item = cm_message_field(sink->method->request, "requests")->descriptor;
    sink->resource = &sink->item->fields[0];
    return sink;
}

void imp_sink_after(imp_sink *sink, imp_sink *first)
{
    sink->first = first;
}

cm_arena *imp_sink_arena(imp_sink *sink)
{
    return sink->arena;
}

void *imp_sink_resource(imp_sink *sink)
{
    return cm_message_new(sink->arena, sink->resource->descriptor);
}

static ProtobufCMessage *batch_request(imp_sink *sink, cm_arena *arena)
{
    ProtobufCMessage *request = cm_message_new(arena, sink->method->request);
    const ProtobufCFieldDescriptor *requests = cm_message_field(sink->method->request, "requests");
    char id[CM_UUID_TEXT];

    *(size_t *)((char *)request + requests->quantifier_offset) = sink->count;
    *(ProtobufCMessage ***)cm_field_at(request, requests) = sink->items;
    cm_message_set_string(request, "request_id", cm_arena_strdup(arena, cm_uuid_format(cm_uuid_random(), id)));
    return request;
}

/* The index that a violation's path names: "requests[17].actor.note" → 17; -1 where it names none. */
static long index_of(const char *path)
{
    char *end;

    if (strncmp(path, "requests[", 9) != 0)
        return -1;
    long index = strtol(path + 9, &end, 10);
    return *end == ']' ? index : -1;
}

/* Takes the rows that the service named out of the batch, into the rejects. */
static cm_status take_out(imp_sink *sink, const cm_error *error, size_t *removed)
{
    bool bad[BATCH] = {false};

    *removed = 0;
    for (const cm_violation *v = error->violations; v; v = v->next) {
        long index = index_of(v->field);
        if (index < 0 || (size_t)index >= sink->count || bad[index])
            continue;
        bad[index] = true;
        ++*removed;
        const char *path = strchr(v->field, '.');
        CM_FREE char *reason = cm_format("%s: %s", path ? path + 1 : v->field, v->description);
        CM_TRY(imp_reject(sink->session, sink->origins[index], reason));
    }
    size_t kept = 0;
    for (size_t i = 0; i < sink->count; i++)
        if (!bad[i]) {
            sink->items[kept] = sink->items[i];
            sink->origins[kept++] = sink->origins[i];
        }
    sink->count = kept;
    return cm_ok();
}

static void count_answer(imp_sink *sink, const ProtobufCMessage *response)
{
    const ProtobufCFieldDescriptor *changed = cm_message_field(response->descriptor, "changed");
    int32_t n = *(int32_t *)cm_field_at(response, changed);

    sink->session->changed += n;
    sink->session->unchanged += (int64_t)sink->count - n;
}

/* One batch, with the same request id however often it has to be repeated. */
static cm_status send_once(imp_sink *sink)
{
    CM_ARENA(arena);
    ProtobufCMessage *response;
    cm_call_options options = IMP_PATIENTLY;

    CM_TRY(cm_channel_unary(sink->channel, sink->method, &options, batch_request(sink, arena), arena, &response));
    count_answer(sink, response);
    return cm_ok();
}

static cm_status send(imp_sink *sink)
{
    cm_status status = cm_ok();

    if (sink->first)
        CM_TRY(send(sink->first));
    while (sink->count > 0) {
        size_t removed = 0;
        status = send_once(sink);
        if (cm_is_ok(status))
            break;
        cm_status rejected = take_out(sink, status.error, &removed);
        if (!cm_is_ok(rejected)) {
            cm_status_clear(&status);
            return rejected;
        }
        if (removed == 0)
            return status; /* no row is at fault */
        cm_status_clear(&status);
    }
    sink->count = 0;
    cm_arena_reset(sink->arena);
    return cm_ok();
}

cm_status imp_sink_put(imp_sink *sink, ProtobufCMessage *resource, imp_origin origin)
{
    ProtobufCMessage *item = cm_message_new(sink->arena, sink->item);

    *(ProtobufCMessage **)cm_field_at(item, sink->resource) = resource;
    *(protobuf_c_boolean *)cm_field_at(item, cm_message_field(sink->item, "allow_missing")) = 1;
    sink->items[sink->count] = item;
    sink->origins[sink->count] =
        (imp_origin){origin.file, origin.line, cm_arena_strdup(sink->arena, origin.row ? origin.row : "")};
    sink->count++;
    return sink->count == BATCH ? send(sink) : cm_ok();
}

cm_status imp_sink_end(imp_sink *sink)
{
    cm_status status = send(sink);

    cm_arena_free(sink->arena);
    free(sink);
    return status;
}
