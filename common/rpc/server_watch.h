/* server_watch.h: sees to it that no connection keeps a queue's thread to itself. Reach for it where a server starts.
 * Internal.
 *
 * C-core reads a connection as long as there is something to read, and draws no event meanwhile: a peer that sends
 * faster than its frames are understood would keep everybody else waiting, and all that it starts in memory. */
#ifndef SERVER_WATCH_H
#define SERVER_WATCH_H

#include "queue.h"
#include "server_connections.h"

typedef struct cm_rpc_watch cm_rpc_watch;

/* Starts a thread. Where a queue's has computed for 200 ms within C-core and draws not even an event sent to it, it shuts the
 * connection of which most was read meanwhile, with a line in the log. The queues and connections outlive it. */
cm_rpc_watch *cm_rpc_watch_new(cm_queue *const *queues, int count, cm_rpc_connections *connections);
void cm_rpc_watch_free(cm_rpc_watch *watch); /* NULL is fine */

#endif
