/* Calls for parts of a stream's work. */
#include <stdlib.h>

#include "base/cm_memory.h"
#include "call.h"

typedef struct part_call {
    cm_call base;
    cm_call *whole;
} part_call;

static cm_call *whole_of(cm_call *call)
{
    return ((part_call *)call)->whole;
}

static const char *part_metadata(cm_call *call, const char *key)
{
    return cm_call_metadata(whole_of(call), key);
}

static const char *part_peer(cm_call *call)
{
    return cm_call_peer(whole_of(call));
}

static bool part_has_room(const cm_call *call, size_t staged_bytes)
{
    return false;
}

static void part_wake(cm_call *call)
{
}

static grpc_call *part_core(cm_call *call)
{
    return whole_of(call)->carrier->core(whole_of(call));
}

static void part_destroy(cm_call *call)
{
    cm_call *whole = whole_of(call);

    cm_call_clear(call);
    free(call);
    cm_call_unref(whole);
}

static const cm_call_carrier part_carrier = {
    .metadata = part_metadata,
    .peer = part_peer,
    .has_room = part_has_room,
    .wake = part_wake,
    .core = part_core,
    .destroy = part_destroy,
};

cm_call *cm_call_new_part(cm_call *whole)
{
    part_call *part = cm_alloc(sizeof *part);
    cm_call *call = &part->base;

    part->whole = cm_call_ref(whole);
    cm_call_init(call, &part_carrier, whole->row, whole->state);
    call->identity = cm_arena_strdup(call->lasting, cm_call_identity(whole));
    call->traceparent = cm_arena_strdup(call->lasting, cm_call_traceparent(whole));
    call->deadline_us = whole->deadline_us;
    return call;
}
