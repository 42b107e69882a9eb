/* The sending and receiving of a server's stream. One message is on its way in each direction; what else the handler
 * sends waits in a queue whose bytes are bounded by the handler's heeding cm_call_send. */
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "server_floods.h"
#include "server_stream.h"
#include "server_waiting.h"
#include "wire.h"

static void start(server_stream *s, const grpc_op *ops, size_t count, cm_event *event)
{
    s->batches++;
    cm_event_start(event, s->call.arrival.call, ops, count);
}

static void on_closed(cm_event *event, bool ok)
{
    server_stream *s = (server_stream *)((char *)event - offsetof(server_call, closed));

    pthread_mutex_lock(&s->lock);
    s->batches--;
    if (s->call.was_cancelled) {
        s->broken = true;
        if (!s->shed)
            s->end_code = cm_rpc_server_call_gone(&s->call);
        if (s->end_code == CM_CANCELLED)
            cm_rpc_floods_count(s->call.server->floods, s->call.arrival.call, s->message || s->answered);
        atomic_store_explicit(&s->call.base.cancelled, true, memory_order_release);
        cm_rpc_stream_wire_drop(s);
    }
    s->due |= DUE_DONE;
    cm_rpc_server_stream_pump(s, true);
}

static void on_refused(cm_event *event, bool ok)
{
    server_stream *s = (server_stream *)((char *)event - offsetof(server_call, closed));

    if (s->call.was_cancelled)
        cm_rpc_floods_count(s->call.server->floods, s->call.arrival.call, false);
    cm_rpc_server_call_release(&s->call);
    cm_call_unref(&s->call.base);
}

void cm_rpc_stream_wire_refuse(server_stream *s, cm_status why)
{
    grpc_op ops[3];

    memset(ops, 0, sizeof ops);
    cm_rpc_server_call_initial_op(&s->call, &ops[0]);
    cm_rpc_server_call_end_op(&s->call, why, &ops[1]);
    ops[2].op = GRPC_OP_RECV_CLOSE_ON_SERVER;
    ops[2].data.recv_close_on_server.cancelled = &s->call.was_cancelled;
    s->call.closed = (cm_event){on_refused};
    start(s, ops, 3, &s->call.closed);
    cm_status_clear(&why);
}

void cm_rpc_stream_wire_watch(server_stream *s)
{
    grpc_op op;

    memset(&op, 0, sizeof op);
    s->call.closed = (cm_event){on_closed};
    op.op = GRPC_OP_RECV_CLOSE_ON_SERVER;
    op.data.recv_close_on_server.cancelled = &s->call.was_cancelled;
    start(s, &op, 1, &s->call.closed);
}

/* A server stream begins with one message; a caller that ended its side without one made a mistake. */
static bool wants_message(server_stream *s)
{
    return s->call.base.row->desc->kind == CM_SERVER_STREAM &&
           !grpc_call_failed_before_recv_message(s->call.arrival.call);
}

static size_t cost(grpc_slice message)
{
    return GRPC_SLICE_LENGTH(message) + CALL_MESSAGE_COST;
}

/* All but what is on its way. */
static void drop_queue(server_stream *s)
{
    size_t dropped = 0;

    for (size_t i = 0; i < s->queue_count; i++) {
        dropped += cost(s->queue[s->queue_head + i]);
        grpc_slice_unref(s->queue[s->queue_head + i]);
    }
    s->queue_head = s->queue_count = 0;
    atomic_fetch_sub(&s->queued_bytes, dropped);
    cm_rpc_waiting_give(s->call.server, dropped);
}

/* For want of room. A message that is on its way may wait for a reader who does not read, and the end behind it: the
 * stream is then cut off, which tells the code, but not when to try again. */
