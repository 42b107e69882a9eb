/* server_tls.h: TLS of a server: the credentials of its listeners, which take other certificates when the files change,
 * and who a caller is by its certificate. Reach for it where a server listens and where a call comes in. Internal. */
#ifndef SERVER_TLS_H
#define SERVER_TLS_H

#include <grpc/grpc_security.h>

#include "rpc/cm_server.h"

typedef struct cm_rpc_server_tls cm_rpc_server_tls;

/* Reads the files. INVALID_ARGUMENT, NOT_FOUND or PERMISSION_DENIED name what is wrong with which. */
cm_status cm_rpc_server_tls_new(const cm_server_tls *options, cm_rpc_server_tls **made) CM_MUST_USE;
void cm_rpc_server_tls_free(cm_rpc_server_tls *tls); /* after the core's end; NULL is fine */

/* Of one more listener; whoever asked releases them. */
grpc_server_credentials *cm_rpc_server_tls_credentials(cm_rpc_server_tls *tls);

/* The name in the certificate that the caller has shown: its first URI, else its first DNS name, else its common name.
 * NULL where it has shown none, or none of these is text; free() ends it. Any thread. */
char *cm_rpc_server_tls_identity(grpc_call *call);

#endif
