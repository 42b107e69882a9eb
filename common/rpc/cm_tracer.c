#include "rpc/cm_tracer.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_digest.h"
#include "base/cm_memory.h"
#include "call.h"
#include "span_export.h"

struct cm_tracer {
    span_export *export;
    uint32_t sampled_below; /* of a random number: a trace that begins here is sampled */
};

static cm_trace begin_trace(const cm_tracer *tracer)
{
    uint32_t dice;

    cm_random(&dice, sizeof dice);
    return cm_trace_root(dice <= tracer->sampled_below ? CM_TRACE_SAMPLED : 0);
}

static rpc_span *begin_span(const cm_trace *trace, const cm_trace *parent, const cm_method_desc *method,
                            const char *peer, const char *state)
{
    rpc_span *span = cm_alloc(sizeof *span);

    span->trace = *trace;
    span->has_parent = parent != NULL;
    if (parent)
        memcpy(span->parent, parent->span_id, sizeof span->parent);
    span->method = method;
    span->peer = cm_strdup(peer);
    span->state = state ? cm_strdup(state) : NULL;
    span->began_us = cm_clock_wall_us();
    return span;
}

/* `took_us` is by the clock that does not step. */
static void end_span(cm_tracer *tracer, rpc_span *span, int64_t took_us, cm_code code)
{
    if (!span)
        return;
    span->ended_us = span->began_us + took_us;
    span->code = code;
    span_export_put(tracer->export, span);
}

/* ---- calls that come in ---- */

static cm_status server_began(void *context, cm_call *call, void **kept)
{
    const char *header = cm_call_metadata(call, "traceparent");
    cm_trace parent, own;
    bool has_parent = header && cm_trace_parse(header, &parent);

    own = has_parent ? parent : begin_trace(context);
    if (has_parent && (own.flags & CM_TRACE_SAMPLED))
        own = cm_trace_child(&parent);
    cm_call_set_trace(call, &own);
    if (!(own.flags & CM_TRACE_SAMPLED))
        return cm_ok();
    rpc_span *span = begin_span(&own, has_parent ? &parent : NULL, cm_call_method_desc(call), cm_call_peer(call),
                                has_parent ? cm_call_metadata(call, "tracestate") : NULL);
    span->is_server = true;
    *kept = span;
    return cm_ok();
}

static void server_ended(void *context, cm_call *call, void *kept, cm_code code)
{
    end_span(context, kept, cm_clock_monotonic_us() - cm_call_began_us(call), code);
}

/* ---- calls that are made ---- */

/* Whose place the call continues; false: none. */
static bool parent_of(const cm_outgoing *call, cm_trace *parent)
{
    cm_call *incoming = cm_outgoing_parent(call);

    return incoming && cm_trace_parse(cm_call_traceparent(incoming), parent);
}

static cm_status client_began(void *context, cm_outgoing *call, void **kept)
{
    char header[CM_TRACE_TEXT];
    cm_trace parent, own;

    if (cm_outgoing_has(call, "traceparent")) /* the caller knows better */
        return cm_ok();
    bool has_parent = parent_of(call, &parent);
    own = has_parent ? parent : begin_trace(context);
    if (has_parent && (own.flags & CM_TRACE_SAMPLED))
        own = cm_trace_child(&parent);
    CM_TRY(cm_outgoing_add(call, "traceparent", cm_trace_format(&own, header), CM_TRACE_TEXT - 1));
    if (own.flags & CM_TRACE_SAMPLED)
        *kept = begin_span(&own, has_parent ? &parent : NULL, cm_outgoing_method(call), cm_outgoing_target(call),
                           has_parent ? cm_call_metadata(cm_outgoing_parent(call), "tracestate") : NULL);
    return cm_ok();
}

static void client_ended(void *context, const cm_outgoing *call, void *kept, cm_code code)
{
    end_span(context, kept, cm_clock_monotonic_us() - cm_outgoing_began_us(call), code);
}

cm_interceptor cm_tracer_server(cm_tracer *tracer)
{
    return (cm_interceptor){.began = server_began, .ended = server_ended, .context = tracer};
}

cm_client_interceptor cm_tracer_client(cm_tracer *tracer)
{
    return (cm_client_interceptor){.began = client_began, .ended = client_ended, .context = tracer};
}

/* ---- life ---- */

cm_status cm_tracer_new(const cm_tracer_options *options, cm_tracer **made)
{
    span_export *export;

    *made = NULL;
    if (!(options->ratio >= 0 && options->ratio <= 1))
        return cm_fail(CM_INVALID_ARGUMENT, "ratio: %g is no share of traces; give a number from 0 to 1",
                       options->ratio);
    CM_TRY(span_export_new(options, &export));
    cm_tracer *tracer = cm_alloc(sizeof *tracer);
    tracer->export = export;
    tracer->sampled_below = options->ratio > 0 ? (uint32_t)(options->ratio * UINT32_MAX) : UINT32_MAX;
    *made = tracer;
    return cm_ok();
}

void cm_tracer_free(cm_tracer *tracer)
{
    if (!tracer)
        return;
    span_export_free(tracer->export);
    free(tracer);
}
