#include "core.h"

#include <dlfcn.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>
#include <pthread.h>
#include <string.h>

#include "base/cm_log.h"

static void log_core(gpr_log_func_args *args)
{
    CM_LOG(CM_DEBUG, "grpc", "text", args->message, "file", args->file);
}

/* Debian builds Abseil, whose locks C-core uses, so that every lock is looked up in a graph of all orders in which
 * locks were taken: a help for Abseil's own developers that costs a server some 8 % of its instructions. Elsewhere
 * there is no such function, or it changes nothing. */
static void ignore_lock_order(void)
{
    enum { IGNORE = 0 };
    void *found = dlsym(RTLD_DEFAULT, "_ZN4absl7debian329SetMutexDeadlockDetectionModeENS0_15OnDeadlockCycleE");
    void (*set_deadlock_detection)(int mode);

    memcpy(&set_deadlock_detection, &found, sizeof found);
    if (found)
        set_deadlock_detection(IGNORE);
}

static void prepare(void)
{
    gpr_set_log_function(log_core);
    ignore_lock_order();
}

void cm_rpc_core_begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, prepare);
    grpc_init();
}

void cm_rpc_core_end(void)
{
    grpc_shutdown();
}
