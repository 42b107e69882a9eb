#include "server_health.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "grpc/health/v1/health.grpc-c.h"

typedef GrpcHealthHealthCheckResponse Response;
typedef GrpcHealthHealthCheckResponseServingStatus Serving;

typedef struct entry {
    char *service; /* "" is the whole server */
    Serving serving;
} entry;

/* A call of Watch, from its message to its end. */
typedef struct watcher {
    cm_call *call;
    char *service;
    Serving told;
    struct watcher *next, **self;
} watcher;

struct cm_health {
    pthread_mutex_t lock; /* guards all below */
    entry *entries;
    size_t count, capacity;
    bool shut;
    watcher *watchers;
};

cm_health *cm_health_new(void)
{
    cm_health *health = cm_alloc(sizeof *health);

    pthread_mutex_init(&health->lock, NULL);
    cm_health_add(health, "");
    return health;
}

void cm_health_free(cm_health *health)
{
    if (!health)
        return;
    for (size_t i = 0; i < health->count; i++)
        free(health->entries[i].service);
    free(health->entries);
    pthread_mutex_destroy(&health->lock);
    free(health);
}

static entry *find(cm_health *health, const char *service)
{
    for (size_t i = 0; i < health->count; i++)
        if (strcmp(health->entries[i].service, service) == 0)
            return &health->entries[i];
    return NULL;
}

static Serving state_of(cm_health *health, const char *service)
{
    const entry *found = find(health, service);

    return found ? found->serving : GRPC_HEALTH_SERVICE_UNKNOWN;
}

static void wake_watchers(cm_health *health)
{
    for (watcher *w = health->watchers; w; w = w->next)
        if (state_of(health, w->service) != w->told)
            cm_call_wake(w->call);
}

void cm_health_add(cm_health *health, const char *service)
{
    pthread_mutex_lock(&health->lock);
    CM_GROW(health->entries, health->capacity, health->count + 1);
    health->entries[health->count++] = (entry){cm_strdup(service), GRPC_HEALTH_SERVING};
    pthread_mutex_unlock(&health->lock);
}

void cm_health_set(cm_health *health, const char *service, bool serving)
{
    pthread_mutex_lock(&health->lock);
    entry *found = find(health, service);
    if (found && !health->shut) {
        found->serving = serving ? GRPC_HEALTH_SERVING : GRPC_HEALTH_NOT_SERVING;
        wake_watchers(health);
    }
    pthread_mutex_unlock(&health->lock);
}

bool cm_health_get(cm_health *health, const char *service)
{
    pthread_mutex_lock(&health->lock);
    Serving state = state_of(health, service);
    pthread_mutex_unlock(&health->lock);
    return state == GRPC_HEALTH_SERVING;
}

void cm_health_shutdown(cm_health *health)
{
    pthread_mutex_lock(&health->lock);
    health->shut = true;
    for (size_t i = 0; i < health->count; i++)
        health->entries[i].serving = GRPC_HEALTH_NOT_SERVING;
    wake_watchers(health);
    pthread_mutex_unlock(&health->lock);
}

/* ---- the service ---- */

static cm_status check(cm_call *call, const GrpcHealthHealthCheckRequest *request, Response *response)
{
    cm_health *health = cm_call_state(call);

    pthread_mutex_lock(&health->lock);
    response->status = state_of(health, request->service);
    pthread_mutex_unlock(&health->lock);
    if (response->status == GRPC_HEALTH_SERVICE_UNKNOWN)
        return cm_fail(CM_NOT_FOUND, "service '%s' is not one of this server; List tells which are", request->service);
    return cm_ok();
}

static cm_status list(cm_call *call, const GrpcHealthHealthListRequest *request, GrpcHealthHealthListResponse *response)
{
    cm_health *health = cm_call_state(call);
    cm_arena *arena = cm_call_arena(call);

    pthread_mutex_lock(&health->lock);
    response->statuses = cm_arena_take(arena, health->count * sizeof *response->statuses);
    for (size_t i = 0; i < health->count; i++) {
        GrpcHealthHealthListResponseStatusesEntry *one = CM_NEW(arena, GrpcHealthHealthListResponseStatusesEntry);
        one->key = cm_arena_strdup(arena, health->entries[i].service);
        one->value = CM_NEW(arena, GrpcHealthHealthCheckResponse);
        one->value->status = health->entries[i].serving;
        response->statuses[response->n_statuses++] = one;
    }
    pthread_mutex_unlock(&health->lock);
    return cm_ok();
}

static void tell(watcher *w, Serving state)
{
    Response response;

    GrpcHealthHealthCheckResponse_init(&response);
    response.status = state;
    w->told = state;
    grpc_health_health_watch_send(w->call, &response);
}

static cm_status watch(cm_call *call, const GrpcHealthHealthCheckRequest *request)
{
    cm_health *health = cm_call_state(call);
    watcher *w = cm_alloc(sizeof *w);

    w->call = call;
    w->service = cm_strdup(request->service);
    cm_call_set_data(call, w);
    pthread_mutex_lock(&health->lock);
    w->next = health->watchers;
    w->self = &health->watchers;
    if (w->next)
        w->next->self = &w->next;
    health->watchers = w;
    tell(w, state_of(health, w->service));
    pthread_mutex_unlock(&health->lock);
    return cm_ok();
}

static cm_status watch_again(cm_call *call)
{
    cm_health *health = cm_call_state(call);
    watcher *w = cm_call_data(call);

    if (!w)
        return cm_ok();
    pthread_mutex_lock(&health->lock);
    Serving state = state_of(health, w->service);
    if (state != w->told)
        tell(w, state);
    pthread_mutex_unlock(&health->lock);
    return cm_ok();
}

static void watch_done(cm_call *call, cm_code code)
{
    cm_health *health = cm_call_state(call);
    watcher *w = cm_call_data(call);

    if (!w)
        return;
    pthread_mutex_lock(&health->lock);
    *w->self = w->next;
    if (w->next)
        w->next->self = w->self;
    pthread_mutex_unlock(&health->lock);
    free(w->service);
    free(w);
}

cm_service cm_health_service(cm_health *health)
{
    static const GrpcHealthHealth rows = {
        .check = {.handler = check, .lane = CM_INLINE},
        .list = {.handler = list, .lane = CM_INLINE},
        .watch = {.message = watch, .writable = watch_again, .done = watch_done, .lane = CM_INLINE, .endless = true},
    };

    return grpc_health_health(&rows, health);
}
