/* cm_interceptor.h: functions that a server or a channel runs around each of its calls: to count, to trace, to log, to
 * refuse. Reach for it when something is about all calls and no single handler; rpc/cm_rpc_metrics.h is one.
 *
 * A list of them is given to cm_server_options or cm_channel_options. `began` runs in the order of the list; one that
 * fails refuses the call with its status, and those after it never hear of it. `ended` runs exactly once for each whose
 * `began` succeeded, in the opposite order. Any function may be NULL.
 *
 * On a server they come before the check of roles and limits, so that they see what is refused, too. Calls of methods
 * that the server does not have reach none of them. On a client a call is one call, however often it is repeated, and a
 * stream ends when it is freed.
 *
 * `asked` and `answered` are for unary calls: around the handler, where it runs and with what it is lent; one that
 * fails ends the call with its status. `answered` follows a handler that succeeded, and may change the response, though
 * not what that points to. Where a handler is run again they are, too.
 *
 * Threads: all others run on the thread that does the network's work, several at once for different calls, and never
 * block. `context` outlives the server or channel. */
#ifndef CM_INTERCEPTOR_H
#define CM_INTERCEPTOR_H

#include <protobuf-c/protobuf-c.h>

#include "base/cm_status.h"

typedef struct cm_call cm_call;
typedef struct cm_method_desc cm_method_desc;

/* Around the calls that a server takes. `kept` is NULL at first, and `ended` gets what `began` left there.
 * cm_call_began_us (rpc/cm_call.h) tells when the call came, cm_call_method_desc which it is. */
typedef struct cm_interceptor {
    cm_status (*began)(void *context, cm_call *call, void **kept);
    void (*received)(void *context, void *kept, size_t bytes); /* a message of the caller */
    void (*sent)(void *context, void *kept, size_t bytes);     /* a message to the caller */
    void (*ended)(void *context, cm_call *call, void *kept, cm_code code);
    void *context;
    cm_status (*asked)(void *context, cm_call *call, const ProtobufCMessage *request);
    cm_status (*answered)(void *context, cm_call *call, const ProtobufCMessage *request, ProtobufCMessage *response);
} cm_interceptor;

/* A call that a channel makes. */
typedef struct cm_outgoing cm_outgoing;

/* Around the calls that a channel makes. */
typedef struct cm_client_interceptor {
    cm_status (*began)(void *context, cm_outgoing *call, void **kept);
    void (*received)(void *context, void *kept, size_t bytes);
    void (*sent)(void *context, void *kept, size_t bytes); /* each time that it leaves */
    void (*ended)(void *context, const cm_outgoing *call, void *kept, cm_code code);
    void *context;
} cm_client_interceptor;

const cm_method_desc *cm_outgoing_method(const cm_outgoing *call);
const char *cm_outgoing_target(const cm_outgoing *call);
cm_call *cm_outgoing_parent(const cm_outgoing *call);     /* on whose behalf; NULL: none */
int64_t cm_outgoing_began_us(const cm_outgoing *call);    /* monotonic */
int64_t cm_outgoing_deadline_us(const cm_outgoing *call); /* monotonic; INT64_MAX: none */

/* From `began` only: metadata to send, and whether some of that key is sent already. INVALID_ARGUMENT where the key or
 * value is not allowed. */
cm_status cm_outgoing_add(cm_outgoing *call, const char *key, const void *value, size_t size) CM_MUST_USE;
bool cm_outgoing_has(const cm_outgoing *call, const char *key);

enum { CM_INTERCEPTORS_MAX = 16 };

#endif
