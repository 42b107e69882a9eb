/* The life of servers: ports, lanes, drains, and what a client does where a server is away. */
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cm_message.h"
#include "echo_server.h"

static int start(void **state)
{
    static echo_server echo;

    echo_start(&echo, NULL);
    *state = &echo;
    return 0;
}

static int stop(void **state)
{
    echo_stop(*state);
    return 0;
}

/* ---- a server that is away ---- */

static void a_call_to_nobody_is_unavailable(void **state)
{
    CM_ARENA(arena);
    echo_server nobody = {0};
    EchoSayResponse *response = NULL;

    ASSERT_OK(cm_channel_new("127.0.0.1:1", NULL, &nobody.channel));
    ASSERT_FAILS(echo_call(&nobody, echo_echo_service_store, "", NULL, arena, &response), CM_UNAVAILABLE, "");
    cm_channel_free(nobody.channel);
}

static void an_idempotent_call_is_repeated_until_a_server_is_there(void **state)
{
    CM_ARENA(arena);
    static echo_server echo, early;
    EchoSayResponse *response = NULL;
    char path[64];

    snprintf(path, sizeof path, "unix:/tmp/cityneg-rpc-%d.sock", (int)getpid());
    ASSERT_OK(cm_channel_new(path, NULL, &early.channel));
    ASSERT_FAILS(echo_call(&early, echo_echo_service_store, "once", NULL, arena, &response), CM_UNAVAILABLE, "");
    ASSERT_FAILS(echo_call(&early, echo_echo_service_say, "four times", NULL, arena, &response), CM_UNAVAILABLE, "");
    const char *const listen[] = {path, NULL};
    echo_start(&echo, &(cm_server_options){.listen = listen});
    ASSERT_OK(
        echo_call(&early, echo_echo_service_say, "now", &(cm_call_options){.wait_for_ready = true}, arena, &response));
    assert_string_equal(response->text, "now");
    cm_channel_free(early.channel);
    echo_stop(&echo);
}

static void a_target_that_makes_no_sense_is_refused_at_once(void **state)
{
    cm_channel *channel = NULL;

    ASSERT_FAILS(cm_channel_new("", NULL, &channel), CM_INVALID_ARGUMENT, "''");
    ASSERT_FAILS(cm_channel_new("localhost", NULL, &channel), CM_INVALID_ARGUMENT, "'localhost'");
    ASSERT_FAILS(cm_channel_new("127.0.0.1:99999", NULL, &channel), CM_INVALID_ARGUMENT, "99999");
    ASSERT_FAILS(cm_channel_new("a b:1", NULL, &channel), CM_INVALID_ARGUMENT, "a b");
    assert_null(channel);
}

/* ---- a server's life ---- */

static void two_servers_on_one_port_are_refused_with_the_address(void **state)
{
    echo_server *echo = *state;
    const char *const listen[] = {echo->target, NULL};
    cm_server *second = NULL;

    ASSERT_OK(cm_server_new(&(cm_server_options){.listen = listen}, &second));
    cm_status outcome = cm_server_start(second);
    assert_non_null(strstr(cm_status_message(outcome), "another program listens there"));
    ASSERT_FAILS(outcome, CM_UNAVAILABLE, echo->target);
    cm_server_free(second);
}

static void only_loopback_is_listened_on_unless_asked_for(void **state)
{
    static const char *const everywhere[] = {"0.0.0.0:0", NULL}, *const nonsense[] = {"7001", NULL};
    cm_server *server = NULL;

    ASSERT_FAILS(cm_server_new(&(cm_server_options){.listen = everywhere}, &server), CM_INVALID_ARGUMENT, "0.0.0.0:0");
    ASSERT_FAILS(cm_server_new(&(cm_server_options){.listen = nonsense}, &server), CM_INVALID_ARGUMENT, "'7001'");
    ASSERT_FAILS(cm_server_new(&(cm_server_options){0}, &server), CM_INVALID_ARGUMENT, "listen");
    assert_null(server);
    ASSERT_OK(cm_server_new(&(cm_server_options){.listen = everywhere, .insecure = true}, &server));
    ASSERT_OK(cm_server_start(server));
    assert_in_range(cm_server_port(server, 0), 1, 65535);
    cm_server_free(server);
}

