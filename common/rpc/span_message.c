#include "span_message.h"

#include <string.h>

#include "base/cm_message.h"

enum { ATTRIBUTES = 5 };

static void add(OtelCommonKeyValue **list, size_t *count, const char *key, OtelCommonAnyValue *value, cm_arena *arena)
{
    OtelCommonKeyValue *pair = CM_NEW(arena, OtelCommonKeyValue);

    pair->key = (char *)key;
    pair->value = value;
    list[(*count)++] = pair;
}

static OtelCommonAnyValue *text(const char *value, cm_arena *arena)
{
    OtelCommonAnyValue *any = CM_NEW(arena, OtelCommonAnyValue);

    any->value_case = OTEL_COMMON_ANY_VALUE_VALUE_STRING_VALUE;
    any->string_value = (char *)value;
    return any;
}

static OtelCommonAnyValue *number(int64_t value, cm_arena *arena)
{
    OtelCommonAnyValue *any = CM_NEW(arena, OtelCommonAnyValue);

    any->value_case = OTEL_COMMON_ANY_VALUE_VALUE_INT_VALUE;
    any->int_value = value;
    return any;
}

/* A server is to blame for what it could not know or do, a client sees every failure as one: as OpenTelemetry's
 * conventions for RPC say. */
static bool is_error(const rpc_span *span)
{
    switch (span->code) {
        case CM_OK:
            return false;
        case CM_UNKNOWN:
        case CM_DEADLINE_EXCEEDED:
        case CM_UNIMPLEMENTED:
        case CM_INTERNAL:
        case CM_UNAVAILABLE:
        case CM_DATA_LOSS:
            return true;
        default:
            return !span->is_server;
    }
}

static OtelTraceSpan *one(const rpc_span *span, cm_arena *arena)
{
    OtelTraceSpan *m = CM_NEW(arena, OtelTraceSpan);
    const char *path = span->method->path + 1; /* service/method, which is what spans of calls are named */

    m->trace_id = (ProtobufCBinaryData){sizeof span->trace.trace_id, (uint8_t *)span->trace.trace_id};
    m->span_id = (ProtobufCBinaryData){sizeof span->trace.span_id, (uint8_t *)span->trace.span_id};
    if (span->has_parent)
        m->parent_span_id = (ProtobufCBinaryData){sizeof span->parent, (uint8_t *)span->parent};
    if (span->state)
        m->trace_state = span->state;
    m->flags = span->trace.flags;
    m->name = (char *)path;
    m->kind = span->is_server ? OTEL_TRACE_SPAN_KIND_SERVER : OTEL_TRACE_SPAN_KIND_CLIENT;
    m->start_time_unix_nano = (uint64_t)span->began_us * 1000;
    m->end_time_unix_nano = (uint64_t)span->ended_us * 1000;
    m->attributes = cm_arena_take(arena, ATTRIBUTES * sizeof *m->attributes);
    add(m->attributes, &m->n_attributes, "rpc.system", text("grpc", arena), arena);
    add(m->attributes, &m->n_attributes, "rpc.service", text(cm_arena_strndup(arena, path, strcspn(path, "/")), arena),
        arena);
    add(m->attributes, &m->n_attributes, "rpc.method", text(span->method->name, arena), arena);
    add(m->attributes, &m->n_attributes, "rpc.grpc.status_code", number(span->code, arena), arena);
    add(m->attributes, &m->n_attributes, span->is_server ? "client.address" : "server.address", text(span->peer, arena),
        arena);
    if (is_error(span)) {
        m->status = CM_NEW(arena, OtelTraceStatus);
        m->status->code = OTEL_TRACE_STATUS_CODE_ERROR;
        m->status->message = (char *)cm_code_name(span->code);
    }
    return m;
}

static void *list_of(void *item, cm_arena *arena)
{
    return cm_arena_copy(arena, &item, sizeof item);
}

OtelCollectorExportTraceServiceRequest *span_message(const rpc_span *first, size_t count, const char *service,
                                                     cm_arena *arena)
{
    OtelCollectorExportTraceServiceRequest *request = CM_NEW(arena, OtelCollectorExportTraceServiceRequest);
    OtelTraceResourceSpans *sender = CM_NEW(arena, OtelTraceResourceSpans);
    OtelTraceScopeSpans *made = CM_NEW(arena, OtelTraceScopeSpans);

    request->resource_spans = list_of(sender, arena);
    request->n_resource_spans = 1;
    sender->resource = CM_NEW(arena, OtelResourceResource);
    sender->resource->attributes = cm_arena_take(arena, sizeof *sender->resource->attributes);
    add(sender->resource->attributes, &sender->resource->n_attributes, "service.name", text(service, arena), arena);
    sender->scope_spans = list_of(made, arena);
    sender->n_scope_spans = 1;
    made->scope = CM_NEW(arena, OtelCommonInstrumentationScope);
    made->scope->name = (char *)"cityneg-rpc";
    made->spans = cm_arena_take(arena, count * sizeof *made->spans);
    for (const rpc_span *span = first; span && made->n_spans < count; span = span->next)
        made->spans[made->n_spans++] = one(span, arena);
    return request;
}
