#include <pthread.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_uuid.h"
#include "cli/imp_names.h"
#include "cli/imp_session.h"

/* Rows of a batch; batches that are under way while the next is filled. */
enum { BATCH = 1000, IN_FLIGHT = 4 };

typedef struct batch {
    imp_sink *sink;
    cm_arena *arena;
    ProtobufCMessage *items[BATCH];
    imp_origin origins[BATCH];
    size_t count;
    bool is_done; /* guarded by the sink's lock, as is what follows */
    cm_status outcome;
    int32_t changed;
    struct batch *next; /* that was sent after this one */
} batch;

struct imp_sink {
    imp_session *session;
    cm_channel *channel;
    const cm_method_desc *method;
    const ProtobufCMessageDescriptor *item;   /* UpdateActorRequest */
    const ProtobufCFieldDescriptor *resource; /* its field `actor` */
    batch *filling;
    batch *oldest, *newest; /* that are under way */
    size_t in_flight;
    imp_names *names; /* of resources that were put */
    imp_sink *first;  /* sent before this one; NULL: none */
    pthread_mutex_t lock;
    pthread_cond_t answered;
};

static batch *new_batch(imp_sink *sink)
{
    batch *b = cm_alloc(sizeof *b);

    b->sink = sink;
    b->arena = cm_arena_new();
    return b;
}

static void free_batch(batch *b)
{
    cm_arena_free(b->arena);
    free(b);
}

imp_sink *imp_sink_new(imp_session *session, cm_channel *channel, const cm_service_desc *service, const char *method)
{
    imp_sink *sink = cm_alloc(sizeof *sink);

    *sink = (imp_sink){.session = session, .channel = channel};
    for (size_t i = 0; i < service->count; i++)
        if (strcmp(service->methods[i].name, method) == 0)
            sink->method = &service->methods[i];
    if (!sink->method)
        abort(); /* a name in this program that its .proto lacks */
    sink->item = cm_message_field(sink->method->request, "requests")->descriptor;
    sink->resource = &sink->item->fields[0];
    sink->filling = new_batch(sink);
    sink->names = imp_names_new();
    pthread_mutex_init(&sink->lock, NULL);
    pthread_cond_init(&sink->answered, NULL);
    return sink;
}

void imp_sink_after(imp_sink *sink, imp_sink *first)
{
    sink->first = first;
}

cm_arena *imp_sink_arena(imp_sink *sink)
{
    return sink->filling->arena;
}

void *imp_sink_resource(imp_sink *sink)
{
    return cm_message_new(sink->filling->arena, sink->resource->descriptor);
}

