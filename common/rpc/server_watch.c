#include "server_watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"

enum {
    LOOK_EVERY_MS = 50,
    SUSPECT_US = 50000, /* computed without an event: one is sent, and what is read from now on is counted */
    SHUT_US = 200000
};

typedef struct watched {
    cm_queue *queue;
    uint64_t steps;    /* of the queue */
    int64_t worked_us; /* when it had made those */
    bool suspected;
} watched;

struct cm_rpc_watch {
    cm_rpc_connections *connections;
    watched *queues;
    int count;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the next two */
    pthread_cond_t ended;
    bool ending;
};

static void shut_busiest(cm_rpc_watch *watch)
{
    char peer[64];

    if (cm_rpc_connections_shut_busiest(watch->connections, peer, sizeof peer))
        CM_LOG(CM_WARN, "connection shut: it sends faster than can be understood", "peer", peer);
}

static void look(cm_rpc_watch *watch, watched *w)
{
    uint64_t steps = cm_queue_steps(w->queue);
    bool in_core = steps % 2 == 0; /* else a handler computes or a message is inflated, within its limits */
    int64_t worked_us = cm_queue_worked_us(w->queue);

    if (steps != w->steps || !in_core) {
        *w = (watched){w->queue, steps, worked_us, false};
        return;
    }
    if (!w->suspected && worked_us - w->worked_us >= SUSPECT_US) {
        w->suspected = true;
        cm_rpc_connections_mark(watch->connections);
        cm_queue_knock(w->queue);
    } else if (w->suspected && worked_us - w->worked_us >= SHUT_US) {
        shut_busiest(watch);
        *w = (watched){w->queue, steps, worked_us, false};
    }
}

static void *work(void *argument)
{
    cm_rpc_watch *watch = argument;

    pthread_mutex_lock(&watch->lock);
    while (!watch->ending) {
        int64_t due_us = cm_clock_monotonic_us() + LOOK_EVERY_MS * 1000;
        struct timespec until = {due_us / 1000000, due_us % 1000000 * 1000};
        if (pthread_cond_timedwait(&watch->ended, &watch->lock, &until) != ETIMEDOUT)
            continue;
        for (int i = 0; i < watch->count; i++)
            look(watch, &watch->queues[i]);
    }
    pthread_mutex_unlock(&watch->lock);
    return NULL;
}

cm_rpc_watch *cm_rpc_watch_new(cm_queue *const *queues, int count, cm_rpc_connections *connections)
{
    cm_rpc_watch *watch = cm_alloc(sizeof *watch);

    *watch = (cm_rpc_watch){.connections = connections, .count = count};
    watch->queues = cm_alloc((size_t)count * sizeof *watch->queues);
    for (int i = 0; i < count; i++)
        watch->queues[i].queue = queues[i];
    pthread_mutex_init(&watch->lock, NULL);
    cm_condition_init(&watch->ended);
    if (pthread_create(&watch->thread, NULL, work, watch) != 0)
        abort();
    pthread_setname_np(watch->thread, "rpc-watch");
    return watch;
}

void cm_rpc_watch_free(cm_rpc_watch *watch)
{
    if (!watch)
        return;
    pthread_mutex_lock(&watch->lock);
    watch->ending = true;
    pthread_cond_signal(&watch->ended);
    pthread_mutex_unlock(&watch->lock);
    pthread_join(watch->thread, NULL);
    pthread_cond_destroy(&watch->ended);
    pthread_mutex_destroy(&watch->lock);
    free(watch->queues);
    free(watch);
}
