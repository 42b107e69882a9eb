/* intercept.h: runs the interceptors of a server or channel around one call. Reach for it where calls begin and end.
 * Internal. */
#ifndef INTERCEPT_H
#define INTERCEPT_H

#include "rpc/cm_interceptor.h"

/* A server's or a channel's list, copied. */
typedef struct intercept_list {
    union {
        cm_interceptor *server;
        cm_client_interceptor *client;
    };
    int count;
} intercept_list;

/* INVALID_ARGUMENT where there are more than CM_INTERCEPTORS_MAX. */
cm_status cm_rpc_intercept_server(intercept_list *list, const cm_interceptor *all, size_t count) CM_MUST_USE;
cm_status cm_rpc_intercept_client(intercept_list *list, const cm_client_interceptor *all, size_t count) CM_MUST_USE;
void cm_rpc_intercept_clear(intercept_list *list);

/* Of one call: `kept` has a place for each of the list. */
typedef struct intercepted {
    const intercept_list *list;
    void **kept;
    int begun; /* those whose `began` succeeded */
} intercepted;

cm_status cm_rpc_intercept_begin(intercepted *i, cm_call *call) CM_MUST_USE;
void cm_rpc_intercept_received(const intercepted *i, size_t bytes);
void cm_rpc_intercept_sent(const intercepted *i, size_t bytes);
cm_status cm_rpc_intercept_asked(const intercepted *i, cm_call *call, const ProtobufCMessage *request) CM_MUST_USE;
cm_status cm_rpc_intercept_answered(const intercepted *i, cm_call *call, const ProtobufCMessage *request,
                                    ProtobufCMessage *response) CM_MUST_USE;
void cm_rpc_intercept_end(intercepted *i, cm_call *call, cm_code code);

cm_status cm_rpc_intercept_client_begin(intercepted *i, cm_outgoing *call) CM_MUST_USE;
void cm_rpc_intercept_client_received(const intercepted *i, size_t bytes);
void cm_rpc_intercept_client_sent(const intercepted *i, size_t bytes);
void cm_rpc_intercept_client_end(intercepted *i, const cm_outgoing *call, cm_code code);

#endif
