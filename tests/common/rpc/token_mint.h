/* token_mint.h: issues tokens for tests: makes keys, their key set, and signs whatever header and claims it is told.
 * Reach for it in tests of who may call; a token may so be right but for one thing. */
#ifndef TOKEN_MINT_H
#define TOKEN_MINT_H

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include "base/cm_arena.h"

typedef struct token_mint {
    EVP_PKEY *rsa, *p256, *ed25519;
} token_mint;

void token_mint_open(token_mint *mint);
void token_mint_close(token_mint *mint);

/* The public key as a JWK with this kid (NULL: none); in `arena`. */
char *token_mint_jwk(const EVP_PKEY *key, const char *kid, cm_arena *arena);

/* The key set with kids "r", "p" and "e". */
char *token_mint_keys(const token_mint *mint, cm_arena *arena);

/* header.claims.signature, signed as the kind of the key has it; NULL: with an empty signature. */
char *token_mint_sign(EVP_PKEY *key, const char *header, const char *claims, cm_arena *arena);

/* A token of the P-256 key that is right for an hour, of issuer https://issuer.example and for audience cityneg; `more`
 * is put behind the claims, as in `, "scope": "a"`. */
char *token_mint_make(const token_mint *mint, const char *subject, const char *more, cm_arena *arena);

#endif
