/* Calls without a network, for unit tests of handlers: what a handler sends, adds and ends with is kept. */
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "call.h"
#include "wire.h"

typedef struct local_call {
    cm_call base;
    cm_metadata received;
} local_call;

static const char *local_metadata(cm_call *call, const char *key)
{
    const cm_metadata *received = &((local_call *)call)->received;
    grpc_metadata_array array = {received->count, received->capacity, received->items};
    const grpc_slice *value = cm_metadata_find(&array, key);

    return value ? cm_wire_text(*value, call->lasting) : NULL;
}

static const char *local_peer(cm_call *call)
{
    return "local";
}

static bool local_has_room(const cm_call *call, size_t staged_bytes)
{
    return true;
}

static void local_wake(cm_call *call)
{
}

static grpc_call *local_core(cm_call *call)
{
    return NULL;
}

static void local_destroy(cm_call *call)
{
    cm_metadata_clear(&((local_call *)call)->received);
    cm_call_clear(call);
    free(call);
}

static const cm_call_carrier local_carrier = {
    .metadata = local_metadata,
    .peer = local_peer,
    .has_room = local_has_room,
    .wake = local_wake,
    .core = local_core,
    .destroy = local_destroy,
};

cm_call *cm_call_new_local(void *state, void *lent, const char *identity)
{
    local_call *local = cm_alloc(sizeof *local);
    cm_call *call = &local->base;

    cm_call_init(call, &local_carrier, NULL, state);
    call->lent = lent;
    call->identity = cm_arena_strdup(call->lasting, identity ? identity : "anonymous");
    return call;
}

size_t cm_call_local_sent(const cm_call *call, const ProtobufCMessageDescriptor *descriptor, cm_arena *arena,
                          ProtobufCMessage ***messages)
{
    *messages = cm_arena_take(arena, (call->staged_count + 1) * sizeof **messages);
    for (size_t i = 0; i < call->staged_count; i++) {
        cm_bytes packed = {GRPC_SLICE_START_PTR(call->staged[i]), GRPC_SLICE_LENGTH(call->staged[i])};
        cm_status outcome = cm_message_unpack(descriptor, packed, arena, &(*messages)[i]);
        if (!cm_is_ok(outcome)) { /* the test names another type than the handler sent: the list ends here */
            cm_status_clear(&outcome);
            return i;
        }
    }
    return call->staged_count;
}

bool cm_call_local_finished(const cm_call *call, cm_code *code)
{
    *code = call->staged_end ? call->end.code : CM_OK;
    return call->staged_end;
}

cm_status cm_call_local_receive(cm_call *call, const char *key, const char *value)
{
    return cm_metadata_add(&((local_call *)call)->received, key, value, strlen(value));
}

void cm_call_local_cancel(cm_call *call)
{
    atomic_store(&call->cancelled, true);
}
