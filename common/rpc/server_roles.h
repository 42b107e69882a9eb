/* server_roles.h: which role each caller of a server has, from a file of lines `IDENTITY ROLE` that is read again when
 * it changes, the same for certificates and tokens, and whether that is enough for a method. Reach for it where calls
 * come in. Internal; any thread. */
#ifndef SERVER_ROLES_H
#define SERVER_ROLES_H

#include "jwt.h"
#include "rpc/cm_service.h"

typedef struct cm_rpc_roles cm_rpc_roles;

/* `path` NULL: whoever has shown a certificate or a token may do everything, and the others too where the server is
 * `open`.
 * NOT_FOUND or PERMISSION_DENIED name a file that cannot be read, INVALID_ARGUMENT the line that is wrong. */
cm_status cm_rpc_roles_new(const char *path, bool open, cm_rpc_roles **made) CM_MUST_USE;
void cm_rpc_roles_free(cm_rpc_roles *roles); /* NULL is fine */

/* Whether a certificate's or a token's name can stand for one caller: not `*`, `anonymous` or `scope:…`, which mean
 * something else in the file. */
bool cm_rpc_roles_is_identity(const char *name);

/* Whether `identity` (NULL: nobody) with the scopes of its token (NULL: none) may call the method. UNAUTHENTICATED
 * where it has to say who it is, PERMISSION_DENIED where it may not; both name the method and the role that it needs.
 */
cm_status cm_rpc_roles_check(cm_rpc_roles *roles, const char *identity, const cm_rpc_names *scopes,
                             const cm_method_row *row) CM_MUST_USE;

#endif
