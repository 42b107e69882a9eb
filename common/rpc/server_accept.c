/* How calls come in: for each method and queue a few requests wait in C-core; one that fires is the next call, and is
 * replaced at once. */
#include <grpc/support/alloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "server.h"
#include "server_floods.h"
#include "server_refuse.h"
#include "server_roles.h"
#include "server_stream.h"
#include "server_tls.h"
#include "server_tokens.h"
#include "wire.h"

enum {
    WAITING = 4,    /* requests of a method on a queue */
    RETRY_MS = 1000 /* after which a caller may find room */
};

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

void cm_rpc_server_register(cm_server *server)
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
                .is_unlimited =
                    row->desc->kind == CM_UNARY && strcmp(service->desc->name, "grpc.health.v1.Health") == 0,
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

static cm_status no_method(grpc_slice path)
{
    char *method = grpc_slice_to_c_string(path);
    cm_status why =
        cm_fail(CM_UNIMPLEMENTED, "this server has no method %s; reflection lists those that it has", method);

    gpr_free(method);
    return why;
}

/* Who calls: by its token, else by its certificate. */
static cm_status identify(cm_server *server, const server_method *method, server_arrival *arrival,
                          cm_rpc_bearer **bearer)
{
    const grpc_slice *token =
        server->tokens && !method->is_unlimited ? cm_metadata_find(&arrival->metadata, "authorization") : NULL;

    if (token) {
        CM_TRY(cm_rpc_tokens_check(server->tokens, (const char *)GRPC_SLICE_START_PTR(*token),
                                   GRPC_SLICE_LENGTH(*token), cm_clock_wall_us(), bearer));
        arrival->identity = cm_strdup((*bearer)->jwt.subject);
    } else if (server->tls) {
        arrival->identity = cm_rpc_server_tls_identity(arrival->call);
    }
    return cm_ok();
}

static cm_status authorize(cm_server *server, const server_method *method, server_arrival *arrival)
{
    cm_rpc_bearer *bearer = NULL;

    CM_TRY(identify(server, method, arrival, &bearer));
    cm_status outcome =
        cm_rpc_roles_check(server->roles, arrival->identity, bearer ? &bearer->jwt.scopes : NULL, method->row);
    cm_rpc_bearer_release(bearer);
    return outcome;
}

/* C-core counts the headers of each frame by itself: a list that is spread over frames may come in whatever its size.
 */
static cm_status check_metadata(const cm_server *server, const server_method *method, const server_arrival *arrival)
{
    size_t size = cm_metadata_size(&arrival->metadata);

    if (size <= (size_t)server->limits.largest_metadata)
        return cm_ok();
    return cm_fail(CM_RESOURCE_EXHAUSTED, "%s: metadata of %zu bytes is too large; at most %d are taken",
                   method->row->desc->path, size, server->limits.largest_metadata);
}

/* Whether the call may come in; it then takes one of the places that cm_rpc_server_call_release gives back. Once half
 * are taken, each connection has its share of the others: C-core holds only those to most_streams that want to be. */
static cm_status admit(cm_server *server, const server_method *method, server_arrival *arrival)
{
    CM_TRY(check_metadata(server, method, arrival));
    CM_TRY(authorize(server, method, arrival));
    if (method->is_unlimited)
        return cm_ok();
    size_t place = atomic_fetch_add(&server->admitted, 1);
    if (place < server->most_calls / 2)
        return cm_ok();
    if (place < server->most_calls &&
        (arrival->share = cm_rpc_floods_enter(server->floods, arrival->call, (unsigned)server->limits.most_streams)))
        return cm_ok();
    atomic_fetch_sub(&server->admitted, 1);
    if (place < server->most_calls) {
        cm_rpc_floods_count(server->floods, arrival->call, false);
        return cm_fail(CM_RESOURCE_EXHAUSTED, "%s: this connection runs %d calls already, and may run no more",
                       method->row->desc->path, server->limits.most_streams);
    }
    cm_status full = cm_fail(CM_RESOURCE_EXHAUSTED,
                             "%s: this server runs %zu calls already, and takes no more; ask "
                             "again later",
                             method->row->desc->path, server->most_calls);
    cm_status_retry(&full, RETRY_MS);
    return full;
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
    cm_rpc_server_call_began(server);
    cm_rpc_memory_look(&server->memory);
    if (!method) {
        grpc_slice path = a->details.method;
        a->details.method = grpc_empty_slice();
        grpc_call_details_destroy(&a->details);
        grpc_call_details_init(&a->details);
        ask(a);
        cm_rpc_server_refuse(server, &arrival, no_method(path));
        grpc_slice_unref(path);
        return;
    }
    arrival.deadline_us = cm_wire_deadline_us(a->deadline);
    ask(a);
    cm_status admitted = admit(server, method, &arrival);
    if (method->row->desc->kind == CM_UNARY)
        cm_rpc_server_call_start(server, method, &arrival, admitted);
    else
        cm_rpc_server_stream_start(server, method, &arrival, admitted);
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

void cm_rpc_server_accept(cm_server *server)
{
    for (int q = 0; q < server->queue_count; q++)
        for (int i = 0; i < WAITING; i++) {
            add_accept(server, server->queues[q], NULL);
            for (size_t m = 0; m < server->method_count; m++)
                add_accept(server, server->queues[q], &server->methods[m]);
        }
}
