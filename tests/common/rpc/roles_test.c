/* Roles: who is let in, and what those are told who are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_clock.h"
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

static void serve_with_roles(secure_bed *bed, const char *text, bool asks)
{
    CM_ARENA(arena);

    secure_write(bed, "roles", text);
    secure_serve(bed, (cm_server_options){.roles = secure_path(bed, "roles", arena)}, asks);
}

static void a_role_may_what_those_below_it_may(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);

    serve_with_roles(
        bed, "# who may do what\n\nspiffe://cityneg/tests\twrite\r\nimporter read\nfoo.test.google.fr none\n", true);
    ASSERT_OK(secure_call(bed, "ca", "client", echo_echo_service_say, arena, NULL));
    ASSERT_OK(secure_call(bed, "ca", "client", echo_echo_service_hold, arena, NULL));
    ASSERT_FAILS(
        secure_call(bed, "ca", "client", echo_echo_service_relay, arena, NULL), CM_PERMISSION_DENIED,
        "/cityneg.testing.echo.EchoService/Relay needs the role admin, and spiffe://cityneg/tests has the role "
        "write");
    ASSERT_OK(secure_call(bed, "ca", "named", echo_echo_service_say, arena, NULL));
    ASSERT_FAILS(secure_call(bed, "ca", "named", echo_echo_service_hold, arena, NULL), CM_PERMISSION_DENIED, "Hold");
    ASSERT_FAILS(secure_call(bed, "ca", "server", echo_echo_service_say, arena, NULL), CM_PERMISSION_DENIED, "Say");
}

static void who_is_not_listed_is_anybody_or_nobody(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);

    serve_with_roles(bed, "* read\nimporter admin\n", true);
    ASSERT_OK(secure_call(bed, "ca", "client", echo_echo_service_say, arena, NULL));
    ASSERT_FAILS(secure_call(bed, "ca", "client", echo_echo_service_hold, arena, NULL), CM_PERMISSION_DENIED, "Hold");
    ASSERT_OK(secure_call(bed, "ca", "named", echo_echo_service_relay, arena, NULL));
}

static void who_shows_no_certificate_is_asked_for_one(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);

    serve_with_roles(bed, "anonymous read\n* admin", false);
    ASSERT_OK(secure_call(bed, "ca", NULL, echo_echo_service_say, arena, NULL));
    cm_status refused = secure_call(bed, "ca", NULL, echo_echo_service_hold, arena, NULL);
    assert_string_equal(refused.error->reason, "ROLE_MISSING");
    ASSERT_FAILS(refused, CM_UNAUTHENTICATED, "/cityneg.testing.echo.EchoService/Hold needs the role write");
    ASSERT_OK(secure_call(bed, "ca", NULL, echo_echo_service_store, arena, NULL));
}

static void a_stream_is_refused_before_it_opens(void **state)
{
    secure_bed *bed = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    EchoSayResponse *response = NULL;

    serve_with_roles(bed, "anonymous read", false);
    cm_channel *channel = secure_channel(bed, "ca", NULL, NULL);
    ASSERT_OK(echo_echo_service_chat_open(channel, NULL, &stream));
    ASSERT_OK(echo_echo_service_chat_receive(stream, arena, &response));
    assert_null(response);
    ASSERT_FAILS(cm_client_stream_finish(stream), CM_UNAUTHENTICATED, "Chat");
    cm_client_stream_free(stream);
    cm_channel_free(channel);
}

static void without_a_file_only_a_certificate_opens_what_others_can_reach(void **state)
{
    static const char *const everywhere[] = {"0.0.0.0:0", NULL};
    secure_bed *bed = *state;
    CM_ARENA(arena);

    secure_serve(bed, (cm_server_options){.listen = everywhere}, false);
    ASSERT_FAILS(secure_call(bed, "ca", NULL, echo_echo_service_say, arena, NULL), CM_UNAUTHENTICATED, "role read");
    ASSERT_OK(secure_call(bed, "ca", NULL, echo_echo_service_store, arena, NULL));
    cm_server_free(bed->server);
    secure_serve(bed, (cm_server_options){.listen = everywhere}, true);
    ASSERT_OK(secure_call(bed, "ca", "client", echo_echo_service_relay, arena, NULL));
    cm_server_free(bed->server);
    secure_serve(bed, (cm_server_options){.listen = everywhere, .insecure = true}, false);
    ASSERT_OK(secure_call(bed, "ca", NULL, echo_echo_service_relay, arena, NULL));
    cm_server_free(bed->server);
    secure_serve(bed, (cm_server_options){0}, false);
    ASSERT_OK(secure_call(bed, "ca", NULL, echo_echo_service_relay, arena, NULL));
}

/* Calls until one is answered as expected; a server looks at the file every half second. */
static void call_until(cm_channel *channel, cm_code expected)
{
    int64_t last = cm_clock_monotonic_us() + 60 * 1000000LL;
    echo_server to = {.channel = channel};

    for (;;) {
        CM_ARENA(arena);
        EchoSayResponse *response = NULL;
        cm_status outcome = echo_call(&to, echo_echo_service_hold, "", NULL, arena, &response);
        cm_code code = outcome.code;
        cm_status_clear(&outcome);
        if (code == expected)
            return;
        assert_true(cm_clock_monotonic_us() < last);
    }
}

