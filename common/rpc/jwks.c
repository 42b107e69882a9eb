#include "jwks.h"

#include <jansson.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_digest.h"
#include "base/cm_memory.h"

enum {
    MOST_KEYS = 64,
    RSA_LEAST_BITS = 2048,
    RSA_MOST_BITS = 8192, /* a longer one takes long to check */
    COORDINATE = 32,      /* bytes, of P-256 and Ed25519; two make a signature */
};

typedef struct key {
    char *id; /* NULL: none */
    cm_rpc_jwt_algorithm algorithm;
    EVP_PKEY *public;
} key;

struct cm_rpc_jwks {
    key keys[MOST_KEYS];
    size_t count;
};

/* ---- one key ---- */

static const char *text_of(const json_t *jwk, const char *member)
{
    const char *text = json_string_value(json_object_get(jwk, member));

    return text ? text : "";
}

/* Of exactly `size` bytes; 0: any number. */
static bool bytes_of(const json_t *jwk, const char *member, size_t size, cm_arena *arena, cm_bytes *bytes)
{
    uint8_t *data = NULL;

    cm_status outcome = cm_base64_decode(text_of(jwk, member), arena, &data, &bytes->size);
    bool decoded = cm_is_ok(outcome);
    cm_status_clear(&outcome);
    bytes->data = data;
    return decoded && bytes->size > 0 && (size == 0 || bytes->size == size);
}

static EVP_PKEY *make_key(const char *kind, OSSL_PARAM *parameters)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    EVP_PKEY *made = NULL;

    if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &made, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
        made = NULL;
    EVP_PKEY_CTX_free(context);
    return made;
}

static EVP_PKEY *rsa_key(const json_t *jwk, cm_arena *arena)
{
    cm_bytes n, e;

    if (!bytes_of(jwk, "n", 0, arena, &n) || !bytes_of(jwk, "e", 0, arena, &e) || n.size > RSA_MOST_BITS / 8 ||
        e.size > 8)
        return NULL;
    BIGNUM *modulus = BN_bin2bn(n.data, (int)n.size, NULL), *exponent = BN_bin2bn(e.data, (int)e.size, NULL);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    EVP_PKEY *made = NULL;
    if (modulus && exponent && builder && BN_num_bits(modulus) >= RSA_LEAST_BITS && BN_is_odd(exponent) &&
        BN_num_bits(exponent) > 1 && OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, exponent) == 1 &&
        (parameters = OSSL_PARAM_BLD_to_param(builder)))
        made = make_key("RSA", parameters);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(exponent);
    BN_free(modulus);
    return made;
}

static EVP_PKEY *p256_key(const json_t *jwk, cm_arena *arena)
{
    cm_bytes x, y;
    char curve[] = "prime256v1";
    uint8_t point[1 + 2 * COORDINATE] = {POINT_CONVERSION_UNCOMPRESSED};

    if (!bytes_of(jwk, "x", COORDINATE, arena, &x) || !bytes_of(jwk, "y", COORDINATE, arena, &y))
        return NULL;
    memcpy(point + 1, x.data, COORDINATE);
    memcpy(point + 1 + COORDINATE, y.data, COORDINATE);
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
                               OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
                               OSSL_PARAM_construct_end()};
    return make_key("EC", parameters);
}

static EVP_PKEY *ed25519_key(const json_t *jwk, cm_arena *arena)
{
    cm_bytes x;

    if (!bytes_of(jwk, "x", COORDINATE, arena, &x))
        return NULL;
    return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x.data, x.size);
}

typedef struct kind {
    const char *type, *curve, *algorithm;
    EVP_PKEY *(*make)(const json_t *jwk, cm_arena *arena);
} kind;

/* By the algorithm that they are for. */
static const kind kinds[] = {[CM_RPC_JWT_RS256] = {"RSA", "", "RS256", rsa_key},
                             [CM_RPC_JWT_ES256] = {"EC", "P-256", "ES256", p256_key},
                             [CM_RPC_JWT_EDDSA] = {"OKP", "Ed25519", "EdDSA", ed25519_key}};

