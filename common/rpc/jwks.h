/* jwks.h: the public keys of whoever issues tokens, from a JSON Web Key Set (RFC 7517), and whether one of them signed
 * a token. Reach for it once jwt.h has taken the token apart. Internal. A set does not change; any thread. */
#ifndef JWKS_H
#define JWKS_H

#include "jwt.h"

typedef struct cm_rpc_jwks cm_rpc_jwks;

/* RSA keys of 2048 to 8192 bits, P-256 and Ed25519; keys of other kinds, for other uses or other algorithms are left
 * out. INVALID_ARGUMENT where `text` is no key set, a key of a kind that is known is broken, a private part stands in
 * it, two usable keys have the same kid, or no usable key is left. */
cm_status cm_rpc_jwks_parse(const char *text, size_t size, cm_rpc_jwks **made) CM_MUST_USE;
void cm_rpc_jwks_free(cm_rpc_jwks *keys); /* NULL is fine */
size_t cm_rpc_jwks_count(const cm_rpc_jwks *keys);

/* Whether the key that the token names by its kid signed it; a token without kid is checked against the one key for its
 * algorithm. UNAUTHENTICATED with the reason TOKEN_KEY (no such key, or more than one would do) or TOKEN_SIGNATURE. */
cm_status cm_rpc_jwks_verify(const cm_rpc_jwks *keys, const cm_rpc_jwt *jwt) CM_MUST_USE;

#endif
