/* server_call.h: what a unary call and a stream have in common on the server: C-core's call, what arrived with it, and
 * the cm_call that the handler sees. Reach for it in the server. Internal. */
#ifndef SERVER_CALL_H
#define SERVER_CALL_H

#include "call.h"
#include "server.h"

/* A call as C-core gives it. */
typedef struct server_arrival {
    grpc_call *call;
    grpc_metadata_array metadata;
    grpc_byte_buffer *payload; /* unary only */
    int64_t deadline_us;
    cm_queue *queue;
    unsigned share; /* in its connection's places; 0: none */
    char *identity; /* by certificate; NULL: anonymous */
} server_arrival;

typedef struct server_call {
    cm_call base; /* first */
    cm_server *server;
    const server_method *method;
    server_arrival arrival;
    cm_task task;
    cm_event closed;     /* RECV_CLOSE_ON_SERVER */
    int was_cancelled;   /* its answer */
    grpc_slice end_text; /* while the status is being sent */
    const char **texts;  /* of the metadata's values, as far as they were asked for */
    const char *peer;
    bool holds_place; /* among the server's calls */
    size_t waiting;   /* bytes of it that wait in the server, but for a stream's queue */
    intercepted intercepted;
    cm_code end_code; /* for the interceptors */
} server_call;

/* Takes over a unary call and answers it, with `admitted` where that is a failure. On the queue's thread. */
void cm_rpc_server_call_start(cm_server *server, const server_method *method, server_arrival *arrival,
                              cm_status admitted);

/* For both kinds: takes over the arrival; lets the interceptors have the call, and answers their failure or `admitted`,
 * which is owned; tells the interceptors of its end and gives up C-core's part; the carrier's functions. */
void cm_rpc_server_call_init(server_call *call, const cm_call_carrier *carrier, cm_server *server,
                             const server_method *method, server_arrival *arrival);
cm_status cm_rpc_server_call_begin(server_call *call, cm_status admitted) CM_MUST_USE;
void cm_rpc_server_call_release(server_call *call);
const char *cm_rpc_server_call_metadata(cm_call *base, const char *key);
const char *cm_rpc_server_call_peer(cm_call *base);
grpc_call *cm_rpc_server_call_core(cm_call *base);

/* Fills SEND_STATUS_FROM_SERVER from a status, with rich details in the trailing metadata. */
void cm_rpc_server_call_end_op(server_call *call, cm_status status, grpc_op *op);
void cm_rpc_server_call_initial_op(server_call *call, grpc_op *op);

/* The status of a call whose caller has gone. */
cm_code cm_rpc_server_call_gone(const server_call *call);

#endif
