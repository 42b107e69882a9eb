#include "server_call.h"

#include <grpc/support/alloc.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "server_floods.h"
#include "server_waiting.h"
#include "wire.h"

void cm_rpc_server_call_init(server_call *call, const cm_call_carrier *carrier, cm_server *server,
                             const server_method *method, server_arrival *arrival)
{
    cm_call_init(&call->base, carrier, method->row, method->state);
    call->base.deadline_us = arrival->deadline_us;
    call->server = server;
    call->method = method;
    call->arrival = *arrival;
    if (arrival->identity)
        call->base.identity = cm_arena_strdup(call->base.lasting, arrival->identity);
    free(arrival->identity);
    call->arrival.identity = NULL;
    call->end_text = grpc_empty_slice();
}

cm_status cm_rpc_server_call_begin(server_call *call, cm_status admitted)
{
    const intercept_list *list = &call->server->interceptors;

    call->holds_place = cm_is_ok(admitted) && !call->method->is_unlimited;
    if (list->count == 0)
        return admitted;
    call->intercepted.list = list;
    call->intercepted.kept = cm_arena_zero(call->base.lasting, (size_t)list->count * sizeof(void *));
    cm_status outcome = cm_rpc_intercept_begin(&call->intercepted, &call->base);
    if (cm_is_ok(outcome))
        return admitted;
    cm_status_clear(&admitted);
    return outcome;
}

void cm_rpc_server_call_release(server_call *call)
{
    if (call->was_cancelled && call->end_code == CM_OK)
        call->end_code = cm_rpc_server_call_gone(call);
    /* Whoever hears of this call's end finds its places free. */
    cm_rpc_waiting_give(call->server, call->waiting);
    if (call->arrival.share)
        cm_rpc_floods_leave(call->server->floods, call->arrival.share);
    if (call->holds_place)
        atomic_fetch_sub(&call->server->admitted, 1);
    cm_rpc_intercept_end(&call->intercepted, &call->base, call->end_code);
    grpc_metadata_array_destroy(&call->arrival.metadata);
    grpc_slice_unref(call->end_text);
    grpc_call_unref(call->arrival.call);
    call->arrival.call = NULL;
    cm_rpc_server_call_ended(call->server, cm_call_cancelled(&call->base));
}

const char *cm_rpc_server_call_metadata(cm_call *base, const char *key)
{
    server_call *call = (server_call *)base;
    const grpc_metadata_array *received = &call->arrival.metadata;
    const grpc_slice *value = cm_metadata_find(received, key);

    if (!value)
        return NULL;
    if (!call->texts)
        call->texts = cm_arena_zero(base->lasting, received->count * sizeof *call->texts);
    size_t index = (size_t)((const char *)value - (const char *)received->metadata) / sizeof *received->metadata;
    if (!call->texts[index])
        call->texts[index] = cm_wire_text(*value, base->lasting);
    return call->texts[index];
}

const char *cm_rpc_server_call_peer(cm_call *base)
{
    server_call *call = (server_call *)base;

    if (!call->peer) {
        char *peer = grpc_call_get_peer(call->arrival.call);
        call->peer = cm_arena_strdup(base->lasting, peer);
        gpr_free(peer);
    }
    return call->peer;
}

grpc_call *cm_rpc_server_call_core(cm_call *base)
{
    return ((server_call *)base)->arrival.call;
}

void cm_rpc_server_call_initial_op(server_call *call, grpc_op *op)
{
    op->op = GRPC_OP_SEND_INITIAL_METADATA;
    op->data.send_initial_metadata.count = call->base.initial.count;
    op->data.send_initial_metadata.metadata = call->base.initial.items;
    cm_compression compression =
        call->base.compression == CM_COMPRESS_PRESET ? call->server->compression : call->base.compression;
    if (compression == CM_COMPRESS_GZIP) /* the least level is gzip, where the caller takes it */
        op->data.send_initial_metadata.maybe_compression_level.is_set = 1;
    op->data.send_initial_metadata.maybe_compression_level.level = GRPC_COMPRESS_LEVEL_LOW;
    call->base.initial_left = true;
}

void cm_rpc_server_call_end_op(server_call *call, cm_status status, grpc_op *op)
{
    grpc_slice details = cm_wire_details(status);

    if (GRPC_SLICE_LENGTH(details) > 0)
        cm_metadata_put(&call->base.trailing, "grpc-status-details-bin", details);
    call->end_text = cm_wire_message(status);
    call->end_code = status.code;
    if (status.code != CM_OK && call->intercepted.begun > 0)
        call->base.end_message = cm_arena_strdup(call->base.lasting, cm_status_message(status));
    op->op = GRPC_OP_SEND_STATUS_FROM_SERVER;
    op->data.send_status_from_server.status = (grpc_status_code)status.code;
    op->data.send_status_from_server.status_details = status.code == CM_OK ? NULL : &call->end_text;
    op->data.send_status_from_server.trailing_metadata_count = call->base.trailing.count;
    op->data.send_status_from_server.trailing_metadata = call->base.trailing.items;
}

cm_code cm_rpc_server_call_gone(const server_call *call)
{
    return call->base.deadline_us <= cm_clock_monotonic_us() ? CM_DEADLINE_EXCEEDED : CM_CANCELLED;
}
