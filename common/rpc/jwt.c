#include "jwt.h"

#include <jansson.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/cm_digest.h"
#include "base/cm_text.h"

/* Where NumericDate ends: the year 9999. */
static const int64_t LAST_S = 253402300799;

cm_status cm_rpc_jwt_refuse(const char *reason, const char *text)
{
    cm_status refused = cm_fail(CM_UNAUTHENTICATED, "authorization: %s", text);

    cm_status_reason(&refused, reason);
    return refused;
}

static cm_status malformed(const char *text)
{
    return cm_rpc_jwt_refuse("TOKEN_MALFORMED", text);
}

bool cm_rpc_jwt_is_name(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
            return false;
    return size > 0 && cm_utf8_valid(text, size, NULL);
}

/* ---- three parts ---- */

typedef struct part {
    const char *text;
    size_t size;
} part;

static bool split(const char *token, size_t size, part parts[3])
{
    const char *end = token + size;

    for (int i = 0; i < 3; i++) {
        const char *dot = memchr(token, '.', (size_t)(end - token));
        if (!dot != (i == 2))
            return false;
        parts[i] = (part){token, (size_t)((dot ? dot : end) - token)};
        token = dot ? dot + 1 : end;
    }
    return true;
}

static bool is_base64url(part p)
{
    for (size_t i = 0; i < p.size; i++) {
        char c = p.text[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'))
            return false;
    }
    return p.size > 0;
}

static cm_status decode(part p, cm_arena *arena, uint8_t **bytes, size_t *size)
{
    if (is_base64url(p)) {
        cm_status outcome = cm_base64_decode(cm_arena_strndup(arena, p.text, p.size), arena, bytes, size);
        if (cm_is_ok(outcome))
            return outcome;
        cm_status_clear(&outcome);
    }
    return malformed("the token is not made of base64url parts with dots between");
}

static cm_status decode_object(part p, cm_arena *arena, json_t **object)
{
    uint8_t *bytes = NULL;
    size_t size = 0;

    CM_TRY(decode(p, arena, &bytes, &size));
    *object = json_loadb((const char *)bytes, size, JSON_REJECT_DUPLICATES, NULL);
    if (json_is_object(*object))
        return cm_ok();
    json_decref(*object);
    *object = NULL;
    return malformed("the token's header and claims are not both a JSON object without repeated members");
}

/* ---- members ---- */

static bool is_wanted_name(const json_t *value)
{
    return json_is_string(value) && json_string_length(value) <= CM_RPC_JWT_LONGEST_NAME &&
           cm_rpc_jwt_is_name(json_string_value(value), json_string_length(value));
}

/* Leaves *name NULL where the member is absent. */
static cm_status take_name(const json_t *object, const char *member, const char *wrong, cm_arena *arena,
                           const char **name)
{
    const json_t *value = json_object_get(object, member);

    if (!value)
        return cm_ok();
    if (!is_wanted_name(value))
        return malformed(wrong);
    *name = cm_arena_strdup(arena, json_string_value(value));
    return cm_ok();
}

/* A number of seconds; a fraction is cut off. */
static bool take_time(const json_t *object, const char *member, int64_t *seconds)
{
    const json_t *value = json_object_get(object, member);

    if (!value)
        return true;
    if (json_is_integer(value))
        *seconds = json_integer_value(value);
    else if (json_is_real(value) && fabs(json_real_value(value)) <= (double)LAST_S)
        *seconds = (int64_t)json_real_value(value);
    else
        return false;
    return *seconds > 0 && *seconds <= LAST_S;
}

static bool add_name(cm_rpc_names *names, const char *text, size_t size, cm_arena *arena)
{
    if (names->count == CM_RPC_JWT_MOST_NAMES || size > CM_RPC_JWT_LONGEST_NAME || !cm_rpc_jwt_is_name(text, size))
        return false;
    if (!names->items)
        names->items = cm_arena_take(arena, CM_RPC_JWT_MOST_NAMES * sizeof *names->items);
    names->items[names->count++] = cm_arena_strndup(arena, text, size);
    return true;
}

/* A list of names, or one. */
static bool take_names(const json_t *value, cm_arena *arena, cm_rpc_names *names)
{
    if (!value)
        return true;
    if (json_is_string(value))
        return add_name(names, json_string_value(value), json_string_length(value), arena);
    if (!json_is_array(value))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++) {
        const json_t *item = json_array_get(value, i);
        if (!json_is_string(item) || !add_name(names, json_string_value(item), json_string_length(item), arena))
            return false;
    }
    return true;
}

