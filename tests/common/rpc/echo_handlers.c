/* The handlers of EchoService: what they do to their state is what the tests look at. */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "echo_server.h"

static cm_status fail_as(const EchoFailure *wanted)
{
    cm_status failure = cm_fail((cm_code)wanted->code, "%s", wanted->message);

    if (*wanted->reason)
        cm_status_reason(&failure, wanted->reason);
    if (wanted->retry_ms)
        cm_status_retry(&failure, wanted->retry_ms);
    if (*wanted->resource_type)
        cm_status_resource(&failure, wanted->resource_type, wanted->resource_name);
    for (size_t i = 0; i < wanted->n_fields; i++)
        cm_status_violation(&failure, wanted->fields[i], "is wrong");
    return failure;
}

static cm_status echo_metadata(cm_call *call)
{
    const char *initial = cm_call_metadata(call, "x-echo-initial");
    const char *trailing = cm_call_metadata(call, "x-echo-trailing-bin");

    if (cm_call_metadata(call, "x-echo-compress"))
        cm_call_compress(call, CM_COMPRESS_GZIP);
    if (initial)
        CM_TRY(cm_call_add_initial(call, "x-echo-initial", initial, strlen(initial)));
    if (trailing)
        CM_TRY(cm_call_add_trailing(call, "x-echo-trailing-bin", trailing, strlen(trailing)));
    return cm_ok();
}

cm_status echo_say(cm_call *call, const EchoSayRequest *request, EchoSayResponse *response)
{
    CM_TRY(echo_metadata(call));
    if (request->failure)
        return fail_as(request->failure);
    response->text = request->text;
    response->payload = request->payload;
    return cm_ok();
}

static cm_status prepare_store(cm_call *call, const EchoSayRequest *request)
{
    echo_server *echo = cm_call_state(call);

    pthread_mutex_lock(&echo->lock);
    echo->prepared++;
    pthread_mutex_unlock(&echo->lock);
    cm_call_set_data(call, cm_arena_format(cm_call_arena(call), "prepared %s", request->text));
    return cm_ok();
}

static cm_status store(cm_call *call, const EchoSayRequest *request, EchoSayResponse *response)
{
    echo_server *echo = cm_call_lent(call);

    response->text = cm_arena_format(cm_call_arena(call), "%s, stored", (const char *)cm_call_data(call));
    cm_call_set_data(call, response->text);
    CM_TRY(cm_call_add_trailing(call, "x-stored", "yes", 3));
    pthread_mutex_lock(&echo->lock);
    response->number = ++echo->stored_runs;
    pthread_mutex_unlock(&echo->lock);
    return request->failure ? fail_as(request->failure) : cm_ok();
}

static cm_status hold(cm_call *call, const EchoSayRequest *request, EchoSayResponse *response)
{
    echo_server *echo = cm_call_state(call);
    bool released = false;

    pthread_mutex_lock(&echo->lock);
    echo->held++;
    echo->holding++;
    snprintf(echo->held_trace, sizeof echo->held_trace, "%s", cm_call_traceparent(call));
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->lock);
    while (!released && !cm_call_cancelled(call)) {
        pthread_mutex_lock(&echo->lock);
        released = echo->released;
        pthread_mutex_unlock(&echo->lock);
        sched_yield();
    }
    response->text = request->text;
    pthread_mutex_lock(&echo->lock);
    echo->holding--;
    echo->seen_cancelled |= cm_call_cancelled(call);
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->lock);
    return cm_ok();
}

static cm_status relay(cm_call *call, const EchoSayRequest *request, EchoSayResponse *response)
{
    echo_server *echo = cm_call_state(call);
    EchoSayResponse *held = NULL;

    pthread_mutex_lock(&echo->lock);
    echo->relaying++;
    pthread_mutex_unlock(&echo->lock);
    cm_status outcome = echo_echo_service_hold(echo->channel, &(cm_call_options){.parent = call, .timeout_ms = 60000},
                                               request, cm_call_arena(call), &held);
    pthread_mutex_lock(&echo->lock);
    echo->relaying--;
    echo->relayed_code = outcome.code;
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->lock);
    return outcome;
}

static cm_status stream_open(cm_call *call)
{
    echo_server *echo = cm_call_state(call);

    CM_TRY(echo_metadata(call));
    pthread_mutex_lock(&echo->lock);
    echo->streams_open++;
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->lock);
    return cm_ok();
}

static void stream_done(cm_call *call, cm_code code)
{
    echo_server *echo = cm_call_state(call);

    free(cm_call_data(call));
    pthread_mutex_lock(&echo->lock);
    echo->streams_open--;
    echo->streams_done++;
    echo->done_code = code;
    if (echo->expanding == call) {
        cm_call_unref(echo->expanding);
        echo->expanding = NULL;
    }
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->lock);
}

