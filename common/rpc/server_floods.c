#include "server_floods.h"

#include <dirent.h>
#include <grpc/support/alloc.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cm_clock.h"
#include "base/cm_digest.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"

enum {
    AT_ONCE = 1000,
    A_SECOND = 100,
    SLOTS = 4096 /* connections that are remembered; one that finds another in its place takes it over */
};

typedef struct bucket {
    uint32_t peer; /* its digest */
    double room;
    int64_t filled_us;
    bool is_shut;
    unsigned places; /* that are taken, also by those that had it before */
} bucket;

struct cm_rpc_floods {
    pthread_mutex_t lock; /* guards all below */
    bucket buckets[SLOTS];
};

cm_rpc_floods *cm_rpc_floods_new(void)
{
    cm_rpc_floods *floods = cm_alloc(sizeof *floods);

    pthread_mutex_init(&floods->lock, NULL);
    return floods;
}

void cm_rpc_floods_free(cm_rpc_floods *floods)
{
    if (!floods)
        return;
    pthread_mutex_destroy(&floods->lock);
    free(floods);
}

/* Takes so much from the connection's bucket; true the first time that too little is left. */
static bool overflows(cm_rpc_floods *floods, const char *peer, double taken)
{
    uint32_t digest = cm_murmur2(peer, strlen(peer));
    bucket *b = &floods->buckets[digest % SLOTS];
    int64_t now = cm_clock_monotonic_us();

    pthread_mutex_lock(&floods->lock);
    if (b->peer != digest || b->filled_us == 0)
        *b = (bucket){digest, AT_ONCE, now, false, b->places};
    b->room += (double)(now - b->filled_us) * A_SECOND / 1e6;
    if (b->room > AT_ONCE)
        b->room = AT_ONCE;
    b->filled_us = now;
    bool over = b->room < taken;
    b->room -= over ? 0 : taken;
    over = over && !b->is_shut;
    b->is_shut |= over;
    pthread_mutex_unlock(&floods->lock);
    return over;
}

/* Whether the socket leads to `peer`, as C-core writes it: ipv4:127.0.0.1:4711 or ipv6:%5B::1%5D:4711. */
static bool leads_to(int fd, const char *peer)
{
    struct sockaddr_storage address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&address;
    socklen_t size = sizeof address;
    char host[NI_MAXHOST], port[NI_MAXSERV];

    if (getpeername(fd, (struct sockaddr *)&address, &size) != 0 ||
        (address.ss_family != AF_INET && address.ss_family != AF_INET6) ||
        getnameinfo((struct sockaddr *)&address, size, host, sizeof host, port, sizeof port,
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return false;
    bool is_six = address.ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr);
    const char *shown = address.ss_family == AF_INET6 && !is_six ? host + strlen("::ffff:") : host;
    CM_FREE char *text = cm_format(is_six ? "ipv6:%%5B%s%%5D:%s" : "ipv4:%s:%s", shown, port);
    return strcmp(text, peer) == 0;
}

/* C-core closes no single connection of a server, but sees the end of one that is shut down beneath it. */
static bool shut(const char *peer)
{
    DIR *folder = opendir("/proc/self/fd");
    bool found = false;

    for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        if (entry->d_name[0] != '.' && leads_to(fd, peer)) {
            shutdown(fd, SHUT_RDWR);
            found = true;
        }
    }
    if (folder)
        closedir(folder);
    return found;
}

void cm_rpc_floods_count(cm_rpc_floods *floods, grpc_call *call, bool begun)
{
    char *peer = grpc_call_get_peer(call);

    if (overflows(floods, peer, begun ? 0.1 : 1) && shut(peer))
        CM_LOG(CM_WARN, "connection shut: it takes too many calls back", "peer", peer);
    gpr_free(peer);
}

unsigned cm_rpc_floods_enter(cm_rpc_floods *floods, grpc_call *call, unsigned most)
{
    char *peer = grpc_call_get_peer(call);
    unsigned slot = cm_murmur2(peer, strlen(peer)) % SLOTS;

    gpr_free(peer);
    pthread_mutex_lock(&floods->lock);
    bool entered = floods->buckets[slot].places < most;
    floods->buckets[slot].places += entered;
    pthread_mutex_unlock(&floods->lock);
    return entered ? slot + 1 : 0;
}

void cm_rpc_floods_leave(cm_rpc_floods *floods, unsigned share)
{
    pthread_mutex_lock(&floods->lock);
    floods->buckets[share - 1].places--;
    pthread_mutex_unlock(&floods->lock);
}
