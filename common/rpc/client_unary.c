#include "client_unary.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_digest.h"
#include "base/cm_memory.h"
#include "call.h"
#include "wire.h"

enum { BACKOFF_FIRST_MS = 50, BACKOFF_MOST_MS = 2000 };

/* One call with all its attempts. On the channel's thread once it was begun. */
struct client_unary {
    cm_event event; /* first: of the attempt's one batch */
    cm_alarm alarm; /* for the next attempt */
    cm_channel *channel;
    const cm_method_desc *method;
    cm_outgoing start;
    grpc_slice request;
    grpc_call *call; /* of the attempt; what was received is its memory */
    bool in_core;    /* the attempt may be cancelled; under the channel's lock */
    client_answer answer;
    int attempts_left, tried;
    bool waits; /* someone waits for it, so that a parent is running all the time */
    void (*ended)(client_unary *unary, cm_status outcome); /* owns outcome; the answer is cleared after it */
    void *context;
    client_unary *next, **self;
};

static void begin_attempt(client_unary *u);

static void end_attempt(client_unary *u)
{
    cm_rpc_client_answer_clear(&u->answer);
    if (u->call)
        grpc_call_unref(u->call);
    u->call = NULL;
}

static void leave(client_unary *u, cm_status outcome)
{
    cm_channel *channel = u->channel;

    if (cm_is_ok(outcome) && u->answer.payload)
        cm_rpc_intercept_client_received(&u->start.intercepted, grpc_byte_buffer_length(u->answer.payload));
    cm_rpc_intercept_client_end(&u->start.intercepted, &u->start, outcome.code);
    u->ended(u, outcome);
    end_attempt(u);
    cm_rpc_client_start_clear(&u->start);
    grpc_slice_unref(u->request);
    pthread_mutex_lock(&channel->lock);
    *u->self = u->next;
    if (u->next)
        u->next->self = u->self;
    if (!channel->calls)
        pthread_cond_broadcast(&channel->idle);
    pthread_mutex_unlock(&channel->lock);
    free(u);
}

/* ---- again? ---- */

static int64_t backoff_us(const client_unary *u, const cm_status *failure)
{
    int64_t ms = BACKOFF_FIRST_MS;
    uint32_t dice;

    for (int i = 1; i < u->tried && ms < BACKOFF_MOST_MS; i++)
        ms *= 2;
    cm_random(&dice, sizeof dice);
    int64_t us = (ms < BACKOFF_MOST_MS ? ms : BACKOFF_MOST_MS) * (800 + dice % 401); /* × 0.8 … 1.2 */
    int64_t asked_us = failure->error->retry_ms * 1000;
    return us > asked_us ? us : asked_us;
}

static void ring(cm_alarm *alarm)
{
    client_unary *u = (client_unary *)((char *)alarm - offsetof(client_unary, alarm));

    begin_attempt(u);
}

/* Plans another attempt, where that is safe, useful, and ends before the deadline. */
static bool again(client_unary *u, const cm_status *failure)
{
    if (failure->code != CM_UNAVAILABLE || u->attempts_left == 0 ||
        (u->start.parent && cm_call_cancelled(u->start.parent)))
        return false;
    u->alarm = (cm_alarm){.ring = ring, .due_us = cm_clock_monotonic_us() + backoff_us(u, failure)};
    if (u->alarm.due_us >= u->start.deadline_us)
        return false;
    cm_queue_alarm(u->channel->queue, &u->alarm);
    return true;
}

static void attempt_ended(cm_event *event, bool ok)
{
    client_unary *u = (client_unary *)event;

    pthread_mutex_lock(&u->channel->lock);
    u->in_core = false;
    bool closing = u->channel->closing;
    pthread_mutex_unlock(&u->channel->lock);
    cm_status outcome = cm_rpc_client_answer_status(&u->answer, &u->start);
    if (!cm_is_ok(outcome) && !closing && again(u, &outcome)) {
        end_attempt(u);
        cm_status_clear(&outcome);
        return;
    }
    leave(u, outcome);
}

static void start_batch(client_unary *u)
{
    grpc_op ops[6];
    grpc_byte_buffer *request = cm_wire_buffer(grpc_slice_ref(u->request));

    cm_rpc_intercept_client_sent(&u->start.intercepted, GRPC_SLICE_LENGTH(u->request));
    memset(ops, 0, sizeof ops);
    cm_rpc_client_initial_op(&u->start, &ops[0]);
    ops[1].op = GRPC_OP_SEND_MESSAGE;
    ops[1].data.send_message.send_message = request;
    ops[2].op = GRPC_OP_SEND_CLOSE_FROM_CLIENT;
    cm_rpc_client_metadata_op(&u->answer, &ops[3]);
    ops[4].op = GRPC_OP_RECV_MESSAGE;
    ops[4].data.recv_message.recv_message = &u->answer.payload;
    cm_rpc_client_status_op(&u->answer, &ops[5]);
    u->event = (cm_event){attempt_ended};
    cm_event_start(&u->event, u->call, ops, 6);
    grpc_byte_buffer_destroy(request);
}

