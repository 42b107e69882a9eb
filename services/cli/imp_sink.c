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
    bool is_late; /* of rows that were kept: they need not be copied again */
    bool is_done; /* guarded by the sink's lock, as is what follows */
    cm_status outcome;
    int32_t changed;
    struct batch *next; /* that was sent after this one */
} batch;

/* A row that was refused since it names what does not exist. */
typedef struct late_row {
    ProtobufCMessage *item;
    imp_origin origin;
    const char *reason;
} late_row;

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
    late_row *late;   /* sent once more at the end */
    size_t late_count, late_capacity;
    cm_arena *late_arena;
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
    sink->late_arena = cm_arena_new();
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

static void set_flag(ProtobufCMessage *message, const char *field)
{
    *(protobuf_c_boolean *)cm_field_at(message, cm_message_field(message->descriptor, field)) = 1;
}

static const char *name_of(const batch *b, size_t row)
{
    return cm_message_string(*(ProtobufCMessage **)cm_field_at(b->items[row], b->sink->resource), "name");
}

static ProtobufCMessage *batch_request(const imp_sink *sink, batch *b, cm_arena *arena)
{
    ProtobufCMessage *request = cm_message_new(arena, sink->method->request);
    const ProtobufCFieldDescriptor *requests = cm_message_field(sink->method->request, "requests");
    char id[CM_UUID_TEXT];

    *(size_t *)((char *)request + requests->quantifier_offset) = b->count;
    *(ProtobufCMessage ***)cm_field_at(request, requests) = b->items;
    cm_message_set_string(request, "request_id", cm_arena_strdup(arena, cm_uuid_format(cm_uuid_random(), id)));
    if (sink->session->dry)
        set_flag(request, "validate_only");
    return request;
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

/* ---- what was refused ---- */

/* Whether it says that a name does not exist, and which. */
static char *missing_name(const char *description)
{
    static const char MISSING[] = " does not exist";
    const char *end = strstr(description, MISSING), *begin = end;

    while (begin && begin > description && begin[-1] != ' ')
        begin--;
    return begin ? cm_format("%.*s", (int)(end - begin), begin) : NULL;
}

/* Whether nothing is wrong but that others are missing; with `planned`, others that would be there. */
static bool only_lacks(const TypRefusal *refusal, const imp_names *planned)
{
    bool only = refusal->n_violations > 0;

    for (size_t i = 0; i < refusal->n_violations; i++) {
        CM_FREE char *name = missing_name(refusal->violations[i]->description);
        only &= name && (!planned || imp_names_get(planned, name));
    }
    return only;
}

static void defer(batch *b, size_t row, const char *reason)
{
    imp_sink *sink = b->sink;
    late_row *late;

    CM_GROW(sink->late, sink->late_capacity, sink->late_count + 1);
    late = &sink->late[sink->late_count++];
    *late = (late_row){b->items[row], b->origins[row], cm_arena_strdup(sink->late_arena, reason)};
    if (b->is_late)
        return;
    late->item = cm_message_copy(late->item, sink->late_arena);
    late->origin.row = cm_arena_strdup(sink->late_arena, late->origin.row);
}

/* Rejects a row, or keeps it until the end, as what it names may come later; in a dry run it is fine where what it
 * names would be there: then it is counted as `right`. */
static cm_status judge(batch *b, const TypRefusal *refusal, size_t *right)
{
    imp_session *session = b->sink->session;
    size_t row = (size_t)refusal->index;
    const TypFieldViolation *first = refusal->n_violations ? refusal->violations[0] : NULL;
    const char *field = first ? strchr(first->field, '.') : NULL;

    if (row >= b->count)
        return cm_fail(CM_DATA_LOSS, "the service refused row %zu of %zu", row, b->count);
    if (session->dry && only_lacks(refusal, session->planned)) {
        imp_names_put(session->planned, name_of(b, row), "");
        ++*right;
        return cm_ok();
    }
    CM_FREE char *reason =
        first ? cm_format("%s: %s", field ? field + 1 : first->field, first->description) : cm_strdup(refusal->message);
    if (!only_lacks(refusal, NULL))
        return imp_reject(session, b->origins[row], reason);
    defer(b, row, reason);
    return cm_ok();
}

/* Remembers what a dry run would have recorded: all but the refused, which come in the order of their rows. */
static void plan(const batch *b, TypRefusal *const *refusals, size_t count)
{
    imp_session *session = b->sink->session;
    size_t next = 0;

    if (!session->planned)
        session->planned = imp_names_new();
    for (size_t i = 0; i < b->count; i++) {
        if (next < count && refusals[next]->index == (int64_t)i)
            next++;
        else
            imp_names_put(session->planned, name_of(b, i), "");
    }
}

/* Each row by itself: what is right is recorded, the rest is judged. */
static cm_status send_each(batch *b)
{
    CM_ARENA(arena);
    imp_session *session = b->sink->session;
    cm_call_options options = IMP_PATIENTLY;
    ProtobufCMessage *request = batch_request(b->sink, b, arena), *response;
    size_t right = 0;

    set_flag(request, "return_partial_success");
    CM_TRY(cm_channel_unary(b->sink->channel, b->sink->method, &options, request, arena, &response));
    const ProtobufCFieldDescriptor *field = cm_message_field(response->descriptor, "refusals");
    TypRefusal *const *refusals = *(TypRefusal *const *const *)cm_field_at(response, field);
    size_t count = cm_field_count(response, field);
    if (session->dry)
        plan(b, refusals, count);
    for (size_t i = 0; i < count; i++)
        CM_TRY(judge(b, refusals[i], &right));
    session->changed += changed_of(response) + (int64_t)right;
    session->unchanged += (int64_t)(b->count - count) - changed_of(response);
    return cm_ok();
}

/* ---- sending ---- */

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
    return send_each(b);
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
    if (sink->session->dry && sink->filling->count) {
        CM_TRY(send_each(sink->filling));
        sink->filling->count = 0;
        cm_arena_reset(sink->filling->arena);
    }
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
    set_flag(item, "allow_missing");
    b->items[b->count] = item;
    b->origins[b->count++] =
        (imp_origin){origin.file, origin.line, cm_arena_strdup(b->arena, origin.row ? origin.row : "")};
    return b->count == BATCH ? send(sink) : cm_ok();
}

