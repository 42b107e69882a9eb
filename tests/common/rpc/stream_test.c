/* Streams of a real client to a real server: all three kinds, their ends, and flow control. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_message.h"
#include "echo_server.h"

static EchoSayRequest *say(cm_arena *arena, const char *text)
{
    EchoSayRequest *request = CM_NEW(arena, EchoSayRequest);

    request->text = cm_arena_strdup(arena, text);
    return request;
}

static EchoExpandRequest *expand(cm_arena *arena, int64_t count, int32_t padding)
{
    EchoExpandRequest *request = CM_NEW(arena, EchoExpandRequest);

    request->text = cm_arena_strdup(arena, "more");
    request->count = count;
    request->padding = padding;
    return request;
}

static void a_client_stream_gets_one_answer_to_all_it_sent(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    EchoSayResponse *response = NULL;

    ASSERT_OK(echo_echo_service_collect_open(echo->channel, NULL, &stream));
    ASSERT_OK(echo_echo_service_collect_send_request(stream, say(arena, "one ")));
    ASSERT_OK(echo_echo_service_collect_send_request(stream, say(arena, "two ")));
    ASSERT_OK(echo_echo_service_collect_send_request(stream, say(arena, "three")));
    ASSERT_OK(echo_echo_service_collect_close_and_receive(stream, arena, &response));
    assert_string_equal(response->text, "one two three");
    cm_client_stream_free(stream);
}

static void a_client_stream_of_nothing_is_answered_too(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    EchoSayResponse *response = NULL;

    ASSERT_OK(echo_echo_service_collect_open(echo->channel, NULL, &stream));
    ASSERT_OK(echo_echo_service_collect_close_and_receive(stream, arena, &response));
    assert_string_equal(response->text, "");
    cm_client_stream_free(stream);
}

static void a_failing_message_ends_a_client_stream_with_its_status(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    EchoSayResponse *response = NULL;
    EchoSayRequest *bad = say(arena, "");

    bad->failure = CM_NEW(arena, EchoFailure);
    bad->failure->code = CM_ABORTED;
    bad->failure->message = cm_arena_strdup(arena, "not this one");
    bad->failure->reason = cm_arena_strdup(arena, "BAD_ROW");
    ASSERT_OK(echo_echo_service_collect_open(echo->channel, NULL, &stream));
    ASSERT_OK(echo_echo_service_collect_send_request(stream, say(arena, "good")));
    ASSERT_OK(echo_echo_service_collect_send_request(stream, bad));
    cm_status outcome = echo_echo_service_collect_close_and_receive(stream, arena, &response);
    assert_string_equal(outcome.error->reason, "BAD_ROW");
    ASSERT_FAILS(outcome, CM_ABORTED, "not this one");
    assert_null(response);
    cm_client_stream_free(stream);
    ECHO_WAIT(echo, echo->streams_open == 0);
    assert_int_equal(ECHO_READ(echo, done_code), CM_ABORTED);
}

static void a_server_stream_sends_all_its_messages_in_order(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    EchoSayResponse *response = NULL;

    ASSERT_OK(echo_echo_service_expand_open(echo->channel, NULL, expand(arena, 5000, 100), &stream));
    for (int i = 1; i <= 5000; i++) {
        ASSERT_OK(echo_echo_service_expand_receive(stream, arena, &response));
        assert_non_null(response);
        assert_int_equal(response->number, i);
    }
    ASSERT_OK(echo_echo_service_expand_receive(stream, arena, &response));
    assert_null(response);
    ASSERT_OK(cm_client_stream_finish(stream));
    cm_client_stream_free(stream);
}

static void a_bidirectional_stream_answers_while_more_is_sent(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    EchoSayResponse *response = NULL;

    ASSERT_OK(echo_echo_service_chat_open(echo->channel, NULL, &stream));
    for (int i = 0; i < 100; i++) {
        const char *text = cm_arena_format(arena, "message %d", i);
        ASSERT_OK(echo_echo_service_chat_send_request(stream, say(arena, text)));
        ASSERT_OK(echo_echo_service_chat_receive(stream, arena, &response));
        assert_string_equal(response->text, text);
    }
    ASSERT_OK(cm_client_stream_close_send(stream));
    ASSERT_OK(echo_echo_service_chat_receive(stream, arena, &response));
    assert_null(response);
    ASSERT_OK(cm_client_stream_finish(stream));
    cm_client_stream_free(stream);
}

static void what_was_sent_before_the_end_arrives_before_the_status(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    EchoSayResponse *response = NULL;
    EchoSayRequest *last = say(arena, "");

    last->failure = CM_NEW(arena, EchoFailure);
    last->failure->code = CM_NOT_FOUND;
    last->failure->message = cm_arena_strdup(arena, "enough");
    ASSERT_OK(echo_echo_service_chat_open(echo->channel, NULL, &stream));
    ASSERT_OK(echo_echo_service_chat_send_request(stream, say(arena, "a")));
    ASSERT_OK(echo_echo_service_chat_send_request(stream, last));
    ASSERT_OK(echo_echo_service_chat_receive(stream, arena, &response));
    assert_string_equal(response->text, "a");
    ASSERT_OK(echo_echo_service_chat_receive(stream, arena, &response));
    assert_null(response);
    ASSERT_FAILS(cm_client_stream_finish(stream), CM_NOT_FOUND, "enough");
    cm_client_stream_free(stream);
}

static void metadata_goes_both_ways_on_a_stream(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    EchoSayResponse *response = NULL;
    cm_received received = {.arena = arena};
    const cm_metadatum sent[] = {{"x-echo-initial", "first", 5}, {"x-echo-trailing-bin", "\x02\xab", 2}};
    cm_call_options options = {.metadata = sent, .metadata_count = 2, .received = &received};
    bool initial = false, trailing = false;

    ASSERT_OK(echo_echo_service_chat_open(echo->channel, &options, &stream));
    ASSERT_OK(echo_echo_service_chat_send_request(stream, say(arena, "a")));
    ASSERT_OK(echo_echo_service_chat_receive(stream, arena, &response));
    ASSERT_OK(cm_client_stream_close_send(stream));
    ASSERT_OK(cm_client_stream_finish(stream));
    for (size_t i = 0; i < received.initial_count; i++)
        initial |= strcmp(received.initial[i].key, "x-echo-initial") == 0;
    for (size_t i = 0; i < received.trailing_count; i++)
        trailing |= strcmp(received.trailing[i].key, "x-echo-trailing-bin") == 0 && received.trailing[i].size == 2;
    assert_true(initial);
    assert_true(trailing);
    cm_client_stream_free(stream);
}

static void a_slow_reader_slows_the_sender_whose_memory_stays_bounded(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    EchoSayResponse *response = NULL;
    enum { COUNT = 4000, SIZE = 16 << 10 };

    ECHO_WAIT(echo, echo->streams_open == 0);
    echo_forget_sent(echo);
    ASSERT_OK(echo_echo_service_expand_open(echo->channel, NULL, expand(arena, COUNT, SIZE), &stream));
    for (int i = 1; i <= COUNT; i++) {
        cm_arena_reset(arena);
        ASSERT_OK(echo_echo_service_expand_receive(stream, arena, &response));
        assert_int_equal(response->number, i);
        /* What the handler sent ahead of this reader is in the window (256 KiB) or in the transport's buffers. */
        assert_in_range(ECHO_READ(echo, messages_sent) - i, 0, (12 << 20) / SIZE);
    }
    cm_client_stream_free(stream);
}

