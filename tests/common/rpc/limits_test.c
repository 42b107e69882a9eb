/* What a server allows: calls at once, headers, pings, silence, and the age of a connection. */
#include <arpa/inet.h>
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

#include "base/cm_clock.h"
#include "base/cm_message.h"
#include "echo_server.h"
#include "grpc/health/v1/health.grpc-c.h"

static cm_status say(echo_server *echo, const cm_metadatum *metadata, size_t count)
{
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;

    return echo_call(echo, echo_echo_service_say, "", &(cm_call_options){.metadata = metadata, .metadata_count = count},
                     arena, &response);
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
        echo_call(h->echo, echo_echo_service_hold, "", &(cm_call_options){.timeout_ms = 60000}, arena, &response);

    h->code = outcome.code;
    cm_status_clear(&outcome);
    return NULL;
}

static void one_call_too_many_is_told_when_to_come_back(void **state)
{
    CM_ARENA(arena);
    static echo_server echo;
    held calls[2];
    cm_client_stream *stream = NULL;
    EchoSayResponse *response = NULL;
    GrpcHealthHealthCheckRequest request;
    GrpcHealthHealthCheckResponse *health = NULL;

    echo_start(&echo, &(cm_server_options){.most_calls = 2});
    for (size_t i = 0; i < 2; i++) {
        calls[i] = (held){.echo = &echo};
        assert_int_equal(pthread_create(&calls[i].thread, NULL, hold, &calls[i]), 0);
    }
    ECHO_WAIT(&echo, echo.holding == 2);
    cm_status full = say(&echo, NULL, 0);
    assert_int_equal(full.error->retry_ms, 1000);
    ASSERT_FAILS(full, CM_RESOURCE_EXHAUSTED, "runs 2 calls already");
    ASSERT_OK(echo_echo_service_chat_open(echo.channel, NULL, &stream));
    ASSERT_OK(echo_echo_service_chat_receive(stream, arena, &response));
    assert_null(response);
    ASSERT_FAILS(cm_client_stream_finish(stream), CM_RESOURCE_EXHAUSTED, "/cityneg.testing.echo.EchoService/Chat");
    cm_client_stream_free(stream);
    GrpcHealthHealthCheckRequest_init(&request);
    ASSERT_OK(grpc_health_health_check(echo.channel, NULL, &request, arena, &health));
    echo_release(&echo);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(calls[i].thread, NULL);
        assert_int_equal(calls[i].code, CM_OK);
    }
    echo_stop(&echo);
}

/* A caller may have its answer a moment before its place is free, so one that finds no place asks again. */
static void a_place_is_given_back_with_each_call(void **state)
{
    static echo_server echo;
    int64_t last = cm_clock_monotonic_us() + 60 * 1000000LL;

    echo_start(&echo, &(cm_server_options){.most_calls = 1});
    for (int answered = 0; answered < 50;) {
        cm_status outcome = say(&echo, NULL, 0);
        answered += cm_is_ok(outcome);
        assert_true(cm_is_ok(outcome) || outcome.code == CM_RESOURCE_EXHAUSTED);
        cm_status_clear(&outcome);
        assert_true(cm_clock_monotonic_us() < last);
    }
    echo_stop(&echo);
}

static void headers_have_a_limit(void **state)
{
    static echo_server echo;
    static char much[64 << 10];
    cm_metadatum fits = {"x-much", much, 12 << 10}, is_too_large = {"x-much", much, 40 << 10};

    memset(much, 'm', sizeof much);
    echo_start(&echo, NULL);
    ASSERT_OK(say(&echo, &fits, 1));
    ASSERT_FAILS(say(&echo, &is_too_large, 1), CM_RESOURCE_EXHAUSTED, "");
    ASSERT_OK(say(&echo, NULL, 0));
    echo_stop(&echo);
    echo_start(&echo, &(cm_server_options){.limits.largest_metadata = 4 << 10});
    ASSERT_FAILS(say(&echo, &fits, 1), CM_RESOURCE_EXHAUSTED, "");
    echo_stop(&echo);
}

static void an_old_connection_is_replaced_and_its_calls_are_cut_after_the_grace(void **state)
{
    static echo_server echo;

    echo_start(&echo, &(cm_server_options){.limits = {.age_ms = 50, .age_grace_ms = 50}});
    held call = {.echo = &echo};
    hold(&call);
    assert_int_equal(call.code, CM_UNAVAILABLE);
    ASSERT_OK(say(&echo, NULL, 0));
    echo_stop(&echo);
}

