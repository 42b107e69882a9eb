/* server_connections.h: how many connections a server has, and the end of one too many before it costs anything. Reach
 * for it where a server starts. Internal; any thread. */
#ifndef SERVER_CONNECTIONS_H
#define SERVER_CONNECTIONS_H

#include <grpc/grpc.h>
#include <stdbool.h>

#include "base/cm_status.h"

typedef struct cm_rpc_connections cm_rpc_connections;

/* `most` 0: 20,000, but no more than three quarters of the descriptors that this process may have. INVALID_ARGUMENT
 * where it asks for more than those. */
cm_status cm_rpc_connections_new(size_t most, cm_rpc_connections **made) CM_MUST_USE;
void cm_rpc_connections_free(cm_rpc_connections *connections); /* C-core may keep it longer; NULL is fine */

/* The argument by which C-core's server asks; valid as long as `connections`. */
grpc_arg cm_rpc_connections_arg(cm_rpc_connections *connections);

/* Remembers how much has been read of each TCP connection; and shuts the one of which most has been since, writing its
 * address. False where there is none. */
void cm_rpc_connections_mark(cm_rpc_connections *connections);
bool cm_rpc_connections_shut_busiest(cm_rpc_connections *connections, char *peer, size_t size);

size_t cm_rpc_connections_open(cm_rpc_connections *connections);

/* How many were ended because there were too many. */
size_t cm_rpc_connections_refused(cm_rpc_connections *connections);

#endif
