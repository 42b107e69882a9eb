#include "token_mint.h"

#include <inttypes.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_clock.h"
#include "base/cm_digest.h"

enum { COORDINATE = 32, LARGEST_KEY = 1024 };

void token_mint_open(token_mint *mint)
{
    mint->rsa = EVP_RSA_gen(2048);
    mint->p256 = EVP_EC_gen("P-256");
    mint->ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    assert_non_null(mint->rsa);
    assert_non_null(mint->p256);
    assert_non_null(mint->ed25519);
}

void token_mint_close(token_mint *mint)
{
    EVP_PKEY_free(mint->rsa);
    EVP_PKEY_free(mint->p256);
    EVP_PKEY_free(mint->ed25519);
}

static char *number(const EVP_PKEY *key, const char *name, int size, cm_arena *arena)
{
    BIGNUM *value = NULL;
    uint8_t bytes[LARGEST_KEY];

    assert_int_equal(EVP_PKEY_get_bn_param(key, name, &value), 1);
    int used = size ? size : BN_num_bytes(value);
    assert_int_equal(BN_bn2binpad(value, bytes, used), used);
    BN_free(value);
    return cm_base64(bytes, (size_t)used, true, arena);
}

char *token_mint_jwk(const EVP_PKEY *key, const char *kid, cm_arena *arena)
{
    const char *id = kid ? cm_arena_format(arena, "\"kid\": \"%s\", ", kid) : "";
    uint8_t raw[COORDINATE];
    size_t size = sizeof raw;

    if (EVP_PKEY_is_a(key, "RSA"))
        return cm_arena_format(arena, "{%s\"kty\": \"RSA\", \"n\": \"%s\", \"e\": \"%s\"}", id,
                               number(key, OSSL_PKEY_PARAM_RSA_N, 0, arena),
                               number(key, OSSL_PKEY_PARAM_RSA_E, 0, arena));
    if (EVP_PKEY_is_a(key, "EC"))
        return cm_arena_format(arena, "{%s\"kty\": \"EC\", \"crv\": \"P-256\", \"x\": \"%s\", \"y\": \"%s\"}", id,
                               number(key, OSSL_PKEY_PARAM_EC_PUB_X, COORDINATE, arena),
                               number(key, OSSL_PKEY_PARAM_EC_PUB_Y, COORDINATE, arena));
    assert_int_equal(EVP_PKEY_get_raw_public_key(key, raw, &size), 1);
    return cm_arena_format(arena, "{%s\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"x\": \"%s\"}", id,
                           cm_base64(raw, size, true, arena));
}

char *token_mint_keys(const token_mint *mint, cm_arena *arena)
{
    return cm_arena_format(arena, "{\"keys\": [%s, %s, %s]}", token_mint_jwk(mint->rsa, "r", arena),
                           token_mint_jwk(mint->p256, "p", arena), token_mint_jwk(mint->ed25519, "e", arena));
}

/* DER's r and s one after the other. */
static void flatten(uint8_t *signature, size_t *size)
{
    const uint8_t *der = signature;
    ECDSA_SIG *both = d2i_ECDSA_SIG(NULL, &der, (long)*size);

    assert_non_null(both);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(both), signature, COORDINATE), COORDINATE);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(both), signature + COORDINATE, COORDINATE), COORDINATE);
    ECDSA_SIG_free(both);
    *size = (size_t)2 * COORDINATE;
}

char *token_mint_sign(EVP_PKEY *key, const char *header, const char *claims, cm_arena *arena)
{
    char *text = cm_arena_format(arena, "%s.%s", cm_base64(header, strlen(header), true, arena),
                                 cm_base64(claims, strlen(claims), true, arena));
    uint8_t signature[LARGEST_KEY];
    size_t size = sizeof signature;

    if (!key)
        return cm_arena_format(arena, "%s.", text);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *digest = EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();
    assert_int_equal(EVP_DigestSignInit(context, NULL, digest, NULL, key), 1);
    assert_int_equal(EVP_DigestSign(context, signature, &size, (const uint8_t *)text, strlen(text)), 1);
    EVP_MD_CTX_free(context);
    if (EVP_PKEY_is_a(key, "EC"))
        flatten(signature, &size);
    return cm_arena_format(arena, "%s.%s", text, cm_base64(signature, size, true, arena));
}

char *token_mint_make(const token_mint *mint, const char *subject, const char *more, cm_arena *arena)
{
    int64_t ends_s = cm_clock_wall_us() / 1000000 + 3600;
    char *claims = cm_arena_format(arena,
                                   "{\"iss\": \"https://issuer.example\", \"aud\": \"cityneg\", \"sub\": \"%s\", "
                                   "\"exp\": %" PRId64 "%s}",
                                   subject, ends_s, more);

    return token_mint_sign(mint->p256, "{\"alg\": \"ES256\", \"kid\": \"p\"}", claims, arena);
}
