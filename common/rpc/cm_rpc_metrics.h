/* cm_rpc_metrics.h: counts calls, messages and times of each method, under the names that gRPC's dashboards know.
 * Reach for it in a program's wiring: one for all its servers and channels, in their lists of interceptors.
 *
 *     grpc_server_started_total            calls that came in
 *     grpc_server_handled_total            those that ended, by grpc_code
 *     grpc_server_handling_seconds         how long they took, a histogram
 *     grpc_server_msg_received_total, grpc_server_msg_sent_total
 *     grpc_client_…                        the same of outgoing calls
 *
 * all with the labels grpc_service, grpc_method and grpc_type (unary, client_stream, server_stream, bidi_stream). A
 * method appears with its first call. Counting takes no lock. */
#ifndef CM_RPC_METRICS_H
#define CM_RPC_METRICS_H

#include "base/cm_metrics.h"
#include "rpc/cm_interceptor.h"

typedef struct cm_rpc_metrics cm_rpc_metrics;

/* Adds its families to the registry, which outlives it. */
cm_rpc_metrics *cm_rpc_metrics_new(cm_metrics *metrics);

/* After the servers and channels that have it; NULL is fine. */
void cm_rpc_metrics_free(cm_rpc_metrics *metrics);

cm_interceptor cm_rpc_metrics_server(cm_rpc_metrics *metrics);
cm_client_interceptor cm_rpc_metrics_client(cm_rpc_metrics *metrics);

#endif
