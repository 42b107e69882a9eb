#include "rpc/cm_call.h"

#include <stdlib.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "call.h"
#include "wire.h"

void cm_call_init(cm_call *call, const cm_call_carrier *carrier, const cm_method_row *row, void *state)
{
    *call = (cm_call){
        .carrier = carrier,
        .references = 1,
        .row = row,
        .state = state,
        .identity = "anonymous",
        .deadline_us = INT64_MAX,
        .began_us = cm_clock_monotonic_us(),
        .lasting = call->lasting ? call->lasting : cm_arena_new(),
        .brief = call->brief ? call->brief : cm_arena_new(),
    };
    call->arena = call->brief;
}

static void drop_staged(cm_call *call)
{
    for (size_t i = 0; i < call->staged_count; i++)
        grpc_slice_unref(call->staged[i]);
    call->staged_count = 0;
    call->staged_bytes = 0;
    call->refused = false;
    call->staged_end = false;
    cm_status_clear(&call->end);
}

static void clear_staged(cm_call *call)
{
    drop_staged(call);
    free(call->staged);
    call->staged = NULL;
    call->staged_capacity = 0;
    cm_metadata_clear(&call->initial);
    cm_metadata_clear(&call->trailing);
}

void cm_call_clear(cm_call *call)
{
    clear_staged(call);
    cm_arena_free(call->lasting);
    cm_arena_free(call->brief);
}

void cm_call_recycle(cm_call *call)
{
    clear_staged(call);
    cm_arena_shrink(call->lasting);
    cm_arena_shrink(call->brief);
}

void cm_call_mark(cm_call *call)
{
    call->data_before = call->data;
    call->compression_before = call->compression;
    call->initial_before = call->initial.count;
    call->trailing_before = call->trailing.count;
}

void cm_call_rewind(cm_call *call)
{
    drop_staged(call);
    call->data = call->data_before;
    call->compression = call->compression_before;
    cm_metadata_cut(&call->initial, call->initial_before);
    cm_metadata_cut(&call->trailing, call->trailing_before);
    cm_arena_reset(call->brief);
}

cm_arena *cm_call_arena(cm_call *call)
{
    return call->arena;
}

void *cm_call_state(cm_call *call)
{
    return call->state;
}

void *cm_call_lent(cm_call *call)
{
    return call->lent;
}

void cm_call_lend(cm_call *call, void *lent)
{
    call->lent = lent;
}

void *cm_call_data(const cm_call *call)
{
    return call->data;
}

void cm_call_set_data(cm_call *call, void *data)
{
    call->data = data;
}

const char *cm_call_method(const cm_call *call)
{
    return call->row ? call->row->desc->path : "";
}

const cm_method_desc *cm_call_method_desc(const cm_call *call)
{
    return call->row ? call->row->desc : NULL;
}

cm_lane cm_call_lane(const cm_call *call)
{
    return call->row->lane;
}

cm_role cm_call_role(const cm_call *call)
{
    return call->row->role;
}

const char *cm_call_identity(const cm_call *call)
{
    return call->identity;
}

const char *cm_call_metadata(const cm_call *call, const char *key)
{
    return call->carrier->metadata((cm_call *)call, key);
}

void cm_call_set_trace(cm_call *call, const cm_trace *trace)
{
    call->traceparent = cm_trace_format(trace, cm_arena_take(call->lasting, CM_TRACE_TEXT));
}

const char *cm_call_traceparent(const cm_call *call)
{
    cm_call *known = (cm_call *)call;
    cm_trace trace;

    if (!call->traceparent) {
        const char *header = cm_call_metadata(call, "traceparent");
        known->traceparent = (char *)"";
        if (header && cm_trace_parse(header, &trace))
            cm_call_set_trace(known, &trace);
    }
    return call->traceparent;
}

const char *cm_call_peer(const cm_call *call)
{
    return call->carrier->peer((cm_call *)call);
}

cm_status cm_call_add_initial(cm_call *call, const char *key, const void *value, size_t size)
{
    if (call->initial_left)
        return cm_fail(CM_FAILED_PRECONDITION, "initial metadata '%s' comes too late; add it before the first message",
                       key);
    return cm_metadata_add(&call->initial, key, value, size);
}

cm_status cm_call_add_trailing(cm_call *call, const char *key, const void *value, size_t size)
{
    return cm_metadata_add(&call->trailing, key, value, size);
}

const char *cm_call_end_message(const cm_call *call)
{
    return call->end_message ? call->end_message : "";
}

void cm_call_compress(cm_call *call, cm_compression compression)
{
    call->compression = compression;
}

int64_t cm_call_deadline_us(const cm_call *call)
{
    return call->deadline_us;
}

int64_t cm_call_began_us(const cm_call *call)
{
    return call->began_us;
}

bool cm_call_cancelled(const cm_call *call)
{
    return atomic_load_explicit(&call->cancelled, memory_order_acquire);
}

bool cm_call_send(cm_call *call, const ProtobufCMessage *message)
{
    if (call->staged_end)
        return false;
    CM_GROW(call->staged, call->staged_capacity, call->staged_count + 1);
    grpc_slice packed = cm_wire_pack(message);
    call->staged[call->staged_count++] = packed;
    call->staged_bytes += GRPC_SLICE_LENGTH(packed) + CALL_MESSAGE_COST;
    return cm_call_has_room(call);
}

bool cm_call_has_room(const cm_call *call)
{
    bool room = !call->staged_end && call->carrier->has_room(call, call->staged_bytes);

    if (!room)
        ((cm_call *)call)->refused = true;
    return room;
}

void cm_call_finish(cm_call *call, cm_status status)
{
    if (call->staged_end) {
        cm_status_clear(&status);
        return;
    }
    call->staged_end = true;
    call->end = status;
}

void cm_call_wake(cm_call *call)
{
    call->carrier->wake(call);
}

cm_call *cm_call_ref(cm_call *call)
{
    atomic_fetch_add_explicit(&call->references, 1, memory_order_relaxed);
    return call;
}

void cm_call_unref(cm_call *call)
{
    if (atomic_fetch_sub_explicit(&call->references, 1, memory_order_acq_rel) == 1)
        call->carrier->destroy(call);
}
