/* server_limits.h: what a server allows each connection, as C-core takes it. Reach for it where a server starts.
 * Internal. */
#ifndef SERVER_LIMITS_H
#define SERVER_LIMITS_H

#include <grpc/grpc.h>

#include "rpc/cm_server.h"
#include "server_connections.h"

/* Each limit that is 0 becomes its default. INVALID_ARGUMENT names one that is negative. */
cm_status cm_rpc_limits_init(cm_server_limits *limits) CM_MUST_USE;

/* `largest_message` is the largest request of any method, `most_memory` what all connections together may hold;
 * `connections` counts them. */
grpc_server *cm_rpc_limits_server(const cm_server_limits *limits, size_t largest_message, size_t most_memory,
                                  cm_rpc_connections *connections);

#endif
