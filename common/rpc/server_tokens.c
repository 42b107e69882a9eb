#include "server_tokens.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cm_clock.h"
#include "base/cm_digest.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "jwks.h"
#include "server_roles.h"
#include "watched_file.h"

enum {
    LOOK_EVERY_US = 500000, /* at the file */
    KEPT = 1024             /* tokens that were believed: a caller shows the same one with every call */
};

/* One token that was believed, where its digest leads to. */
typedef struct kept {
    uint8_t digest[CM_SHA256];
    cm_rpc_bearer *bearer; /* referenced; NULL: none */
} kept;

struct cm_rpc_tokens {
    char *issuer, *audience;
    _Atomic int64_t next_look_us;
    pthread_rwlock_t lock; /* guards all below */
    cm_rpc_file file;
    cm_rpc_jwks *keys;
    unsigned generation; /* of the keys */
    kept kept[KEPT];
};

void cm_rpc_bearer_release(cm_rpc_bearer *bearer)
{
    if (!bearer || atomic_fetch_sub(&bearer->references, 1) > 1)
        return;
    cm_arena_free(bearer->arena);
    free(bearer);
}

static cm_rpc_bearer *reference(cm_rpc_bearer *bearer)
{
    atomic_fetch_add(&bearer->references, 1);
    return bearer;
}

/* ---- keys ---- */

static void forget_all(cm_rpc_tokens *tokens)
{
    for (size_t i = 0; i < KEPT; i++) {
        cm_rpc_bearer_release(tokens->kept[i].bearer);
        tokens->kept[i].bearer = NULL;
    }
}

/* With the lock held for writing, or before anyone else has it. What was there stays where the file is wrong. */
static cm_status read_keys(cm_rpc_tokens *tokens)
{
    CM_FREE char *text = NULL;
    cm_rpc_jwks *keys = NULL;

    CM_TRY(cm_rpc_file_read(&tokens->file, &text));
    cm_status outcome = cm_rpc_jwks_parse(text, strlen(text), &keys);
    if (!cm_is_ok(outcome)) {
        cm_status_prefix(&outcome, "%s", tokens->file.path);
        return outcome;
    }
    cm_rpc_jwks_free(tokens->keys);
    tokens->keys = keys;
    tokens->generation++;
    forget_all(tokens);
    return cm_ok();
}

static void take_changes(cm_rpc_tokens *tokens)
{
    int64_t now = cm_clock_monotonic_us(), due = atomic_load(&tokens->next_look_us);

    if (now < due || !atomic_compare_exchange_strong(&tokens->next_look_us, &due, now + LOOK_EVERY_US))
        return;
    pthread_rwlock_wrlock(&tokens->lock);
    if (cm_rpc_file_changed(&tokens->file)) {
        cm_status outcome = read_keys(tokens);
        if (cm_is_ok(outcome)) {
            char count[24];
            snprintf(count, sizeof count, "%zu", cm_rpc_jwks_count(tokens->keys));
            CM_LOG(CM_INFO, "keys of tokens changed", "file", tokens->file.path, "keys", count);
        } else {
            cm_log_failure(CM_WARN, "the keys of tokens stay as they were", &outcome);
        }
    }
    pthread_rwlock_unlock(&tokens->lock);
}

cm_status cm_rpc_tokens_new(const cm_server_tokens *options, cm_rpc_tokens **made)
{
    if (!options->keys || !options->issuer || !options->audience)
        return cm_fail(
            CM_INVALID_ARGUMENT,
            "tokens: %s is missing; give the file of keys, the issuer and the audience, so that no token for "
            "somebody else is believed",
            !options->keys ? "keys" : (!options->issuer ? "issuer" : "audience"));
    cm_rpc_tokens *tokens = cm_alloc(sizeof *tokens);
    tokens->issuer = cm_strdup(options->issuer);
    tokens->audience = cm_strdup(options->audience);
    pthread_rwlock_init(&tokens->lock, NULL);
    cm_rpc_file_init(&tokens->file, options->keys);
    cm_status outcome = read_keys(tokens);
    if (!cm_is_ok(outcome)) {
        cm_status_prefix(&outcome, "tokens");
        cm_rpc_tokens_free(tokens);
        return outcome;
    }
    *made = tokens;
    return cm_ok();
}

void cm_rpc_tokens_free(cm_rpc_tokens *tokens)
{
    if (!tokens)
        return;
    forget_all(tokens);
    cm_rpc_jwks_free(tokens->keys);
    cm_rpc_file_clear(&tokens->file);
    pthread_rwlock_destroy(&tokens->lock);
    free(tokens->issuer);
    free(tokens->audience);
    free(tokens);
}

/* ---- tokens that were shown before ---- */

static kept *place(cm_rpc_tokens *tokens, const uint8_t digest[CM_SHA256])
{
    return &tokens->kept[((size_t)digest[0] << 8 | digest[1]) % KEPT];
}

