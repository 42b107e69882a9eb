/* server.h: what a running server is made of. Reach for it in the files that are the server: cm_server.c (its life),
 * cm_rpc_server_listen.c, cm_rpc_server_accept.c (calls come in), server_call.c (one unary call), server_stream.c (one
 * stream), server_health.c, server_reflection.c, server_drain.c (its end). Internal. */
#ifndef SERVER_H
#define SERVER_H

#include <grpc/grpc.h>
#include <pthread.h>
#include <stdatomic.h>

#include "intercept.h"
#include "queue.h"
#include "rpc/cm_server.h"
#include "server_memory.h"
#include "server_watch.h"

typedef struct cm_health cm_health;
typedef struct cm_reflection cm_reflection;

/* A method that is served. */
typedef struct server_method {
    const cm_method_row *row;
    void *state;
    size_t largest;
    cm_executor *lane; /* NULL: inline */
    bool is_unlimited; /* takes no place among the calls: a full server is still healthy */
    void *registered;  /* C-core's handle */
} server_method;

typedef struct server_stream server_stream;

struct cm_server {
    /* Set by new and add. */
    char **listen;
    int *ports;
    size_t listen_count;
    bool insecure;
    struct cm_rpc_server_tls *tls; /* NULL: none */
    struct cm_rpc_roles *roles;
    struct cm_rpc_floods *floods;
    struct cm_rpc_tokens *tokens; /* NULL: none */
    struct cm_rpc_connections *connections;
    size_t most_calls, most_memory, most_waiting;
    cm_server_limits limits;
    cm_compression compression;
    intercept_list interceptors;
    cm_executor *lanes[CM_LANES];
    int queue_count;
    size_t largest_request, stream_window;
    cm_service **services;
    size_t service_count, service_capacity;
    cm_health *health;
    cm_reflection *reflection;

    /* Set by start. */
    grpc_server *core;
    cm_queue **queues;
    cm_rpc_watch *watch;
    server_method *methods;
    size_t method_count;
    bool started;

    atomic_size_t admitted; /* calls that are counted against most_calls */
    cm_rpc_memory memory;
    atomic_size_t waiting;  /* bytes: server_waiting.h */
    atomic_size_t running;  /* calls that have come in and not gone */
    atomic_size_t lanes_in; /* tasks that are with a lane */
    atomic_uint_fast64_t served, cancelled;
    pthread_mutex_t lock;   /* guards all below */
    pthread_cond_t changed; /* running or accepts is 0, or the core has stopped */
    size_t accepts;         /* requests for calls that C-core holds */
    bool draining, stopped;
    server_stream *endless; /* streams that a drain ends at once */
    cm_event stop;          /* the core has stopped */
};

/* The port that was bound. UNAVAILABLE names the address and why it cannot be bound. */
cm_status cm_rpc_server_listen(cm_server *server, const char *address, int *port) CM_MUST_USE;

/* Whether nobody from elsewhere reaches the address. */
bool cm_rpc_server_is_local(const char *address);

/* INVALID_ARGUMENT where the address can be reached from elsewhere and the server has no TLS and is not `insecure`. */
cm_status cm_rpc_server_check_address(const cm_server *server, const char *address) CM_MUST_USE;

/* Registers every method that has a row; before the core is started. */
void cm_rpc_server_register(cm_server *server);

/* Asks C-core for calls of every method, and for calls of unknown ones; after the core was started. */
void cm_rpc_server_accept(cm_server *server);

/* Waits until a server that was told to stop has nothing left that runs, at most so long; < 0: however long it takes.
 */
bool cm_rpc_server_wait(cm_server *server, int ms);

/* Counts calls in and out, and tasks that were handed to a lane until the last touch of that lane: a call may have gone
 * while the lane's thread is still on its way out. */
void cm_rpc_server_call_began(cm_server *server);
void cm_rpc_server_call_ended(cm_server *server, bool cancelled);
void cm_rpc_server_lane_entered(cm_server *server);
void cm_rpc_server_lane_left(cm_server *server);

#endif
