/* What a server holds, as numbers for an operator: how near it is to its limits. */
#include "base/cm_metrics.h"
#include "server.h"

static void connections(void *context, cm_metric_out *out)
{
    CM_METRIC(out, (double)cm_server_connections(context));
}

static void connections_refused(void *context, cm_metric_out *out)
{
    CM_METRIC(out, (double)cm_server_connections_refused(context));
}

static void calls(void *context, cm_metric_out *out)
{
    const cm_server *server = context;

    CM_METRIC(out, (double)atomic_load(&server->admitted));
}

static void waiting(void *context, cm_metric_out *out)
{
    CM_METRIC(out, (double)cm_server_waiting(context));
}

void cm_server_measure(cm_server *server, cm_metrics *metrics)
{
    const cm_metric families[] = {
        {"grpc_server_connections", "Connections that are open.", CM_GAUGE, connections, server},
        {"grpc_server_connections_refused_total", "Connections closed because there were too many.", CM_COUNTER,
         connections_refused, server},
        {"grpc_server_calls", "Calls that run, without those for health.", CM_GAUGE, calls, server},
        {"grpc_server_waiting_bytes", "Bytes of requests without an answer yet, and of what is to be sent.", CM_GAUGE,
         waiting, server},
    };

    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        cm_metrics_add(metrics, &families[i]);
}