static bool is_for_checking(const json_t *jwk)
{
    const json_t *use = json_object_get(jwk, "use"), *operations = json_object_get(jwk, "key_ops");

    if (use && strcmp(text_of(jwk, "use"), "sig") != 0)
        return false;
    if (!operations)
        return true;
    for (size_t i = 0; i < json_array_size(operations); i++) {
        const char *operation = json_string_value(json_array_get(operations, i));
        if (operation && strcmp(operation, "verify") == 0)
            return true;
    }
    return false;
}

/* The kind of a key that this program can use; NULL: none. */
static const kind *kind_of(const json_t *jwk)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const kind *k = &kinds[i];
        const char *algorithm = text_of(jwk, "alg");
        if (strcmp(text_of(jwk, "kty"), k->type) == 0 && (!*k->curve || strcmp(text_of(jwk, "crv"), k->curve) == 0))
            return (!*algorithm || strcmp(algorithm, k->algorithm) == 0) && is_for_checking(jwk) ? k : NULL;
    }
    return NULL;
}

static const key *find(const cm_rpc_jwks *keys, const char *id)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->keys[i].id && strcmp(keys->keys[i].id, id) == 0)
            return &keys->keys[i];
    return NULL;
}

static cm_status add(cm_rpc_jwks *keys, const json_t *jwk, size_t index, cm_arena *arena)
{
    const kind *k = kind_of(jwk);
    const json_t *id = json_object_get(jwk, "kid");

    if (json_object_get(jwk, "d") || json_object_get(jwk, "k"))
        return cm_fail(CM_INVALID_ARGUMENT, "keys[%zu] has a private part; give public keys alone", index);
    if (!k)
        return cm_ok();
    if (id && (!json_is_string(id) || json_string_length(id) > CM_RPC_JWT_LONGEST_NAME))
        return cm_fail(CM_INVALID_ARGUMENT, "keys[%zu].kid is no text of at most %d bytes", index,
                       CM_RPC_JWT_LONGEST_NAME);
    if (id && find(keys, json_string_value(id)))
        return cm_fail(CM_INVALID_ARGUMENT, "keys[%zu].kid is '%s', as of a key before it; give each its own", index,
                       json_string_value(id));
    if (keys->count == MOST_KEYS)
        return cm_fail(CM_INVALID_ARGUMENT, "there are more than %d keys; leave out those that sign nothing any more",
                       MOST_KEYS);
    EVP_PKEY *public = k->make(jwk, arena);
    if (!public)
        return cm_fail(CM_INVALID_ARGUMENT, "keys[%zu] is no %s key%s; give its public part as the issuer has it",
                       index, k->algorithm, k->make == rsa_key ? " of 2048 to 8192 bits" : "");
    keys->keys[keys->count++] =
        (key){id ? cm_strdup(json_string_value(id)) : NULL, (cm_rpc_jwt_algorithm)(k - kinds), public};
    return cm_ok();
}

/* ---- the set ---- */

static cm_status add_all(cm_rpc_jwks *keys, const json_t *document)
{
    const json_t *list = json_object_get(document, "keys");
    CM_ARENA(arena);

    if (!json_is_array(list))
        return cm_fail(CM_INVALID_ARGUMENT,
                       "there is no list of keys; give a JSON Web Key Set, as in {\"keys\": [{\"kty"
                       "\": \"EC\", …}]}");
    for (size_t i = 0; i < json_array_size(list); i++)
        CM_TRY(add(keys, json_array_get(list, i), i, arena));
    if (keys->count == 0)
        return cm_fail(CM_INVALID_ARGUMENT, "there is no key for RS256, ES256 or EdDSA; give one at least");
    return cm_ok();
}

