/* span_export.h: spans that have ended, on their way to a collector: a bounded queue, and the thread that empties it in
 * batches. Reach for it in cm_tracer.c. Internal; any thread. */
#ifndef SPAN_EXPORT_H
#define SPAN_EXPORT_H

#include "base/cm_trace.h"
#include "rpc/cm_service.h"
#include "rpc/cm_tracer.h"

typedef struct rpc_span {
    cm_trace trace;
    uint8_t parent[8];
    bool has_parent;
    bool is_server;
    const cm_method_desc *method;
    char *peer;                 /* of whom a call comes, or whom it is for; freed with the span */
    char *state;                /* tracestate; NULL: none */
    int64_t began_us, ended_us; /* wall clock */
    cm_code code;
    struct rpc_span *next;
} rpc_span;

typedef struct span_export span_export;

cm_status span_export_new(const cm_tracer_options *options, span_export **made) CM_MUST_USE;

/* Sends what waits, for a bounded time, and ends the thread; NULL is fine. */
void span_export_free(span_export *e);

/* Takes the span over; drops it where the queue is full. Never waits. */
void span_export_put(span_export *e, rpc_span *span);

void rpc_span_free(rpc_span *span);

#endif
