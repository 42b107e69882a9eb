/* cm_rpc_log.h: a line in the log for calls that ended: method, code, time, who called from where, and the trace. Reach
 * for it in a program's wiring, in a server's list of interceptors. */
#ifndef CM_RPC_LOG_H
#define CM_RPC_LOG_H

#include "rpc/cm_interceptor.h"

typedef enum cm_rpc_log {
    CM_RPC_LOG_NOTHING,
    CM_RPC_LOG_ERRORS, /* those that the server is to blame for: UNKNOWN, INTERNAL, DATA_LOSS */
    CM_RPC_LOG_ALL,
} cm_rpc_log;

cm_interceptor cm_rpc_log_server(cm_rpc_log what);

#endif