/* The kept rows, all at once in batches: those that still lack something are kept again. */
static cm_status send_late(imp_sink *sink)
{
    late_row *rows = sink->late;
    size_t count = sink->late_count;
    cm_status s = cm_ok();
    batch *b = new_batch(sink);

    sink->late = NULL;
    sink->late_count = sink->late_capacity = 0;
    b->is_late = true;
    for (size_t i = 0; i < count && cm_is_ok(s); i++) {
        b->items[b->count] = rows[i].item;
        b->origins[b->count++] = rows[i].origin;
        if (b->count < BATCH && i + 1 < count)
            continue;
        s = send_each(b);
        b->count = 0;
    }
    free_batch(b);
    free(rows);
    return s;
}

/* As long as it helps; then they are rejected. */
static cm_status settle_late(imp_sink *sink)
{
    for (size_t before = sink->late_count + 1; sink->late_count > 0 && sink->late_count < before;) {
        before = sink->late_count;
        CM_TRY(send_late(sink));
    }
    for (size_t i = 0; i < sink->late_count; i++)
        CM_TRY(imp_reject(sink->session, sink->late[i].origin, sink->late[i].reason));
    sink->late_count = 0;
    return cm_ok();
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
    free(sink->late);
    cm_arena_free(sink->late_arena);
    free_batch(sink->filling);
    pthread_cond_destroy(&sink->answered);
    pthread_mutex_destroy(&sink->lock);
    free(sink);
}

cm_status imp_sink_end(imp_sink *sink)
{
    cm_status status = drain(sink);

    if (cm_is_ok(status) && sink->first)
        status = settle_late(sink->first);
    if (cm_is_ok(status))
        status = settle_late(sink);
    imp_sink_free(sink);
    return status;
}
