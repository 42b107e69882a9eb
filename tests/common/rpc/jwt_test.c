/* Tokens taken apart, and which key signed them. */
#include "rpc/jwt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_digest.h"
#include "echo_server.h"
#include "rpc/jwks.h"
#include "token_mint.h"

static token_mint mint;

static int open_mint(void **state)
{
    token_mint_open(&mint);
    return 0;
}

static int close_mint(void **state)
{
    token_mint_close(&mint);
    return 0;
}

#define CLAIMS "{\"sub\": \"ada\", \"exp\": 2000000000}"
#define HEADER "{\"alg\": \"ES256\"}"

static void all_that_a_token_says_is_read(void **state)
{
    CM_ARENA(arena);
    cm_rpc_jwt jwt;
    char *token = token_mint_sign(mint.ed25519, "{\"alg\": \"EdDSA\", \"kid\": \"e\", \"typ\": \"at+JWT\"}",
                                  "{\"sub\": \"ada\", \"iss\": \"me\", \"aud\": [\"a\", \"b\"], \"exp\": 2e9, "
                                  "\"nbf\": 1999999999.9, \"scope\": \"x  y\", \"roles\": [\"z\"], \"other\": {}}",
                                  arena);

    ASSERT_OK(cm_rpc_jwt_parse(token, strlen(token), arena, &jwt));
    assert_int_equal(jwt.algorithm, CM_RPC_JWT_EDDSA);
    assert_string_equal(jwt.key_id, "e");
    assert_string_equal(jwt.subject, "ada");
    assert_string_equal(jwt.issuer, "me");
    assert_int_equal(jwt.audience.count, 2);
    assert_string_equal(jwt.audience.items[1], "b");
    assert_int_equal(jwt.scopes.count, 3);
    assert_string_equal(jwt.scopes.items[1], "y");
    assert_string_equal(jwt.scopes.items[2], "z");
    assert_int_equal(jwt.expires_s, 2000000000);
    assert_int_equal(jwt.not_before_s, 1999999999);
    assert_int_equal(jwt.signature_size, 64);
    assert_memory_equal(jwt.signed_text, token, jwt.signed_size);
    assert_int_equal(token[jwt.signed_size], '.');
}

static void refused(const char *token, const char *reason)
{
    CM_ARENA(arena);
    cm_rpc_jwt jwt;
    cm_status outcome = cm_rpc_jwt_parse(token, strlen(token), arena, &jwt);

    assert_int_equal(outcome.code, CM_UNAUTHENTICATED);
    assert_string_equal(outcome.error->reason, reason);
    cm_status_clear(&outcome);
}

static void what_is_no_token_is_refused(void **state)
{
    static const char *const wrong[] = {"", ".", "..", "...", "a.b", "e30.e30.", "e30.e30.!", "e30=.e30.AA", "a.b.c.d"};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(wrong[i], i == 5 || i == 6 ? "TOKEN_ALGORITHM" : "TOKEN_MALFORMED");
}

static void algorithms_without_a_public_key_are_refused(void **state)
{
    static const char *const headers[] = {
        "{\"alg\": \"none\"}",  "{\"alg\": \"None\"}", "{\"alg\": \"HS256\"}", "{\"alg\": \"HS512\"}",
        "{\"alg\": \"RS512\"}", "{\"alg\": \"\"}",     "{\"alg\": 1}",         "{}"};
    CM_ARENA(arena);

    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        refused(token_mint_sign(NULL, headers[i], CLAIMS, arena), "TOKEN_ALGORITHM");
}