/* ---- bytes that wait ---- */

enum { MOST_WAITING = 128 << 10, LARGE = 50 << 10 };

static cm_status send_large(echo_server *echo, echo_method method, size_t size)
{
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;
    char *text = cm_arena_zero(arena, size + 1);

    memset(text, 't', size);
    return echo_call(echo, method, text, &(cm_call_options){.timeout_ms = 60000}, arena, &response);
}

static void *hold_large(void *argument)
{
    held *h = argument;
    cm_status outcome = send_large(h->echo, echo_echo_service_hold, LARGE);

    h->code = outcome.code;
    cm_status_clear(&outcome);
    return NULL;
}

/* All calls have ended for their callers; the server counts them out a moment later. */
static void wait_until_nothing_waits(echo_server *echo)
{
    int64_t last = cm_clock_monotonic_us() + 60 * 1000000LL;

    while (cm_server_waiting(echo->server) != 0)
        assert_true(cm_clock_monotonic_us() < last);
}

static void assert_shown(echo_server *echo, const char *line)
{
    cm_metrics *metrics = cm_metrics_new();
    cm_text text = {0};

    cm_server_measure(echo->server, metrics);
    cm_metrics_write(metrics, &text);
    assert_non_null(strstr(cm_text_get(&text), line));
    cm_text_clear(&text);
    cm_metrics_free(metrics);
}

static void requests_that_wait_have_a_limit_in_bytes(void **state)
{
    static echo_server echo;
    held calls[2];

    echo_start(&echo, &(cm_server_options){.most_waiting = MOST_WAITING});
    for (size_t i = 0; i < 2; i++) {
        calls[i] = (held){.echo = &echo};
        assert_int_equal(pthread_create(&calls[i].thread, NULL, hold_large, &calls[i]), 0);
    }
    ECHO_WAIT(&echo, echo.holding == 2);
    assert_in_range(cm_server_waiting(echo.server), 2 * LARGE, MOST_WAITING);
    assert_shown(&echo, "grpc_server_calls{} 2\n");
    assert_shown(&echo, "grpc_server_connections{} 1\n");
    assert_shown(&echo, "grpc_server_connections_refused_total{} 0\n");
    cm_status full = send_large(&echo, echo_echo_service_say, LARGE);
    assert_int_equal(full.error->retry_ms, 1000);
    ASSERT_FAILS(full, CM_RESOURCE_EXHAUSTED, "131072 bytes of requests and answers may wait");
    ASSERT_OK(say(&echo, NULL, 0)); /* a small one finds room */
    echo_release(&echo);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(calls[i].thread, NULL);
        assert_int_equal(calls[i].code, CM_OK);
    }
    wait_until_nothing_waits(&echo);
    ASSERT_OK(send_large(&echo, echo_echo_service_say, LARGE));
    echo_stop(&echo);
}

static void a_message_of_a_stream_counts_too(void **state)
{
    CM_ARENA(arena);
    static echo_server echo;
    cm_client_stream *stream = NULL;
    EchoSayRequest request;
    EchoSayResponse *response = NULL;

    echo_start(&echo, &(cm_server_options){.most_waiting = MOST_WAITING});
    ASSERT_OK(echo_echo_service_chat_open(echo.channel, NULL, &stream));
    EchoSayRequest_init(&request);
    request.payload = (ProtobufCBinaryData){2 * MOST_WAITING, cm_arena_zero(arena, 2 * MOST_WAITING)};
    ASSERT_OK(cm_client_stream_send(stream, &request.base));
    ASSERT_OK(echo_echo_service_chat_receive(stream, arena, &response));
    assert_null(response);
    ASSERT_FAILS(cm_client_stream_finish(stream), CM_RESOURCE_EXHAUSTED, "EchoService/Chat");
    cm_client_stream_free(stream);
    wait_until_nothing_waits(&echo);
    echo_stop(&echo);
}

