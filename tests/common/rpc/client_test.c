/* What a channel does for its caller: several addresses, servers that say they are not serving, repeating what is safe
 * to repeat, waiting for a server, and time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "echo_server.h"

/* A server that counts calls of EchoService, and refuses them where it is told to. */
typedef struct counted {
    echo_server echo;
    atomic_int calls;
    atomic_int refusal; /* a cm_code; CM_OK: none */
} counted;

static cm_status count(void *context, cm_call *call, void **kept)
{
    counted *server = context;

    if (strncmp(cm_call_method(call), "/cityneg.testing.echo.", 22) != 0)
        return cm_ok();
    atomic_fetch_add(&server->calls, 1);
    cm_code refusal = (cm_code)atomic_load(&server->refusal);
    return refusal ? cm_fail(refusal, "refused as it was told to") : cm_ok();
}

static void start(counted *server, const char *const *listen)
{
    cm_interceptor counting = {.began = count, .context = server};

    atomic_store(&server->calls, 0);
    atomic_store(&server->refusal, CM_OK); /* before the start: a call may be waiting for this server */
    echo_start(&server->echo,
               &(cm_server_options){.listen = listen, .interceptors = &counting, .interceptor_count = 1});
}

static cm_status call(cm_channel *channel, echo_method method, const cm_call_options *options)
{
    CM_ARENA(arena);
    EchoSayResponse *response;

    return method(channel, options, CM_NEW(arena, EchoSayRequest), arena, &response);
}

typedef struct pair {
    counted a, b;
    cm_channel *channel;
} pair;

static void start_pair(pair *p, bool a_serves, bool b_serves, const char *health_service)
{
    start(&p->a, NULL);
    start(&p->b, NULL);
    cm_server_set_serving(p->a.echo.server, "", a_serves);
    cm_server_set_serving(p->b.echo.server, "", b_serves);
    CM_FREE char *target = cm_format("ipv4:%s,%s", p->a.echo.target, p->b.echo.target);
    ASSERT_OK(cm_channel_new(target, &(cm_channel_options){.health_service = health_service}, &p->channel));
}

static void stop_pair(pair *p)
{
    cm_channel_free(p->channel);
    echo_stop(&p->a.echo);
    echo_stop(&p->b.echo);
}

/* Calls until the server has had some of the calls; none may fail. */
static void call_until_it_takes_part(pair *p, counted *server)
{
    int before = atomic_load(&server->calls);

    while (atomic_load(&server->calls) == before)
        ASSERT_OK(call(p->channel, echo_echo_service_say, &(cm_call_options){.wait_for_ready = true}));
}

enum { CALLS = 40 };

static void calls_go_to_all_addresses_and_on_when_one_dies(void **state)
{
    pair p;

    start_pair(&p, true, true, NULL);
    call_until_it_takes_part(&p, &p.a);
    call_until_it_takes_part(&p, &p.b);
    int a = atomic_load(&p.a.calls), b = atomic_load(&p.b.calls);
    for (int i = 0; i < CALLS; i++)
        ASSERT_OK(call(p.channel, echo_echo_service_say, NULL));
    assert_int_equal(atomic_load(&p.a.calls) - a, CALLS / 2); /* one after the other */
    assert_int_equal(atomic_load(&p.b.calls) - b, CALLS / 2);
    cm_server_drain(p.a.echo.server, 0, 0);
    a = atomic_load(&p.a.calls);
    b = atomic_load(&p.b.calls);
    for (int i = 0; i < CALLS; i++)
        ASSERT_OK(call(p.channel, echo_echo_service_say, NULL));
    assert_int_equal(atomic_load(&p.a.calls), a);
    assert_int_equal(atomic_load(&p.b.calls) - b, CALLS);
    stop_pair(&p);
}

static void a_server_that_is_not_serving_is_left_out(void **state)
{
    pair p;

    start_pair(&p, false, true, "");
    for (int i = 0; i < CALLS; i++)
        ASSERT_OK(call(p.channel, echo_echo_service_say, &(cm_call_options){.wait_for_ready = true}));
    assert_int_equal(atomic_load(&p.a.calls), 0);
    assert_int_equal(atomic_load(&p.b.calls), CALLS);
    cm_server_set_serving(p.a.echo.server, "", true);
    call_until_it_takes_part(&p, &p.a);
    stop_pair(&p);
}

static void where_nobody_serves_calls_are_unavailable(void **state)
{
    pair p;

    start_pair(&p, false, false, "");
    ASSERT_FAILS(call(p.channel, echo_echo_service_store, NULL), CM_UNAVAILABLE, "");
    assert_int_equal(atomic_load(&p.a.calls) + atomic_load(&p.b.calls), 0);
    stop_pair(&p);
    start_pair(&p, false, false, NULL); /* who does not ask calls anyway */
    ASSERT_OK(call(p.channel, echo_echo_service_store, &(cm_call_options){.wait_for_ready = true}));
    stop_pair(&p);
}