static void begin_attempt(client_unary *u)
{
    pthread_mutex_lock(&u->channel->lock);
    bool closing = u->channel->closing;
    if (!closing) {
        u->attempts_left--;
        bool with_parent = u->waits || u->tried == 0;
        u->tried++;
        u->call = cm_rpc_client_start_call(&u->start, with_parent);
        u->in_core = true;
        start_batch(u);
    }
    pthread_mutex_unlock(&u->channel->lock);
    if (closing)
        leave(u, cm_fail(CM_CANCELLED, "%s: the channel to %s was closed", u->method->path, u->channel->target));
}

/* ---- begin ---- */

typedef void (*ended_function)(client_unary *unary, cm_status outcome);

static cm_status begin(cm_channel *channel, const cm_method_desc *method, const cm_call_options *options,
                       const ProtobufCMessage *request, bool waits, ended_function ended, void *context)
{
    client_unary *u = cm_alloc(sizeof *u);
    cm_status started = cm_rpc_client_start_init(&u->start, channel, method, options, channel->options.timeout_ms);

    if (!cm_is_ok(started)) {
        free(u);
        return started;
    }
    bool repeats = method->idempotent || (options && options->idempotent);
    u->channel = channel;
    u->method = method;
    u->request = cm_wire_pack(request);
    u->attempts_left = repeats ? channel->options.attempts : 1;
    u->waits = waits;
    u->ended = ended;
    u->context = context;
    cm_rpc_client_answer_init(&u->answer);
    pthread_mutex_lock(&channel->lock);
    u->next = channel->calls;
    u->self = &channel->calls;
    if (u->next)
        u->next->self = &u->next;
    channel->calls = u;
    pthread_mutex_unlock(&channel->lock);
    begin_attempt(u);
    return cm_ok();
}

void cm_rpc_client_unary_end_all(cm_channel *channel)
{
    pthread_mutex_lock(&channel->lock);
    channel->closing = true;
    for (client_unary *u = channel->calls; u; u = u->next)
        if (u->in_core)
            grpc_call_cancel(u->call, NULL);
    while (channel->calls)
        pthread_cond_wait(&channel->idle, &channel->lock);
    pthread_mutex_unlock(&channel->lock);
}

/* ---- and wait ---- */

typedef struct waiter {
    pthread_mutex_t lock;
    pthread_cond_t done;
    bool is_done;
    cm_status outcome;
    cm_received *received;
    grpc_byte_buffer *payload;
} waiter;

static void wake_waiter(client_unary *u, cm_status outcome)
{
    waiter *w = u->context;

    if (w->received)
        cm_rpc_client_answer_received(&u->answer, w->received);
    pthread_mutex_lock(&w->lock);
    w->outcome = outcome;
    w->payload = u->answer.payload;
    u->answer.payload = NULL;
    w->is_done = true;
    pthread_cond_signal(&w->done);
    pthread_mutex_unlock(&w->lock);
}

cm_status cm_channel_unary(cm_channel *channel, const cm_method_desc *method, const cm_call_options *options,
                           const ProtobufCMessage *request, cm_arena *arena, ProtobufCMessage **response)
{
    waiter w = {.lock = PTHREAD_MUTEX_INITIALIZER,
                .done = PTHREAD_COND_INITIALIZER,
                .received = options ? options->received : NULL};

    *response = NULL;
    CM_TRY(begin(channel, method, options, request, true, wake_waiter, &w));
    pthread_mutex_lock(&w.lock);
    while (!w.is_done)
        pthread_cond_wait(&w.done, &w.lock);
    pthread_mutex_unlock(&w.lock);
    pthread_cond_destroy(&w.done);
    pthread_mutex_destroy(&w.lock);
    if (cm_is_ok(w.outcome))
        w.outcome = cm_wire_unpack(w.payload, method->response, channel->options.largest_answer, arena, response);
    grpc_byte_buffer_destroy(w.payload);
    return w.outcome;
}

/* ---- or be told ---- */

typedef struct teller {
    cm_unary_done done;
    void *context;
} teller;

static void tell(client_unary *u, cm_status outcome)
{
    teller *t = u->context;
    ProtobufCMessage *response = NULL;
    CM_ARENA(arena);

    if (cm_is_ok(outcome))
        outcome = cm_wire_unpack(u->answer.payload, u->method->response, u->channel->options.largest_answer, arena,
                                 &response);
    t->done(t->context, outcome, response);
    free(t);
}

void cm_channel_unary_async(cm_channel *channel, const cm_method_desc *method, const cm_call_options *options,
                            const ProtobufCMessage *request, cm_unary_done done, void *context)
{
    teller *t = cm_alloc(sizeof *t);

    *t = (teller){done, context};
    cm_status outcome = begin(channel, method, options, request, false, tell, t);
    if (!cm_is_ok(outcome)) {
        free(t);
        done(context, outcome, NULL);
    }
}