/* Readers that do not read fill half of what may wait, and leave the rest to those who do. */
static void slow_readers_leave_room_for_others(void **state)
{
    enum { READERS = 16, MESSAGES = 200 };
    CM_ARENA(arena);
    static echo_server echo;
    cm_client_stream *streams[READERS];
    EchoExpandRequest *request = CM_NEW(arena, EchoExpandRequest);
    int64_t last = cm_clock_monotonic_us() + 60 * 1000000LL;

    request->count = MESSAGES;
    request->padding = 8 << 10;
    echo_start(&echo, &(cm_server_options){.most_waiting = 512 << 10, .stream_window = 32 << 10});
    for (int i = 0; i < READERS; i++)
        ASSERT_OK(echo_echo_service_expand_open(echo.channel, NULL, request, &streams[i]));
    while (cm_server_waiting(echo.server) <= 256 << 10)
        assert_true(cm_clock_monotonic_us() < last);
    for (int i = 0; i < 50; i++)
        ASSERT_OK(send_large(&echo, echo_echo_service_say, LARGE));
    assert_true(cm_server_waiting(echo.server) <= 512 << 10);
    for (int i = 0; i < READERS; i++) {
        EchoSayResponse *response = NULL;
        int64_t received = 0;
        for (;;) {
            CM_ARENA(brief);
            ASSERT_OK(echo_echo_service_expand_receive(streams[i], brief, &response));
            if (!response)
                break;
            assert_int_equal(response->number, ++received);
        }
        assert_int_equal(received, MESSAGES);
        ASSERT_OK(cm_client_stream_finish(streams[i]));
        cm_client_stream_free(streams[i]);
    }
    wait_until_nothing_waits(&echo);
    echo_stop(&echo);
}

/* Chat answers each message, whether there is room or not. */
static void who_sends_without_room_is_ended(void **state)
{
    CM_ARENA(arena);
    static echo_server echo;
    cm_client_stream *stream = NULL;
    EchoSayRequest request;
    EchoSayResponse *response = NULL;
    cm_status sent = cm_ok();

    echo_start(&echo, &(cm_server_options){.most_waiting = MOST_WAITING});
    ASSERT_OK(echo_echo_service_chat_open(echo.channel, NULL, &stream));
    EchoSayRequest_init(&request);
    request.payload = (ProtobufCBinaryData){16 << 10, cm_arena_zero(arena, 16 << 10)};
    for (int i = 0; i < 4096 && cm_is_ok(sent); i++) /* nobody reads the answers: the network fills, then the queue */
        sent = cm_client_stream_send(stream, &request.base);
    assert_false(cm_is_ok(sent));
    cm_status_clear(&sent);
    assert_true(cm_server_waiting(echo.server) <= MOST_WAITING);
    do {
        CM_ARENA(brief);
        ASSERT_OK(echo_echo_service_chat_receive(stream, brief, &response));
    } while (response);
    ASSERT_FAILS(cm_client_stream_finish(stream), CM_RESOURCE_EXHAUSTED, "EchoService/Chat");
    cm_client_stream_free(stream);
    ASSERT_OK(say(&echo, NULL, 0));
    wait_until_nothing_waits(&echo);
    echo_stop(&echo);
}

/* ---- a peer that speaks HTTP/2 by hand ---- */

/* Says hello and sends `pings`, in one piece: what the server has not read when it closes would reset the connection.
 */
static int connect_to(const echo_server *echo, int pings)
{
    enum { PINGS_MAX = 20 };
    static const char preface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", settings[9] = {0, 0, 0, 4},
                      ping[17] = {0, 0, 8, 6};
    char hello[sizeof preface - 1 + sizeof settings + PINGS_MAX * sizeof ping];
    size_t size = sizeof preface - 1;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)cm_server_port(echo->server, 0))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0 && pings <= PINGS_MAX);
    memcpy(hello, preface, size);
    memcpy(hello + size, settings, sizeof settings);
    size += sizeof settings;
    for (int i = 0; i < pings; i++, size += sizeof ping)
        memcpy(hello + size, ping, sizeof ping);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(send(fd, hello, size, MSG_NOSIGNAL), size);
    return fd;
}

/* Reads frames until the server closes; the error code of the last GOAWAY, -1 where there was none. */
static int read_to_end(int fd)
{
    unsigned char bytes[4096];
    size_t size = 0;
    int code = -1;

    for (ssize_t got; (got = recv(fd, bytes + size, sizeof bytes - size, 0)) > 0;) {
        size_t at = 0;
        size += (size_t)got;
        while (size - at >= 9) {
            size_t length = (size_t)bytes[at] << 16 | (size_t)bytes[at + 1] << 8 | bytes[at + 2];
            assert_true(length + 9 <= sizeof bytes);
            if (size - at < length + 9)
                break;
            if (bytes[at + 3] == 7)
                code = bytes[at + 9 + 7];
            at += length + 9;
        }
        memmove(bytes, bytes + at, size - at);
        size -= at;
    }
    close(fd);
    return code;
}

