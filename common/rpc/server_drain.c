/* The orderly end of a server, step by step, each with a bound in time. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "server.h"
#include "server_health.h"
#include "server_stream.h"

enum { LAST_MS = 3000 }; /* for handlers to see that they are cancelled */

static void on_stopped(cm_event *event, bool ok)
{
    cm_server *server = (cm_server *)((char *)event - offsetof(cm_server, stop));

    pthread_mutex_lock(&server->lock);
    server->stopped = true;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->lock);
}

static void log_step(cm_server *server, const char *step)
{
    char running[24], served[24], cancelled[24];

    if (!server->started)
        return;
    snprintf(running, sizeof running, "%zu", atomic_load(&server->running));
    snprintf(served, sizeof served, "%" PRIuFAST64, atomic_load(&server->served));
    snprintf(cancelled, sizeof cancelled, "%" PRIuFAST64, atomic_load(&server->cancelled));
    CM_LOG(CM_INFO, step, "running", running, "served", served, "cancelled", cancelled);
}

static struct timespec in_ms(int ms)
{
    int64_t due_us = cm_clock_monotonic_us() + (int64_t)ms * 1000;

    return (struct timespec){due_us / 1000000, due_us % 1000000 * 1000};
}

/* With the lock held: until nothing runs, at most so long. */
static void wait_for_calls(cm_server *server, int ms)
{
    struct timespec due = in_ms(ms);

    while (atomic_load(&server->running) > 0)
        if (pthread_cond_timedwait(&server->changed, &server->lock, &due) == ETIMEDOUT)
            return;
}

static void pause_for(cm_server *server, int ms)
{
    struct timespec due = in_ms(ms);

    pthread_mutex_lock(&server->lock);
    while (ms > 0 && pthread_cond_timedwait(&server->changed, &server->lock, &due) != ETIMEDOUT)
        continue;
    pthread_mutex_unlock(&server->lock);
}

static void end_endless(cm_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->draining = true;
    for (server_stream *s = server->endless; s; s = s->next)
        cm_rpc_server_stream_drain(s);
    pthread_mutex_unlock(&server->lock);
}

/* With the lock held. */
static bool is_over(const cm_server *server)
{
    return server->stopped && server->accepts == 0 && atomic_load(&server->running) == 0 &&
           atomic_load(&server->lanes_in) == 0;
}

bool cm_rpc_server_wait(cm_server *server, int ms)
{
    struct timespec due = in_ms(ms);
    int outcome = 0;

    pthread_mutex_lock(&server->lock);
    while (!is_over(server) && outcome != ETIMEDOUT)
        outcome = ms < 0 ? pthread_cond_wait(&server->changed, &server->lock)
                         : pthread_cond_timedwait(&server->changed, &server->lock, &due);
    bool over = is_over(server);
    pthread_mutex_unlock(&server->lock);
    return over;
}

bool cm_server_drain(cm_server *server, int pause_ms, int grace_ms)
{
    if (!server->core || server->draining)
        return true;
    cm_health_shutdown(server->health);
    log_step(server, "drain: not serving any more");
    pause_for(server, pause_ms);
    end_endless(server);
    server->stop = (cm_event){on_stopped};
    cm_event_hand_over(&server->stop);
    grpc_server_shutdown_and_notify(server->core, cm_queue_core(server->queues[0]), &server->stop);
    log_step(server, "drain: no new calls");

    pthread_mutex_lock(&server->lock);
    wait_for_calls(server, grace_ms);
    pthread_mutex_unlock(&server->lock);
    if (atomic_load(&server->running) > 0)
        log_step(server, "drain: cancelling what still runs");
    grpc_server_cancel_all_calls(server->core);

    bool over = cm_rpc_server_wait(server, LAST_MS);
    log_step(server, over ? "drain: done" : "drain: handlers still run");
    return over;
}