static void a_header_that_asks_for_more_is_refused(void **state)
{
    CM_ARENA(arena);

    refused(token_mint_sign(mint.p256, "{\"alg\": \"ES256\", \"crit\": [\"b64\"]}", CLAIMS, arena), "TOKEN_CRITICAL");
    refused(token_mint_sign(mint.p256, "{\"alg\": \"ES256\", \"typ\": \"logout+jwt\"}", CLAIMS, arena), "TOKEN_TYPE");
    refused(token_mint_sign(mint.p256, "{\"alg\": \"ES256\", \"kid\": 7}", CLAIMS, arena), "TOKEN_MALFORMED");
    refused(token_mint_sign(mint.p256, "{\"alg\": \"ES256\", \"alg\": \"none\"}", CLAIMS, arena), "TOKEN_MALFORMED");
}

static void claims_of_a_wrong_kind_are_refused(void **state)
{
    static const char *const wrong[] = {
        "[]",
        "{}",
        "{\"exp\": 2000000000}",
        "{\"sub\": \"ada\"}",
        "{\"sub\": \"\", \"exp\": 2000000000}",
        "{\"sub\": \"a b\", \"exp\": 2000000000}",
        "{\"sub\": \"a\\nb\", \"exp\": 2000000000}",
        "{\"sub\": \"a\\u0000b\", \"exp\": 2000000000}",
        "{\"sub\": 7, \"exp\": 2000000000}",
        "{\"sub\": \"ada\", \"exp\": \"2000000000\"}",
        "{\"sub\": \"ada\", \"exp\": -1}",
        "{\"sub\": \"ada\", \"exp\": 1e300}",
        "{\"sub\": \"ada\", \"exp\": 9223372036854775808}",
        "{\"sub\": \"ada\", \"exp\": 2000000000, \"nbf\": []}",
        "{\"sub\": \"ada\", \"exp\": 2000000000, \"iss\": []}",
        "{\"sub\": \"ada\", \"exp\": 2000000000, \"aud\": 7}",
        "{\"sub\": \"ada\", \"exp\": 2000000000, \"aud\": [\"a\", 7]}",
        "{\"sub\": \"ada\", \"exp\": 2000000000, \"scope\": [\"a\"]}",
        "{\"sub\": \"ada\", \"exp\": 2000000000, \"roles\": {\"a\": 1}}",
        "{\"sub\": \"ada\", \"sub\": \"bob\", \"exp\": 2000000000}",
    };
    CM_ARENA(arena);

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refused(token_mint_sign(mint.p256, HEADER, wrong[i], arena), "TOKEN_MALFORMED");
}

static void sizes_are_bounded(void **state)
{
    CM_ARENA(arena);
    char *long_name = cm_arena_zero(arena, CM_RPC_JWT_LARGEST + 2);
    char *words = cm_arena_strdup(arena, "");

    memset(long_name, 'a', CM_RPC_JWT_LARGEST + 1);
    refused(long_name, "TOKEN_TOO_LARGE");
    long_name[CM_RPC_JWT_LONGEST_NAME + 1] = '\0';
    refused(token_mint_sign(mint.p256, HEADER,
                            cm_arena_format(arena, "{\"sub\": \"%s\", \"exp\": 2000000000}", long_name), arena),
            "TOKEN_MALFORMED");
    for (int i = 0; i <= CM_RPC_JWT_MOST_NAMES; i++)
        words = cm_arena_format(arena, "%s w%d", words, i);
    refused(token_mint_sign(mint.p256, HEADER,
                            cm_arena_format(arena, "{\"sub\": \"ada\", \"exp\": 2000000000, \"scope\": \"%s\"}", words),
                            arena),
            "TOKEN_MALFORMED");
}

static void no_text_of_a_token_comes_back(void **state)
{
    CM_ARENA(arena);
    cm_rpc_jwt jwt;
    char *token = token_mint_sign(mint.p256, "{\"alg\": \"secret\"}", CLAIMS, arena);

    ASSERT_FAILS(cm_rpc_jwt_parse(token, strlen(token), arena, &jwt), CM_UNAUTHENTICATED,
                 "authorization: the token is not signed by RS256, ES256 or EdDSA");
}

/* ---- keys ---- */

