/* What unary calls and streams of a client have in common: how one starts, and what comes back. */
#include <string.h>

#include "base/cm_clock.h"
#include "call.h"
#include "channel.h"
#include "wire.h"

static cm_status add_metadata(cm_outgoing *start, const cm_call_options *options)
{
    bool has_token = false;

    for (size_t i = 0; i < options->metadata_count; i++) {
        const cm_metadatum *one = &options->metadata[i];
        CM_TRY(cm_metadata_add(&start->metadata, one->key, one->value, one->size));
        has_token |= strcmp(one->key, "authorization") == 0;
    }
    if (start->channel->token && !has_token)
        CM_TRY(cm_rpc_channel_token_add(start->channel->token, &start->metadata));
    return cm_ok();
}

static cm_status pass_on(cm_outgoing *start, const char *key, const char *value)
{
    if (!value || !*value || cm_outgoing_has(start, key))
        return cm_ok();
    return cm_metadata_add(&start->metadata, key, value, strlen(value));
}

/* What an interceptor does not trace goes on with the trace of the incoming call. */
static cm_status add_trace(cm_outgoing *start)
{
    const char *trace = start->parent ? cm_call_traceparent(start->parent) : "";

    if (!*trace)
        return cm_ok();
    CM_TRY(pass_on(start, "traceparent", trace));
    return pass_on(start, "tracestate", cm_call_metadata(start->parent, "tracestate"));
}

/* Lets the interceptors have the call. */
static cm_status intercept(cm_outgoing *start)
{
    cm_status outcome = cm_rpc_intercept_client_begin(&start->intercepted, start);

    if (cm_is_ok(outcome))
        outcome = add_trace(start);
    if (!cm_is_ok(outcome))
        cm_rpc_intercept_client_end(&start->intercepted, start, outcome.code);
    return outcome;
}

static void compress(cm_outgoing *start, cm_compression compression)
{
    if (compression == CM_COMPRESS_GZIP)
        cm_metadata_put(&start->metadata, GRPC_COMPRESSION_REQUEST_ALGORITHM_MD_KEY,
                        grpc_slice_from_static_string("gzip"));
}

cm_status cm_rpc_client_start_init(cm_outgoing *start, cm_channel *channel, const cm_method_desc *method,
                                   const cm_call_options *options, int64_t timeout_ms)
{
    static const cm_call_options plain;

    if (!options)
        options = &plain;
    if (options->timeout_ms)
        timeout_ms = options->timeout_ms;
    *start = (cm_outgoing){.channel = channel, .method = method, .began_us = cm_clock_monotonic_us()};
    start->intercepted = (intercepted){.list = &channel->interceptors, .kept = start->kept};
    start->deadline_us = timeout_ms > 0 ? start->began_us + timeout_ms * 1000 : INT64_MAX;
    if (options->parent && cm_call_deadline_us(options->parent) < start->deadline_us)
        start->deadline_us = cm_call_deadline_us(options->parent);
    if (options->wait_for_ready)
        start->flags = GRPC_INITIAL_METADATA_WAIT_FOR_READY | GRPC_INITIAL_METADATA_WAIT_FOR_READY_EXPLICITLY_SET;
    if (options->parent)
        start->parent = cm_call_ref(options->parent);
    compress(start, options->compression ? options->compression : channel->options.compression);
    cm_status outcome = add_metadata(start, options);
    if (cm_is_ok(outcome))
        outcome = intercept(start);
    if (!cm_is_ok(outcome))
        cm_rpc_client_start_clear(start);
    return outcome;
}

void cm_rpc_client_start_clear(cm_outgoing *start)
{
    cm_metadata_clear(&start->metadata);
    if (start->parent)
        cm_call_unref(start->parent);
    start->parent = NULL;
}

grpc_call *cm_rpc_client_start_call(const cm_outgoing *start, bool with_parent)
{
    const cm_channel *channel = start->channel;
    grpc_slice path = grpc_slice_from_static_string(start->method->path);
    grpc_call *parent = with_parent && start->parent ? start->parent->carrier->core(start->parent) : NULL;

    return grpc_channel_create_call(
        channel->core, parent, parent ? GRPC_PROPAGATE_CANCELLATION : GRPC_PROPAGATE_DEFAULTS,
        cm_queue_core(channel->queue), path, NULL, cm_wire_deadline(start->deadline_us), NULL);
}

