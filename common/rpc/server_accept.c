/* How calls come in: for each method and queue a few requests wait in C-core; one that fires is the next call, and is
 * replaced at once. */
#include <grpc/support/alloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "server.h"
#include "server_call.h"
#include "server_stream.h"
#include "server_tls.h"
#include "wire.h"

enum { WAITING = 4 }; /* requests of a method on a queue */

typedef struct accept {
    cm_event event;
    cm_server *server;
    cm_queue *queue;
    const server_method *method; /* NULL: whatever has no method */
    server_arrival arrival;
    gpr_timespec deadline;
    grpc_call_details details; /* where there is no method */
} accept;

static bool is_served(const cm_method_row *row)
{
    if (row->desc->kind == CM_UNARY)
        return row->handler != NULL;
    return row->open || row->message || row->half_close || row->writable || row->done;
}

void server_register(cm_server *server)
{
    size_t most = 0;

    for (size_t i = 0; i < server->service_count; i++)
        most += server->services[i]->desc->count;
    server->methods = cm_alloc(most * sizeof *server->methods);
    for (size_t i = 0; i < server->service_count; i++) {
        cm_service *service = server->services[i];
        for (size_t j = 0; j < service->desc->count; j++) {
            const cm_method_row *row = &service->rows[j];
            if (!is_served(row))
                continue;
            server->methods[server->method_count++] = (server_method){
                .row = row,
                .state = service->state,
                .largest = row->largest ? row->largest : server->largest_request,
                .lane = server->lanes[row->lane],
                .registered = grpc_server_register_method(
                    server->core, row->desc->path, NULL,
                    row->desc->kind == CM_UNARY ? GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER : GRPC_SRM_PAYLOAD_NONE, 0),
            };
        }
    }
}

/* Draws nothing from `a` any more. */
static void retire(accept *a)
{
    cm_server *server = a->server;

    pthread_mutex_lock(&server->lock);
    if (--server->accepts == 0)
        pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
    grpc_metadata_array_destroy(&a->arrival.metadata);
    grpc_call_details_destroy(&a->details);
    free(a);
}

static void ask(accept *a)
{
    cm_server *server = a->server;
    grpc_completion_queue *queue = cm_queue_core(a->queue);
    grpc_call_error refused;

    memset(&a->arrival, 0, sizeof a->arrival);
    a->arrival.queue = a->queue;
    grpc_metadata_array_init(&a->arrival.metadata);
    cm_event_hand_over(&a->event);
    if (a->method)
        refused = grpc_server_request_registered_call(
            server->core, a->method->registered, &a->arrival.call, &a->deadline, &a->arrival.metadata,
            a->method->row->desc->kind == CM_UNARY ? &a->arrival.payload : NULL, queue, queue, &a->event);
    else
        refused = grpc_server_request_call(server->core, &a->arrival.call, &a->details, &a->arrival.metadata, queue,
                                           queue, &a->event);
    if (refused != GRPC_CALL_OK)
        retire(a);
}

/* ---- methods that do not exist ---- */

typedef struct refusal {
    cm_event event;
    cm_server *server;
    grpc_call *call;
    int cancelled;
    grpc_slice text;
} refusal;

static void refused(cm_event *event, bool ok)
{
    refusal *r = (refusal *)event;

    grpc_call_unref(r->call);
    grpc_slice_unref(r->text);
    server_call_ended(r->server, r->cancelled);
    free(r);
}

static void refuse(cm_server *server, server_arrival *arrival, grpc_slice path)
{
    refusal *r = cm_alloc(sizeof *r);
    grpc_op ops[3];
    char *method = grpc_slice_to_c_string(path);
    CM_FREE char *text = cm_format("this server has no method %s; reflection lists those that it has", method);

    gpr_free(method);
    *r = (refusal){
        .event = {refused}, .server = server, .call = arrival->call, .text = grpc_slice_from_copied_string(text)};
    memset(ops, 0, sizeof ops);
    ops[0].op = GRPC_OP_SEND_INITIAL_METADATA;
    ops[1].op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    ops[1].data.send_status_from_server.status = GRPC_STATUS_UNIMPLEMENTED;
    ops[1].data.send_status_from_server.status_details = &r->text;
    ops[2].op = GRPC_OP_RECV_CLOSE_ON_SERVER;
    ops[2].data.recv_close_on_server.cancelled = &r->cancelled;
    grpc_metadata_array_destroy(&arrival->metadata);
    cm_event_start(&r->event, arrival->call, ops, 3);
}

static void arrived(cm_event *event, bool ok)
{
    accept *a = (accept *)event;
    cm_server *server = a->server;

    if (!ok) { /* the server is shutting down */
        retire(a);
        return;
    }
    const server_method *method = a->method;
    server_arrival arrival = a->arrival;
    server_call_began(server);
    if (!method) {
        grpc_slice path = a->details.method;
        a->details.method = grpc_empty_slice();
        grpc_call_details_destroy(&a->details);
        grpc_call_details_init(&a->details);
        ask(a);
        refuse(server, &arrival, path);
        grpc_slice_unref(path);
        return;
    }
    if (server->tls)
        arrival.identity = cm_rpc_server_tls_identity(arrival.call);
    arrival.deadline_us = cm_wire_deadline_us(a->deadline);
    ask(a);
    if (method->row->desc->kind == CM_UNARY)
        server_call_start(server, method, &arrival);
    else
        server_stream_start(server, method, &arrival);
}

static void add_accept(cm_server *server, cm_queue *queue, const server_method *method)
{
    accept *a = cm_alloc(sizeof *a);

    *a = (accept){.event = {arrived}, .server = server, .queue = queue, .method = method};
    grpc_call_details_init(&a->details);
    pthread_mutex_lock(&server->lock);
    server->accepts++;
    pthread_mutex_unlock(&server->lock);
    ask(a);
}

void server_accept(cm_server *server)
{
    for (int q = 0; q < server->queue_count; q++)
        for (int i = 0; i < WAITING; i++) {
            add_accept(server, server->queues[q], NULL);
            for (size_t m = 0; m < server->method_count; m++)
                add_accept(server, server->queues[q], &server->methods[m]);
        }
}
