/* server_refuse.h: the answer to a call that never reaches a handler: no such method, no right to it, no room for it.
 * Reach for it where calls come in. Internal; on the queue's thread. */
#ifndef SERVER_REFUSE_H
#define SERVER_REFUSE_H

#include "server_call.h"

/* Ends the call, which was counted in, with `why`; owns both. */
void cm_rpc_server_refuse(cm_server *server, server_arrival *arrival, cm_status why);

#endif
