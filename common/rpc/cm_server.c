#include "rpc/cm_server.h"

#include <grpc/grpc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "core.h"
#include "server.h"
#include "server_channelz.h"
#include "server_connections.h"
#include "server_floods.h"
#include "server_health.h"
#include "server_limits.h"
#include "server_reflection.h"
#include "server_roles.h"
#include "server_tls.h"
#include "server_tokens.h"

enum {
    QUEUES = 1,
    QUEUES_MAX = 256,
    LARGEST_REQUEST = 4 << 20,
    STREAM_WINDOW = 256 << 10,
    MOST_CALLS = 10000,
    MOST_WAITING = 256 << 20,
    MOST_MEMORY = 512 << 20
};

static cm_status copy_addresses(cm_server *server, const char *const *listen)
{
    if (!listen || !listen[0])
        return cm_fail(CM_INVALID_ARGUMENT, "listen: there is no address; give one, as in 127.0.0.1:7001");
    while (listen[server->listen_count])
        server->listen_count++;
    server->listen = cm_alloc(server->listen_count * sizeof *server->listen);
    server->ports = cm_alloc(server->listen_count * sizeof *server->ports);
    for (size_t i = 0; i < server->listen_count; i++) {
        server->listen[i] = cm_strdup(listen[i]);
        CM_TRY(cm_rpc_server_check_address(server, listen[i]));
    }
    return cm_ok();
}

static bool is_local(const cm_server *server)
{
    for (size_t i = 0; i < server->listen_count; i++)
        if (!cm_rpc_server_is_local(server->listen[i]))
            return false;
    return true;
}

/* To everybody, where no file says who may do what. */
static bool is_open(const cm_server *server, const cm_server_options *options)
{
    bool asks = options->tokens || (options->tls && options->tls->is_client_optional);

    return (options->insecure || is_local(server)) && !asks;
}

cm_status cm_server_new(const cm_server_options *options, cm_server **made)
{
    cm_server *server = cm_alloc(sizeof *server);

    *made = NULL;
    cm_rpc_core_begin();
    pthread_mutex_init(&server->lock, NULL);
    cm_condition_init(&server->changed);
    server->insecure = options->insecure;
    memcpy(server->lanes, options->lanes, sizeof server->lanes);
    server->lanes[CM_INLINE] = NULL;
    server->queue_count = options->queues ? options->queues : QUEUES;
    server->largest_request = options->largest_request ? options->largest_request : LARGEST_REQUEST;
    server->most_calls = options->most_calls ? options->most_calls : MOST_CALLS;
    server->most_memory = options->most_memory ? options->most_memory : MOST_MEMORY;
    server->most_waiting = options->most_waiting ? options->most_waiting : MOST_WAITING;
    server->stream_window = options->stream_window ? options->stream_window : STREAM_WINDOW;
    cm_status outcome = options->tls ? cm_rpc_server_tls_new(options->tls, &server->tls) : cm_ok();
    if (cm_is_ok(outcome))
        outcome = copy_addresses(server, options->listen);
    if (cm_is_ok(outcome) && options->tokens)
        outcome = cm_rpc_tokens_new(options->tokens, &server->tokens);
    if (cm_is_ok(outcome))
        outcome = cm_rpc_roles_new(options->roles, is_open(server, options), &server->roles);
    if (cm_is_ok(outcome) && (server->queue_count < 1 || server->queue_count > QUEUES_MAX))
        outcome = cm_fail(CM_INVALID_ARGUMENT, "queues: %d is no number of threads; give 1 to %d", server->queue_count,
                          QUEUES_MAX);
    if (cm_is_ok(outcome) && server->largest_request > INT32_MAX)
        outcome = cm_fail(CM_INVALID_ARGUMENT, "largest_request: %zu is too large; give at most %d",
                          server->largest_request, INT32_MAX);
    if (cm_is_ok(outcome))
        outcome = cm_rpc_intercept_server(&server->interceptors, options->interceptors, options->interceptor_count);
    server->compression = options->compression;
    if (cm_is_ok(outcome))
        outcome = cm_rpc_connections_new(options->most_connections, &server->connections);
    server->limits = options->limits;
    if (cm_is_ok(outcome))
        outcome = cm_rpc_limits_init(&server->limits);
    if (!cm_is_ok(outcome)) {
        cm_server_free(server);
        return outcome;
    }
    server->floods = cm_rpc_floods_new();
    server->health = cm_health_new();
    server->reflection = cm_reflection_new();
    *made = server;
    return cm_ok();
}

static cm_status check_rows(const cm_server *server, const cm_service *service)
{
    static const char *const lanes[CM_LANES] = {"inline", "reader", "writer", "background"};

    for (size_t i = 0; i < service->desc->count; i++) {
        const cm_method_row *row = &service->rows[i];
        if (row->lane != CM_INLINE && !server->lanes[row->lane])
            return cm_fail(CM_INVALID_ARGUMENT, "%s runs on the %s lane, which this server was not given",
                           row->desc->path, lanes[row->lane]);
        if (row->prepare && !server->lanes[CM_BACKGROUND])
            return cm_fail(CM_INVALID_ARGUMENT, "%s prepares on the background lane, which this server was not given",
                           row->desc->path);
        if (row->largest > INT32_MAX)
            return cm_fail(CM_INVALID_ARGUMENT, "%s: largest is %zu; give at most %d", row->desc->path, row->largest,
                           INT32_MAX);
    }
    for (size_t i = 0; i < server->service_count; i++)
        if (strcmp(server->services[i]->desc->name, service->desc->name) == 0)
            return cm_fail(CM_INVALID_ARGUMENT, "service %s was added twice", service->desc->name);
    return cm_ok();
}

