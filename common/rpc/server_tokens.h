/* server_tokens.h: who a caller is by its bearer token: signed by a key of the set in a file that is read again when it
 * changes, of the right issuer, for the right audience, and of this time. Reach for it where calls come in. Internal;
 * any thread. */
#ifndef SERVER_TOKENS_H
#define SERVER_TOKENS_H

#include <stdatomic.h>

#include "jwt.h"
#include "rpc/cm_server.h"

typedef struct cm_rpc_tokens cm_rpc_tokens;

/* What a token that was believed says of its bearer; kept for whoever shows it again. */
typedef struct cm_rpc_bearer {
    atomic_int references;
    cm_arena *arena; /* of all that `jwt` points to */
    cm_rpc_jwt jwt;
} cm_rpc_bearer;

enum { CM_RPC_TOKENS_LEEWAY_S = 60 }; /* by which clocks may differ */

/* Reads the keys. INVALID_ARGUMENT where one of the three is missing or the file is no key set, NOT_FOUND or
 * PERMISSION_DENIED where it cannot be read. */
cm_status cm_rpc_tokens_new(const cm_server_tokens *options, cm_rpc_tokens **made) CM_MUST_USE;
void cm_rpc_tokens_free(cm_rpc_tokens *tokens); /* NULL is fine */

/* Who shows `header`, the value of `authorization`, at `now_us` (wall clock); the bearer is to be released.
 * UNAUTHENTICATED with the reasons of jwt.h and jwks.h, and TOKEN_EXPIRED, TOKEN_EARLY, TOKEN_ISSUER, TOKEN_AUDIENCE,
 * TOKEN_SUBJECT (a sub that means something else in a table of roles). */
cm_status cm_rpc_tokens_check(cm_rpc_tokens *tokens, const char *header, size_t size, int64_t now_us,
                              cm_rpc_bearer **bearer) CM_MUST_USE;
void cm_rpc_bearer_release(cm_rpc_bearer *bearer); /* NULL is fine */

#endif