static void shed(server_stream *s)
{
    cm_status full = cm_rpc_waiting_full(s->call.server, s->call.base.row->desc->path);

    drop_queue(s);
    if (s->sending && !s->ending) {
        s->shed = true;
        grpc_call_cancel_with_status(s->call.arrival.call, (grpc_status_code)full.code, cm_status_message(full), NULL);
    }
    cm_rpc_stream_wire_end(s, full);
}

/* Unpacks the message that came; no callback runs on the one before, or this one would not have been asked for. */
static cm_status take_message(server_stream *s)
{
    cm_arena_reset(s->arena);
    if (s->incoming)
        cm_rpc_intercept_received(&s->call.intercepted, grpc_byte_buffer_length(s->incoming));
    return cm_wire_unpack(s->incoming, s->call.base.row->desc->request, s->call.method->largest, s->arena, &s->message);
}

static void on_received(cm_event *event, bool ok)
{
    server_stream *s = (server_stream *)((char *)event - offsetof(server_stream, received));
    size_t size = s->incoming ? grpc_byte_buffer_length(s->incoming) + CALL_MESSAGE_COST : 0;
    bool fits = cm_rpc_waiting_take(s->call.server, size);
    cm_status outcome = cm_ok();

    if (fits && (s->incoming || wants_message(s)))
        outcome = take_message(s);
    pthread_mutex_lock(&s->lock);
    s->batches--;
    s->call.waiting = fits ? size : 0;
    if (!fits) {
        shed(s);
        cm_rpc_stream_wire_send(s);
    } else if (!cm_is_ok(outcome)) {
        cm_rpc_stream_wire_end(s, outcome);
        cm_rpc_stream_wire_send(s);
    } else if (s->incoming) {
        s->due |= DUE_MESSAGE;
        s->received_all = s->call.base.row->desc->kind == CM_SERVER_STREAM;
    } else {
        s->received_all = true;
        /* A caller that went away is no half-close: a handler would take what it has for everything. */
        if (!grpc_call_failed_before_recv_message(s->call.arrival.call))
            s->due |= DUE_HALF_CLOSE;
    }
    grpc_byte_buffer_destroy(s->incoming);
    s->incoming = NULL;
    cm_rpc_server_stream_pump(s, true);
}

void cm_rpc_stream_wire_receive(server_stream *s)
{
    grpc_op op;

    memset(&op, 0, sizeof op);
    s->received = (cm_event){on_received};
    op.op = GRPC_OP_RECV_MESSAGE;
    op.data.recv_message.recv_message = &s->incoming;
    start(s, &op, 1, &s->received);
}

void cm_rpc_stream_wire_push(server_stream *s, grpc_slice message)
{
    if (!cm_rpc_waiting_take(s->call.server, cost(message))) {
        grpc_slice_unref(message);
        shed(s);
        return;
    }
    if (s->queue_head > 0 && s->queue_head + s->queue_count == s->queue_capacity) {
        memmove(s->queue, s->queue + s->queue_head, s->queue_count * sizeof *s->queue);
        s->queue_head = 0;
    }
    CM_GROW(s->queue, s->queue_capacity, s->queue_head + s->queue_count + 1);
    s->queue[s->queue_head + s->queue_count++] = message;
    s->answered = true;
    atomic_fetch_add(&s->queued_bytes, cost(message));
}

void cm_rpc_stream_wire_drop(server_stream *s)
{
    drop_queue(s);
    cm_rpc_waiting_give(s->call.server, s->sending_bytes);
    s->sending_bytes = 0;
    atomic_store(&s->queued_bytes, 0);
}

void cm_rpc_stream_wire_end(server_stream *s, cm_status end)
{
    if (s->ending) {
        cm_status_clear(&end);
        return;
    }
    s->ending = true;
    s->end = end;
    if (!s->broken)
        s->end_code = end.code;
}

void cm_rpc_stream_wire_room(server_stream *s)
{
    if (!s->was_full || atomic_load(&s->queued_bytes) > s->call.server->stream_window / 2)
        return;
    s->was_full = false;
    s->due |= DUE_WRITABLE;
}