void cm_rpc_client_initial_op(const cm_outgoing *start, grpc_op *op)
{
    op->op = GRPC_OP_SEND_INITIAL_METADATA;
    op->flags = start->flags;
    op->data.send_initial_metadata.count = start->metadata.count;
    op->data.send_initial_metadata.metadata = start->metadata.items;
}

void cm_rpc_client_answer_init(client_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    grpc_metadata_array_init(&answer->initial);
    grpc_metadata_array_init(&answer->trailing);
    answer->text = grpc_empty_slice();
}

void cm_rpc_client_answer_clear(client_answer *answer)
{
    grpc_metadata_array_destroy(&answer->initial);
    grpc_metadata_array_destroy(&answer->trailing);
    grpc_byte_buffer_destroy(answer->payload);
    grpc_slice_unref(answer->text);
    cm_rpc_client_answer_init(answer);
}

void cm_rpc_client_status_op(client_answer *answer, grpc_op *op)
{
    op->op = GRPC_OP_RECV_STATUS_ON_CLIENT;
    op->data.recv_status_on_client.trailing_metadata = &answer->trailing;
    op->data.recv_status_on_client.status = &answer->code;
    op->data.recv_status_on_client.status_details = &answer->text;
}

void cm_rpc_client_metadata_op(client_answer *answer, grpc_op *op)
{
    op->op = GRPC_OP_RECV_INITIAL_METADATA;
    op->data.recv_initial_metadata.recv_initial_metadata = &answer->initial;
}

/* A server that ends a call at its deadline may be a moment before us, and resets the stream: C-core then says that it
 * was cancelled, though nobody did. */
static bool was_late(const client_answer *answer, const cm_outgoing *start, const char *text)
{
    return answer->code == GRPC_STATUS_CANCELLED &&
           strncmp(text, "Received RST_STREAM", strlen("Received RST_STREAM")) == 0 &&
           cm_clock_monotonic_us() >= start->deadline_us;
}

cm_status cm_rpc_client_answer_status(const client_answer *answer, const cm_outgoing *start)
{
    if (answer->code == GRPC_STATUS_OK)
        return cm_ok();
    CM_ARENA(arena);
    grpc_status_code code = answer->code;
    const char *text = cm_wire_text(answer->text, arena);
    if (was_late(answer, start, text))
        code = GRPC_STATUS_DEADLINE_EXCEEDED;
    if (code == GRPC_STATUS_DEADLINE_EXCEEDED && (code != answer->code || strcmp(text, "Deadline Exceeded") == 0))
        text = cm_arena_format(arena, "%s at %s did not answer in time", start->method->path, start->channel->target);
    return cm_wire_status((int)code, text, cm_metadata_find(&answer->trailing, "grpc-status-details-bin"));
}

static size_t copy(const grpc_metadata_array *from, cm_arena *arena, cm_metadatum **to)
{
    *to = cm_arena_take(arena, (from->count + 1) * sizeof **to);
    for (size_t i = 0; i < from->count; i++)
        (*to)[i] = (cm_metadatum){
            .key = cm_wire_text(from->metadata[i].key, arena),
            .value = cm_wire_text(from->metadata[i].value, arena),
            .size = GRPC_SLICE_LENGTH(from->metadata[i].value),
        };
    return from->count;
}

void cm_rpc_client_answer_received(const client_answer *answer, cm_received *received)
{
    received->initial_count = copy(&answer->initial, received->arena, &received->initial);
    received->trailing_count = copy(&answer->trailing, received->arena, &received->trailing);
}

/* ---- as interceptors see it ---- */

const cm_method_desc *cm_outgoing_method(const cm_outgoing *call)
{
    return call->method;
}

const char *cm_outgoing_target(const cm_outgoing *call)
{
    return call->channel->target;
}

cm_call *cm_outgoing_parent(const cm_outgoing *call)
{
    return call->parent;
}

int64_t cm_outgoing_began_us(const cm_outgoing *call)
{
    return call->began_us;
}

int64_t cm_outgoing_deadline_us(const cm_outgoing *call)
{
    return call->deadline_us;
}

cm_status cm_outgoing_add(cm_outgoing *call, const char *key, const void *value, size_t size)
{
    return cm_metadata_add(&call->metadata, key, value, size);
}

bool cm_outgoing_has(const cm_outgoing *call, const char *key)
{
    for (size_t i = 0; i < call->metadata.count; i++)
        if (grpc_slice_str_cmp(call->metadata.items[i].key, key) == 0)
            return true;
    return false;
}