static void a_row_on_a_lane_that_the_server_lacks_is_refused(void **state)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    static const EchoEchoService rows = {.say = {.handler = echo_say, .lane = CM_READER}};
    cm_service service = echo_echo_service(&rows, NULL);
    cm_server *server = NULL;

    ASSERT_OK(cm_server_new(&(cm_server_options){.listen = listen}, &server));
    ASSERT_FAILS(cm_server_add(server, &service), CM_INVALID_ARGUMENT, "reader lane");
    cm_server_free(server);
}

typedef struct held {
    echo_server *echo;
    pthread_t thread;
    cm_code code;
} held;

static void *hold(void *argument)
{
    held *h = argument;
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;
    cm_status outcome =
        echo_call(h->echo, echo_echo_service_hold, "kept", &(cm_call_options){.timeout_ms = 60000}, arena, &response);

    h->code = outcome.code;
    cm_status_clear(&outcome);
    return NULL;
}

static void *drain_long(void *argument)
{
    cm_server_drain(((echo_server *)argument)->server, 0, 60000);
    return NULL;
}

static void a_drain_lets_a_running_call_finish_and_takes_no_new_one(void **state)
{
    static echo_server echo;
    static held h;
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;
    pthread_t drain;
    cm_status outcome = cm_ok();
    int answered = 0;

    h.echo = &echo;
    echo_start(&echo, NULL);
    pthread_create(&h.thread, NULL, hold, &h);
    ECHO_WAIT(&echo, echo.holding == 1);
    pthread_create(&drain, NULL, drain_long, &echo);
    for (;; answered++) { /* until the drain has begun */
        outcome =
            echo_call(&echo, echo_echo_service_store, "late", &(cm_call_options){.timeout_ms = 2000}, arena, &response);
        if (!cm_is_ok(outcome))
            break;
    }
    /* What arrives while C-core shuts down is reset, which a client sees as cancelled, or answered by nobody: C-core looks
     * whether it shuts down before it queues a call, and forgets what it queued since. */
    if (outcome.code != CM_CANCELLED && outcome.code != CM_DEADLINE_EXCEEDED)
        ASSERT_FAILS(cm_status_copy(outcome), CM_UNAVAILABLE, "");
    cm_status_clear(&outcome);
    assert_int_equal(ECHO_READ(&echo, prepared), answered); /* none began that was not answered */
    assert_int_equal(ECHO_READ(&echo, holding), 1);
    echo_release(&echo);
    pthread_join(h.thread, NULL);
    pthread_join(drain, NULL);
    assert_int_equal(h.code, CM_OK);
    echo_stop(&echo);
}

static void a_drain_cancels_what_does_not_finish_in_time(void **state)
{
    static echo_server echo;
    static held h;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;

    h.echo = &echo;
    echo_start(&echo, NULL);
    pthread_create(&h.thread, NULL, hold, &h);
    ASSERT_OK(echo_echo_service_expand_open(echo.channel, NULL, CM_NEW(arena, EchoExpandRequest), &stream));
    ECHO_WAIT(&echo, echo.holding == 1 && echo.expanding);
    cm_server_drain(echo.server, 0, 20);
    pthread_join(h.thread, NULL);
    assert_int_equal(h.code, CM_UNAVAILABLE);
    assert_true(ECHO_READ(&echo, seen_cancelled));
    ASSERT_FAILS(cm_client_stream_finish(stream), CM_UNAVAILABLE, "");
    cm_client_stream_free(stream);
    assert_int_equal(ECHO_READ(&echo, streams_open), 0);
    echo_stop(&echo);
}

/* ---- a handler that does not see that it is cancelled ---- */

typedef struct room {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool entered, opened;
} room;

static cm_status wait_in(cm_call *call, const EchoSayRequest *request, EchoSayResponse *response)
{
    room *r = cm_call_state(call);

    pthread_mutex_lock(&r->lock);
    r->entered = true;
    pthread_cond_broadcast(&r->changed);
    while (!r->opened)
        pthread_cond_wait(&r->changed, &r->lock);
    pthread_mutex_unlock(&r->lock);
    return cm_ok();
}

static void *say_once(void *argument)
{
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;

    ASSERT_FAILS(
        echo_call(argument, echo_echo_service_say, "", &(cm_call_options){.timeout_ms = 60000}, arena, &response),
        CM_UNAVAILABLE, "");
    return NULL;
}

