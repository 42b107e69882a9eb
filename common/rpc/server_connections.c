/* C-core 1.51 has no limit on connections, and at the end of its descriptors it stops listening for good. What it has
 * is GRPC_ARG_SOCKET_MUTATOR: an object that is shown each socket that was accepted, before anything is made of it. One
 * too many is shut down there, and C-core finds it closed. That a connection has ended nobody tells, but it can be
 * seen: its descriptor is closed, or stands for something else. */
#include "server_connections.h"

#include <grpc/support/sync.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"

enum {
    MOST = 20000,
    LOOK_EVERY_US = 20000,   /* for connections that have ended, while there are too many */
    WARN_EVERY_US = 10000000 /* of those that were ended */
};

/* As C-core lays them out; its header is not installed, though the argument is public. */
typedef struct socket_info {
    int fd;
    int usage;
} socket_info;

typedef struct mutator_functions {
    bool (*mutate_client)(int fd, cm_rpc_connections *connections);
    int (*compare)(cm_rpc_connections *a, cm_rpc_connections *b);
    void (*destroy)(cm_rpc_connections *connections);
    bool (*mutate)(const socket_info *socket, cm_rpc_connections *connections);
} mutator_functions;

struct cm_rpc_connections {
    const mutator_functions *functions; /* these two are C-core's */
    gpr_refcount references;
    size_t most;
    pthread_mutex_t lock; /* guards all below */
    ino_t *inodes;        /* of the sockets, by descriptor; 0: none */
    size_t capacity, open, refused;
    int64_t looked_us, warned_us;
};

/* The socket that the descriptor stands for; 0: none. */
static ino_t socket_of(int fd)
{
    struct stat now;

    return fstat(fd, &now) == 0 && S_ISSOCK(now.st_mode) ? now.st_ino : 0;
}

/* With the lock held. */
static void forget_ended(cm_rpc_connections *c)
{
    for (size_t fd = 0; fd < c->capacity; fd++)
        if (c->inodes[fd] && socket_of((int)fd) != c->inodes[fd]) {
            c->inodes[fd] = 0;
            c->open--;
        }
}

/* With the lock held. A descriptor that was known before is that of a connection that has ended. */
static bool take(cm_rpc_connections *c, int fd)
{
    size_t index = (size_t)fd, known = c->capacity;
    int64_t now = cm_clock_monotonic_us();

    CM_GROW(c->inodes, c->capacity, index + 1);
    for (size_t i = known; i < c->capacity; i++)
        c->inodes[i] = 0;
    if (!c->inodes[index]) {
        if (c->open >= c->most && now - c->looked_us >= LOOK_EVERY_US) {
            c->looked_us = now;
            forget_ended(c);
        }
        if (c->open >= c->most)
            return false;
        c->open++;
    }
    c->inodes[index] = socket_of(fd);
    return true;
}

/* With the lock held. */
static void warn(cm_rpc_connections *c)
{
    int64_t now = cm_clock_monotonic_us();
    char most[24], refused[24];

    c->refused++;
    if (c->warned_us && now - c->warned_us < WARN_EVERY_US)
        return;
    c->warned_us = now;
    snprintf(most, sizeof most, "%zu", c->most);
    snprintf(refused, sizeof refused, "%zu", c->refused);
    CM_LOG(CM_WARN, "too many connections: new ones are ended", "most", most, "ended", refused);
}

/* Every socket comes by here: those that listen are not connected. */
static bool mutate(const socket_info *info, cm_rpc_connections *c)
{
    struct sockaddr_storage peer;
    socklen_t size = sizeof peer;

    if (getpeername(info->fd, (struct sockaddr *)&peer, &size) != 0)
        return true;
    pthread_mutex_lock(&c->lock);
    bool taken = take(c, info->fd);
    if (!taken)
        warn(c);
    pthread_mutex_unlock(&c->lock);
    if (!taken)
        shutdown(info->fd, SHUT_RDWR);
    return true; /* false would end the listener */
}

static bool mutate_client(int fd, cm_rpc_connections *connections)
{
    return true;
}

static int compare(cm_rpc_connections *a, cm_rpc_connections *b)
{
    return (a > b) - (a < b);
}

static void destroy(cm_rpc_connections *c)
{
    pthread_mutex_destroy(&c->lock);
    free(c->inodes);
    free(c);
}

static cm_status choose(size_t given, size_t *most)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        limit.rlim_cur = SIZE_MAX;
    if (given > limit.rlim_cur)
        return cm_fail(CM_INVALID_ARGUMENT,
                       "most_connections: %zu are more than the %zu descriptors that this process may have; raise that "
                       "limit (ulimit -n), or give less",
                       given, (size_t)limit.rlim_cur);
    *most = given;
    if (given == 0)
        *most = limit.rlim_cur / 4 * 3 < MOST ? (size_t)limit.rlim_cur / 4 * 3 : MOST;
    return cm_ok();
}

cm_status cm_rpc_connections_new(size_t most, cm_rpc_connections **made)
{
    static const mutator_functions functions = {
        .mutate_client = mutate_client, .compare = compare, .destroy = destroy, .mutate = mutate};
    size_t chosen = 0;

    CM_TRY(choose(most, &chosen));
    cm_rpc_connections *c = cm_alloc(sizeof *c);
    c->functions = &functions;
    gpr_ref_init(&c->references, 1);
    c->most = chosen;
    pthread_mutex_init(&c->lock, NULL);
    *made = c;
    return cm_ok();
}

void cm_rpc_connections_free(cm_rpc_connections *connections)
{
    if (connections && gpr_unref(&connections->references))
        destroy(connections);
}

/* ---- as an argument ---- */

static void *copy_argument(void *pointer)
{
    gpr_ref(&((cm_rpc_connections *)pointer)->references);
    return pointer;
}

static void destroy_argument(void *pointer)
{
    cm_rpc_connections_free(pointer);
}

static int compare_argument(void *a, void *b)
{
    return compare(a, b);
}

grpc_arg cm_rpc_connections_arg(cm_rpc_connections *connections)
{
    static const grpc_arg_pointer_vtable vtable = {copy_argument, destroy_argument, compare_argument};

    return (grpc_arg){
        .type = GRPC_ARG_POINTER, .key = (char *)GRPC_ARG_SOCKET_MUTATOR, .value.pointer = {connections, &vtable}};
}

/* ---- counts ---- */

size_t cm_rpc_connections_open(cm_rpc_connections *connections)
{
    pthread_mutex_lock(&connections->lock);
    forget_ended(connections);
    size_t open = connections->open;
    pthread_mutex_unlock(&connections->lock);
    return open;
}

size_t cm_rpc_connections_refused(cm_rpc_connections *connections)
{
    pthread_mutex_lock(&connections->lock);
    size_t refused = connections->refused;
    pthread_mutex_unlock(&connections->lock);
    return refused;
}
