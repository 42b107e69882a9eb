/* Bearer tokens: who is believed, what they may do, and that changed files are taken without a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_clock.h"
#include "grpc/health/v1/health.grpc-c.h"
#include "rpc/server_tokens.h"
#include "secure_bed.h"
#include "token_mint.h"

static token_mint mint;
static secure_bed bed_of_all;

static int open_all(void **state)
{
    token_mint_open(&mint);
    secure_open(&bed_of_all);
    return 0;
}

static int close_all(void **state)
{
    secure_close(&bed_of_all);
    token_mint_close(&mint);
    return 0;
}

static int open_bed(void **state)
{
    CM_ARENA(arena);

    secure_write(&bed_of_all, "keys", token_mint_keys(&mint, arena));
    *state = &bed_of_all;
    return 0;
}

static int close_bed(void **state)
{
    cm_server_free(bed_of_all.server);
    bed_of_all.server = NULL;
    bed_of_all.is_client_optional = false;
    return 0;
}

/* On loopback; `roles` NULL: without a table. */
static void serve(secure_bed *bed, const char *roles, bool asks)
{
    CM_ARENA(arena);
    cm_server_tokens tokens = {
        .keys = secure_path(bed, "keys", arena), .issuer = "https://issuer.example", .audience = "cityneg"};

    if (roles)
        secure_write(bed, "roles", roles);
    secure_serve(bed, (cm_server_options){.tokens = &tokens, .roles = roles ? secure_path(bed, "roles", arena) : NULL},
                 asks);
}

/* Puts a token of `subject` with `more` claims into the file `token`. */
static void issue(const secure_bed *bed, const char *subject, const char *more)
{
    CM_ARENA(arena);

    secure_write(bed, "token", token_mint_make(&mint, subject, more, arena));
}

static void refused(cm_status outcome, const char *reason)
{
    assert_int_equal(outcome.code, CM_UNAUTHENTICATED);
    assert_string_equal(outcome.error->reason, reason);
    cm_status_clear(&outcome);
}

static void a_caller_is_who_its_token_says(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);
    const char *identity = NULL;

    serve(bed, NULL, false);
    issue(bed, "ada", "");
    for (int again = 0; again < 2; again++) {
        ASSERT_OK(secure_call_with(bed, NULL, "token", echo_echo_service_relay, arena, &identity));
        assert_string_equal(identity, "ada");
    }
    ASSERT_FAILS(secure_call(bed, "ca", NULL, echo_echo_service_say, arena, NULL), CM_UNAUTHENTICATED, "role read");
    ASSERT_OK(secure_call(bed, "ca", NULL, echo_echo_service_store, arena, &identity));
    assert_string_equal(identity, "anonymous");
}

static void a_wrong_token_is_refused_even_where_none_is_needed(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);

    serve(bed, "anonymous admin\n* admin\n", true);
    secure_write(bed, "token", token_mint_sign(NULL, "{\"alg\": \"none\"}", "{\"sub\": \"ada\"}", arena));
    refused(secure_call_with(bed, "client", "token", echo_echo_service_store, arena, NULL), "TOKEN_ALGORITHM");
    secure_write(bed, "token", "nonsense");
    refused(secure_call_with(bed, "client", "token", echo_echo_service_say, arena, NULL), "TOKEN_MALFORMED");
}

static void a_token_counts_before_a_certificate(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);
    const char *identity = NULL;

    serve(bed, "importer read\nada write\n", true);
    issue(bed, "ada", "");
    ASSERT_OK(secure_call_with(bed, "named", "token", echo_echo_service_hold, arena, &identity));
    assert_string_equal(identity, "ada");
    ASSERT_OK(secure_call_with(bed, "named", NULL, echo_echo_service_say, arena, &identity));
    assert_string_equal(identity, "importer");
    ASSERT_FAILS(secure_call_with(bed, "named", NULL, echo_echo_service_hold, arena, NULL), CM_PERMISSION_DENIED,
                 "importer has the role read");
}

