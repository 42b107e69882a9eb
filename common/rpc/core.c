#include "core.h"

#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <pthread.h>

#include "base/cm_log.h"

static void log_core(gpr_log_func_args *args)
{
    CM_LOG(CM_DEBUG, "grpc", "text", args->message, "file", args->file);
}

static void take_log(void)
{
    gpr_set_log_function(log_core);
}

void cm_rpc_core_begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, take_log);
    grpc_init();
}

void cm_rpc_core_end(void)
{
    grpc_shutdown();
}
