/* jwt.h: a JSON Web Token (RFC 7519) in its compact form, taken apart: what it says of itself and of its bearer, and
 * what was signed. Reach for it before a token is believed: nothing here looks at the signature, which is for jwks.h,
 * or at a clock, which is for server_tokens.h. Internal. Pure; any thread. */
#ifndef JWT_H
#define JWT_H

#include <stdint.h>

#include "base/cm_arena.h"

enum {
    CM_RPC_JWT_LARGEST = 8 << 10,  /* bytes of a token */
    CM_RPC_JWT_LONGEST_NAME = 255, /* bytes of a subject, an issuer, an audience, a scope or a key's id */
    CM_RPC_JWT_MOST_NAMES = 64     /* audiences; scopes */
};

typedef enum cm_rpc_jwt_algorithm { CM_RPC_JWT_RS256, CM_RPC_JWT_ES256, CM_RPC_JWT_EDDSA } cm_rpc_jwt_algorithm;

typedef struct cm_rpc_names {
    const char **items;
    size_t count;
} cm_rpc_names;

typedef struct cm_rpc_jwt {
    cm_rpc_jwt_algorithm algorithm;
    const char *key_id;              /* kid; NULL: none */
    const char *subject;             /* sub */
    const char *issuer;              /* iss; NULL: none */
    cm_rpc_names audience;           /* aud */
    cm_rpc_names scopes;             /* the words of scope and the items of roles */
    int64_t expires_s, not_before_s; /* exp, nbf (0: none), in seconds since 1970 */
    const char *signed_text;         /* header and claims as they came, which the signature is of */
    size_t signed_size;
    const uint8_t *signature;
    size_t signature_size;
} cm_rpc_jwt;

/* Takes `size` bytes apart, which no NUL has to end; all that `jwt` points to is in the arena. UNAUTHENTICATED with one
 * of few texts, none of which repeats what the token holds, and a reason: TOKEN_MALFORMED (no JWS of three parts in
 * base64url, no JSON object, a member of the wrong type, no sub or exp, a name that is empty, too long, no UTF-8 or has
 * spaces or control characters, too many of them), TOKEN_TOO_LARGE, TOKEN_ALGORITHM (none, HS256 and all others but the
 * three), TOKEN_CRITICAL (crit: an extension that has to be understood), TOKEN_TYPE (typ is neither JWT nor at+jwt). */
cm_status cm_rpc_jwt_parse(const char *token, size_t size, cm_arena *arena, cm_rpc_jwt *jwt) CM_MUST_USE;

/* The failure that all of a token's share: UNAUTHENTICATED, `text` after "authorization: ", and the reason. */
cm_status cm_rpc_jwt_refuse(const char *reason, const char *text) CM_MUST_USE;

/* Whether a name may stand for somebody: not empty, UTF-8 without spaces and control characters. */
bool cm_rpc_jwt_is_name(const char *text, size_t size);

#endif
