/* client_unary.h: unary calls of a client, retried where that is safe. Reach for it in the channel's life. Internal. */
#ifndef CLIENT_UNARY_H
#define CLIENT_UNARY_H

#include "channel.h"

/* Cancels what is under way, and waits until it has ended. No call is started any more. */
void cm_rpc_client_unary_end_all(cm_channel *channel);

#endif