static void on_sent(cm_event *event, bool ok)
{
    server_stream *s = (server_stream *)((char *)event - offsetof(server_stream, sent));

    pthread_mutex_lock(&s->lock);
    s->batches--;
    s->sending = false;
    atomic_fetch_sub(&s->queued_bytes, s->sending_bytes);
    cm_rpc_waiting_give(s->call.server, s->sending_bytes);
    s->sending_bytes = 0;
    if (!ok) {
        s->broken = true;
        cm_rpc_stream_wire_drop(s);
    }
    cm_rpc_stream_wire_send(s);
    cm_rpc_stream_wire_room(s);
    cm_rpc_server_stream_pump(s, true);
}

static grpc_slice take_first(server_stream *s)
{
    grpc_slice first = s->queue[s->queue_head];

    s->queue_head = --s->queue_count == 0 ? 0 : s->queue_head + 1;
    s->sending_bytes = cost(first);
    return first;
}

/* With the lock held. */
static void send_now(server_stream *s)
{
    grpc_op ops[3];
    size_t count = 0;
    grpc_byte_buffer *buffer = NULL;
    /* A callback that runs may still add metadata, which goes with the end. */
    bool ends = s->ending && !s->end_sent && s->queue_count <= 1 && !s->running && !(s->due & DUE_OPEN);

    if (s->sending || s->broken || s->ended || (s->queue_count == 0 && !ends))
        return;
    memset(ops, 0, sizeof ops);
    /* A message with another behind it may wait for that one, so that both leave in one write; but not with initial
     * metadata, whose batch is only complete when it has left. */
    uint32_t flags = s->call.base.initial_left && s->queue_count > 1 ? GRPC_WRITE_BUFFER_HINT : 0;
    if (!s->call.base.initial_left)
        cm_rpc_server_call_initial_op(&s->call, &ops[count++]);
    if (s->queue_count > 0) {
        grpc_slice message = take_first(s);
        cm_rpc_intercept_sent(&s->call.intercepted, GRPC_SLICE_LENGTH(message));
        buffer = cm_wire_buffer(message);
        ops[count].op = GRPC_OP_SEND_MESSAGE;
        ops[count].flags = flags;
        ops[count++].data.send_message.send_message = buffer;
    }
    if (ends) {
        cm_rpc_server_call_end_op(&s->call, s->end, &ops[count++]);
        s->end_sent = true;
    }
    s->sending = true;
    s->sent = (cm_event){on_sent};
    start(s, ops, count, &s->sent);
    grpc_byte_buffer_destroy(buffer);
}

static void on_later(cm_later *later)
{
    server_stream *s = (server_stream *)((char *)later - offsetof(server_stream, later));

    pthread_mutex_lock(&s->lock);
    s->batches--;
    s->delayed = false;
    send_now(s);
    cm_rpc_server_stream_pump(s, true);
}

void cm_rpc_stream_wire_send(server_stream *s)
{
    if (s->delayed && s->queue_count == 1 && !s->ending)
        return;
    if (!s->sending && !s->delayed && !s->broken && !s->ended && s->queue_count == 1 && !s->ending &&
        s->call.base.initial_left) {
        s->later.run = on_later;
        s->delayed = cm_queue_later(&s->later);
        if (s->delayed) {
            s->batches++;
            return;
        }
    }
    send_now(s);
}

static void on_hop(cm_event *event, bool ok)
{
    server_stream *s = (server_stream *)((char *)event - offsetof(server_stream, hop));

    pthread_mutex_lock(&s->lock);
    s->batches--;
    s->hopping = false;
    cm_rpc_server_stream_pump(s, true);
}

void cm_rpc_stream_wire_hop(server_stream *s)
{
    if (s->hopping)
        return;
    s->hopping = true;
    s->hop = (cm_event){on_hop};
    start(s, NULL, 0, &s->hop);
}
