/* server_waiting.h: the bytes that wait in a server: of requests that came and have no answer yet, and of what is to be
 * sent. Reach for it where such bytes come and go, so that all callers together cannot make it hold more than it may.
 * Internal; any thread. */
#ifndef SERVER_WAITING_H
#define SERVER_WAITING_H

#include "server.h"

/* Whether `bytes` more may wait; they are then counted until they are given back. */
bool cm_rpc_waiting_take(cm_server *server, size_t bytes);

/* Counts what has to wait whether there is room or not: the answer of a handler that has done its work. */
void cm_rpc_waiting_add(cm_server *server, size_t bytes);
void cm_rpc_waiting_give(cm_server *server, size_t bytes);

/* With `more` bytes, more than half of what may wait would: a stream may then have one message in its queue, so that
 * readers who are slow leave room for the others. */
bool cm_rpc_waiting_is_tight(const cm_server *server, size_t more);

/* RESOURCE_EXHAUSTED with RetryInfo, for whatever found no room. */
cm_status cm_rpc_waiting_full(const cm_server *server, const char *method) CM_MUST_USE;

#endif
