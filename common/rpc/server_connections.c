/* C-core 1.51 has no limit on connections, and at the end of its descriptors it stops listening for good. What it has
 * is GRPC_ARG_SOCKET_MUTATOR: an object that is shown each socket that was accepted, before anything is made of it. One
 * too many is shut down there, and C-core finds it closed. It closes none before it has accepted all that wait: these
 * are taken from it and closed here, or a crowd would use up the descriptors. That a connection has ended nobody tells,
 * but it can be seen: its descriptor is closed, or stands for something else. */
#include "server_connections.h"

#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"

enum {
    MOST = 20000,
    LOOK_EVERY_US = 20000,    /* for connections that have ended, while there are too many */
    WARN_EVERY_US = 10000000, /* of those that were ended */
    LISTENERS_MAX = 32,
    LISTENER = 1 /* a socket's usage, as C-core counts them */
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

typedef struct connection {
    ino_t inode;   /* 0: none */
    uint64_t read; /* bytes, when last marked */
    bool is_shut;
} connection;

typedef struct listener {
    int fd;
    ino_t inode;
} listener;

struct cm_rpc_connections {
    const mutator_functions *functions; /* these two are C-core's */
    atomic_int references;
    size_t most;
    pthread_mutex_t lock; /* guards all below */
    connection *sockets;  /* by descriptor */
    size_t capacity, open, refused;
    int64_t looked_us, warned_us;
    listener listeners[LISTENERS_MAX];
    size_t listener_count;
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
        if (c->sockets[fd].inode && socket_of((int)fd) != c->sockets[fd].inode) {
            c->sockets[fd] = (connection){0};
            c->open--;
        }
}

/* With the lock held. A descriptor that was known before is that of a connection that has ended. */
static bool take(cm_rpc_connections *c, int fd)
{
    size_t index = (size_t)fd, known = c->capacity;
    int64_t now = cm_clock_monotonic_us();

    CM_GROW(c->sockets, c->capacity, index + 1);
    for (size_t i = known; i < c->capacity; i++)
        c->sockets[i] = (connection){0};
    if (!c->sockets[index].inode) {
        if (c->open >= c->most && now - c->looked_us >= LOOK_EVERY_US) {
            c->looked_us = now;
            forget_ended(c);
        }
        if (c->open >= c->most)
            return false;
        c->open++;
    }
    c->sockets[index] = (connection){socket_of(fd), 0, false};
    return true;
}

/* With the lock held: closes what waits to be accepted. A listener that has ended takes none. */
static void close_waiting(cm_rpc_connections *c)
{
    for (size_t i = 0; i < c->listener_count; i++) {
        const listener *l = &c->listeners[i];
        int fd;
        while (socket_of(l->fd) == l->inode && (fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
            close(fd);
            c->refused++;
        }
    }
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

static void listen_by(cm_rpc_connections *c, int fd)
{
    pthread_mutex_lock(&c->lock);
    if (c->listener_count < LISTENERS_MAX)
        c->listeners[c->listener_count++] = (listener){fd, socket_of(fd)};
    pthread_mutex_unlock(&c->lock);
}

/* Every socket comes by here. */
static bool mutate(const socket_info *info, cm_rpc_connections *c)
{
    if (info->usage == LISTENER) {
        listen_by(c, info->fd);
        return true;
    }
    pthread_mutex_lock(&c->lock);
    bool taken = take(c, info->fd);
    if (!taken) {
        close_waiting(c);
        warn(c);
    }
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
    free(c->sockets);
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
    atomic_init(&c->references, 1);
    c->most = chosen;
    pthread_mutex_init(&c->lock, NULL);
    *made = c;
    return cm_ok();
}

void cm_rpc_connections_free(cm_rpc_connections *connections)
{
    if (connections && atomic_fetch_sub(&connections->references, 1) == 1)
        destroy(connections);
}

/* ---- what is read of each ---- */

/* What C-core has read: what has come, but for what still waits. */
static uint64_t bytes_read(int fd)
{
    struct tcp_info info;
    socklen_t size = sizeof info;
    int waiting = 0;

    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || ioctl(fd, FIONREAD, &waiting) != 0)
        return 0;
    return info.tcpi_bytes_received - (uint64_t)waiting;
}

static void write_peer(int fd, char *peer, size_t size)
{
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getpeername(fd, (struct sockaddr *)&address, &length) == 0 &&
        getnameinfo((struct sockaddr *)&address, length, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) == 0)
        snprintf(peer, size, "%.*s port %s", (int)size - 16, host, port);
    else
        snprintf(peer, size, "unknown");
}

void cm_rpc_connections_mark(cm_rpc_connections *c)
{
    pthread_mutex_lock(&c->lock);
    forget_ended(c);
    for (size_t fd = 0; fd < c->capacity; fd++)
        if (c->sockets[fd].inode)
            c->sockets[fd].read = bytes_read((int)fd);
    pthread_mutex_unlock(&c->lock);
}

bool cm_rpc_connections_shut_busiest(cm_rpc_connections *c, char *peer, size_t size)
{
    uint64_t most = 0;
    int busiest = -1;

    pthread_mutex_lock(&c->lock);
    forget_ended(c);
    for (size_t fd = 0; fd < c->capacity; fd++) {
        uint64_t read = c->sockets[fd].inode ? bytes_read((int)fd) : 0;
        if (read > c->sockets[fd].read && read - c->sockets[fd].read > most) {
            most = read - c->sockets[fd].read;
            busiest = (int)fd;
        }
    }
    bool found = busiest >= 0 && !c->sockets[busiest].is_shut;
    if (found) {
        write_peer(busiest, peer, size);
        shutdown(busiest, SHUT_RDWR);
        while (recv(busiest, NULL, 1 << 24, MSG_TRUNC | MSG_DONTWAIT) > 0)
            ; /* what has come goes unread */
        c->sockets[busiest].is_shut = true;
    }
    pthread_mutex_unlock(&c->lock);
    return found;
}

/* ---- as an argument ---- */

static void *copy_argument(void *pointer)
{
    atomic_fetch_add(&((cm_rpc_connections *)pointer)->references, 1);
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
