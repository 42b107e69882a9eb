/* One unary call: prepared where its row says so, handled on its lane, answered in one batch. */
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "server_call.h"
#include "server_floods.h"
#include "server_waiting.h"
#include "wire.h"

typedef struct unary {
    server_call call; /* first */
    ProtobufCMessage *request;
    grpc_slice answer;
    bool answered;
    cm_event sent;
    atomic_int batches; /* that have not fired */
    cm_spare spare;
} unary;

static bool unary_has_room(const cm_call *call, size_t staged_bytes)
{
    return false;
}

static void unary_wake(cm_call *call)
{
}

static unary *of_spare(cm_spare *spare)
{
    return (unary *)((char *)spare - offsetof(unary, spare));
}

static void end_spare(cm_spare *spare)
{
    unary *u = of_spare(spare);

    cm_call_clear(&u->call.base);
    free(u);
}

static void unary_destroy(cm_call *base)
{
    unary *u = (unary *)base;

    u->spare.end = end_spare;
    cm_call_recycle(base);
    if (!cm_queue_put_spare(&u->spare))
        end_spare(&u->spare);
}

static unary *unary_new(void)
{
    cm_spare *spare = cm_queue_take_spare();

    if (!spare)
        return cm_alloc(sizeof(unary));
    unary *u = of_spare(spare);
    cm_arena *lasting = u->call.base.lasting, *brief = u->call.base.brief;
    memset(u, 0, sizeof *u);
    u->call.base.lasting = lasting;
    u->call.base.brief = brief;
    return u;
}

static const cm_call_carrier unary_carrier = {
    .metadata = cm_rpc_server_call_metadata,
    .peer = cm_rpc_server_call_peer,
    .has_room = unary_has_room,
    .wake = unary_wake,
    .core = cm_rpc_server_call_core,
    .destroy = unary_destroy,
};

static unary *of_task(cm_task *task)
{
    return (unary *)((char *)task - offsetof(server_call, task));
}

static void batch_fired(unary *u)
{
    if (atomic_fetch_sub(&u->batches, 1) > 1)
        return;
    cm_rpc_server_call_release(&u->call);
    cm_call_unref(&u->call.base);
}

static void on_closed(cm_event *event, bool ok)
{
    unary *u = (unary *)((char *)event - offsetof(server_call, closed));

    if (u->call.was_cancelled && u->request && cm_rpc_server_call_gone(&u->call) == CM_CANCELLED)
        cm_rpc_floods_count(u->call.server->floods, u->call.arrival.call, true);
    if (u->call.was_cancelled)
        atomic_store_explicit(&u->call.base.cancelled, true, memory_order_release);
    batch_fired(u);
}

static void on_sent(cm_event *event, bool ok)
{
    batch_fired((unary *)((char *)event - offsetof(unary, sent)));
}

static void watch_for_close(unary *u, grpc_op *op)
{
    u->call.closed = (cm_event){on_closed};
    op->op = GRPC_OP_RECV_CLOSE_ON_SERVER;
    op->data.recv_close_on_server.cancelled = &u->call.was_cancelled;
}

/* Sends the answer, or the failure, which is owned. */
static void answer(unary *u, cm_status outcome, bool is_watched)
{
    grpc_op ops[4];
    size_t count = 0;
    grpc_byte_buffer *buffer = NULL;

    memset(ops, 0, sizeof ops);
    cm_rpc_server_call_initial_op(&u->call, &ops[count++]);
    if (cm_is_ok(outcome)) {
        cm_rpc_intercept_sent(&u->call.intercepted, GRPC_SLICE_LENGTH(u->answer));
        u->call.waiting += GRPC_SLICE_LENGTH(u->answer);
        cm_rpc_waiting_add(u->call.server, GRPC_SLICE_LENGTH(u->answer));
        buffer = cm_wire_buffer(u->answer);
        u->answered = false;
        ops[count].op = GRPC_OP_SEND_MESSAGE;
        ops[count++].data.send_message.send_message = buffer;
    } else if (u->answered) {
        grpc_slice_unref(u->answer);
    }
    cm_rpc_server_call_end_op(&u->call, outcome, &ops[count++]);
    if (is_watched) {
        u->sent = (cm_event){on_sent};
        cm_event_start(&u->sent, u->call.arrival.call, ops, count);
    } else { /* one batch is all of it */
        watch_for_close(u, &ops[count++]);
        cm_event_start(&u->call.closed, u->call.arrival.call, ops, count);
    }
    grpc_byte_buffer_destroy(buffer);
    cm_status_clear(&outcome);
}

static cm_status invoke(unary *u, ProtobufCMessage *response)
{
    const cm_method_row *row = u->call.base.row;

    CM_TRY(cm_rpc_intercept_asked(&u->call.intercepted, &u->call.base, u->request));
    CM_TRY(row->invoke(row->handler, &u->call.base, u->request, response));
    return cm_rpc_intercept_answered(&u->call.intercepted, &u->call.base, u->request, response);
}

