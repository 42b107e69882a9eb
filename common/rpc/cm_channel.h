/* cm_channel.h: calls other services. Reach for it through the typed stubs that protoc-gen-grpc-c generates; one
 * channel is shared by all threads of a program. Calls here wait: they are for background threads and command lines,
 * never for a completion-queue thread. */
#ifndef CM_CHANNEL_H
#define CM_CHANNEL_H

#include "base/cm_arena.h"
#include "rpc/cm_interceptor.h"
#include "rpc/cm_service.h"

typedef struct cm_channel cm_channel;

/* TLS 1.2 or newer, from PEM files; connections made after they changed use the new ones. */
typedef struct cm_channel_tls {
    const char *authorities; /* that the server's certificate has to be signed by */
    const char *certificate; /* the client's, for servers that ask for one; NULL: none */
    const char *key;         /* of the certificate, without a password */
    const char *server_name; /* expected in the server's certificate; NULL: the target's host */
} cm_channel_tls;

typedef struct cm_channel_options {
    const cm_channel_tls *tls;  /* NULL: none; not for Unix sockets, which the file system guards */
    const char *token_file;     /* with a bearer token, sent with each call that has no metadata `authorization` of its
                                 * own; read again when it changes. Only by TLS or to this machine; NULL: none */
    int64_t timeout_ms;         /* default deadline of a unary call; 0: 10 s */
    int attempts;               /* of idempotent unary calls on UNAVAILABLE, with backoff and jitter; 0: 4 */
    size_t largest_answer;      /* bytes; 0: 64 MiB */
    const char *health_service; /* a server that does not call this service SERVING is left out: a name, or "" for the
                                 * server as a whole; NULL: nobody is asked */
    cm_compression compression; /* of requests, where a call does not say otherwise */
    const cm_client_interceptor *interceptors; /* around each call, in this order: rpc/cm_interceptor.h */
    size_t interceptor_count;
} cm_channel_options;

/* `target` is HOST:PORT or dns:///NAME:PORT (all addresses of the name, one after the other), several addresses as in
 * ipv4:127.0.0.1:7001,127.0.0.1:7002 or ipv6:[::1]:7001,[::1]:7002, or unix:PATH. An address that fails is left out
 * until it can be reached again. Options may be NULL. Does not
 * connect: the first call does. INVALID_ARGUMENT names a target that makes no sense or that a token would go to in
 * clear, or what is wrong with a file; NOT_FOUND and PERMISSION_DENIED the file that cannot be read. Strings are
 * copied. */
cm_status cm_channel_new(const char *target, const cm_channel_options *options, cm_channel **made) CM_MUST_USE;
void cm_channel_free(cm_channel *channel);
const char *cm_channel_target(const cm_channel *channel);

typedef struct cm_metadatum {
    const char *key;
    const void *value;
    size_t size;
} cm_metadatum;
/* What metadata came back, for whoever asks: give it an arena, in which it is kept; values end with a NUL besides.
 * Filled when a unary call or cm_client_stream_finish returns. */
typedef struct cm_received {
    cm_arena *arena;
    cm_metadatum *initial, *trailing;
    size_t initial_count, trailing_count;
} cm_received;

/* What differs for one call; all zero is fine, NULL too. */
typedef struct cm_call_options {
    int64_t timeout_ms;         /* 0: the channel's; < 0: none (for streams, 0 means none too) */
    bool idempotent;            /* may be repeated though the .proto does not say so: it carries a request id */
    bool wait_for_ready;        /* wait for a connection until the deadline instead of failing at once */
    cm_compression compression; /* of the request; CM_COMPRESS_GZIP needs a server that takes it */
    cm_call *parent; /* the incoming call on whose behalf this is made: its deadline, cancellation and trace go on */
    const cm_metadatum *metadata;
    size_t metadata_count;
    cm_received *received; /* NULL: nobody asks; not for asynchronous calls */
} cm_call_options;

/* One request, one answer, in `arena`. A failure carries the server's code, message and google.rpc details. */
cm_status cm_channel_unary(cm_channel *channel, const cm_method_desc *method, const cm_call_options *options,
                           const ProtobufCMessage *request, cm_arena *arena, ProtobufCMessage **response) CM_MUST_USE;

/* Unary without waiting: `done` is called once, on a thread of the channel, with the answer (valid during `done`). */
typedef void (*cm_unary_done)(void *context, cm_status outcome, const ProtobufCMessage *response);
void cm_channel_unary_async(cm_channel *channel, const cm_method_desc *method, const cm_call_options *options,
                            const ProtobufCMessage *request, cm_unary_done done, void *context);

/* A stream, for one thread at a time (one may send while another receives). */
typedef struct cm_client_stream cm_client_stream;
cm_status cm_channel_stream(cm_channel *channel, const cm_method_desc *method, const cm_call_options *options,
                            cm_client_stream **made) CM_MUST_USE;

/* The same for a method whose request is one message: sends it and ends the sending side. */
cm_status cm_channel_server_stream(cm_channel *channel, const cm_method_desc *method, const cm_call_options *options,
                                   const ProtobufCMessage *request, cm_client_stream **stream) CM_MUST_USE;

/* Waits until the message is taken by flow control. UNAVAILABLE etc. where the stream has ended: see finish. */
cm_status cm_client_stream_send(cm_client_stream *stream, const ProtobufCMessage *message) CM_MUST_USE;
cm_status cm_client_stream_close_send(cm_client_stream *stream) CM_MUST_USE;

/* The next message in `arena`; *message is NULL at the end of the stream, whose status finish then tells. */
cm_status cm_client_stream_receive(cm_client_stream *stream, cm_arena *arena, ProtobufCMessage **message) CM_MUST_USE;

/* For a method whose answer is one message: ends the sending side, waits for the answer and for the final status, and
 * fails with that status. INTERNAL where the server answered OK without a message. */
cm_status cm_client_stream_close_and_receive(cm_client_stream *stream, cm_arena *arena,
                                             ProtobufCMessage **message) CM_MUST_USE;

/* The stream's final status; waits for it. */
cm_status cm_client_stream_finish(cm_client_stream *stream) CM_MUST_USE;

void cm_client_stream_cancel(cm_client_stream *stream); /* from any thread */
void cm_client_stream_free(cm_client_stream *stream);   /* cancels where it has not ended */

#endif