static cm_rpc_bearer *recall(cm_rpc_tokens *tokens, const uint8_t digest[CM_SHA256])
{
    pthread_rwlock_rdlock(&tokens->lock);
    const kept *k = place(tokens, digest);
    cm_rpc_bearer *bearer = k->bearer && memcmp(k->digest, digest, CM_SHA256) == 0 ? reference(k->bearer) : NULL;
    pthread_rwlock_unlock(&tokens->lock);
    return bearer;
}

/* Checks the signature, and keeps the token unless the keys changed meanwhile: none outlives its key. */
static cm_status verify(cm_rpc_tokens *tokens, const uint8_t digest[CM_SHA256], cm_rpc_bearer *bearer)
{
    pthread_rwlock_rdlock(&tokens->lock);
    unsigned generation = tokens->generation;
    cm_status outcome = cm_rpc_jwks_verify(tokens->keys, &bearer->jwt);
    pthread_rwlock_unlock(&tokens->lock);
    CM_TRY(outcome);
    pthread_rwlock_wrlock(&tokens->lock);
    if (tokens->generation == generation) {
        kept *k = place(tokens, digest);
        cm_rpc_bearer_release(k->bearer);
        memcpy(k->digest, digest, CM_SHA256);
        k->bearer = reference(bearer);
    }
    pthread_rwlock_unlock(&tokens->lock);
    return cm_ok();
}

/* ---- claims ---- */

static bool has(const cm_rpc_names *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

static cm_status check_claims(const cm_rpc_tokens *tokens, const cm_rpc_jwt *jwt)
{
    if (!jwt->issuer || strcmp(jwt->issuer, tokens->issuer) != 0)
        return cm_rpc_jwt_refuse("TOKEN_ISSUER", "the token's iss is not the issuer that this server believes");
    if (!has(&jwt->audience, tokens->audience))
        return cm_rpc_jwt_refuse("TOKEN_AUDIENCE", "the token is for somebody else: its aud does not name this server");
    if (!cm_rpc_roles_is_identity(jwt->subject))
        return cm_rpc_jwt_refuse("TOKEN_SUBJECT", "the token's sub is a word that has another meaning here");
    return cm_ok();
}

static cm_status check_time(const cm_rpc_jwt *jwt, int64_t now_us)
{
    int64_t now_s = now_us / 1000000;

    if (now_s - CM_RPC_TOKENS_LEEWAY_S >= jwt->expires_s)
        return cm_rpc_jwt_refuse("TOKEN_EXPIRED", "the token has expired; get a new one");
    if (now_s + CM_RPC_TOKENS_LEEWAY_S < jwt->not_before_s)
        return cm_rpc_jwt_refuse("TOKEN_EARLY",
                                 "the token is not valid yet; look at the clocks here and at its issuer");
    return cm_ok();
}

static cm_status believe(cm_rpc_tokens *tokens, const char *token, size_t size, cm_rpc_bearer **found)
{
    uint8_t digest[CM_SHA256];

    cm_sha256(&(cm_bytes){(const uint8_t *)token, size}, 1, digest);
    *found = recall(tokens, digest);
    if (*found)
        return cm_ok();
    cm_rpc_bearer *bearer = cm_alloc(sizeof *bearer);
    *bearer = (cm_rpc_bearer){.references = 1, .arena = cm_arena_new()};
    cm_status outcome = cm_rpc_jwt_parse(token, size, bearer->arena, &bearer->jwt);
    if (cm_is_ok(outcome))
        outcome = check_claims(tokens, &bearer->jwt);
    if (cm_is_ok(outcome))
        outcome = verify(tokens, digest, bearer);
    if (cm_is_ok(outcome))
        *found = bearer;
    else
        cm_rpc_bearer_release(bearer);
    return outcome;
}

cm_status cm_rpc_tokens_check(cm_rpc_tokens *tokens, const char *header, size_t size, int64_t now_us,
                              cm_rpc_bearer **bearer)
{
    static const char scheme[] = "Bearer ";
    const size_t skip = sizeof scheme - 1;

    *bearer = NULL;
    if (size < skip || strncasecmp(header, scheme, skip) != 0)
        return cm_rpc_jwt_refuse("TOKEN_MALFORMED", "give a token as in 'Bearer eyJh…'");
    if (size - skip > CM_RPC_JWT_LARGEST)
        return cm_rpc_jwt_refuse("TOKEN_TOO_LARGE", "the token has more than 8192 bytes");
    take_changes(tokens);
    CM_TRY(believe(tokens, header + skip, size - skip, bearer));
    cm_status outcome = check_time(&(*bearer)->jwt, now_us);
    if (!cm_is_ok(outcome)) {
        cm_rpc_bearer_release(*bearer);
        *bearer = NULL;
    }
    return outcome;
}
