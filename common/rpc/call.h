/* call.h: what every cm_call is made of, whatever carries it: what its callbacks stage, and the few functions by which
 * its carrier (server, test) is told. Reach for it when writing a carrier. Internal.
 *
 * A callback may run again from the start, so it only stages: messages, metadata and the end are kept here until the
 * carrier commits them after the callback's outcome is known, or rewinds them before it runs again. */
#ifndef CALL_H
#define CALL_H

#include <grpc/grpc.h>
#include <stdatomic.h>

#include "base/cm_log.h"
#include "base/cm_trace.h"
#include "metadata.h"
#include "rpc/cm_call.h"
#include "rpc/cm_service.h"

/* What a queued message takes besides its bytes, so that empty ones fill a queue too. */
enum { CALL_MESSAGE_COST = 64 };

typedef struct cm_call_carrier {
    const char *(*metadata)(cm_call *call, const char *key);
    const char *(*peer)(cm_call *call);
    bool (*has_room)(const cm_call *call, size_t staged_bytes);
    void (*wake)(cm_call *call);
    grpc_call *(*core)(cm_call *call); /* of which outgoing calls are children; NULL: none */
    void (*destroy)(cm_call *call);    /* after the last reference */
} cm_call_carrier;

struct cm_call {
    const cm_call_carrier *carrier;
    atomic_int references;
    atomic_bool cancelled;
    const cm_method_row *row;
    void *state, *lent, *data;
    const char *identity;
    char *traceparent;       /* NULL: not looked up yet */
    const char *end_message; /* of the failure that was answered; NULL: none */
    int64_t deadline_us, began_us;
    cm_arena *lasting; /* lives as long as the call: the request of a unary call, metadata, what prepare made */
    cm_arena *brief;   /* what one run of a callback makes */
    cm_arena *arena;   /* the one that cm_call_arena answers */

    /* Staged by the callback that runs. */
    grpc_slice *staged;
    size_t staged_count, staged_capacity, staged_bytes;
    bool refused; /* it was told that there is no room, and wants to hear when there is */
    bool staged_end;
    cm_status end;
    cm_metadata initial, trailing;
    cm_compression compression;
    bool initial_left; /* initial metadata is on its way */

    /* To rewind to. */
    void *data_before;
    cm_compression compression_before;
    size_t initial_before, trailing_before;
};

/* With one reference and arenas. The memory is zeroed, or of a call that was recycled. */
void cm_call_init(cm_call *call, const cm_call_carrier *carrier, const cm_method_row *row, void *state);
void cm_call_clear(cm_call *call);
void cm_call_recycle(cm_call *call); /* clears it but for empty arenas */

/* The call's place in a trace, where that is another than its caller's. */
void cm_call_set_trace(cm_call *call, const cm_trace *trace);

/* Around what a handler does: lines that its thread logs have the call's trace, where that is known. */
static inline void cm_call_log_begin(const cm_call *call)
{
    if (call->traceparent)
        cm_log_trace(call->traceparent);
}

static inline void cm_call_log_end(const cm_call *call)
{
    if (call->traceparent)
        cm_log_trace(NULL);
}

/* Remembers what a callback that is about to be handed over will find. */
void cm_call_mark(cm_call *call);

/* Makes everything as it was at the mark: before every run, and after a run that failed. */
void cm_call_rewind(cm_call *call);

#endif