static void changed_roles_count_for_the_next_calls(void **state)
{
    secure_bed *bed = *state;

    serve_with_roles(bed, "anonymous read", false);
    cm_channel *channel = secure_channel(bed, "ca", NULL, NULL);
    call_until(channel, CM_UNAUTHENTICATED);
    secure_write(bed, "roles", "anonymous write");
    call_until(channel, CM_OK);
    secure_write(bed, "roles", "anonymous none");
    call_until(channel, CM_UNAUTHENTICATED);
    cm_channel_free(channel);
}

static cm_status roles_of(secure_bed *bed, const char *text, cm_arena *arena)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    cm_server *server = NULL;

    secure_write(bed, "roles", text);
    cm_status outcome =
        cm_server_new(&(cm_server_options){.listen = listen, .roles = secure_path(bed, "roles", arena)}, &server);
    cm_server_free(server);
    return outcome;
}

static void a_wrong_line_is_named_before_anything_is_served(void **state)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    secure_bed *bed = *state;
    CM_ARENA(arena);
    cm_server *server = NULL;

    ASSERT_OK(roles_of(bed, "", arena));
    ASSERT_FAILS(roles_of(bed, "# fine\na reader\n", arena), CM_INVALID_ARGUMENT, "roles:2: 'reader' is no role");
    ASSERT_FAILS(roles_of(bed, "a\n", arena), CM_INVALID_ARGUMENT, "roles:1: 'a' is followed by no role");
    ASSERT_FAILS(roles_of(bed, "a read write", arena), CM_INVALID_ARGUMENT, "more than a role");
    ASSERT_FAILS(roles_of(bed, "a read\nb read\na write", arena), CM_INVALID_ARGUMENT, "'a' stands there twice");
    ASSERT_FAILS(cm_server_new(&(cm_server_options){.listen = listen, .roles = "absent.roles"}, &server), CM_NOT_FOUND,
                 "absent.roles");
}

int main(void)
{
#define WITH_BED(test) cmocka_unit_test_setup_teardown(test, open_bed, close_bed)
    static const struct CMUnitTest tests[] = {
        WITH_BED(a_role_may_what_those_below_it_may),
        WITH_BED(who_is_not_listed_is_anybody_or_nobody),
        WITH_BED(who_shows_no_certificate_is_asked_for_one),
        WITH_BED(a_stream_is_refused_before_it_opens),
        WITH_BED(without_a_file_only_a_certificate_opens_what_others_can_reach),
        WITH_BED(changed_roles_count_for_the_next_calls),
        WITH_BED(a_wrong_line_is_named_before_anything_is_served),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