static void an_unread_stream_is_sent_a_few_megabytes_and_no_more(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *unread = NULL;
    EchoSayResponse *response = NULL;
    enum { SIZE = 64 << 10, MOST = (12 << 20) / SIZE };

    ECHO_WAIT(echo, echo->streams_open == 0);
    echo_forget_sent(echo);
    ASSERT_OK(echo_echo_service_expand_open(echo->channel, NULL, expand(arena, 100000, SIZE), &unread));
    ECHO_WAIT(echo, echo->messages_sent > 0);
    for (int i = 0; i < 200; i++) /* the server has all the time it needs to send too much */
        ASSERT_OK(echo_call(echo, echo_echo_service_say, "meanwhile", NULL, arena, &response));
    assert_in_range(ECHO_READ(echo, messages_sent), 1, MOST);
    cm_client_stream_free(unread);
    ECHO_WAIT(echo, echo->streams_open == 0);
}

/* ---- a handler that takes its time ---- */

typedef struct upload {
    cm_client_stream *stream;
    atomic_int sent;
} upload;

enum { UPLOAD_SIZE = 64 << 10, UPLOAD_COUNT = 1000, UPLOAD_MOST = (12 << 20) / UPLOAD_SIZE };

static void *send_all(void *argument)
{
    upload *u = argument;
    CM_ARENA(arena);
    EchoSayRequest *request = say(arena, "");

    request->payload = (ProtobufCBinaryData){UPLOAD_SIZE, cm_arena_zero(arena, UPLOAD_SIZE)};
    for (int i = 0; i < UPLOAD_COUNT; i++) {
        ASSERT_OK(echo_echo_service_collect_send_request(u->stream, request));
        atomic_fetch_add(&u->sent, 1);
    }
    return NULL;
}

