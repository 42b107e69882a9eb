/* span_message.h: spans as OTLP writes them. Reach for it where they are sent. Internal; pure; any thread. */
#ifndef SPAN_MESSAGE_H
#define SPAN_MESSAGE_H

#include "opentelemetry/proto/collector/trace/v1/trace_service.grpc-c.h"
#include "span_export.h"

/* The first `count` spans of the list, as the service's, in the arena; it refers to them. */
OtelCollectorExportTraceServiceRequest *span_message(const rpc_span *first, size_t count, const char *service,
                                                     cm_arena *arena);

#endif