/* Words with spaces between (RFC 6749, 3.3). */
static bool take_words(const json_t *value, cm_arena *arena, cm_rpc_names *names)
{
    if (!value)
        return true;
    if (!json_is_string(value))
        return false;
    for (const char *at = json_string_value(value); *at;) {
        size_t size = strcspn(at, " ");
        if (size > 0 && !add_name(names, at, size, arena))
            return false;
        at += size + strspn(at + size, " ");
    }
    return true;
}

/* ---- header and claims ---- */

static bool find_algorithm(const json_t *value, cm_rpc_jwt_algorithm *algorithm)
{
    static const char *const names[] = {
        [CM_RPC_JWT_RS256] = "RS256", [CM_RPC_JWT_ES256] = "ES256", [CM_RPC_JWT_EDDSA] = "EdDSA"};

    for (size_t i = 0; json_is_string(value) && i < sizeof names / sizeof *names; i++)
        if (strcmp(json_string_value(value), names[i]) == 0) {
            *algorithm = (cm_rpc_jwt_algorithm)i;
            return true;
        }
    return false;
}

static bool is_type(const json_t *value)
{
    static const char *const types[] = {"JWT", "at+jwt", "application/at+jwt"};

    for (size_t i = 0; json_is_string(value) && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(json_string_value(value), types[i]) == 0)
            return true;
    return value == NULL;
}

static cm_status take_header(const json_t *header, cm_arena *arena, cm_rpc_jwt *jwt)
{
    if (!find_algorithm(json_object_get(header, "alg"), &jwt->algorithm))
        return cm_rpc_jwt_refuse("TOKEN_ALGORITHM", "the token is not signed by RS256, ES256 or EdDSA");
    if (json_object_get(header, "crit"))
        return cm_rpc_jwt_refuse("TOKEN_CRITICAL", "the token demands an extension (crit), and none is known here");
    if (!is_type(json_object_get(header, "typ")))
        return cm_rpc_jwt_refuse("TOKEN_TYPE", "the token's type is neither JWT nor at+jwt");
    return take_name(header, "kid", "the token's kid is no name of at most 255 bytes", arena, &jwt->key_id);
}

static cm_status take_claims(const json_t *claims, cm_arena *arena, cm_rpc_jwt *jwt)
{
    CM_TRY(take_name(claims, "sub", "the token's sub is no name of at most 255 bytes", arena, &jwt->subject));
    CM_TRY(take_name(claims, "iss", "the token's iss is no name of at most 255 bytes", arena, &jwt->issuer));
    if (!jwt->subject)
        return malformed("the token has no sub, which says who its bearer is");
    if (!take_time(claims, "exp", &jwt->expires_s) || !take_time(claims, "nbf", &jwt->not_before_s))
        return malformed("the token's exp or nbf is no number of seconds since 1970");
    if (!jwt->expires_s)
        return malformed("the token has no exp, and one that never ends is not taken");
    if (!take_names(json_object_get(claims, "aud"), arena, &jwt->audience))
        return malformed("the token's aud is no name or list of at most 64 names");
    if (!take_words(json_object_get(claims, "scope"), arena, &jwt->scopes) ||
        !take_names(json_object_get(claims, "roles"), arena, &jwt->scopes))
        return malformed("the token's scope is no text of words, its roles are no list of names, or both are over 64");
    return cm_ok();
}

cm_status cm_rpc_jwt_parse(const char *token, size_t size, cm_arena *arena, cm_rpc_jwt *jwt)
{
    part parts[3];
    json_t *header = NULL, *claims = NULL;
    uint8_t *signature = NULL;

    *jwt = (cm_rpc_jwt){0};
    if (size > CM_RPC_JWT_LARGEST)
        return cm_rpc_jwt_refuse("TOKEN_TOO_LARGE", "the token has more than 8192 bytes");
    if (!split(token, size, parts))
        return malformed("the token is not made of base64url parts with dots between");
    jwt->signed_size = parts[0].size + 1 + parts[1].size;
    jwt->signed_text = cm_arena_strndup(arena, token, jwt->signed_size);
    CM_TRY(decode_object(parts[0], arena, &header));
    cm_status outcome = take_header(header, arena, jwt);
    if (cm_is_ok(outcome))
        outcome = decode(parts[2], arena, &signature, &jwt->signature_size);
    if (cm_is_ok(outcome))
        outcome = decode_object(parts[1], arena, &claims);
    if (cm_is_ok(outcome))
        outcome = take_claims(claims, arena, jwt);
    jwt->signature = signature;
    json_decref(claims);
    json_decref(header);
    return outcome;
}
