#include "negotiations/neg_bulk.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_uuid.h"
#include "negotiations/neg_bulk_batch.h"
#include "negotiations/neg_state.h"

/* Batches that wait for the writer; and those that are durable and not told yet, for want of room. */
enum { MOST_READY = 12, MOST_UNTOLD = 64, REFUSALS_AT_ONCE = 1000, MOST_ENTRIES = 1000 };

typedef struct batches {
    neg_bulk_batch *first, **end;
    int count;
} batches;

/* What a stream keeps. It goes with the last of the stream and its batches. */
typedef struct bulk {
    pthread_mutex_t lock; /* guards what follows until `call` */
    pthread_cond_t fewer; /* ready */
    batches ready;        /* for the writer, as soon as it is done with those that it has */
    batches landed;
    bool writing; /* the writer has some */
    bool over;    /* the stream is: nobody will be told */

    cm_call *call; /* this and what follows: the stream's callbacks, one at a time */
    char upload[CM_UUID_TEXT];
    int64_t next;                   /* position of the first entry that is not under way yet */
    int64_t acknowledged, refused;  /* as told */
    int64_t repeat_from, repeat_to; /* positions whose refusals are to be told again */
    bool closing;
} bulk;

static void add(batches *list, neg_bulk_batch *first, neg_bulk_batch **end, int count)
{
    *list->end = first;
    list->end = end;
    list->count += count;
}

static neg_bulk_batch *take_all(batches *list)
{
    neg_bulk_batch *first = list->first;

    *list = (batches){.end = &list->first};
    return first;
}

static void free_all(neg_bulk_batch *first)
{
    for (neg_bulk_batch *next; first; first = next) {
        next = first->next;
        neg_bulk_batch_free(first);
    }
}

static void bulk_free(bulk *b)
{
    pthread_mutex_destroy(&b->lock);
    pthread_cond_destroy(&b->fewer);
    free(b);
}

cm_status neg_bulk_open(cm_call *call)
{
    bulk *b = cm_alloc(sizeof *b);

    pthread_mutex_init(&b->lock, NULL);
    pthread_cond_init(&b->fewer, NULL);
    b->ready.end = &b->ready.first;
    b->landed.end = &b->landed.first;
    b->call = call;
    cm_call_set_data(call, b);
    return cm_ok();
}

/* ---- batches that go to the writer, and come back ---- */

static void land(void *context, neg_bulk_batch *first);

/* What the writer is to get next, where it has none; NULL: nothing. */
static neg_bulk_batch *take_ready(bulk *b)
{
    pthread_mutex_lock(&b->lock);
    neg_bulk_batch *first = b->writing ? NULL : take_all(&b->ready);
    b->writing |= first != NULL;
    pthread_cond_signal(&b->fewer);
    pthread_mutex_unlock(&b->lock);
    return first;
}

/* On the stream's thread, or the writer's: those that came while it wrote are its next task, which so is never waited
 * for, and has the more of them the longer a commit takes. */
static void write_ready(bulk *b)
{
    neg_bulk_batch *first = take_ready(b);

    if (first)
        neg_bulk_batch_submit(first, land, b);
}

/* False where the stream is over: they are told to nobody. */
static bool keep_landed(bulk *b, neg_bulk_batch *first)
{
    neg_bulk_batch **end = &first->next;
    int count = 1;

    for (; *end; end = &(*end)->next)
        count++;
    pthread_mutex_lock(&b->lock);
    bool over = b->over;
    b->writing = false;
    if (!over)
        add(&b->landed, first, end, count);
    pthread_mutex_unlock(&b->lock);
    return !over;
}

static void land(void *context, neg_bulk_batch *first)
{
    bulk *b = context;
    cm_call *call = cm_call_ref(b->call); /* the batches' parts hold one until here */

    if (keep_landed(b, first)) {
        write_ready(b);
        cm_call_wake(call);
    } else {
        free_all(first);
        bulk_free(b);
    }
    cm_call_unref(call);
}

static neg_bulk_batch *take_landed(bulk *b)
{
    pthread_mutex_lock(&b->lock);
    batches *landed = &b->landed;
    neg_bulk_batch *batch = landed->first;
    if (batch) {
        landed->first = batch->next;
        landed->count--;
        if (!landed->first)
            landed->end = &landed->first;
    }
    pthread_mutex_unlock(&b->lock);
    return batch;
}

void neg_bulk_done(cm_call *call, cm_code code)
{
    bulk *b = cm_call_data(call);

    if (!b)
        return;
    pthread_mutex_lock(&b->lock);
    neg_bulk_batch *landed = take_all(&b->landed), *ready = take_all(&b->ready);
    b->over = true;
    bool last = !b->writing;
    pthread_mutex_unlock(&b->lock);
    free_all(landed);
    free_all(ready);
    if (last)
        bulk_free(b);
}

/* ---- answers ---- */

static void answer(bulk *b, TypRefusal **refusals, size_t count)
{
    NegBulkLogResponse *response = CM_NEW(cm_call_arena(b->call), NegBulkLogResponse);

    response->acknowledged = b->acknowledged;
    response->refused = b->refused;
    response->refusals = refusals;
    response->n_refusals = count;
    (void)neg_negotiations_service_bulk_log_send(b->call, response); /* room is asked for before the next */
}