/* A handler that is busy until it is released. */
static void wait_for_release(echo_server *echo)
{
    pthread_mutex_lock(&echo->lock);
    echo->held++;
    pthread_cond_broadcast(&echo->changed);
    while (!echo->released)
        pthread_cond_wait(&echo->changed, &echo->lock);
    pthread_mutex_unlock(&echo->lock);
}

static cm_status collect(cm_call *call, const EchoSayRequest *request)
{
    if (strcmp(request->text, "wait") == 0)
        wait_for_release(cm_call_state(call));
    const char *before = cm_call_data(call);

    if (request->failure)
        return fail_as(request->failure);
    char *joined = cm_format("%s%s", before ? before : "", request->text);
    free(cm_call_data(call));
    cm_call_set_data(call, joined);
    return cm_ok();
}

static cm_status collected(cm_call *call)
{
    echo_server *echo = cm_call_state(call);
    EchoSayResponse response;
    const char *joined = cm_call_data(call);

    EchoSayResponse_init(&response);
    response.text = (char *)(joined ? joined : "");
    pthread_mutex_lock(&echo->lock);
    echo->collected++;
    pthread_mutex_unlock(&echo->lock);
    echo_echo_service_collect_send(call, &response);
    cm_call_finish(call, cm_ok());
    return cm_ok();
}

/* What Expand has still to send. */
typedef struct expansion {
    char *text;
    int64_t next, count;
    size_t padding;
} expansion;

static cm_status expand_more(cm_call *call)
{
    echo_server *echo = cm_call_state(call);
    expansion *e = cm_call_data(call);
    bool room = e != NULL;

    while (room && e->next <= e->count) {
        EchoSayResponse response;
        EchoSayResponse_init(&response);
        response.text = e->text;
        response.number = e->next++;
        response.payload = (ProtobufCBinaryData){e->padding, cm_arena_zero(cm_call_arena(call), e->padding)};
        room = echo_echo_service_expand_send(call, &response);
        pthread_mutex_lock(&echo->lock);
        echo->messages_sent++;
        pthread_cond_broadcast(&echo->changed);
        pthread_mutex_unlock(&echo->lock);
    }
    if (e && e->count > 0 && e->next > e->count)
        cm_call_finish(call, cm_ok());
    return cm_ok();
}

static cm_status expand_again(cm_call *call)
{
    echo_server *echo = cm_call_state(call);

    pthread_mutex_lock(&echo->lock);
    echo->woken++;
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->lock);
    return expand_more(call);
}

static cm_status expand(cm_call *call, const EchoExpandRequest *request)
{
    echo_server *echo = cm_call_state(call);
    size_t length = strlen(request->text) + 1;
    expansion *e = cm_alloc(sizeof *e + length);

    *e = (expansion){.text = (char *)(e + 1), .next = 1, .count = request->count, .padding = (size_t)request->padding};
    memcpy(e->text, request->text, length);
    cm_call_set_data(call, e);
    pthread_mutex_lock(&echo->lock);
    if (!echo->expanding)
        echo->expanding = cm_call_ref(call);
    pthread_cond_broadcast(&echo->changed);
    pthread_mutex_unlock(&echo->lock);
    return expand_more(call);
}

static cm_status chat(cm_call *call, const EchoSayRequest *request)
{
    EchoSayResponse response;

    if (request->failure) {
        cm_call_finish(call, fail_as(request->failure));
        return cm_ok();
    }
    EchoSayResponse_init(&response);
    response.text = request->text;
    response.payload = request->payload;
    echo_echo_service_chat_send(call, &response);
    return cm_ok();
}

static const EchoEchoService rows = {
    .say = {.handler = echo_say, .lane = CM_INLINE, .largest = 1 << 20},
    .store = {.prepare = prepare_store, .handler = store, .lane = CM_WRITER},
    .hold = {.handler = hold, .lane = CM_BACKGROUND},
    .relay = {.handler = relay, .lane = CM_BACKGROUND},
    .collect =
        {.open = stream_open, .message = collect, .half_close = collected, .done = stream_done, .lane = CM_BACKGROUND},
    .expand =
        {.open = stream_open, .message = expand, .writable = expand_again, .done = stream_done, .lane = CM_BACKGROUND},
    .chat = {.open = stream_open, .message = chat, .done = stream_done, .lane = CM_INLINE},
};

cm_service echo_service(echo_server *echo)
{
    return echo_echo_service(&rows, echo);
}