cm_status cm_server_add(cm_server *server, const cm_service *service)
{
    if (server->core)
        return cm_fail(CM_FAILED_PRECONDITION, "service %s comes too late; add it before start", service->desc->name);
    CM_TRY(check_rows(server, service));
    CM_GROW(server->services, server->service_capacity, server->service_count + 1);
    cm_service *copy = cm_alloc(sizeof *copy);
    *copy = *service;
    server->services[server->service_count++] = copy;
    cm_health_add(server->health, service->desc->name);
    cm_reflection_add(server->reflection, service->desc);
    return cm_ok();
}

static grpc_server *create_core(const cm_server *server)
{
    size_t largest = server->largest_request;

    for (size_t i = 0; i < server->service_count; i++)
        for (size_t j = 0; j < server->services[i]->desc->count; j++)
            if (server->services[i]->rows[j].largest > largest)
                largest = server->services[i]->rows[j].largest;
    return cm_rpc_limits_server(&server->limits, largest, server->most_memory, server->connections);
}

static cm_status add_standard_services(cm_server *server)
{
    const cm_service *services[4];
    cm_service health = cm_health_service(server->health);
    cm_service v1 = cm_reflection_service(server->reflection);
    cm_service v1alpha = cm_reflection_service_v1alpha(server->reflection);
    cm_service channelz = cm_channelz_service();

    services[0] = &health;
    services[1] = &v1;
    services[2] = &v1alpha;
    services[3] = &channelz;
    for (size_t i = 0; i < 4; i++)
        CM_TRY(cm_server_add(server, services[i]));
    return cm_ok();
}

cm_status cm_server_start(cm_server *server)
{
    if (server->core)
        return cm_fail(CM_FAILED_PRECONDITION, "the server was started already");
    CM_TRY(add_standard_services(server));
    cm_reflection_ready(server->reflection);
    server->core = create_core(server);
    server->queues = cm_alloc((size_t)server->queue_count * sizeof *server->queues);
    for (int i = 0; i < server->queue_count; i++) {
        char name[16];
        snprintf(name, sizeof name, "rpc-%d", i);
        server->queues[i] = cm_queue_new(name);
        grpc_server_register_completion_queue(server->core, cm_queue_core(server->queues[i]), NULL);
    }
    cm_rpc_server_register(server);
    for (size_t i = 0; i < server->listen_count; i++)
        CM_TRY(cm_rpc_server_listen(server, server->listen[i], &server->ports[i]));
    grpc_server_start(server->core);
    server->started = true;
    server->watch = cm_rpc_watch_new(server->queues, server->queue_count, server->connections);
    cm_rpc_server_accept(server);
    return cm_ok();
}

int cm_server_port(const cm_server *server, int listener)
{
    return listener >= 0 && (size_t)listener < server->listen_count ? server->ports[listener] : 0;
}

size_t cm_server_waiting(const cm_server *server)
{
    return atomic_load(&server->waiting);
}

size_t cm_server_connections(cm_server *server)
{
    return cm_rpc_connections_open(server->connections);
}

size_t cm_server_connections_refused(cm_server *server)
{
    return cm_rpc_connections_refused(server->connections);
}

void cm_server_set_serving(cm_server *server, const char *service, bool serving)
{
    cm_health_set(server->health, service, serving);
}

bool cm_server_serving(cm_server *server, const char *service)
{
    return cm_health_get(server->health, service);
}

/* Lock-free but for the last one: a drain that waits for it ends the server only after the lock is given up. */
static void count_down(cm_server *server, atomic_size_t *count)
{
    size_t now = atomic_load(count);

    while (now > 1)
        if (atomic_compare_exchange_weak(count, &now, now - 1))
            return;
    pthread_mutex_lock(&server->lock);
    atomic_fetch_sub(count, 1);
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

void cm_rpc_server_call_began(cm_server *server)
{
    atomic_fetch_add_explicit(&server->running, 1, memory_order_relaxed);
}

void cm_rpc_server_call_ended(cm_server *server, bool cancelled)
{
    atomic_fetch_add_explicit(cancelled ? &server->cancelled : &server->served, 1, memory_order_relaxed);
    count_down(server, &server->running);
}

void cm_rpc_server_lane_entered(cm_server *server)
{
    atomic_fetch_add_explicit(&server->lanes_in, 1, memory_order_relaxed);
}

void cm_rpc_server_lane_left(cm_server *server)
{
    count_down(server, &server->lanes_in);
}

void cm_server_free(cm_server *server)
{
    if (!server)
        return;
    if (server->core) {
        cm_server_drain(server, 0, 0);
        cm_rpc_server_wait(server, -1);
        cm_rpc_watch_free(server->watch);
        grpc_server_destroy(server->core);
        for (int i = 0; i < server->queue_count; i++)
            cm_queue_free(server->queues[i]);
    }
    for (size_t i = 0; i < server->service_count; i++)
        free(server->services[i]);
    for (size_t i = 0; server->listen && i < server->listen_count; i++)
        free(server->listen[i]);
    cm_rpc_server_tls_free(server->tls);
    cm_rpc_roles_free(server->roles);
    cm_rpc_floods_free(server->floods);
    cm_rpc_intercept_clear(&server->interceptors);
    cm_rpc_tokens_free(server->tokens);
    cm_rpc_connections_free(server->connections);
    cm_health_free(server->health);
    cm_reflection_free(server->reflection);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->lock);
    free(server->services);
    free(server->methods);
    free(server->queues);
    free(server->listen);
    free(server->ports);
    free(server);
    cm_rpc_core_end();
}
