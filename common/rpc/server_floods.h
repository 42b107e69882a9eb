/* server_floods.h: connections that ask for more than any client would: that take calls back all the time (rapid reset,
 * CVE-2023-44487), and are therefore shut, or that would take every place. Reach for it where calls come in and end.
 * Internal; any thread.
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

/* Takes one of the `most` places that a connection has, and answers what gives it back; 0: all are taken. */
unsigned cm_rpc_floods_enter(cm_rpc_floods *floods, grpc_call *call, unsigned most);
void cm_rpc_floods_leave(cm_rpc_floods *floods, unsigned share);

#endif
