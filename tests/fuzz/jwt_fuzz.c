/* Tokens and key sets: what is taken apart has a name and a signature within its bounds, and no token is believed that
 * was not signed, which here none is. The first byte chooses: a token as it stands, its parts before they are put in
 * base64, or a key set. */
#include <string.h>

#include "base/cm_digest.h"
#include "fuzz.h"
#include "rpc/jwks.h"

/* Public keys whose private parts were thrown away. */
#define KEYS                                                                                                           \
    "{\"keys\": [{\"kty\": \"EC\", \"crv\": \"P-256\", \"kid\": \"p\","                                                \
    " \"x\": \"34aWrNBXyJRYwoppmIul0l2jniipP729-9FKI8YFBhU\", \"y\": "                                                 \
    "\"hqPx-f236xZskTZoqlPfrB_hZZPwFC0wmjd2kmWrbUc\"},"                                                                \
    " {\"kty\": \"OKP\", \"crv\": \"Ed25519\", \"kid\": \"e\","                                                        \
    " \"x\": \"H4mXl3a58MmuEs-q-BpWtVVntUE9dwxPtTbe8A81_OA\"}]}"

static const cm_rpc_jwks *keys(void)
{
    static cm_rpc_jwks *made;

    if (!made)
        FUZZ_REQUIRE(fuzz_accepted(cm_rpc_jwks_parse(KEYS, strlen(KEYS), &made)) && cm_rpc_jwks_count(made) == 2);
    return made;
}

static void check_names(const cm_rpc_names *names)
{
    FUZZ_REQUIRE(names->count <= CM_RPC_JWT_MOST_NAMES);
    for (size_t i = 0; i < names->count; i++)
        FUZZ_REQUIRE(cm_rpc_jwt_is_name(names->items[i], strlen(names->items[i])));
}

static void check_token(const char *token, size_t size, cm_arena *arena)
{
    cm_rpc_jwt jwt;

    if (!fuzz_accepted(cm_rpc_jwt_parse(token, size, arena, &jwt)))
        return;
    FUZZ_REQUIRE(size <= CM_RPC_JWT_LARGEST && jwt.signed_size < size);
    FUZZ_REQUIRE(cm_rpc_jwt_is_name(jwt.subject, strlen(jwt.subject)));
    check_names(&jwt.audience);
    check_names(&jwt.scopes);
    FUZZ_REQUIRE(!fuzz_accepted(cm_rpc_jwks_verify(keys(), &jwt)));
}

/* Header, claims and signature, each up to a NUL, as a token. */
static char *joined(const uint8_t *bytes, size_t size, cm_arena *arena)
{
    char *parts[3];

    for (int i = 0; i < 3; i++) {
        const uint8_t *end = size ? memchr(bytes, 0, size) : NULL;
        size_t length = end ? (size_t)(end - bytes) : size;
        parts[i] = cm_base64(bytes, length, true, arena);
        bytes += length + (end != NULL);
        size -= length + (end != NULL);
    }
    return cm_arena_format(arena, "%s.%s.%s", parts[0], parts[1], parts[2]);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    CM_ARENA(arena);
    uint8_t choice = fuzz_choice(&bytes, &size) % 3;

    if (choice == 0) {
        check_token((const char *)bytes, size, arena);
    } else if (choice == 1) {
        char *token = joined(bytes, size, arena);
        check_token(token, strlen(token), arena);
    } else {
        cm_rpc_jwks *set = NULL;
        if (fuzz_accepted(cm_rpc_jwks_parse((const char *)bytes, size, &set)))
            FUZZ_REQUIRE(cm_rpc_jwks_count(set) > 0);
        cm_rpc_jwks_free(set);
    }
    return 0;
}
