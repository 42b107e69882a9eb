/* cm_server.h: serves gRPC services. Reach for it in a program's wiring: new, add services, start, drain, free.
 * health (Check, Watch, List), reflection (v1, v1alpha) and channelz (for admins) come with it.
 *
 * Threads: all functions are for one thread (the program's loop); handlers run on the lanes. */
#ifndef CM_SERVER_H
#define CM_SERVER_H

#include "base/cm_executor.h"
#include "base/cm_metrics.h"
#include "rpc/cm_interceptor.h"
#include "rpc/cm_service.h"

typedef struct cm_server cm_server;

/* TLS 1.2 or newer, from PEM files that are read again when they change: the next connection takes the new ones, and
 * where they are wrong the old ones stay, with a line in the log. */
typedef struct cm_server_tls {
    const char *certificate;        /* the server's, followed by those between it and the authority */
    const char *key;                /* of the certificate, without a password */
    const char *client_authorities; /* NULL: clients need no certificate; else each has to show one signed by these,
                                     * whose first URI, DNS name or common name is then cm_call_identity */
    bool is_client_optional;        /* a client may show none, but none that is wrong */
} cm_server_tls;

/* Bearer tokens (JSON Web Tokens) in the metadata `authorization`. One that is sent has to be right, in every call but
 * those for health: signed by RS256, ES256 or EdDSA, of this issuer, for this audience, and neither expired nor early
 * by more than a minute. Its `sub` is then cm_call_identity, also where the client has shown a certificate. */
typedef struct cm_server_tokens {
    const char *keys;     /* a file: a JSON Web Key Set; read again when it changes */
    const char *issuer;   /* that `iss` has to be */
    const char *audience; /* that `aud` has to be or to hold */
} cm_server_tokens;

/* Of each connection; 0 takes the default. A connection that ends by one of them is closed in order: its client opens
 * another for the next call. */
typedef struct cm_server_limits {
    int largest_metadata;     /* bytes of a call's headers; 16 KiB. More is RESOURCE_EXHAUSTED */
    int most_streams;         /* calls of one connection at once; 1,000. A client waits with more */
    int handshake_ms;         /* until a connection has said what it is; 20 s */
    int keepalive_ms;         /* of silence, after which the client is asked whether it is still there; 60 s */
    int keepalive_timeout_ms; /* for its answer, before the connection counts as broken; 20 s */
    int ping_interval_ms;     /* between pings of a client; 10 s. Who pings more often is cut off after a few */
    int idle_ms;              /* without a call; none */
    int age_ms;               /* of a connection, give or take a tenth, so that clients spread anew; none */
    int age_grace_ms;         /* for its calls to finish then, before they are cancelled; 5 min */
} cm_server_limits;

typedef struct cm_server_options {
    const char *const *listen;      /* "127.0.0.1:7001", "[::1]:0", "unix:/run/x.sock"; ends with NULL */
    const cm_server_tls *tls;       /* of all listeners but Unix sockets, which the file system guards; NULL: none */
    const cm_server_tokens *tokens; /* NULL: tokens are not looked at */
    bool insecure;     /* without TLS a server only listens on loopback and Unix sockets unless this is set */
    const char *roles; /* a file of lines `IDENTITY ROLE`, # before comments; read again when it changes. A role is
                        * none, read, write or admin, each with what those before it may. An identity is a certificate's
                        * or a token's, `scope:WORD` everybody whose token has that word in `scope` or `roles`, `*`
                        * everybody with a certificate or a token, `anonymous` everybody without; the first of these
                        * that is listed counts, and who is not listed has none. NULL: everybody may do everything on
                        * loopback or where `insecure` is set, unless clients can say who they are by `tokens` or a
                        * certificate that is optional; elsewhere everybody with a certificate or a token. Methods of
                        * CM_ANYONE stay open to all */
    size_t most_calls; /* that run at once, streams included; 0: 10,000. One more is RESOURCE_EXHAUSTED with RetryInfo;
                        * health stays answered */
    size_t most_waiting; /* bytes of requests that have no answer yet, and of what is to be sent; 0: 256 MiB. What would
                          * be more is RESOURCE_EXHAUSTED with RetryInfo; above half, cm_call_send says no once a stream
                          * has one message waiting */
    size_t most_connections; /* one more is closed at once, and its client tries again later; 0: 20,000, but no more
                              * than three quarters of the descriptors that this process may have */
    size_t most_memory; /* bytes that may be held of what peers send before it is a message, and for connections; 0:
                         * 512 MiB. Near it, peers have to wait, idle connections are closed, and calls end with
                         * RESOURCE_EXHAUSTED */
    cm_server_limits limits;
    const cm_interceptor *interceptors; /* around each call, in this order: rpc/cm_interceptor.h */
    size_t interceptor_count;
    cm_executor *lanes[CM_LANES]; /* of reader, writer and background; NULL: methods of that lane are refused at add */
    int queues;                   /* threads that do input, output and what runs inline; 0: 1, which takes
                                   * the least of a processor for a call (docs/performance.md) */
    cm_compression compression;   /* of answers, where a handler does not say otherwise */
    size_t largest_request;       /* bytes; 0: 4 MiB. A larger message is RESOURCE_EXHAUSTED */
    size_t stream_window;         /* bytes a stream may have queued before cm_call_send says no; 0: 256 KiB */
} cm_server_options;

/* Strings and what is pointed to are copied. INVALID_ARGUMENT names the option that makes no sense; NOT_FOUND and
 * PERMISSION_DENIED the file that cannot be read. */
cm_status cm_server_new(const cm_server_options *options, cm_server **made) CM_MUST_USE;

/* Before start. INVALID_ARGUMENT names a method whose lane the server lacks. */
cm_status cm_server_add(cm_server *server, const cm_service *service) CM_MUST_USE;

/* Binds and serves; every service is then SERVING. UNAVAILABLE names the address that cannot be bound, and why. */
cm_status cm_server_start(cm_server *server) CM_MUST_USE;

/* The port of the listener, in the order of the options; what port 0 became. */
int cm_server_port(const cm_server *server, int listener);

/* Connections that are open now, and those that were closed because there were too many; from any thread, between start
 * and free. */
size_t cm_server_connections(cm_server *server);
size_t cm_server_connections_refused(cm_server *server);

/* Bytes that wait now, as most_waiting counts them. From any thread. */
size_t cm_server_waiting(const cm_server *server);

/* Adds connections, calls and bytes that wait to `metrics`, which outlive the server or are told to remove it
 * (cm_metrics_remove). */
void cm_server_measure(cm_server *server, cm_metrics *metrics);

/* Health of one service ("" is the whole server); from any thread. */
void cm_server_set_serving(cm_server *server, const char *service, bool serving);

bool cm_server_serving(cm_server *server, const char *service);

/* The orderly end: NOT_SERVING, `pause_ms` for balancers to notice, no new calls, `grace_ms` for calls to finish, then
 * the rest is cancelled and has 3 seconds to end. Logs each step with counts. False where a handler runs even then: it
 * does not heed cm_call_cancelled, and a process that has to end ends without it. */
bool cm_server_drain(cm_server *server, int pause_ms, int grace_ms);

/* Ends a server that was drained or never started; waits for handlers that still run. */
void cm_server_free(cm_server *server);

#endif