static void a_drain_does_not_wait_for_ever_for_a_handler(void **state)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    static const EchoEchoService rows = {.say = {.handler = wait_in, .lane = CM_BACKGROUND}};
    static room r = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    static echo_server echo;
    cm_service service = echo_echo_service(&rows, &r);
    cm_pool *pool = NULL;
    pthread_t caller;

    ASSERT_OK(cm_pool_new(&(cm_pool_options){.name = "deaf", .threads = 1}, &pool));
    cm_server_options options = {.listen = listen, .lanes = {[CM_BACKGROUND] = cm_pool_executor(pool)}};
    ASSERT_OK(cm_server_new(&options, &echo.server));
    ASSERT_OK(cm_server_add(echo.server, &service));
    ASSERT_OK(cm_server_start(echo.server));
    snprintf(echo.target, sizeof echo.target, "127.0.0.1:%d", cm_server_port(echo.server, 0));
    ASSERT_OK(cm_channel_new(echo.target, &(cm_channel_options){.attempts = 1}, &echo.channel));
    assert_int_equal(pthread_create(&caller, NULL, say_once, &echo), 0);
    pthread_mutex_lock(&r.lock);
    while (!r.entered)
        pthread_cond_wait(&r.changed, &r.lock);
    pthread_mutex_unlock(&r.lock);
    assert_false(cm_server_drain(echo.server, 0, 0));
    pthread_join(caller, NULL); /* who has heard that the server is gone */
    pthread_mutex_lock(&r.lock);
    r.opened = true;
    pthread_cond_broadcast(&r.changed);
    pthread_mutex_unlock(&r.lock);
    cm_channel_free(echo.channel);
    cm_server_free(echo.server);
    cm_pool_free(pool);
}

static void a_server_that_never_started_can_be_freed(void **state)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    cm_server *server = NULL;

    ASSERT_OK(cm_server_new(&(cm_server_options){.listen = listen}, &server));
    assert_int_equal(cm_server_port(server, 0), 0);
    cm_server_free(server);
}

static bool machine_has_ipv6(void)
{
    struct sockaddr_in6 loopback = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
    int fd = socket(AF_INET6, SOCK_STREAM, 0);
    bool bound = fd >= 0 && bind(fd, (const struct sockaddr *)&loopback, sizeof loopback) == 0;

    if (fd >= 0)
        close(fd);
    return bound;
}

static void two_listeners_work_of_which_one_is_ipv6(void **state)
{
    static const char *const listen[] = {"127.0.0.1:0", "[::1]:0", NULL};
    CM_ARENA(arena);
    static echo_server echo, six;
    EchoSayResponse *response = NULL;

    if (!machine_has_ipv6()) {
        print_message("this machine has no IPv6 loopback\n");
        skip();
    }
    echo_start(&echo, &(cm_server_options){.listen = listen, .queues = 1});
    snprintf(six.target, sizeof six.target, "[::1]:%d", cm_server_port(echo.server, 1));
    ASSERT_OK(cm_channel_new(six.target, NULL, &six.channel));
    ASSERT_OK(echo_call(&six, echo_echo_service_say, "six", NULL, arena, &response));
    ASSERT_OK(echo_call(&echo, echo_echo_service_say, "four", NULL, arena, &response));
    cm_channel_free(six.channel);
    echo_stop(&echo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_call_to_nobody_is_unavailable),
        cmocka_unit_test(an_idempotent_call_is_repeated_until_a_server_is_there),
        cmocka_unit_test(a_target_that_makes_no_sense_is_refused_at_once),
        cmocka_unit_test_setup_teardown(two_servers_on_one_port_are_refused_with_the_address, start, stop),
        cmocka_unit_test(only_loopback_is_listened_on_unless_asked_for),
        cmocka_unit_test(a_row_on_a_lane_that_the_server_lacks_is_refused),
        cmocka_unit_test(a_drain_lets_a_running_call_finish_and_takes_no_new_one),
        cmocka_unit_test(a_drain_cancels_what_does_not_finish_in_time),
        cmocka_unit_test(a_drain_does_not_wait_for_ever_for_a_handler),
        cmocka_unit_test(a_server_that_never_started_can_be_freed),
        cmocka_unit_test(two_listeners_work_of_which_one_is_ipv6),
    };

    return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
