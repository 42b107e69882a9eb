#include "intercept.h"

#include <string.h>

#include "base/cm_memory.h"

static cm_status copy(intercept_list *list, void **to, const void *all, size_t count, size_t size)
{
    if (count > CM_INTERCEPTORS_MAX)
        return cm_fail(CM_INVALID_ARGUMENT, "interceptors: %zu are too many; give at most %d", count,
                       CM_INTERCEPTORS_MAX);
    *to = cm_alloc(count * size);
    if (count > 0)
        memcpy(*to, all, count * size);
    list->count = (int)count;
    return cm_ok();
}

cm_status cm_rpc_intercept_server(intercept_list *list, const cm_interceptor *all, size_t count)
{
    return copy(list, (void **)&list->server, all, count, sizeof *all);
}

cm_status cm_rpc_intercept_client(intercept_list *list, const cm_client_interceptor *all, size_t count)
{
    return copy(list, (void **)&list->client, all, count, sizeof *all);
}

void cm_rpc_intercept_clear(intercept_list *list)
{
    free(list->server);
    *list = (intercept_list){0};
}

/* ---- a server's ---- */

cm_status cm_rpc_intercept_begin(intercepted *i, cm_call *call)
{
    for (; i->begun < i->list->count; i->begun++) {
        const cm_interceptor *one = &i->list->server[i->begun];
        if (one->began)
            CM_TRY(one->began(one->context, call, &i->kept[i->begun]));
    }
    return cm_ok();
}

void cm_rpc_intercept_received(const intercepted *i, size_t bytes)
{
    for (int n = 0; n < i->begun; n++)
        if (i->list->server[n].received)
            i->list->server[n].received(i->list->server[n].context, i->kept[n], bytes);
}

void cm_rpc_intercept_sent(const intercepted *i, size_t bytes)
{
    for (int n = 0; n < i->begun; n++)
        if (i->list->server[n].sent)
            i->list->server[n].sent(i->list->server[n].context, i->kept[n], bytes);
}

cm_status cm_rpc_intercept_asked(const intercepted *i, cm_call *call, const ProtobufCMessage *request)
{
    for (int n = 0; n < i->begun; n++)
        if (i->list->server[n].asked)
            CM_TRY(i->list->server[n].asked(i->list->server[n].context, call, request));
    return cm_ok();
}

cm_status cm_rpc_intercept_answered(const intercepted *i, cm_call *call, const ProtobufCMessage *request,
                                    ProtobufCMessage *response)
{
    for (int n = i->begun - 1; n >= 0; n--)
        if (i->list->server[n].answered)
            CM_TRY(i->list->server[n].answered(i->list->server[n].context, call, request, response));
    return cm_ok();
}

void cm_rpc_intercept_end(intercepted *i, cm_call *call, cm_code code)
{
    while (i->begun > 0) {
        const cm_interceptor *one = &i->list->server[--i->begun];
        if (one->ended)
            one->ended(one->context, call, i->kept[i->begun], code);
    }
}

/* ---- a channel's ---- */

cm_status cm_rpc_intercept_client_begin(intercepted *i, cm_outgoing *call)
{
    for (; i->begun < i->list->count; i->begun++) {
        const cm_client_interceptor *one = &i->list->client[i->begun];
        if (one->began)
            CM_TRY(one->began(one->context, call, &i->kept[i->begun]));
    }
    return cm_ok();
}

void cm_rpc_intercept_client_received(const intercepted *i, size_t bytes)
{
    for (int n = 0; n < i->begun; n++)
        if (i->list->client[n].received)
            i->list->client[n].received(i->list->client[n].context, i->kept[n], bytes);
}

void cm_rpc_intercept_client_sent(const intercepted *i, size_t bytes)
{
    for (int n = 0; n < i->begun; n++)
        if (i->list->client[n].sent)
            i->list->client[n].sent(i->list->client[n].context, i->kept[n], bytes);
}

void cm_rpc_intercept_client_end(intercepted *i, const cm_outgoing *call, cm_code code)
{
    while (i->begun > 0) {
        const cm_client_interceptor *one = &i->list->client[--i->begun];
        if (one->ended)
            one->ended(one->context, call, i->kept[i->begun], code);
    }
}