static ProtobufCMessage *batch_request(const imp_sink *sink, batch *b, cm_arena *arena)
{
    ProtobufCMessage *request = cm_message_new(arena, sink->method->request);
    const ProtobufCFieldDescriptor *requests = cm_message_field(sink->method->request, "requests");
    char id[CM_UUID_TEXT];

    *(size_t *)((char *)request + requests->quantifier_offset) = b->count;
    *(ProtobufCMessage ***)cm_field_at(request, requests) = b->items;
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
static cm_status take_out(batch *b, const cm_error *error, size_t *removed)
{
    bool bad[BATCH] = {false};

    *removed = 0;
    for (const cm_violation *v = error->violations; v; v = v->next) {
        long index = index_of(v->field);
        if (index < 0 || (size_t)index >= b->count || bad[index])
            continue;
        bad[index] = true;
        ++*removed;
        const char *path = strchr(v->field, '.');
        CM_FREE char *reason = cm_format("%s: %s", path ? path + 1 : v->field, v->description);
        CM_TRY(imp_reject(b->sink->session, b->origins[index], reason));
    }
    size_t kept = 0;
    for (size_t i = 0; i < b->count; i++)
        if (!bad[i]) {
            b->items[kept] = b->items[i];
            b->origins[kept++] = b->origins[i];
        }
    b->count = kept;
    return cm_ok();
}

static int32_t changed_of(const ProtobufCMessage *response)
{
    return *(int32_t *)cm_field_at(response, cm_message_field(response->descriptor, "changed"));
}

static void count_answer(const batch *b, int32_t changed)
{
    b->sink->session->changed += changed;
    b->sink->session->unchanged += (int64_t)b->count - changed;
}

/* One batch, with the same request id however often it has to be repeated. */
static cm_status send_once(batch *b)
{
    CM_ARENA(arena);
    ProtobufCMessage *response;
    cm_call_options options = IMP_PATIENTLY;

    CM_TRY(cm_channel_unary(b->sink->channel, b->sink->method, &options, batch_request(b->sink, b, arena), arena,
                            &response));
    count_answer(b, changed_of(response));
    return cm_ok();
}

/* Sends what was refused once more, without the rows that are at fault, until it is taken. */
static cm_status send_again(batch *b)
{
    while (b->count > 0) {
        size_t removed = 0;
        cm_status status = send_once(b);
        if (cm_is_ok(status))
            break;
        cm_status rejected = take_out(b, status.error, &removed);
        if (!cm_is_ok(rejected)) {
            cm_status_clear(&status);
            return rejected;
        }
        if (removed == 0)
            return status; /* no row is at fault */
        cm_status_clear(&status);
    }
    return cm_ok();
}

static void take_answer(void *context, cm_status outcome, const ProtobufCMessage *response)
{
    batch *b = context;
    imp_sink *sink = b->sink;

    pthread_mutex_lock(&sink->lock);
    b->changed = cm_is_ok(outcome) ? changed_of(response) : 0;
    b->outcome = outcome;
    b->is_done = true;
    pthread_cond_signal(&sink->answered);
    pthread_mutex_unlock(&sink->lock);
}

static void wait_for(batch *b)
{
    pthread_mutex_lock(&b->sink->lock);
    while (!b->is_done)
        pthread_cond_wait(&b->sink->answered, &b->sink->lock);
    pthread_mutex_unlock(&b->sink->lock);
}

/* A batch that was refused beside others is judged once these are answered: what it lacked may have been in them. */
static cm_status settle(batch *b)
{
    if (cm_is_ok(b->outcome)) {
        count_answer(b, b->changed);
        return cm_ok();
    }
    for (batch *other = b->next; other; other = other->next)
        wait_for(other);
    cm_status_clear(&b->outcome);
    return send_again(b);
}

static cm_status settle_oldest(imp_sink *sink)
{
    batch *b = sink->oldest;

    wait_for(b);
    cm_status status = settle(b);
    sink->oldest = b->next;
    sink->in_flight--;
    free_batch(b);
    return status;
}

static void launch(imp_sink *sink)
{
    CM_ARENA(arena);
    batch *b = sink->filling;
    cm_call_options options = IMP_PATIENTLY;

    *(sink->oldest ? &sink->newest->next : &sink->oldest) = b;
    sink->newest = b;
    sink->in_flight++;
    sink->filling = new_batch(sink);
    cm_channel_unary_async(sink->channel, sink->method, &options, batch_request(sink, b, arena), take_answer, b);
}

static cm_status drain(imp_sink *sink);

static cm_status send(imp_sink *sink)
{
    if (sink->first)
        CM_TRY(drain(sink->first));
    while (sink->in_flight >= IN_FLIGHT)
        CM_TRY(settle_oldest(sink));
    if (sink->filling->count)
        launch(sink);
    return cm_ok();
}

static cm_status await_answers(imp_sink *sink)
{
    while (sink->oldest)
        CM_TRY(settle_oldest(sink));
    return cm_ok();
}

/* Sends what waits, and waits until everything is answered. */
static cm_status drain(imp_sink *sink)
{
    CM_TRY(send(sink));
    return await_answers(sink);
}

cm_status imp_sink_put(imp_sink *sink, ProtobufCMessage *resource, imp_origin origin)
{
    const char *name = cm_message_string(resource, "name");
    batch *b = sink->filling;
    ProtobufCMessage *item = cm_message_new(b->arena, sink->item);

    if (imp_names_get(sink->names, name))
        CM_TRY(await_answers(sink)); /* of two rows for a resource the later one is to come later */
    imp_names_put(sink->names, name, "");
    *(ProtobufCMessage **)cm_field_at(item, sink->resource) = resource;
    *(protobuf_c_boolean *)cm_field_at(item, cm_message_field(sink->item, "allow_missing")) = 1;
    b->items[b->count] = item;
    b->origins[b->count++] =
        (imp_origin){origin.file, origin.line, cm_arena_strdup(b->arena, origin.row ? origin.row : "")};
    return b->count == BATCH ? send(sink) : cm_ok();
}

void imp_sink_free(imp_sink *sink)
{
    while (sink->oldest) {
        batch *b = sink->oldest;
        wait_for(b);
        cm_status_clear(&b->outcome);
        sink->oldest = b->next;
        free_batch(b);
    }
    imp_names_free(sink->names);
    free_batch(sink->filling);
    pthread_cond_destroy(&sink->answered);
    pthread_mutex_destroy(&sink->lock);
    free(sink);
}

cm_status imp_sink_end(imp_sink *sink)
{
    cm_status status = drain(sink);

    imp_sink_free(sink);
    return status;
}