static void only_what_is_safe_is_repeated_and_only_when_unavailable(void **state)
{
    counted server;
    cm_channel *channel;

    start(&server, NULL);
    ASSERT_OK(cm_channel_new(server.echo.target, &(cm_channel_options){.attempts = 3}, &channel));
    atomic_store(&server.refusal, CM_UNAVAILABLE);
    ASSERT_FAILS(call(channel, echo_echo_service_say, NULL), CM_UNAVAILABLE, "as it was told");
    assert_int_equal(atomic_exchange(&server.calls, 0), 3);
    ASSERT_FAILS(call(channel, echo_echo_service_store, NULL), CM_UNAVAILABLE, "as it was told");
    assert_int_equal(atomic_exchange(&server.calls, 0), 1);
    ASSERT_FAILS(call(channel, echo_echo_service_store, &(cm_call_options){.idempotent = true}), CM_UNAVAILABLE,
                 "as it was told");
    assert_int_equal(atomic_exchange(&server.calls, 0), 3);
    for (cm_code code = CM_CANCELLED; code <= CM_UNAUTHENTICATED; code++) {
        if (code == CM_UNAVAILABLE)
            continue;
        atomic_store(&server.refusal, (int)code);
        ASSERT_FAILS(call(channel, echo_echo_service_say, NULL), code, "as it was told");
        assert_int_equal(atomic_exchange(&server.calls, 0), 1);
    }
    cm_channel_free(channel);
    echo_stop(&server.echo);
}

/* ---- a server that comes late ---- */

typedef struct late {
    cm_channel *channel;
    cm_status outcome;
} late;

static void *wait_for_it(void *argument)
{
    late *l = argument;

    l->outcome =
        call(l->channel, echo_echo_service_store, &(cm_call_options){.wait_for_ready = true, .timeout_ms = 60000});
    return NULL;
}

static void a_call_that_waits_gets_the_server_that_comes_later(void **state)
{
    char folder[] = "/tmp/cityneg-client-XXXXXX";
    pthread_t thread;
    counted server;
    late l = {0};

    assert_non_null(mkdtemp(folder));
    CM_FREE char *target = cm_format("unix:%s/socket", folder);
    const char *const listen[] = {target, NULL};
    ASSERT_OK(cm_channel_new(target, NULL, &l.channel));
    ASSERT_FAILS(call(l.channel, echo_echo_service_store, NULL), CM_UNAVAILABLE, "");
    assert_int_equal(pthread_create(&thread, NULL, wait_for_it, &l), 0);
    start(&server, listen);
    pthread_join(thread, NULL);
    ASSERT_OK(l.outcome);
    assert_int_equal(atomic_load(&server.calls), 1);
    cm_channel_free(l.channel);
    echo_stop(&server.echo);
    unlink(target + strlen("unix:"));
    rmdir(folder);
}

static void a_call_that_waits_for_nobody_ends_at_its_deadline(void **state)
{
    cm_channel *channel;

    ASSERT_OK(cm_channel_new("unix:/nowhere/socket", NULL, &channel));
    ASSERT_FAILS(call(channel, echo_echo_service_store, &(cm_call_options){.wait_for_ready = true, .timeout_ms = 50}),
                 CM_DEADLINE_EXCEEDED, "");
    cm_channel_free(channel);
}

static void a_channel_s_deadline_counts_where_a_call_has_none(void **state)
{
    counted server;
    cm_channel *channel;

    start(&server, NULL);
    ASSERT_OK(cm_channel_new(server.echo.target, &(cm_channel_options){.timeout_ms = 50}, &channel));
    ASSERT_FAILS(call(channel, echo_echo_service_hold, &(cm_call_options){.wait_for_ready = true}),
                 CM_DEADLINE_EXCEEDED, "did not answer in time");
    echo_release(&server.echo);
    ASSERT_OK(call(channel, echo_echo_service_hold, &(cm_call_options){.wait_for_ready = true, .timeout_ms = 60000}));
    cm_channel_free(channel);
    echo_stop(&server.echo);
}

static void targets_are_checked(void **state)
{
    static const char *const wrong[] = {"",
                                        "registry",
                                        "registry:0",
                                        "registry:70000",
                                        "ipv4:",
                                        "ipv4:127.0.0.1",
                                        "ipv4:127.0.0.1:1,",
                                        "ipv4:127.0.0.1:1,x",
                                        "unix:",
                                        "dns:///x",
                                        "a b:1"};
    static const char *const right[] = {"registry:7001",
                                        "[::1]:7001",
                                        "dns:///registry:7001",
                                        "dns:registry:7001",
                                        "ipv4:127.0.0.1:1,127.0.0.1:2",
                                        "ipv6:[::1]:1,[::1]:2",
                                        "unix:/run/x"};
    cm_channel *channel;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ASSERT_FAILS(cm_channel_new(wrong[i], NULL, &channel), CM_INVALID_ARGUMENT, "is no target");
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        ASSERT_OK(cm_channel_new(right[i], NULL, &channel));
        cm_channel_free(channel);
    }
}

static void a_token_does_not_leave_in_clear_for_any_address_of_a_list(void **state)
{
    cm_channel *channel;

    ASSERT_FAILS(
        cm_channel_new("ipv4:127.0.0.1:1,192.0.2.1:1", &(cm_channel_options){.token_file = "/dev/null"}, &channel),
        CM_INVALID_ARGUMENT, "would go to ipv4:127.0.0.1:1,192.0.2.1:1 in clear");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_go_to_all_addresses_and_on_when_one_dies),
        cmocka_unit_test(a_server_that_is_not_serving_is_left_out),
        cmocka_unit_test(where_nobody_serves_calls_are_unavailable),
        cmocka_unit_test(only_what_is_safe_is_repeated_and_only_when_unavailable),
        cmocka_unit_test(a_call_that_waits_gets_the_server_that_comes_later),
        cmocka_unit_test(a_call_that_waits_for_nobody_ends_at_its_deadline),
        cmocka_unit_test(a_channel_s_deadline_counts_where_a_call_has_none),
        cmocka_unit_test(targets_are_checked),
        cmocka_unit_test(a_token_does_not_leave_in_clear_for_any_address_of_a_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
