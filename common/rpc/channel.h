/* channel.h: what a channel is made of, and what its unary calls and streams have in common. Reach for it in the
 * client. cm_channel.c is its life, client_unary.c and client_stream.c the calls. Internal. */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <grpc/grpc.h>
#include <pthread.h>

#include "channel_token.h"
#include "intercept.h"
#include "metadata.h"
#include "queue.h"
#include "rpc/cm_channel.h"

typedef struct client_unary client_unary;

struct cm_channel {
    grpc_channel *core;
    cm_queue *queue;
    char *target;
    cm_channel_options options;
    cm_rpc_channel_token *token; /* NULL: none */
    intercept_list interceptors;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t idle;  /* no unary call is under way */
    client_unary *calls;  /* under way */
    bool closing;
};

/* What a call needs before its first batch, from its options; also how interceptors see it. */
struct cm_outgoing {
    cm_channel *channel;
    const cm_method_desc *method;
    int64_t began_us;
    int64_t deadline_us;
    uint32_t flags; /* of SEND_INITIAL_METADATA */
    cm_metadata metadata;
    cm_call *parent; /* referenced; NULL: none */
    intercepted intercepted;
    void *kept[CM_INTERCEPTORS_MAX];
};

/* `timeout_ms` is what 0 in the options means; < 0: none. Lets the interceptors have the call, whose end
 * cm_rpc_intercept_client_end then tells. INVALID_ARGUMENT names metadata that is not allowed; nothing is kept then,
 * and where an interceptor refuses the call. */
cm_status cm_rpc_client_start_init(cm_outgoing *start, cm_channel *channel, const cm_method_desc *method,
                                   const cm_call_options *options, int64_t timeout_ms) CM_MUST_USE;
void cm_rpc_client_start_clear(cm_outgoing *start);

/* C-core's call; `with_parent`: the parent is known to be running, so that its cancellation reaches this call. */
grpc_call *cm_rpc_client_start_call(const cm_outgoing *start, bool with_parent);
void cm_rpc_client_initial_op(const cm_outgoing *start, grpc_op *op);

/* The parts of a call that C-core fills in. */
typedef struct client_answer {
    grpc_metadata_array initial, trailing;
    grpc_byte_buffer *payload;
    grpc_status_code code;
    grpc_slice text;
} client_answer;

void cm_rpc_client_answer_init(client_answer *answer);
void cm_rpc_client_answer_clear(client_answer *answer);
void cm_rpc_client_status_op(client_answer *answer, grpc_op *op);
void cm_rpc_client_metadata_op(client_answer *answer, grpc_op *op);

/* The call's final status, with a text that names the method where C-core has only a word. */
cm_status cm_rpc_client_answer_status(const client_answer *answer, const cm_outgoing *start) CM_MUST_USE;
void cm_rpc_client_answer_received(const client_answer *answer, cm_received *received);

#endif
