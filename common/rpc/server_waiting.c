#include "server_waiting.h"

enum { RETRY_MS = 1000 }; /* after which a caller may find room */

bool cm_rpc_waiting_take(cm_server *server, size_t bytes)
{
    if (atomic_fetch_add_explicit(&server->waiting, bytes, memory_order_relaxed) + bytes <= server->most_waiting)
        return true;
    cm_rpc_waiting_give(server, bytes);
    return false;
}

void cm_rpc_waiting_add(cm_server *server, size_t bytes)
{
    atomic_fetch_add_explicit(&server->waiting, bytes, memory_order_relaxed);
}

void cm_rpc_waiting_give(cm_server *server, size_t bytes)
{
    atomic_fetch_sub_explicit(&server->waiting, bytes, memory_order_relaxed);
}

bool cm_rpc_waiting_is_tight(const cm_server *server, size_t more)
{
    return atomic_load_explicit(&server->waiting, memory_order_relaxed) + more > server->most_waiting / 2;
}

cm_status cm_rpc_waiting_full(const cm_server *server, const char *method)
{
    cm_status full =
        cm_fail(CM_RESOURCE_EXHAUSTED,
                "%s: %zu bytes of requests and answers may wait in this server, and this would be more; ask "
                "again later",
                method, server->most_waiting);

    cm_status_retry(&full, RETRY_MS);
    return full;
}