static void a_busy_handler_slows_its_caller_whose_memory_stays_bounded(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;
    pthread_t thread;
    upload u = {0};
    int held = ECHO_READ(echo, held);

    ASSERT_OK(echo_echo_service_collect_open(echo->channel, NULL, &u.stream));
    ASSERT_OK(echo_echo_service_collect_send_request(u.stream, say(arena, "wait")));
    ECHO_WAIT(echo, echo->held > held);
    assert_int_equal(pthread_create(&thread, NULL, send_all, &u), 0);
    for (int i = 0; i < 200; i++) /* the caller has all the time it needs to send too much */
        ASSERT_OK(echo_call(echo, echo_echo_service_say, "meanwhile", NULL, arena, &response));
    assert_in_range(atomic_load(&u.sent), 0, UPLOAD_MOST);
    echo_release(echo);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&u.sent), UPLOAD_COUNT);
    ASSERT_OK(echo_echo_service_collect_close_and_receive(u.stream, arena, &response));
    assert_string_equal(response->text, "wait");
    cm_client_stream_free(u.stream);
}

static void a_message_above_the_limit_ends_the_stream(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    EchoSayRequest *large = say(arena, "");

    large->payload = (ProtobufCBinaryData){5 << 20, cm_arena_zero(arena, 5 << 20)};
    ASSERT_OK(echo_echo_service_collect_open(echo->channel, NULL, &stream));
    cm_status sent = echo_echo_service_collect_send_request(stream, large);
    cm_status_clear(&sent); /* it may have been taken before the server refused it */
    ASSERT_FAILS(cm_client_stream_finish(stream), CM_RESOURCE_EXHAUSTED, "");
    cm_client_stream_free(stream);
    ECHO_WAIT(echo, echo->streams_open == 0);
}

static void a_server_stream_without_a_request_is_an_error_of_the_caller(void **state)
{
    echo_server *echo = *state;
    cm_client_stream *stream = NULL;

    ASSERT_OK(cm_channel_stream(echo->channel, &echo_echo_service_desc.methods[5], NULL, &stream));
    ASSERT_OK(cm_client_stream_close_send(stream));
    ASSERT_FAILS(cm_client_stream_finish(stream), CM_INTERNAL, "without its message");
    cm_client_stream_free(stream);
    ECHO_WAIT(echo, echo->streams_open == 0);
}

static void a_wake_from_another_thread_reaches_the_stream(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;

    ECHO_WAIT(echo, echo->streams_open == 0);
    ASSERT_OK(echo_echo_service_expand_open(echo->channel, NULL, expand(arena, 0, 0), &stream));
    ECHO_WAIT(echo, echo->expanding);
    int before = ECHO_READ(echo, woken);
    pthread_mutex_lock(&echo->lock);
    cm_call_wake(echo->expanding);
    pthread_mutex_unlock(&echo->lock);
    ECHO_WAIT(echo, echo->woken > before);
    cm_client_stream_free(stream);
    ECHO_WAIT(echo, echo->streams_open == 0);
    assert_int_equal(ECHO_READ(echo, done_code), CM_CANCELLED);
}

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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_client_stream_gets_one_answer_to_all_it_sent),
        cmocka_unit_test(a_client_stream_of_nothing_is_answered_too),
        cmocka_unit_test(a_failing_message_ends_a_client_stream_with_its_status),
        cmocka_unit_test(a_server_stream_sends_all_its_messages_in_order),
        cmocka_unit_test(a_bidirectional_stream_answers_while_more_is_sent),
        cmocka_unit_test(what_was_sent_before_the_end_arrives_before_the_status),
        cmocka_unit_test(metadata_goes_both_ways_on_a_stream),
        cmocka_unit_test(a_slow_reader_slows_the_sender_whose_memory_stays_bounded),
        cmocka_unit_test(an_unread_stream_is_sent_a_few_megabytes_and_no_more),
        cmocka_unit_test(a_busy_handler_slows_its_caller_whose_memory_stays_bounded),
        cmocka_unit_test(a_message_above_the_limit_ends_the_stream),
        cmocka_unit_test(a_server_stream_without_a_request_is_an_error_of_the_caller),
        cmocka_unit_test(a_wake_from_another_thread_reaches_the_stream),
    };

    return cmocka_run_group_tests_name("streams", tests, start, stop);
}
