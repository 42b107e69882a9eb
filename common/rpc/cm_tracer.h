/* cm_tracer.h: traces calls, and sends what they took to a collector by OTLP over gRPC. Reach for it in a program's
 * wiring: one for all its servers and channels, in their lists of interceptors.
 *
 * A call that comes in is a span of its caller's trace where that is sampled (header traceparent), or begins a trace
 * where it comes without one; where its caller's is not sampled it is passed on and nothing is sent. What a handler
 * calls with `.parent` is a child of its span, and cm_call_traceparent is the span's own place.
 *
 * Spans wait in a queue of bounded size and leave in batches on a thread of their own. While the collector cannot be
 * reached they are dropped and counted: tracing never holds up a call. */
#ifndef CM_TRACER_H
#define CM_TRACER_H

#include "base/cm_metrics.h"
#include "rpc/cm_interceptor.h"

typedef struct cm_tracer cm_tracer;

typedef struct cm_tracer_options {
    const char *endpoint; /* of the collector, as for cm_channel_new: 127.0.0.1:4317 */
    const char *service;  /* the attribute service.name */
    double ratio;         /* of traces that begin here, how many are sampled, 0 … 1; 0: all */
    size_t queue;         /* spans that wait at most; 0: 2,048 */
    size_t batch;         /* spans that leave together at most; 0: 512 */
    int delay_ms;         /* after which fewer leave, too; 0: 1,000 */
    cm_metrics *metrics;  /* gets cityneg_spans_sent_total and cityneg_spans_dropped_total; NULL: nobody asks */
} cm_tracer_options;

/* INVALID_ARGUMENT names an endpoint or a ratio that makes no sense. Strings are copied. */
cm_status cm_tracer_new(const cm_tracer_options *options, cm_tracer **made) CM_MUST_USE;

/* After the servers and channels that have it: sends what still waits, for at most two seconds. NULL is fine. */
void cm_tracer_free(cm_tracer *tracer);

cm_interceptor cm_tracer_server(cm_tracer *tracer);
cm_client_interceptor cm_tracer_client(cm_tracer *tracer);

#endif
