/* server_roles.h: which role each caller of a server has, from a file of lines `IDENTITY ROLE` that is read again when
 * it changes, and whether that is enough for a method. Reach for it where calls come in. Internal; any thread. */
#ifndef SERVER_ROLES_H
#define SERVER_ROLES_H

#include "rpc/cm_service.h"

typedef struct cm_rpc_roles cm_rpc_roles;

/* `path` NULL: whoever has shown a certificate may do everything, and the others too where the server is `open`.
 * NOT_FOUND or PERMISSION_DENIED name a file that cannot be read, INVALID_ARGUMENT the line that is wrong. */
cm_status cm_rpc_roles_new(const char *path, bool open, cm_rpc_roles **made) CM_MUST_USE;
void cm_rpc_roles_free(cm_rpc_roles *roles); /* NULL is fine */

/* Whether `identity` (NULL: nobody) may call the method. UNAUTHENTICATED where it has to say who it is,
 * PERMISSION_DENIED where it may not; both name the method and the role that it needs. */
cm_status cm_rpc_roles_check(cm_rpc_roles *roles, const char *identity, const cm_method_row *row) CM_MUST_USE;

#endif
