/* server_floods.h: connections whose calls are taken back more often than any client would (rapid reset,
 * CVE-2023-44487), and which are therefore shut. Reach for it where such a call ends. Internal; any
 * thread.
 *
 * C-core has a limit for calls at once, but one that was taken back does not count, and makes as much work. */
#ifndef SERVER_FLOODS_H
#define SERVER_FLOODS_H

#include <grpc/grpc.h>
#include <stdbool.h>

typedef struct cm_rpc_floods cm_rpc_floods;

cm_rpc_floods *cm_rpc_floods_new(void);
void cm_rpc_floods_free(cm_rpc_floods *floods); /* NULL is fine */

/* The caller has taken the call back before its deadline, or has ended it without having sent anything. A connection
 * may have 1,000 of these at once, and 100 a second, before they have `begun`; ten times as many afterwards. Then it is
 * shut, with a line in the log. */
void cm_rpc_floods_count(cm_rpc_floods *floods, grpc_call *call, bool begun);

#endif