static void one_table_gives_roles_to_names_and_to_scopes(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);

    serve(bed, "bob none\nscope:city.write write\nscope:city.read read\n* none\n", false);
    issue(bed, "ada", ", \"scope\": \"city.read openid city.write\"");
    ASSERT_OK(secure_call_with(bed, NULL, "token", echo_echo_service_hold, arena, NULL));
    ASSERT_FAILS(secure_call_with(bed, NULL, "token", echo_echo_service_relay, arena, NULL), CM_PERMISSION_DENIED,
                 "ada has the role write");
    issue(bed, "ada", ", \"roles\": [\"city.read\"]");
    ASSERT_OK(secure_call_with(bed, NULL, "token", echo_echo_service_say, arena, NULL));
    ASSERT_FAILS(secure_call_with(bed, NULL, "token", echo_echo_service_hold, arena, NULL), CM_PERMISSION_DENIED,
                 "ada has the role read");
    issue(bed, "bob", ", \"scope\": \"city.write\"");
    ASSERT_FAILS(secure_call_with(bed, NULL, "token", echo_echo_service_say, arena, NULL), CM_PERMISSION_DENIED,
                 "bob has the role none");
    issue(bed, "eve", ", \"scope\": \"read admin\"");
    ASSERT_FAILS(secure_call_with(bed, NULL, "token", echo_echo_service_say, arena, NULL), CM_PERMISSION_DENIED,
                 "eve has the role none");
}

static void words_with_a_meaning_are_nobody(void **state)
{
    static const char *const words[] = {"anonymous", "*", "scope:city.write"};
    secure_bed *bed = *state;
    CM_ARENA(arena);

    serve(bed, "scope:city.write write\n* admin\n", false);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        issue(bed, words[i], "");
        refused(secure_call_with(bed, NULL, "token", echo_echo_service_say, arena, NULL), "TOKEN_SUBJECT");
    }
}

static void health_is_answered_whatever_the_token(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);
    GrpcHealthHealthCheckRequest request;
    GrpcHealthHealthCheckResponse *response = NULL;
    const cm_metadatum token = {"authorization", "Bearer x", 8};

    serve(bed, NULL, false);
    GrpcHealthHealthCheckRequest_init(&request);
    cm_channel *channel = secure_channel(bed, "ca", NULL, NULL);
    ASSERT_OK(grpc_health_health_check(channel, &(cm_call_options){.metadata = &token, .metadata_count = 1}, &request,
                                       arena, &response));
    assert_int_equal(response->status, GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING);
    cm_channel_free(channel);
}

static void an_optional_certificate_may_be_missing_but_not_wrong(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);
    const char *identity = NULL;

    bed->is_client_optional = true;
    serve(bed, "anonymous read\nimporter write\nada admin\n", true);
    ASSERT_OK(secure_call_with(bed, NULL, NULL, echo_echo_service_say, arena, &identity));
    assert_string_equal(identity, "anonymous");
    ASSERT_OK(secure_call_with(bed, "named", NULL, echo_echo_service_hold, arena, &identity));
    assert_string_equal(identity, "importer");
    ASSERT_FAILS(secure_call_with(bed, "other", NULL, echo_echo_service_store, arena, NULL), CM_UNAVAILABLE, "");
    issue(bed, "ada", "");
    ASSERT_OK(secure_call_with(bed, NULL, "token", echo_echo_service_relay, arena, &identity));
    assert_string_equal(identity, "ada");
}

/* Calls Say over one channel until it ends with `expected`: the files are looked at every half second. */
static void call_until(cm_channel *channel, cm_code expected)
{
    int64_t last = cm_clock_monotonic_us() + 60 * 1000000LL;
    echo_server to = {.channel = channel};

    for (;;) {
        CM_ARENA(arena);
        EchoSayResponse *response = NULL;
        cm_status outcome = echo_call(&to, echo_echo_service_say, "", NULL, arena, &response);
        cm_code code = outcome.code;
        cm_status_clear(&outcome);
        if (code == expected)
            return;
        assert_true(cm_clock_monotonic_us() < last);
    }
}

