/* server_stream.h: one stream on the server. Its callbacks run one at a time (a strand): what happens on any thread
 * only sets a bit of `due`, and whoever finds no callback running starts the next. Reach for it in the server.
 * Internal.
 *
 * server_stream.c chooses and runs callbacks; stream_wire.c sends and receives. */
#ifndef SERVER_STREAM_H
#define SERVER_STREAM_H

#include <pthread.h>

#include "server_call.h"

/* What a stream's strand may be due for, in the order of precedence. */
enum {
    DUE_OPEN = 1 << 0,
    DUE_MESSAGE = 1 << 1,
    DUE_HALF_CLOSE = 1 << 2,
    DUE_WRITABLE = 1 << 3,
    DUE_DONE = 1 << 4,
};

struct server_stream {
    server_call call;     /* first */
    pthread_mutex_t lock; /* guards all below, but for what says otherwise */
    unsigned due;
    unsigned running; /* the one bit whose callback runs; 0: none */
    bool ended;       /* `done` was chosen: nothing more is started */
    int batches;      /* that have not fired */

    /* Receiving. */
    grpc_byte_buffer *incoming;
    cm_arena *arena; /* of `message`, which belongs to whoever runs or is about to run the callback */
    ProtobufCMessage *message;
    bool received_all;
    cm_event received;

    /* Sending. */
    grpc_slice *queue;
    size_t queue_head, queue_count, queue_capacity;
    atomic_size_t queued_bytes; /* with what is on its way; also read without the lock */
    size_t sending_bytes;
    bool sending, answered; /* a batch is on its way; a message was ever sent */
    bool was_full;          /* cm_call_send has said no */
    cm_event sent;
    bool ending, end_sent; /* no more is taken from the handler; `end` follows the queue */
    cm_status end;
    cm_code end_code; /* for `done` */
    bool broken;      /* the caller has gone */
    bool shed;        /* it was cut off for want of room */
    bool draining;    /* ends once nothing is due */

    cm_later later; /* sends the last message that is queued */
    bool delayed;

    cm_event hop; /* brings a wake-up to the queue's thread */
    bool hopping;

    server_stream *next, **self; /* in server->endless, under the server's lock */
};

/* Takes over a stream and opens it, or ends it with `admitted` where that is a failure. On the queue's thread. */
void cm_rpc_server_stream_start(cm_server *server, const server_method *method, server_arrival *arrival,
                                cm_status admitted);

/* Ends an endless stream because the server drains, after what it is due for. The caller holds the server's lock. */
void cm_rpc_server_stream_drain(server_stream *stream);

/* Runs what is due. Called with the lock held, which it gives up; the stream may be gone afterwards. `on_queue`: this
 * is the thread of a queue, where inline callbacks may run. */
void cm_rpc_server_stream_pump(server_stream *stream, bool on_queue);

/* ---- stream_wire.c; with the lock held ---- */

void cm_rpc_stream_wire_refuse(server_stream *stream, cm_status why); /* before any callback; owns it */
void cm_rpc_stream_wire_watch(server_stream *stream);                 /* for the end of the call */
void cm_rpc_stream_wire_receive(server_stream *stream);
void cm_rpc_stream_wire_push(server_stream *stream, grpc_slice message); /* owns it */
void cm_rpc_stream_wire_send(server_stream *stream);                     /* whatever may leave now */
void cm_rpc_stream_wire_end(server_stream *stream, cm_status end);       /* the first one counts; owns it */
void cm_rpc_stream_wire_room(server_stream *stream); /* makes `writable` due where it was waited for */
void cm_rpc_stream_wire_hop(server_stream *stream);
void cm_rpc_stream_wire_drop(server_stream *stream); /* what waits to be sent */

#endif
