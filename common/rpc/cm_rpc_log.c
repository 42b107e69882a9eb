#include "rpc/cm_rpc_log.h"

#include <stdio.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "rpc/cm_call.h"

static bool is_error(cm_code code)
{
    return code == CM_UNKNOWN || code == CM_INTERNAL || code == CM_DATA_LOSS;
}

static void write_line(cm_call *call, cm_code code)
{
    const char *trace = cm_call_traceparent(call);
    char ms[32];

    snprintf(ms, sizeof ms, "%.3f", (double)(cm_clock_monotonic_us() - cm_call_began_us(call)) / 1000);
    cm_log_trace(*trace ? trace : NULL);
    CM_LOG(is_error(code) ? CM_ERROR : CM_INFO, "call", "method", cm_call_method(call), "code", cm_code_name(code),
           "ms", ms, "identity", cm_call_identity(call), "peer", cm_call_peer(call), "message",
           cm_call_end_message(call));
    cm_log_trace(NULL);
}

static void errors(void *context, cm_call *call, void *kept, cm_code code)
{
    if (is_error(code))
        write_line(call, code);
}

static void all(void *context, cm_call *call, void *kept, cm_code code)
{
    write_line(call, code);
}

cm_interceptor cm_rpc_log_server(cm_rpc_log what)
{
    switch (what) {
        case CM_RPC_LOG_ALL:
            return (cm_interceptor){.ended = all};
        case CM_RPC_LOG_ERRORS:
            return (cm_interceptor){.ended = errors};
        default:
            return (cm_interceptor){0};
    }
}