/* Waits until the server has so many connections: what ends is seen a moment later. */
static void wait_for_connections(echo_server *echo, size_t count)
{
    int64_t last = cm_clock_monotonic_us() + 60 * 1000000LL;

    while (cm_server_connections(echo->server) != count)
        assert_true(cm_clock_monotonic_us() < last);
}

static void connections_have_a_limit(void **state)
{
    static echo_server echo;
    int fds[3];

    echo_start(&echo, &(cm_server_options){.most_connections = 4});
    ASSERT_OK(say(&echo, NULL, 0)); /* the first is the channel's */
    for (int i = 0; i < 3; i++)
        fds[i] = connect_to(&echo, 0);
    wait_for_connections(&echo, 4);
    for (int i = 0; i < 3; i++)
        assert_int_equal(read_to_end(connect_to(&echo, 0)), -1);
    assert_int_equal(cm_server_connections_refused(echo.server), 3);
    ASSERT_OK(say(&echo, NULL, 0));
    close(fds[0]);
    wait_for_connections(&echo, 3);
    fds[0] = connect_to(&echo, 0);
    wait_for_connections(&echo, 4);
    assert_int_equal(cm_server_connections_refused(echo.server), 3);
    for (int i = 0; i < 3; i++)
        close(fds[i]);
    wait_for_connections(&echo, 1);
    echo_stop(&echo);
}

/* Connections that come and go by the hundred leave nothing behind that would keep others out. */
static void connections_that_ended_make_room(void **state)
{
    static echo_server echo;
    char first;

    echo_start(&echo, &(cm_server_options){.most_connections = 8});
    for (int i = 0; i < 200; i++) {
        int fd = connect_to(&echo, 0);
        assert_int_equal(recv(fd, &first, 1, 0), 1); /* the server has it */
        close(fd);
        if (i % 4 == 3)
            wait_for_connections(&echo, 0);
    }
    ASSERT_OK(say(&echo, NULL, 0));
    assert_int_equal(cm_server_connections_refused(echo.server), 0);
    echo_stop(&echo);
}

static void who_pings_too_often_is_cut_off(void **state)
{
    enum { ENHANCE_YOUR_CALM = 11 };
    static echo_server echo;

    echo_start(&echo, NULL);
    assert_int_equal(read_to_end(connect_to(&echo, 20)), ENHANCE_YOUR_CALM);
    ASSERT_OK(say(&echo, NULL, 0));
    echo_stop(&echo);
}

/* Whoever waits for each of these ends waits for the limit itself; without it the test would not end. */
static void a_silent_peer_is_let_go(void **state)
{
    static echo_server echo;

    echo_start(&echo, &(cm_server_options){.limits = {.keepalive_ms = 50, .keepalive_timeout_ms = 50}});
    read_to_end(connect_to(&echo, 0));
    ASSERT_OK(say(&echo, NULL, 0));
    echo_stop(&echo);
    echo_start(&echo, &(cm_server_options){.limits = {.idle_ms = 50, .age_grace_ms = 50}});
    assert_int_not_equal(read_to_end(connect_to(&echo, 0)), -1);
    echo_stop(&echo);
}

static void a_negative_limit_is_refused_by_name(void **state)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    cm_server *server = NULL;

    ASSERT_FAILS(cm_server_new(&(cm_server_options){.listen = listen, .limits.idle_ms = -1}, &server),
                 CM_INVALID_ARGUMENT, "limits.idle_ms: -1");
    ASSERT_FAILS(cm_server_new(&(cm_server_options){.listen = listen, .most_connections = SIZE_MAX}, &server),
                 CM_INVALID_ARGUMENT, "ulimit -n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_call_too_many_is_told_when_to_come_back),
        cmocka_unit_test(a_place_is_given_back_with_each_call),
        cmocka_unit_test(headers_have_a_limit),
        cmocka_unit_test(an_old_connection_is_replaced_and_its_calls_are_cut_after_the_grace),
        cmocka_unit_test(requests_that_wait_have_a_limit_in_bytes),
        cmocka_unit_test(a_message_of_a_stream_counts_too),
        cmocka_unit_test(slow_readers_leave_room_for_others),
        cmocka_unit_test(who_sends_without_room_is_ended),
        cmocka_unit_test(connections_have_a_limit),
        cmocka_unit_test(connections_that_ended_make_room),
        cmocka_unit_test(who_pings_too_often_is_cut_off),
        cmocka_unit_test(a_silent_peer_is_let_go),
        cmocka_unit_test(a_negative_limit_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