static cm_status handle(unary *u, void *lent)
{
    cm_call *call = &u->call.base;

    cm_call_rewind(call);
    if (u->answered)
        grpc_slice_unref(u->answer);
    u->answered = false;
    if (cm_call_cancelled(call))
        return cm_fail(cm_rpc_server_call_gone(&u->call), "the caller has gone");
    call->lent = lent;
    ProtobufCMessage *response = cm_message_new(call->brief, call->row->desc->response);
    cm_call_log_begin(call);
    cm_status outcome = invoke(u, response);
    cm_call_log_end(call);
    CM_TRY(outcome);
    u->answer = cm_wire_pack(response);
    u->answered = true;
    return cm_ok();
}

static cm_status run_handler(cm_task *task, void *lent)
{
    return handle(of_task(task), lent);
}

static void handler_done(cm_task *task, cm_status outcome)
{
    unary *u = of_task(task);
    cm_server *server = u->call.server;

    answer(u, outcome, true);
    cm_rpc_server_lane_left(server);
}

static void dispatch(unary *u)
{
    const cm_method_row *row = u->call.base.row;

    u->call.base.arena = u->call.base.brief;
    u->call.task = (cm_task){.run = run_handler, .done = handler_done};
    if (row->touches)
        u->call.task.touched = row->touches(u->request, u->call.base.lasting);
    cm_call_mark(&u->call.base);
    cm_rpc_server_lane_entered(u->call.server);
    cm_submit(u->call.method->lane, &u->call.task);
}

static cm_status run_prepare(cm_task *task, void *lent)
{
    unary *u = of_task(task);
    cm_call *call = &u->call.base;

    cm_call_rewind(call);
    if (cm_call_cancelled(call))
        return cm_fail(cm_rpc_server_call_gone(&u->call), "the caller has gone");
    call->lent = lent;
    cm_call_log_begin(call);
    cm_status outcome = call->row->invoke_request(call->row->prepare, call, u->request);
    cm_call_log_end(call);
    return outcome;
}

static void prepare_done(cm_task *task, cm_status outcome)
{
    unary *u = of_task(task);
    cm_server *server = u->call.server;

    if (!cm_is_ok(outcome)) {
        answer(u, outcome, true);
    } else if (u->call.method->lane) {
        dispatch(u);
    } else {
        u->call.base.arena = u->call.base.brief;
        cm_call_mark(&u->call.base);
        answer(u, handle(u, NULL), true);
    }
    cm_rpc_server_lane_left(server);
}

static void prepare(unary *u)
{
    u->call.base.arena = u->call.base.lasting;
    cm_call_mark(&u->call.base);
    u->call.task = (cm_task){.run = run_prepare, .done = prepare_done};
    cm_rpc_server_lane_entered(u->call.server);
    cm_submit(u->call.server->lanes[CM_BACKGROUND], &u->call.task);
}

static cm_status receive(unary *u, grpc_byte_buffer *payload)
{
    const server_method *method = u->call.method;

    size_t size = payload ? grpc_byte_buffer_length(payload) : 0;

    if (payload)
        cm_rpc_intercept_received(&u->call.intercepted, size);
    if (method->is_unlimited)
        cm_rpc_waiting_add(u->call.server, size);
    else if (!cm_rpc_waiting_take(u->call.server, size))
        return cm_rpc_waiting_full(u->call.server, method->row->desc->path);
    u->call.waiting = size;
    return cm_wire_unpack(payload, method->row->desc->request, method->largest, u->call.base.lasting, &u->request);
}

void cm_rpc_server_call_start(cm_server *server, const server_method *method, server_arrival *arrival,
                              cm_status admitted)
{
    unary *u = unary_new();
    grpc_op watch;

    if (!arrival->payload)
        cm_rpc_floods_count(server->floods, arrival->call, false);
    cm_rpc_server_call_init(&u->call, &unary_carrier, server, method, arrival);
    cm_status outcome = cm_rpc_server_call_begin(&u->call, admitted);
    if (cm_is_ok(outcome))
        outcome = receive(u, arrival->payload);
    grpc_byte_buffer_destroy(arrival->payload);
    u->call.arrival.payload = NULL;
    if (!cm_is_ok(outcome) || (!method->lane && !method->row->prepare)) {
        u->batches = 1;
        cm_call_mark(&u->call.base);
        answer(u, cm_is_ok(outcome) ? handle(u, NULL) : outcome, false);
        return;
    }
    u->batches = 2;
    memset(&watch, 0, sizeof watch);
    watch_for_close(u, &watch);
    cm_event_start(&u->call.closed, u->call.arrival.call, &watch, 1);
    if (method->row->prepare)
        prepare(u);
    else
        dispatch(u);
}