static cm_status verified(const char *keys_text, const char *token)
{
    CM_ARENA(arena);
    cm_rpc_jwt jwt;
    cm_rpc_jwks *keys = NULL;

    CM_TRY(cm_rpc_jwks_parse(keys_text, strlen(keys_text), &keys));
    cm_status outcome = cm_rpc_jwt_parse(token, strlen(token), arena, &jwt);
    if (cm_is_ok(outcome))
        outcome = cm_rpc_jwks_verify(keys, &jwt);
    cm_rpc_jwks_free(keys);
    return outcome;
}

static void each_algorithm_is_verified(void **state)
{
    CM_ARENA(arena);
    const char *keys = token_mint_keys(&mint, arena);
    EVP_PKEY *const signers[] = {mint.rsa, mint.p256, mint.ed25519};
    static const char *const headers[] = {"{\"alg\": \"RS256\", \"kid\": \"r\"}",
                                          "{\"alg\": \"ES256\", \"kid\": \"p\"}",
                                          "{\"alg\": \"EdDSA\", \"kid\": \"e\"}"};

    for (int i = 0; i < 3; i++) {
        char *token = token_mint_sign(signers[i], headers[i], CLAIMS, arena);
        ASSERT_OK(verified(keys, token));
        char *changed = strrchr(token, '.') + 10; /* inside the signature */
        *changed = *changed == 'A' ? 'B' : 'A';
        ASSERT_FAILS(verified(keys, token), CM_UNAUTHENTICATED, "signature");
    }
}

static void changed_claims_are_found_out(void **state)
{
    CM_ARENA(arena);
    char *mine = token_mint_sign(mint.p256, "{\"alg\": \"ES256\", \"kid\": \"p\"}", CLAIMS, arena);
    char *forged =
        token_mint_sign(NULL, "{\"alg\": \"ES256\", \"kid\": \"p\"}", "{\"sub\": \"eve\", \"exp\": 2000000000}", arena);

    ASSERT_FAILS(
        verified(token_mint_keys(&mint, arena), cm_arena_format(arena, "%s%s", forged, strrchr(mine, '.') + 1)),
        CM_UNAUTHENTICATED, "signature");
}

static void a_key_is_for_its_own_algorithm(void **state)
{
    CM_ARENA(arena);
    const char *keys = token_mint_keys(&mint, arena);

    ASSERT_FAILS(verified(keys, token_mint_sign(mint.p256, "{\"alg\": \"ES256\", \"kid\": \"r\"}", CLAIMS, arena)),
                 CM_UNAUTHENTICATED, "not signed by a key");
    ASSERT_FAILS(verified(keys, token_mint_sign(mint.p256, "{\"alg\": \"ES256\", \"kid\": \"x\"}", CLAIMS, arena)),
                 CM_UNAUTHENTICATED, "not signed by a key");
}

static void a_token_without_kid_means_the_only_key(void **state)
{
    CM_ARENA(arena);
    char *token = token_mint_sign(mint.p256, HEADER, CLAIMS, arena);
    EVP_PKEY *second = EVP_EC_gen("P-256");

    ASSERT_OK(verified(token_mint_keys(&mint, arena), token));
    ASSERT_FAILS(verified(cm_arena_format(arena, "{\"keys\": [%s, %s]}", token_mint_jwk(mint.p256, "1", arena),
                                          token_mint_jwk(second, "2", arena)),
                          token),
                 CM_UNAUTHENTICATED, "not signed by a key");
    EVP_PKEY_free(second);
}

static void keys_for_something_else_are_left_out(void **state)
{
    CM_ARENA(arena);
    cm_rpc_jwks *keys = NULL;
    const char *text =
        cm_arena_format(arena,
                        "{\"keys\": [{\"kty\": \"new\"}, {\"kty\": \"EC\", \"crv\": \"P-521\"}, {\"kty\": \"RSA\", "
                        "\"use\": \"enc\"}, {\"kty\": \"RSA\", \"alg\": \"RS512\"}, {\"kty\": \"RSA\", \"key_ops\": "
                        "[\"encrypt\"]}, 7, %s]}",
                        token_mint_jwk(mint.ed25519, NULL, arena));

    ASSERT_OK(cm_rpc_jwks_parse(text, strlen(text), &keys));
    assert_int_equal(cm_rpc_jwks_count(keys), 1);
    cm_rpc_jwks_free(keys);
}

