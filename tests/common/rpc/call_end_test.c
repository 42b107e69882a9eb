/* How calls end: deadlines, cancellation, and what goes on from an incoming call to an outgoing one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

static void a_deadline_ends_the_call_on_both_sides(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;

    /* Where the deadline is over before the handler's turn, it is not run at all: then it gets more time. */
    for (int ms = 50; !ECHO_READ(echo, held); ms *= 2)
        ASSERT_FAILS(
            echo_call(echo, echo_echo_service_hold, "", &(cm_call_options){.timeout_ms = ms}, arena, &response),
            CM_DEADLINE_EXCEEDED, "Hold");
    ECHO_WAIT(echo, echo->holding == 0);
    assert_true(ECHO_READ(echo, seen_cancelled));
}

static void a_stream_that_the_caller_cancels_is_done_as_cancelled(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;

    ASSERT_OK(echo_echo_service_expand_open(echo->channel, NULL, CM_NEW(arena, EchoExpandRequest), &stream));
    ECHO_WAIT(echo, echo->expanding);
    cm_client_stream_cancel(stream);
    ASSERT_FAILS(cm_client_stream_finish(stream), CM_CANCELLED, "");
    cm_client_stream_free(stream);
    ECHO_WAIT(echo, echo->streams_open == 0);
    assert_int_equal(ECHO_READ(echo, done_code), CM_CANCELLED);
}

static void an_upload_that_is_cancelled_is_no_half_close(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;

    ASSERT_OK(echo_echo_service_collect_open(echo->channel, NULL, &stream));
    ASSERT_OK(echo_echo_service_collect_send_request(stream, CM_NEW(arena, EchoSayRequest)));
    ECHO_WAIT(echo, echo->streams_open == 1);
    cm_client_stream_cancel(stream);
    cm_client_stream_free(stream);
    ECHO_WAIT(echo, echo->streams_open == 0);
    assert_int_equal(ECHO_READ(echo, done_code), CM_CANCELLED);
    assert_int_equal(ECHO_READ(echo, collected), 0);
}

static void a_deadline_ends_a_stream_on_both_sides(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);

    for (int ms = 50; !ECHO_READ(echo, streams_done); ms *= 2) { /* a server that is slow may never see the first */
        cm_client_stream *stream = NULL;
        cm_call_options options = {.timeout_ms = ms};
        ASSERT_OK(echo_echo_service_expand_open(echo->channel, &options, CM_NEW(arena, EchoExpandRequest), &stream));
        ASSERT_FAILS(cm_client_stream_finish(stream), CM_DEADLINE_EXCEEDED, "");
        cm_client_stream_free(stream);
    }
    ECHO_WAIT(echo, echo->streams_open == 0);
    /* The caller's reset may come a moment before the server's own deadline. */
    int code = ECHO_READ(echo, done_code);
    assert_true(code == CM_DEADLINE_EXCEEDED || code == CM_CANCELLED);
}

static void the_deadline_of_the_incoming_call_bounds_outgoing_ones(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;

    for (int ms = 50; !ECHO_READ(echo, held); ms *= 2)
        ASSERT_FAILS(
            echo_call(echo, echo_echo_service_relay, "", &(cm_call_options){.timeout_ms = ms}, arena, &response),
            CM_DEADLINE_EXCEEDED, "");
    ECHO_WAIT(echo, echo->holding == 0 && echo->relaying == 0);
    assert_in_range(ECHO_READ(echo, relayed_code), CM_CANCELLED, CM_DEADLINE_EXCEEDED);
}

static const cm_method_desc *relay_method(void)
{
    for (size_t i = 0; i < echo_echo_service_desc.count; i++)
        if (strcmp(echo_echo_service_desc.methods[i].name, "Relay") == 0)
            return &echo_echo_service_desc.methods[i];
    fail_msg("there is no method Relay");
    return NULL;
}

static void ended(void *context, cm_status outcome, const ProtobufCMessage *response)
{
    *(cm_code *)context = outcome.code;
    cm_status_clear(&outcome);
}

static void a_caller_that_goes_ends_what_its_handler_had_started(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_code code = CM_OK;
    cm_channel *caller;

    ASSERT_OK(cm_channel_new(echo->target, NULL, &caller));
    cm_channel_unary_async(caller, relay_method(), &(cm_call_options){.timeout_ms = -1},
                           &CM_NEW(arena, EchoSayRequest)->base, ended, &code);
    ECHO_WAIT(echo, echo->holding == 1);
    cm_channel_free(caller);
    assert_int_equal(code, CM_CANCELLED);
    ECHO_WAIT(echo, echo->holding == 0 && echo->relaying == 0);
    assert_int_equal(ECHO_READ(echo, relayed_code), CM_CANCELLED);
    assert_true(ECHO_READ(echo, seen_cancelled));
}

static void the_trace_of_the_incoming_call_goes_on(void **state)
{
    static const char trace[] = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    echo_server *echo = *state;
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;
    const cm_metadatum sent = {"traceparent", trace, sizeof trace - 1};

    echo_release(echo);
    ASSERT_OK(echo_call(echo, echo_echo_service_relay, "", &(cm_call_options){.metadata = &sent, .metadata_count = 1},
                        arena, &response));
    pthread_mutex_lock(&echo->lock);
    bool same = strcmp(echo->held_trace, trace) == 0;
    pthread_mutex_unlock(&echo->lock);
    assert_true(same);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_deadline_ends_the_call_on_both_sides, start, stop),
        cmocka_unit_test_setup_teardown(a_stream_that_the_caller_cancels_is_done_as_cancelled, start, stop),
        cmocka_unit_test_setup_teardown(an_upload_that_is_cancelled_is_no_half_close, start, stop),
        cmocka_unit_test_setup_teardown(a_deadline_ends_a_stream_on_both_sides, start, stop),
        cmocka_unit_test_setup_teardown(the_deadline_of_the_incoming_call_bounds_outgoing_ones, start, stop),
        cmocka_unit_test_setup_teardown(a_caller_that_goes_ends_what_its_handler_had_started, start, stop),
        cmocka_unit_test_setup_teardown(the_trace_of_the_incoming_call_goes_on, start, stop),
    };

    return cmocka_run_group_tests_name("ends of calls", tests, NULL, NULL);
}