static void changed_keys_and_changed_tokens_count_without_a_restart(void **state)
{
    secure_bed *bed = *state;
    token_mint next;
    CM_ARENA(arena);
    cm_channel_tls tls = {.authorities = secure_path(bed, "ca.pem", arena)};
    cm_channel_options options = {.tls = &tls, .token_file = secure_path(bed, "token", arena), .attempts = 1};
    cm_channel *channel = NULL;

    token_mint_open(&next);
    serve(bed, NULL, false);
    issue(bed, "ada", "");
    ASSERT_OK(cm_channel_new(bed->target, &options, &channel));
    call_until(channel, CM_OK);
    secure_write(bed, "keys", token_mint_keys(&next, arena)); /* the old key is withdrawn: its tokens end at once */
    call_until(channel, CM_UNAUTHENTICATED);
    secure_write(bed, "token", token_mint_make(&next, "ada", "", arena));
    call_until(channel, CM_OK);
    secure_write(bed, "keys", "{}"); /* a mistake changes nothing */
    secure_write(bed, "token", "two words");
    for (int64_t until = cm_clock_monotonic_us() + 1200000; cm_clock_monotonic_us() < until;)
        call_until(channel, CM_OK);
    cm_channel_free(channel);
    token_mint_close(&next);
}

/* ---- without a server ---- */

enum { NOW_S = 1800000000 };

static void check(cm_rpc_tokens *tokens, const char *claims, const char *reason)
{
    CM_ARENA(arena);
    cm_rpc_bearer *bearer = NULL;
    char *token = token_mint_sign(mint.ed25519, "{\"alg\": \"EdDSA\", \"kid\": \"e\"}",
                                  cm_arena_format(arena, "{\"sub\": \"ada\", %s}", claims), arena);
    char *header = cm_arena_format(arena, "bearer %s", token);
    cm_status outcome = cm_rpc_tokens_check(tokens, header, strlen(header), (int64_t)NOW_S * 1000000 + 999999, &bearer);

    if (reason) {
        refused(outcome, reason);
        assert_null(bearer);
        return;
    }
    ASSERT_OK(outcome);
    assert_string_equal(bearer->jwt.subject, "ada");
    cm_rpc_bearer_release(bearer);
}

static void issuer_audience_and_time_have_to_be_right(void **state)
{
#define MINE "\"iss\": \"me\", \"aud\": [\"you\", \"us\"]"
    secure_bed *bed = *state;
    CM_ARENA(arena);
    cm_rpc_tokens *tokens = NULL;

    ASSERT_OK(cm_rpc_tokens_new(
        &(cm_server_tokens){.keys = secure_path(bed, "keys", arena), .issuer = "me", .audience = "us"}, &tokens));
    check(tokens, MINE ", \"exp\": 1800000001", NULL);
    check(tokens, MINE ", \"exp\": 1799999941", NULL); /* a minute's leeway, to the second */
    check(tokens, MINE ", \"exp\": 1799999940", "TOKEN_EXPIRED");
    check(tokens, MINE ", \"exp\": 1800000100, \"nbf\": 1800000060", NULL);
    check(tokens, MINE ", \"exp\": 1800000100, \"nbf\": 1800000061", "TOKEN_EARLY");
    check(tokens, "\"iss\": \"you\", \"aud\": \"us\", \"exp\": 1800000001", "TOKEN_ISSUER");
    check(tokens, "\"aud\": \"us\", \"exp\": 1800000001", "TOKEN_ISSUER");
    check(tokens, "\"iss\": \"me\", \"aud\": \"you\", \"exp\": 1800000001", "TOKEN_AUDIENCE");
    check(tokens, "\"iss\": \"me\", \"exp\": 1800000001", "TOKEN_AUDIENCE");
    check(tokens, MINE, "TOKEN_MALFORMED");
    cm_rpc_tokens_free(tokens);
}

