/* Many streams at once, of which most end in the middle: whatever the order of events, each is done exactly once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_message.h"
#include "echo_server.h"

enum { THREADS = 6, ROUNDS = 60 };

typedef struct storm {
    echo_server *echo;
    pthread_t thread;
    int number;
} storm;

/* What fails here has been cancelled, which is the point. */
static void ignore(cm_status outcome)
{
    cm_status_clear(&outcome);
}

static void expand(storm *s, int round)
{
    CM_ARENA(arena);
    EchoExpandRequest *request = CM_NEW(arena, EchoExpandRequest);
    cm_client_stream *stream = NULL;
    EchoSayResponse *response = NULL;

    request->count = 300;
    request->padding = 4 << 10;
    ignore(echo_echo_service_expand_open(s->echo->channel, NULL, request, &stream));
    for (int i = 0; i < round; i++)
        ignore(echo_echo_service_expand_receive(stream, arena, &response));
    cm_client_stream_free(stream);
}

static void chat(storm *s, int round)
{
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    EchoSayResponse *response = NULL;

    ignore(echo_echo_service_chat_open(s->echo->channel, NULL, &stream));
    for (int i = 0; i < round % 5; i++)
        ignore(echo_echo_service_chat_send_request(stream, CM_NEW(arena, EchoSayRequest)));
    if (round % 5 && round % 3) /* there is an answer to wait for */
        ignore(echo_echo_service_chat_receive(stream, arena, &response));
    if (round % 2)
        ignore(cm_client_stream_close_send(stream));
    cm_client_stream_free(stream);
}

static void collect(storm *s, int round)
{
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    EchoSayResponse *response = NULL;

    ignore(echo_echo_service_collect_open(s->echo->channel, &(cm_call_options){.timeout_ms = 1 + round}, &stream));
    for (int i = 0; i < round % 7; i++)
        ignore(echo_echo_service_collect_send_request(stream, CM_NEW(arena, EchoSayRequest)));
    if (round % 2)
        ignore(echo_echo_service_collect_close_and_receive(stream, arena, &response));
    cm_client_stream_free(stream);
}

static void *rage(void *argument)
{
    storm *s = argument;

    for (int round = 0; round < ROUNDS; round++) {
        expand(s, (round + s->number) % 20);
        chat(s, round + s->number);
        collect(s, round + s->number);
    }
    return NULL;
}

static void run_storm(echo_server *echo, storm storms[THREADS])
{
    for (int i = 0; i < THREADS; i++) {
        storms[i] = (storm){.echo = echo, .number = i};
        assert_int_equal(pthread_create(&storms[i].thread, NULL, rage, &storms[i]), 0);
    }
}

static void end_storm(storm storms[THREADS])
{
    for (int i = 0; i < THREADS; i++)
        pthread_join(storms[i].thread, NULL);
}

static void every_stream_is_done_once_and_the_server_goes_on(void **state)
{
    static echo_server echo;
    storm storms[THREADS];
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;

    echo_start(&echo, NULL);
    run_storm(&echo, storms);
    end_storm(storms);
    ECHO_WAIT(&echo, echo.streams_open == 0);
    ASSERT_OK(echo_call(&echo, echo_echo_service_say, "still here", NULL, arena, &response));
    assert_string_equal(response->text, "still here");
    echo_stop(&echo);
}

static void a_drain_in_the_middle_of_it_ends_in_order(void **state)
{
    static echo_server echo;
    storm storms[THREADS];

    echo_start(&echo, NULL);
    run_storm(&echo, storms);
    ECHO_WAIT(&echo, echo.streams_done > 20);
    cm_server_drain(echo.server, 0, 10);
    assert_int_equal(ECHO_READ(&echo, streams_open), 0);
    end_storm(storms);
    echo_stop(&echo);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_stream_is_done_once_and_the_server_goes_on),
        cmocka_unit_test(a_drain_in_the_middle_of_it_ends_in_order),
    };

    return cmocka_run_group_tests_name("storms", tests, NULL, NULL);
}