cm_status cm_rpc_jwks_parse(const char *text, size_t size, cm_rpc_jwks **made)
{
    json_error_t error;
    json_t *document = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);

    *made = NULL;
    if (!document)
        return cm_fail(CM_INVALID_ARGUMENT, "line %d is no JSON: %s; give a JSON Web Key Set", error.line, error.text);
    cm_rpc_jwks *keys = cm_alloc(sizeof *keys);
    cm_status outcome = add_all(keys, document);
    json_decref(document);
    if (!cm_is_ok(outcome)) {
        cm_rpc_jwks_free(keys);
        return outcome;
    }
    *made = keys;
    return cm_ok();
}

void cm_rpc_jwks_free(cm_rpc_jwks *keys)
{
    if (!keys)
        return;
    for (size_t i = 0; i < keys->count; i++) {
        free(keys->keys[i].id);
        EVP_PKEY_free(keys->keys[i].public);
    }
    free(keys);
}

size_t cm_rpc_jwks_count(const cm_rpc_jwks *keys)
{
    return keys->count;
}

/* ---- signatures ---- */

/* The key that the token means; NULL: none, or not only one. A key is for one algorithm, so that a token cannot choose
 * another for it. */
static const key *choose(const cm_rpc_jwks *keys, const cm_rpc_jwt *jwt)
{
    const key *chosen = NULL;

    if (jwt->key_id) {
        chosen = find(keys, jwt->key_id);
        return chosen && chosen->algorithm == jwt->algorithm ? chosen : NULL;
    }
    for (size_t i = 0; i < keys->count; i++)
        if (keys->keys[i].algorithm == jwt->algorithm) {
            if (chosen)
                return NULL;
            chosen = &keys->keys[i];
        }
    return chosen;
}

static bool verify(const key *k, const cm_rpc_jwt *jwt, const uint8_t *signature, size_t size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const EVP_MD *digest = k->algorithm == CM_RPC_JWT_EDDSA ? NULL : EVP_sha256();
    bool is_right =
        context && EVP_DigestVerifyInit(context, NULL, digest, NULL, k->public) == 1 &&
        EVP_DigestVerify(context, signature, size, (const unsigned char *)jwt->signed_text, jwt->signed_size) == 1;

    EVP_MD_CTX_free(context);
    return is_right;
}

/* JOSE writes r and s one after the other, OpenSSL wants them in DER. */
static bool verify_es256(const key *k, const cm_rpc_jwt *jwt)
{
    ECDSA_SIG *signature = ECDSA_SIG_new();
    unsigned char *der = NULL;
    bool is_right = false;

    if (!signature || jwt->signature_size != 2 * COORDINATE) {
        ECDSA_SIG_free(signature);
        return false;
    }
    BIGNUM *r = BN_bin2bn(jwt->signature, COORDINATE, NULL);
    BIGNUM *s = BN_bin2bn(jwt->signature + COORDINATE, COORDINATE, NULL);
    if (ECDSA_SIG_set0(signature, r, s) == 1) {
        int size = i2d_ECDSA_SIG(signature, &der);
        is_right = size > 0 && verify(k, jwt, der, (size_t)size);
    } else {
        BN_free(r);
        BN_free(s);
    }
    OPENSSL_free(der);
    ECDSA_SIG_free(signature);
    return is_right;
}

cm_status cm_rpc_jwks_verify(const cm_rpc_jwks *keys, const cm_rpc_jwt *jwt)
{
    const key *k = choose(keys, jwt);

    if (!k)
        return cm_rpc_jwt_refuse("TOKEN_KEY", "the token was not signed by a key that this server believes");
    if (k->algorithm == CM_RPC_JWT_ES256 ? verify_es256(k, jwt) : verify(k, jwt, jwt->signature, jwt->signature_size))
        return cm_ok();
    return cm_rpc_jwt_refuse("TOKEN_SIGNATURE", "the token's signature is not that of the key that it names");
}