static void a_token_that_is_kept_still_expires(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);
    cm_rpc_tokens *tokens = NULL;
    cm_rpc_bearer *bearer = NULL;

    ASSERT_OK(cm_rpc_tokens_new(&(cm_server_tokens){.keys = secure_path(bed, "keys", arena),
                                                    .issuer = "https://issuer.example",
                                                    .audience = "cityneg"},
                                &tokens));
    char *header = cm_arena_format(arena, "Bearer %s", token_mint_make(&mint, "ada", "", arena));
    ASSERT_OK(cm_rpc_tokens_check(tokens, header, strlen(header), cm_clock_wall_us(), &bearer));
    int64_t later_us = bearer->jwt.expires_s * 1000000 + 61 * 1000000LL;
    cm_rpc_bearer_release(bearer);
    refused(cm_rpc_tokens_check(tokens, header, strlen(header), later_us, &bearer), "TOKEN_EXPIRED");
    cm_rpc_tokens_free(tokens);
}

static void other_schemes_are_refused(void **state)
{
    static const char *const headers[] = {"", "Bearer", "Bearer ", "Basic YWRhOmFkYQ==", "e30.e30.AA"};
    secure_bed *bed = *state;
    CM_ARENA(arena);
    cm_rpc_tokens *tokens = NULL;
    cm_rpc_bearer *bearer = NULL;

    ASSERT_OK(cm_rpc_tokens_new(
        &(cm_server_tokens){.keys = secure_path(bed, "keys", arena), .issuer = "me", .audience = "us"}, &tokens));
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        refused(cm_rpc_tokens_check(tokens, headers[i], strlen(headers[i]), 0, &bearer), "TOKEN_MALFORMED");
    cm_rpc_tokens_free(tokens);
}

static void wrong_options_are_named(void **state)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    secure_bed *bed = *state;
    CM_ARENA(arena);
    cm_server *server = NULL;
    cm_channel *channel = NULL;
    cm_server_tokens tokens = {.keys = secure_path(bed, "server.pem", arena), .issuer = "me", .audience = "us"};
    cm_server_options options = {.listen = listen, .tokens = &tokens};

    ASSERT_FAILS(cm_server_new(&options, &server), CM_INVALID_ARGUMENT, "server.pem: line 1 is no JSON");
    tokens.keys = "absent.json";
    ASSERT_FAILS(cm_server_new(&options, &server), CM_NOT_FOUND, "absent.json");
    tokens.audience = NULL;
    ASSERT_FAILS(cm_server_new(&options, &server), CM_INVALID_ARGUMENT, "tokens: audience is missing");

    secure_write(bed, "empty", "\n");
    cm_channel_options with = {.token_file = secure_path(bed, "empty", arena)};
    ASSERT_FAILS(cm_channel_new("127.0.0.1:1", &with, &channel), CM_INVALID_ARGUMENT, "does not hold one token");
    ASSERT_FAILS(cm_channel_new("registry.example:7001", &with, &channel), CM_INVALID_ARGUMENT, "in clear");
    with.token_file = "absent.token";
    ASSERT_FAILS(cm_channel_new("127.0.0.1:1", &with, &channel), CM_NOT_FOUND, "absent.token");

    cm_server_tls tls = {.certificate = secure_path(bed, "server.pem", arena),
                         .key = secure_path(bed, "server.key", arena),
                         .is_client_optional = true};
    ASSERT_FAILS(cm_server_new(&(cm_server_options){.listen = listen, .tls = &tls}, &server), CM_INVALID_ARGUMENT,
                 "give the authorities");
}

int main(void)
{
#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, open_bed, close_bed)
    static const struct CMUnitTest tests[] = {
        WITH_BED(a_caller_is_who_its_token_says),
        WITH_BED(a_wrong_token_is_refused_even_where_none_is_needed),
        WITH_BED(a_token_counts_before_a_certificate),
        WITH_BED(one_table_gives_roles_to_names_and_to_scopes),
        WITH_BED(words_with_a_meaning_are_nobody),
        WITH_BED(health_is_answered_whatever_the_token),
        WITH_BED(an_optional_certificate_may_be_missing_but_not_wrong),
        WITH_BED(changed_keys_and_changed_tokens_count_without_a_restart),
        WITH_BED(issuer_audience_and_time_have_to_be_right),
        WITH_BED(a_token_that_is_kept_still_expires),
        WITH_BED(other_schemes_are_refused),
        WITH_BED(wrong_options_are_named),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
