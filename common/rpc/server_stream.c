#include "server_stream.h"

#include <stdlib.h>

#include "base/cm_memory.h"
#include "server_waiting.h"
#include "wire.h"

static server_stream *of_task(cm_task *task)
{
    return (server_stream *)((char *)task - offsetof(server_call, task));
}

static bool stream_has_room(const cm_call *call, size_t staged_bytes)
{
    const server_stream *s = (const server_stream *)call;

    size_t waiting = atomic_load_explicit(&s->queued_bytes, memory_order_relaxed) + staged_bytes;

    return waiting == 0 ||
           (waiting < s->call.server->stream_window && !cm_rpc_waiting_is_tight(s->call.server, staged_bytes));
}

static void stream_wake(cm_call *call)
{
    server_stream *s = (server_stream *)call;

    pthread_mutex_lock(&s->lock);
    s->due |= DUE_WRITABLE;
    cm_rpc_server_stream_pump(s, false);
}

static void stream_destroy(cm_call *call)
{
    server_stream *s = (server_stream *)call;

    free(s->queue);
    cm_status_clear(&s->end);
    cm_arena_free(s->arena);
    pthread_mutex_destroy(&s->lock);
    cm_call_clear(call);
    free(s);
}

static const cm_call_carrier stream_carrier = {
    .metadata = cm_rpc_server_call_metadata,
    .peer = cm_rpc_server_call_peer,
    .has_room = stream_has_room,
    .wake = stream_wake,
    .core = cm_rpc_server_call_core,
    .destroy = stream_destroy,
};

/* ---- what comes next ---- */

static unsigned choose(server_stream *s)
{
    if (s->due & DUE_OPEN)
        return DUE_OPEN;
    if (s->ending || s->broken)
        s->due &= (unsigned)DUE_DONE;
    if (s->due & DUE_MESSAGE)
        return DUE_MESSAGE;
    if (s->due & DUE_HALF_CLOSE)
        return DUE_HALF_CLOSE;
    if ((s->due & DUE_WRITABLE) && stream_has_room(&s->call.base, 0))
        return DUE_WRITABLE;
    return (s->due & DUE_DONE) && s->batches == 0 ? DUE_DONE : 0;
}

/* ---- running a callback: may happen more than once ---- */

static cm_status half_close(server_stream *s)
{
    const cm_method_row *row = s->call.base.row;

    if (row->half_close)
        return row->half_close(&s->call.base);
    cm_call_finish(&s->call.base, cm_ok());
    return cm_ok();
}

static cm_status call_back(server_stream *s)
{
    cm_call *call = &s->call.base;
    const cm_method_row *row = call->row;

    switch (s->running) {
        case DUE_OPEN:
            return row->open ? row->open(call) : cm_ok();
        case DUE_MESSAGE:
            return row->message ? row->invoke_request(row->message, call, s->message) : cm_ok();
        case DUE_HALF_CLOSE:
            return half_close(s);
        case DUE_WRITABLE:
            return row->writable ? row->writable(call) : cm_ok();
        default:
            return cm_ok(); /* done is called by settle, since it must not run twice */
    }
}

static cm_status run(server_stream *s, void *lent)
{
    cm_call *call = &s->call.base;

    cm_call_rewind(call);
    call->lent = lent;
    cm_call_log_begin(call);
    cm_status outcome = call_back(s);
    cm_call_log_end(call);
    return outcome;
}

/* ---- after the callback's outcome is known ---- */

static void leave_endless(server_stream *s)
{
    if (!s->call.base.row->endless)
        return;
    pthread_mutex_lock(&s->call.server->lock);
    if (s->self)
        *s->self = s->next;
    if (s->self && s->next)
        s->next->self = s->self;
    s->self = NULL;
    pthread_mutex_unlock(&s->call.server->lock);
}

static void finish(server_stream *s)
{
    cm_call *call = &s->call.base;

    cm_call_rewind(call);
    call->lent = NULL;
    if (call->row->done)
        call->row->done(call, s->end_code);
    leave_endless(s);
    s->call.end_code = s->end_code;
    cm_rpc_stream_wire_drop(s);
    cm_rpc_server_call_release(&s->call);
    cm_call_unref(call);
}

static void commit(server_stream *s, cm_status outcome)
{
    cm_call *call = &s->call.base;

    if (!cm_is_ok(outcome)) {
        cm_rpc_stream_wire_end(s, outcome);
        cm_call_rewind(call);
        return;
    }
    for (size_t i = 0; i < call->staged_count; i++) {
        if (s->broken || s->ending)
            grpc_slice_unref(call->staged[i]);
        else
            cm_rpc_stream_wire_push(s, call->staged[i]);
    }
    call->staged_count = 0;
    call->staged_bytes = 0;
    s->was_full |= call->refused;
    call->refused = false;
    if (call->staged_end) {
        call->staged_end = false;
        if (call->end.code == CM_OK && call->row->desc->kind == CM_CLIENT_STREAM && !s->answered)
            call->end = cm_fail(CM_INTERNAL, "%s ended without an answer", call->row->desc->path);
        cm_rpc_stream_wire_end(s, call->end);
        call->end = cm_ok();
    }
}

