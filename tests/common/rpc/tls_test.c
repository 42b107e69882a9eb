/* TLS: who is believed, by which certificate, and that a changed file is taken without a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_memory.h"
#include "secure_bed.h"

static int open_bed(void **state)
{
    static secure_bed bed;

    secure_open(&bed);
    *state = &bed;
    return 0;
}

static int close_bed(void **state)
{
    secure_close(*state);
    return 0;
}

static void a_server_is_believed_by_its_authority_and_name(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);
    const char *identity = NULL;

    secure_serve(bed, (cm_server_options){0}, false);
    ASSERT_OK(secure_call(bed, "ca", NULL, echo_echo_service_say, arena, &identity));
    assert_string_equal(identity, "anonymous");
    ASSERT_FAILS(secure_call(bed, "other-ca", NULL, echo_echo_service_say, arena, NULL), CM_UNAVAILABLE, "");

    EchoSayResponse *response = NULL;
    echo_server named = {.channel = secure_channel(bed, "ca", NULL, "foo.test.google.fr")};
    ASSERT_OK(echo_call(&named, echo_echo_service_say, "", NULL, arena, &response));
    cm_channel_free(named.channel);
    echo_server elsewhere = {.channel = secure_channel(bed, "ca", NULL, "elsewhere.example")};
    ASSERT_FAILS(echo_call(&elsewhere, echo_echo_service_say, "", NULL, arena, &response), CM_UNAVAILABLE, "");
    cm_channel_free(elsewhere.channel);
}

static void a_caller_without_tls_is_turned_away(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;
    echo_server plain = {0};

    secure_serve(bed, (cm_server_options){0}, false);
    ASSERT_OK(cm_channel_new(bed->target, &(cm_channel_options){.attempts = 1}, &plain.channel));
    ASSERT_FAILS(echo_call(&plain, echo_echo_service_say, "", NULL, arena, &response), CM_UNAVAILABLE, "");
    cm_channel_free(plain.channel);
}

static void a_client_is_who_its_certificate_says(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);
    const char *identity = NULL;

    secure_serve(bed, (cm_server_options){0}, true);
    ASSERT_OK(secure_call(bed, "ca", "client", echo_echo_service_say, arena, &identity));
    assert_string_equal(identity, "spiffe://cityneg/tests");
    ASSERT_OK(secure_call(bed, "ca", "named", echo_echo_service_say, arena, &identity));
    assert_string_equal(identity, "importer");
    ASSERT_OK(secure_call(bed, "ca", "server", echo_echo_service_say, arena, &identity));
    assert_string_equal(identity, "foo.test.google.fr");
    ASSERT_FAILS(secure_call(bed, "ca", NULL, echo_echo_service_say, arena, NULL), CM_UNAVAILABLE, "");
    ASSERT_FAILS(secure_call(bed, "ca", "other", echo_echo_service_say, arena, NULL), CM_UNAVAILABLE, "");
}

static void the_next_connection_gets_a_changed_certificate(void **state)
{
    static const char *const two[] = {"127.0.0.1:0", "127.0.0.1:0", NULL};
    secure_bed *bed = *state;
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;

    secure_serve(bed, (cm_server_options){.listen = two}, false);
    echo_server early = {.channel = secure_channel(bed, "ca", NULL, NULL)};
    ASSERT_OK(echo_call(&early, echo_echo_service_say, "", NULL, arena, &response));

    secure_replace(bed, "other.pem", "live.pem"); /* its key is still the old one: nothing changes yet */
    ASSERT_OK(secure_call(bed, "ca", NULL, echo_echo_service_say, arena, NULL));
    secure_replace(bed, "other.key", "live.key");
    ASSERT_OK(secure_call(bed, "other-ca", NULL, echo_echo_service_say, arena, NULL));
    ASSERT_FAILS(secure_call(bed, "ca", NULL, echo_echo_service_say, arena, NULL), CM_UNAVAILABLE, "");
    ASSERT_OK(echo_call(&early, echo_echo_service_say, "", NULL, arena, &response));
    cm_channel_free(early.channel);

    snprintf(bed->target, sizeof bed->target, "127.0.0.1:%d", cm_server_port(bed->server, 1));
    ASSERT_OK(secure_call(bed, "other-ca", NULL, echo_echo_service_say, arena, NULL));
}

static void changed_authorities_decide_about_the_next_client(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);
    const char *identity = NULL;

    secure_serve(bed, (cm_server_options){0}, true);
    ASSERT_OK(secure_call(bed, "ca", "client", echo_echo_service_say, arena, NULL));
    secure_replace(bed, "other-ca.pem", "live-ca.pem");
    ASSERT_FAILS(secure_call(bed, "ca", "client", echo_echo_service_say, arena, NULL), CM_UNAVAILABLE, "");
    ASSERT_OK(secure_call(bed, "ca", "other", echo_echo_service_say, arena, &identity));
    assert_string_equal(identity, "foo.test.google.fr");
}

/* The client looks at its files once a second; each call that fails waits for the next connection. */
static void a_channel_takes_changed_authorities(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;

    secure_replace(bed, "other-ca.pem", "trusted.pem");
    secure_serve(bed, (cm_server_options){0}, false);
    echo_server to = {.channel = secure_channel(bed, "trusted", NULL, NULL)};
    ASSERT_FAILS(echo_call(&to, echo_echo_service_say, "", NULL, arena, &response), CM_UNAVAILABLE, "");
    secure_replace(bed, "ca.pem", "trusted.pem");
    ASSERT_OK(echo_call(&to, echo_echo_service_say, "", &(cm_call_options){.wait_for_ready = true, .timeout_ms = 60000},
                        arena, &response));
    cm_channel_free(to.channel);
}