static void a_wrong_key_set_is_explained(void **state)
{
    CM_ARENA(arena);
    EVP_PKEY *small = EVP_RSA_gen(1024);
    const char *one = token_mint_jwk(mint.p256, "p", arena);
    char *off_curve = cm_arena_strdup(arena, one);
    char *y = strstr(off_curve, "\"y\": \"") + 12;

    *y = *y == 'A' ? 'B' : 'A';
    const struct {
        const char *text, *why;
    } wrong[] = {
        {"", "line 1 is no JSON"},
        {"[]", "no list of keys"},
        {"{\"keys\": []}", "no key for RS256"},
        {"{\"keys\": [{\"kty\": \"oct\", \"k\": \"AA\"}]}", "keys[0] has a private part"},
        {"{\"keys\": [{\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"x\": \"AA\"}]}", "keys[0] is no EdDSA key"},
        {cm_arena_format(arena, "{\"keys\": [%s, %s]}", one, one), "keys[1].kid is 'p', as of a key before it"},
        {cm_arena_format(arena, "{\"keys\": [%s]}", token_mint_jwk(small, NULL, arena)), "2048 to 8192 bits"},
        {cm_arena_format(arena, "{\"keys\": [%s]}", off_curve), "keys[0] is no ES256 key"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cm_rpc_jwks *keys = NULL;
        ASSERT_FAILS(cm_rpc_jwks_parse(wrong[i].text, strlen(wrong[i].text), &keys), CM_INVALID_ARGUMENT, wrong[i].why);
        assert_null(keys);
    }
    EVP_PKEY_free(small);
}

/* RFC 8037, A.4: a signature that others made. */
static void the_published_example_is_verified(void **state)
{
    static const char keys_text[] = "{\"keys\": [{\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"x\": "
                                    "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}";
    static const char text[] = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
    CM_ARENA(arena);
    cm_rpc_jwks *keys = NULL;
    cm_rpc_jwt jwt = {.algorithm = CM_RPC_JWT_EDDSA, .signed_text = text, .signed_size = sizeof text - 1};
    uint8_t *signature = NULL;

    ASSERT_OK(cm_base64_decode("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
                               arena, &signature, &jwt.signature_size));
    jwt.signature = signature;
    ASSERT_OK(cm_rpc_jwks_parse(keys_text, sizeof keys_text - 1, &keys));
    ASSERT_OK(cm_rpc_jwks_verify(keys, &jwt));
    signature[0] ^= 1;
    ASSERT_FAILS(cm_rpc_jwks_verify(keys, &jwt), CM_UNAUTHENTICATED, "signature");
    cm_rpc_jwks_free(keys);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_a_token_says_is_read),
        cmocka_unit_test(what_is_no_token_is_refused),
        cmocka_unit_test(algorithms_without_a_public_key_are_refused),
        cmocka_unit_test(a_header_that_asks_for_more_is_refused),
        cmocka_unit_test(claims_of_a_wrong_kind_are_refused),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(no_text_of_a_token_comes_back),
        cmocka_unit_test(each_algorithm_is_verified),
        cmocka_unit_test(changed_claims_are_found_out),
        cmocka_unit_test(a_key_is_for_its_own_algorithm),
        cmocka_unit_test(a_token_without_kid_means_the_only_key),
        cmocka_unit_test(keys_for_something_else_are_left_out),
        cmocka_unit_test(a_wrong_key_set_is_explained),
        cmocka_unit_test(the_published_example_is_verified),
    };

    return cmocka_run_group_tests(tests, open_mint, close_mint);
}