/* What the caller may not have heard before its connection broke. */
static cm_status repeat_refusals(bulk *b)
{
    while (b->repeat_from < b->repeat_to && cm_call_has_room(b->call)) {
        neg_upload_page page = {.upload = {cm_call_identity(b->call), b->upload, 0, 0}, .from = b->repeat_from};
        CM_TRY(neg_bulk_read(b->call, &page, REFUSALS_AT_ONCE));
        b->repeat_from = page.count < REFUSALS_AT_ONCE ? b->repeat_to : page.refusals[page.count - 1]->index + 1;
        if (page.count)
            answer(b, page.refusals, page.count);
    }
    return cm_ok();
}

static cm_status tell(bulk *b, neg_bulk_batch *batch)
{
    cm_status s = batch->outcome;

    batch->outcome = cm_ok();
    if (cm_is_ok(s)) {
        b->acknowledged = batch->upload.position;
        b->refused = batch->upload.refused;
        answer(b, batch->refusals, batch->refusal_count);
    }
    neg_bulk_batch_free(batch);
    return s;
}

static cm_status deliver(bulk *b)
{
    neg_bulk_batch *batch;

    CM_TRY(repeat_refusals(b));
    while (b->repeat_from >= b->repeat_to && cm_call_has_room(b->call) && (batch = take_landed(b)))
        CM_TRY(tell(b, batch));
    pthread_mutex_lock(&b->lock);
    bool settled = !b->writing && !b->ready.count && !b->landed.count, too_many = b->landed.count > MOST_UNTOLD;
    pthread_mutex_unlock(&b->lock);
    if (too_many)
        return cm_fail(CM_RESOURCE_EXHAUSTED,
                       "%d answers wait to be read; read them while you send, and go on in another stream",
                       MOST_UNTOLD);
    if (settled && b->closing && b->repeat_from >= b->repeat_to)
        cm_call_finish(b->call, cm_ok());
    return cm_ok();
}

cm_status neg_bulk_writable(cm_call *call)
{
    return deliver(cm_call_data(call));
}

cm_status neg_bulk_half_close(cm_call *call)
{
    bulk *b = cm_call_data(call);

    b->closing = true;
    return deliver(b);
}

/* ---- messages ---- */

static cm_status check_upload(const bulk *b, const char *upload)
{
    cm_uuid id;

    if (*b->upload)
        return !*upload || strcmp(upload, b->upload) == 0
                   ? cm_ok()
                   : cm_invalid("upload", "\"%.60s\" is another than the stream's, %s; give one a stream", upload,
                                b->upload);
    cm_status s = cm_uuid_parse(upload, &id);
    if (cm_is_ok(s))
        return s;
    cm_status_clear(&s);
    return cm_invalid(
        "upload", "\"%.60s\" is no UUID; give one such as 7f3c1e0a-52d4-4b6e-9a57-0c8d1f2e3a4b in the first message",
        upload);
}

static cm_status check(const bulk *b, const NegBulkLogRequest *request)
{
    CM_TRY(check_upload(b, request->upload));
    if (request->position < 0)
        return cm_invalid("position", "%lld is negative; give 0 for the start", (long long)request->position);
    if (request->n_requests > MOST_ENTRIES)
        return cm_invalid("requests", "%zu entries in a message; give at most %d", request->n_requests, MOST_ENTRIES);
    return cm_ok();
}

/* Where the upload stands, which is told at once. */
static cm_status begin(bulk *b, const NegBulkLogRequest *request)
{
    neg_upload_page page = {.upload = {cm_call_identity(b->call), request->upload, 0, 0}};

    CM_TRY(neg_bulk_read(b->call, &page, 0));
    snprintf(b->upload, sizeof b->upload, "%s", request->upload);
    b->next = b->acknowledged = b->repeat_to = page.upload.position;
    b->refused = page.upload.refused;
    b->repeat_from = request->position;
    answer(b, NULL, 0);
    return cm_ok();
}

/* Hands on what is new of a message, and waits while too much is ready. */
static cm_status hand_on(bulk *b, const NegBulkLogRequest *request)
{
    size_t known = (size_t)(b->next - request->position);
    neg_bulk_batch *batch;

    if (known >= request->n_requests) {
        if (request->n_requests)
            answer(b, NULL, 0);
        return cm_ok();
    }
    CM_TRY(neg_bulk_batch_new(b->call, request, known, b->upload, b->next, &batch));
    b->next = request->position + (int64_t)request->n_requests;
    pthread_mutex_lock(&b->lock);
    add(&b->ready, batch, &batch->next, 1);
    pthread_mutex_unlock(&b->lock);
    write_ready(b);
    pthread_mutex_lock(&b->lock);
    while (b->ready.count >= MOST_READY)
        pthread_cond_wait(&b->fewer, &b->lock);
    pthread_mutex_unlock(&b->lock);
    return cm_ok();
}

cm_status neg_bulk_message(cm_call *call, const NegBulkLogRequest *request)
{
    bulk *b = cm_call_data(call);

    CM_TRY(check(b, request));
    if (!*b->upload)
        CM_TRY(begin(b, request));
    if (request->position > b->next)
        return cm_fail(CM_OUT_OF_RANGE, "position: %lld is beyond the %lld entries that came before; go on there",
                       (long long)request->position, (long long)b->next);
    CM_TRY(hand_on(b, request));
    return deliver(b);
}