/* With the lock held. */
static void settle(server_stream *s, cm_status outcome)
{
    bool asks = s->running == DUE_OPEN || s->running == DUE_MESSAGE;

    if (s->running == DUE_MESSAGE) {
        cm_rpc_waiting_give(s->call.server, s->call.waiting);
        s->call.waiting = 0;
    }
    commit(s, outcome);
    s->running = 0;
    if (asks && !s->received_all && !s->ending && !s->broken)
        cm_rpc_stream_wire_receive(s);
    cm_rpc_stream_wire_send(s);
    cm_rpc_stream_wire_room(s);
}

static cm_status run_task(cm_task *task, void *lent)
{
    return run(of_task(task), lent);
}

static void task_done(cm_task *task, cm_status outcome)
{
    server_stream *s = of_task(task);
    cm_server *server = s->call.server;

    if (s->running == DUE_DONE) {
        cm_status_clear(&outcome);
        finish(s);
    } else {
        pthread_mutex_lock(&s->lock);
        settle(s, outcome);
        cm_rpc_server_stream_pump(s, false);
    }
    cm_rpc_server_lane_left(server);
}

static cm_status shutting_down(void)
{
    cm_status end = cm_fail(CM_UNAVAILABLE, "the server is shutting down; ask again");

    cm_status_retry(&end, 1000);
    return end;
}

/* What is to run now, which is thereby running; 0: nothing. With the lock held. */
static unsigned begin(server_stream *s, bool on_queue)
{
    unsigned next = s->running || s->ended ? 0 : choose(s);

    if (!next && !s->running && s->draining && !s->ending) {
        cm_rpc_stream_wire_end(s, shutting_down());
        cm_rpc_stream_wire_send(s);
    }
    if (next && !s->call.method->lane && !on_queue) {
        cm_rpc_stream_wire_hop(s);
        return 0;
    }
    if (next) { /* what runs is also read by the callback's thread, without the lock: nobody writes it meanwhile */
        s->running = next;
        s->due &= ~next;
        s->ended = next == DUE_DONE;
    }
    return next;
}

void cm_rpc_server_stream_pump(server_stream *s, bool on_queue)
{
    unsigned next;

    /* Once the lock is given up and nothing runs here, another thread may end the stream: it is not touched again. */
    while ((next = begin(s, on_queue))) {
        pthread_mutex_unlock(&s->lock);
        cm_call_mark(&s->call.base);
        if (s->call.method->lane) {
            s->call.task = (cm_task){.run = run_task, .done = task_done};
            cm_rpc_server_lane_entered(s->call.server);
            cm_submit(s->call.method->lane, &s->call.task);
            return;
        }
        if (next == DUE_DONE) {
            finish(s);
            return;
        }
        cm_status outcome = run(s, NULL);
        pthread_mutex_lock(&s->lock);
        settle(s, outcome);
    }
    pthread_mutex_unlock(&s->lock);
}

/* ---- birth and drain ---- */

/* Whether the server drains already. */
static bool join_endless(server_stream *s)
{
    cm_server *server = s->call.server;

    pthread_mutex_lock(&server->lock);
    s->next = server->endless;
    s->self = &server->endless;
    if (s->next)
        s->next->self = &s->next;
    server->endless = s;
    bool draining = server->draining;
    pthread_mutex_unlock(&server->lock);
    return draining;
}

void cm_rpc_server_stream_start(cm_server *server, const server_method *method, server_arrival *arrival,
                                cm_status admitted)
{
    server_stream *s = cm_alloc(sizeof *s);

    cm_rpc_server_call_init(&s->call, &stream_carrier, server, method, arrival);
    pthread_mutex_init(&s->lock, NULL);
    s->arena = cm_arena_new();
    cm_status outcome = cm_rpc_server_call_begin(&s->call, admitted);
    if (!cm_is_ok(outcome)) {
        cm_rpc_stream_wire_refuse(s, outcome);
        return;
    }
    s->due = DUE_OPEN;
    bool draining = method->row->endless && join_endless(s);
    pthread_mutex_lock(&s->lock);
    s->draining |= draining;
    cm_rpc_stream_wire_watch(s);
    cm_rpc_server_stream_pump(s, true);
}

void cm_rpc_server_stream_drain(server_stream *s)
{
    pthread_mutex_lock(&s->lock);
    s->draining = true;
    cm_rpc_server_stream_pump(s, false);
}
