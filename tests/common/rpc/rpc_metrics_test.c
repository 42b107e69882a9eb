/* Calls as they are counted on both sides, under the names that gRPC's dashboards know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "echo_server.h"
#include "rpc/cm_rpc_metrics.h"

typedef struct bed {
    echo_server echo;
    cm_metrics *registry;
    cm_rpc_metrics *metrics;
    cm_channel *channel;
    cm_text text;
} bed;

static void set_up(bed *b)
{
    *b = (bed){.registry = cm_metrics_new()};
    b->metrics = cm_rpc_metrics_new(b->registry);
    cm_interceptor server = cm_rpc_metrics_server(b->metrics);
    cm_client_interceptor client = cm_rpc_metrics_client(b->metrics);
    echo_start(&b->echo, &(cm_server_options){.interceptors = &server, .interceptor_count = 1});
    ASSERT_OK(cm_channel_new(b->echo.target, &(cm_channel_options){.interceptors = &client, .interceptor_count = 1},
                             &b->channel));
}

static void tear_down(bed *b)
{
    cm_text_clear(&b->text);
    cm_rpc_metrics_free(b->metrics);
    cm_metrics_free(b->registry);
}

/* Ends both sides, so that everything has been counted, and reads. */
static void read_all(bed *b)
{
    cm_channel_free(b->channel);
    echo_stop(&b->echo);
    cm_metrics_write(b->registry, &b->text);
}

static void assert_line(const bed *b, const char *line)
{
    CM_FREE char *whole = cm_format("\n%s\n", line);

    if (!strstr(b->text.data, whole))
        fail_msg("there is no %s in\n%s", line, b->text.data);
}

#define OF(method, type)                                                                                               \
    "{grpc_service=\"cityneg.testing.echo.EchoService\",grpc_method=\"" method "\",grpc_type=\"" type "\""

static cm_status say(bed *b, cm_code code, cm_arena *arena)
{
    EchoSayRequest *request = CM_NEW(arena, EchoSayRequest);
    EchoSayResponse *response;

    request->text = cm_arena_strdup(arena, "x");
    if (code) {
        request->failure = CM_NEW(arena, EchoFailure);
        request->failure->code = code;
    }
    return echo_echo_service_say(b->channel, NULL, request, arena, &response);
}

static void unary_calls_are_counted_by_method_and_code(void **state)
{
    CM_ARENA(arena);
    bed b;

    set_up(&b);
    for (int i = 0; i < 3; i++)
        ASSERT_OK(say(&b, CM_OK, arena));
    ASSERT_FAILS(say(&b, CM_NOT_FOUND, arena), CM_NOT_FOUND, "");
    read_all(&b);
    assert_line(&b, "# TYPE grpc_server_handled_total counter");
    assert_line(&b, "grpc_server_started_total" OF("Say", "unary") "} 4");
    assert_line(&b, "grpc_server_handled_total" OF("Say", "unary") ",grpc_code=\"OK\"} 3");
    assert_line(&b, "grpc_server_handled_total" OF("Say", "unary") ",grpc_code=\"NotFound\"} 1");
    assert_line(&b, "grpc_server_msg_received_total" OF("Say", "unary") "} 4");
    assert_line(&b, "grpc_server_msg_sent_total" OF("Say", "unary") "} 3");
    assert_line(&b, "# TYPE grpc_server_handling_seconds histogram");
    assert_line(&b, "grpc_server_handling_seconds_bucket" OF("Say", "unary") ",le=\"+Inf\"} 4");
    assert_line(&b, "grpc_server_handling_seconds_count" OF("Say", "unary") "} 4");
    assert_line(&b, "grpc_client_started_total" OF("Say", "unary") "} 4");
    assert_line(&b, "grpc_client_handled_total" OF("Say", "unary") ",grpc_code=\"OK\"} 3");
    assert_line(&b, "grpc_client_handled_total" OF("Say", "unary") ",grpc_code=\"NotFound\"} 1");
    assert_line(&b, "grpc_client_msg_sent_total" OF("Say", "unary") "} 4");
    assert_line(&b, "grpc_client_msg_received_total" OF("Say", "unary") "} 3");
    assert_line(&b, "grpc_client_handling_seconds_count" OF("Say", "unary") "} 4");
    assert_null(strstr(b.text.data, "Store"));
    tear_down(&b);
}

static void a_stream_is_one_call_of_many_messages(void **state)
{
    CM_ARENA(arena);
    EchoExpandRequest request;
    EchoSayResponse *response;
    cm_client_stream *stream;
    bed b;

    set_up(&b);
    EchoExpandRequest_init(&request);
    request.count = 20;
    ASSERT_OK(echo_echo_service_expand_open(b.channel, NULL, &request, &stream));
    do
        ASSERT_OK(echo_echo_service_expand_receive(stream, arena, &response));
    while (response);
    ASSERT_OK(cm_client_stream_finish(stream));
    cm_client_stream_free(stream);
    read_all(&b);
    assert_line(&b, "grpc_server_started_total" OF("Expand", "server_stream") "} 1");
    assert_line(&b, "grpc_server_handled_total" OF("Expand", "server_stream") ",grpc_code=\"OK\"} 1");
    assert_line(&b, "grpc_server_msg_received_total" OF("Expand", "server_stream") "} 1");
    assert_line(&b, "grpc_server_msg_sent_total" OF("Expand", "server_stream") "} 20");
    assert_line(&b, "grpc_client_msg_sent_total" OF("Expand", "server_stream") "} 1");
    assert_line(&b, "grpc_client_msg_received_total" OF("Expand", "server_stream") "} 20");
    tear_down(&b);
}

static void promtool_finds_nothing_wrong(void **state)
{
    CM_ARENA(arena);
    bed b;

    set_up(&b);
    ASSERT_OK(say(&b, CM_OK, arena));
    read_all(&b);
    if (system("command -v promtool >/dev/null") != 0) {
        tear_down(&b);
        fprintf(stderr, "SKIPPED: there is no promtool, which Debian's package prometheus brings\n");
        skip();
    }
    FILE *check = popen("promtool check metrics", "w");
    assert_non_null(check);
    assert_true(fputs(b.text.data, check) >= 0);
    assert_int_equal(pclose(check), 0);
    tear_down(&b);
}

enum { THREADS = 8, CALLS = 100 };

static void *say_much(void *argument)
{
    CM_ARENA(arena);

    for (int i = 0; i < CALLS; i++)
        ASSERT_OK(say(argument, CM_OK, arena));
    return NULL;
}

static void no_call_of_many_threads_is_lost(void **state)
{
    pthread_t threads[THREADS];
    bed b;

    set_up(&b);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, say_much, &b), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    read_all(&b);
    assert_line(&b, "grpc_server_handled_total" OF("Say", "unary") ",grpc_code=\"OK\"} 800");
    assert_line(&b, "grpc_client_handled_total" OF("Say", "unary") ",grpc_code=\"OK\"} 800");
    tear_down(&b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(unary_calls_are_counted_by_method_and_code),
        cmocka_unit_test(a_stream_is_one_call_of_many_messages),
        cmocka_unit_test(promtool_finds_nothing_wrong),
        cmocka_unit_test(no_call_of_many_threads_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