static cm_status serve_with(const secure_bed *bed, const char *certificate, const char *key, const char *authorities,
                            cm_arena *arena)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    cm_server *server = NULL;
    cm_server_tls tls = {.certificate = certificate ? secure_path(bed, certificate, arena) : NULL,
                         .key = key ? secure_path(bed, key, arena) : NULL,
                         .client_authorities = authorities ? secure_path(bed, authorities, arena) : NULL};
    cm_status outcome = cm_server_new(&(cm_server_options){.listen = listen, .tls = &tls}, &server);

    cm_server_free(server);
    return outcome;
}

static void a_wrong_file_is_named_before_anything_is_served(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);
    cm_channel *channel = NULL;

    ASSERT_OK(serve_with(bed, "server.pem", "server.key", "ca.pem", arena));
    ASSERT_FAILS(serve_with(bed, "server.pem", NULL, NULL, arena), CM_INVALID_ARGUMENT, "give both files");
    ASSERT_FAILS(serve_with(bed, "absent.pem", "server.key", NULL, arena), CM_NOT_FOUND, "absent.pem");
    ASSERT_FAILS(serve_with(bed, "server.key", "server.key", NULL, arena), CM_INVALID_ARGUMENT, "no certificate");
    ASSERT_FAILS(serve_with(bed, "server.pem", "server.pem", NULL, arena), CM_INVALID_ARGUMENT, "no private key");
    ASSERT_FAILS(serve_with(bed, "server.pem", "client.key", NULL, arena), CM_INVALID_ARGUMENT, "is not the key of");
    ASSERT_FAILS(serve_with(bed, "server.pem", "server.key", "ca.key", arena), CM_INVALID_ARGUMENT, "ca.key");
    cm_channel_tls half = {.authorities = secure_path(bed, "ca.pem", arena), .key = "k"};
    ASSERT_FAILS(cm_channel_new("127.0.0.1:1", &(cm_channel_options){.tls = &half}, &channel), CM_INVALID_ARGUMENT,
                 "has no certificate beside it");
    cm_channel_tls none = {0};
    ASSERT_FAILS(cm_channel_new("127.0.0.1:1", &(cm_channel_options){.tls = &none}, &channel), CM_INVALID_ARGUMENT,
                 "authorities");
}

static int handshake(const secure_bed *bed, const char *options)
{
    CM_FREE char *command = cm_format("openssl s_client -connect %s -CAfile %s/ca.pem -alpn h2 -brief %s </dev/null "
                                      ">%s/said 2>&1",
                                      bed->target, bed->folder, options, bed->folder);

    return system(command);
}

static void versions_before_1_2_are_refused(void **state)
{
    secure_bed *bed = *state;
    CM_FREE char *ended = cm_format("grep -qiE 'unexpected eof|protocol version' %s/said", bed->folder);

    secure_serve(bed, (cm_server_options){0}, false);
    assert_int_equal(handshake(bed, "-tls1_2"), 0);
    assert_int_not_equal(handshake(bed, "-tls1_1 -cipher ALL:@SECLEVEL=0"), 0);
    assert_int_equal(system(ended), 0);
}

static void connections_by_tls_have_a_limit_too(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;

    secure_serve(bed, (cm_server_options){.most_connections = 1}, false);
    echo_server first = {.channel = secure_channel(bed, "ca", NULL, NULL)};
    ASSERT_OK(echo_call(&first, echo_echo_service_say, "", NULL, arena, &response));
    ASSERT_FAILS(secure_call(bed, "ca", NULL, echo_echo_service_say, arena, NULL), CM_UNAVAILABLE, "");
    assert_true(cm_server_connections_refused(bed->server) > 0);
    ASSERT_OK(echo_call(&first, echo_echo_service_say, "", NULL, arena, &response));
    cm_channel_free(first.channel);
}

static void with_tls_a_server_listens_beyond_loopback(void **state)
{
    static const char *const everywhere[] = {"0.0.0.0:0", NULL};
    secure_bed *bed = *state;
    CM_ARENA(arena);

    secure_serve(bed, (cm_server_options){.listen = everywhere}, true);
    ASSERT_OK(secure_call(bed, "ca", "client", echo_echo_service_say, arena, NULL));
}

int main(void)
{
#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, open_bed, close_bed)
    static const struct CMUnitTest tests[] = {
        WITH_BED(a_server_is_believed_by_its_authority_and_name),
        WITH_BED(a_caller_without_tls_is_turned_away),
        WITH_BED(a_client_is_who_its_certificate_says),
        WITH_BED(the_next_connection_gets_a_changed_certificate),
        WITH_BED(changed_authorities_decide_about_the_next_client),
        WITH_BED(a_channel_takes_changed_authorities),
        WITH_BED(a_wrong_file_is_named_before_anything_is_served),
        WITH_BED(versions_before_1_2_are_refused),
        WITH_BED(connections_by_tls_have_a_limit_too),
        WITH_BED(with_tls_a_server_listens_beyond_loopback),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
