/* Unary calls of a real client to a real server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_message.h"
#include "echo_server.h"

static void say_answers_with_what_it_was_sent(void **state)
{
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;

    ASSERT_OK(echo_call(*state, echo_echo_service_say, "Grüße aus Köln", NULL, arena, &response));
    assert_string_equal(response->text, "Grüße aus Köln");
}

static void a_handler_on_the_writer_may_run_twice_and_leaves_one_trace(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;
    cm_received received = {.arena = arena};
    int runs = ECHO_READ(echo, stored_runs), stored = 0;

    ASSERT_OK(
        echo_call(echo, echo_echo_service_store, "a", &(cm_call_options){.received = &received}, arena, &response));
    assert_string_equal(response->text, "prepared a, stored");
    assert_int_equal(response->number, runs + 2);
    for (size_t i = 0; i < received.trailing_count; i++)
        stored += strcmp(received.trailing[i].key, "x-stored") == 0;
    assert_int_equal(stored, 1);
}

static void a_thousand_calls_from_one_channel_all_get_their_own_answer(void **state)
{
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;

    for (int i = 0; i < 1000; i++) {
        const char *text = cm_arena_format(arena, "call %d", i);
        ASSERT_OK(echo_call(*state, echo_echo_service_say, text, NULL, arena, &response));
        assert_string_equal(response->text, text);
    }
}

static void a_message_above_the_method_s_limit_is_resource_exhausted(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    EchoSayRequest *request = CM_NEW(arena, EchoSayRequest);
    EchoSayResponse *response = NULL;

    request->payload = (ProtobufCBinaryData){(1 << 20) + 1, cm_arena_zero(arena, (1 << 20) + 1)};
    ASSERT_FAILS(echo_echo_service_say(echo->channel, NULL, request, arena, &response), CM_RESOURCE_EXHAUSTED,
                 "at most 1048576");
    assert_null(response);
}

static void a_message_above_the_server_s_limit_is_resource_exhausted(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    EchoSayRequest *request = CM_NEW(arena, EchoSayRequest);
    EchoSayResponse *response = NULL;

    request->payload = (ProtobufCBinaryData){100 << 20, cm_arena_zero(arena, 100 << 20)};
    ASSERT_FAILS(echo_echo_service_say(echo->channel, NULL, request, arena, &response), CM_RESOURCE_EXHAUSTED, "");
    ASSERT_OK(echo_call(echo, echo_echo_service_say, "still there", NULL, arena, &response));
}

static void a_method_without_a_row_is_unimplemented(void **state)
{
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;

    ASSERT_FAILS(echo_call(*state, echo_echo_service_missing, "", NULL, arena, &response), CM_UNIMPLEMENTED,
                 "/cityneg.testing.echo.EchoService/Missing");
}

static void a_method_of_no_service_is_unimplemented(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    ProtobufCMessage *response = NULL;
    cm_method_desc unknown = echo_echo_service_desc.methods[0];

    unknown.path = "/nowhere.Service/Method";
    ASSERT_FAILS(
        cm_channel_unary(echo->channel, &unknown, NULL, &CM_NEW(arena, EchoSayRequest)->base, arena, &response),
        CM_UNIMPLEMENTED, "/nowhere.Service/Method");
}

static void bytes_that_are_no_message_are_an_invalid_argument(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    ProtobufCMessage *response = NULL;
    EchoExpandRequest *other = CM_NEW(arena, EchoExpandRequest); /* its field 2 is a number, Say's are bytes */

    other->count = 7;
    ASSERT_FAILS(
        cm_channel_unary(echo->channel, &echo_echo_service_desc.methods[0], NULL, &other->base, arena, &response),
        CM_INVALID_ARGUMENT, "SayRequest");
}

static void text_that_is_not_utf8_is_refused_with_its_field(void **state)
{
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;

    ASSERT_FAILS(echo_call(*state, echo_echo_service_say, "\xff\xfe", NULL, arena, &response), CM_INVALID_ARGUMENT,
                 "text");
}

static void metadata_goes_both_ways_also_binary(void **state)
{
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;
    cm_received received = {.arena = arena};
    const cm_metadatum sent[] = {{"x-echo-initial", "first", 5}, {"x-echo-trailing-bin", "\x01\xff\x80", 3}};
    bool initial = false, trailing = false;

    ASSERT_OK(echo_call(*state, echo_echo_service_say, "",
                        &(cm_call_options){.metadata = sent, .metadata_count = 2, .received = &received}, arena,
                        &response));
    for (size_t i = 0; i < received.initial_count; i++)
        initial |=
            strcmp(received.initial[i].key, "x-echo-initial") == 0 && strcmp(received.initial[i].value, "first") == 0;
    for (size_t i = 0; i < received.trailing_count; i++)
        trailing |= strcmp(received.trailing[i].key, "x-echo-trailing-bin") == 0 && received.trailing[i].size == 3 &&
                    memcmp(received.trailing[i].value, "\x01\xff\x80", 3) == 0;
    assert_true(initial);
    assert_true(trailing);
}

static void metadata_that_http2_does_not_allow_is_refused_before_it_is_sent(void **state)
{
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;
    const cm_metadatum upper = {"X-Upper", "a", 1}, reserved = {"grpc-x", "a", 1}, control = {"x-text", "\n", 1};

    ASSERT_FAILS(echo_call(*state, echo_echo_service_say, "",
                           &(cm_call_options){.metadata = &upper, .metadata_count = 1}, arena, &response),
                 CM_INVALID_ARGUMENT, "'X-Upper'");
    ASSERT_FAILS(echo_call(*state, echo_echo_service_say, "",
                           &(cm_call_options){.metadata = &reserved, .metadata_count = 1}, arena, &response),
                 CM_INVALID_ARGUMENT, "'grpc-x'");
    ASSERT_FAILS(echo_call(*state, echo_echo_service_say, "",
                           &(cm_call_options){.metadata = &control, .metadata_count = 1}, arena, &response),
                 CM_INVALID_ARGUMENT, "'x-text'");
}

static EchoSayRequest *failing(cm_arena *arena)
{
    static char *fields[] = {"a.b", "c[3]"};
    EchoSayRequest *request = CM_NEW(arena, EchoSayRequest);

    request->failure = CM_NEW(arena, EchoFailure);
    *request->failure = (EchoFailure){.base = request->failure->base,
                                      .code = CM_FAILED_PRECONDITION,
                                      .message = "100 % is tö much",
                                      .reason = "TOO_MUCH",
                                      .retry_ms = 1500,
                                      .resource_type = "city",
                                      .resource_name = "cities/x",
                                      .n_fields = 2,
                                      .fields = fields};
    return request;
}

static void a_failure_keeps_its_text_and_all_details(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;

    cm_status failure = echo_echo_service_say(echo->channel, NULL, failing(arena), arena, &response);
    assert_int_equal(failure.code, CM_FAILED_PRECONDITION);
    assert_string_equal(failure.error->message, "100 % is tö much");
    assert_string_equal(failure.error->reason, "TOO_MUCH");
    assert_int_equal(failure.error->retry_ms, 1500);
    assert_string_equal(failure.error->resource_type, "city");
    assert_string_equal(failure.error->resource_name, "cities/x");
    assert_string_equal(failure.error->violations->field, "a.b");
    assert_string_equal(failure.error->violations->next->field, "c[3]");
    assert_string_equal(failure.error->violations->next->description, "is wrong");
    assert_null(failure.error->violations->next->next);
    cm_status_clear(&failure);
}

static void a_failure_about_a_thousand_fields_still_fits_into_the_trailers(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    EchoSayResponse *response = NULL;
    EchoSayRequest *request = failing(arena);
    char *fields[1000];
    char *text = cm_arena_zero(arena, 10001);
    size_t kept = 0;

    for (int i = 0; i < 5000; i++)
        memcpy(text + i * 2, "ü", 2);
    for (int i = 0; i < 1000; i++)
        fields[i] = cm_arena_format(arena, "entries[%d].participants", i);
    request->failure->message = text;
    request->failure->fields = fields;
    request->failure->n_fields = 1000;
    cm_status failure = echo_echo_service_say(echo->channel, NULL, request, arena, &response);
    assert_int_equal(failure.code, CM_FAILED_PRECONDITION);
    assert_int_equal(strlen(failure.error->message), 768);
    assert_string_equal(failure.error->reason, "TOO_MUCH");
    const cm_violation *last = failure.error->violations;
    for (; last->next; last = last->next)
        assert_string_equal(last->field, fields[kept++]);
    assert_in_range(kept, 20, 200);
    assert_string_equal(last->description, cm_arena_format(arena, "and %zu more are wrong", 1000 - kept));
    cm_status_clear(&failure);
}

typedef struct caller {
    echo_server *echo;
    pthread_t thread;
    int number, failures;
} caller;

static void *call_often(void *argument)
{
    caller *c = argument;
    static const echo_method methods[] = {echo_echo_service_say, echo_echo_service_store};

    for (int i = 0; i < 200; i++) {
        CM_ARENA(arena);
        EchoSayResponse *response = NULL;
        const char *text = cm_arena_format(arena, "%d.%d", c->number, i);
        cm_status outcome = echo_call(c->echo, methods[i % 2], text, NULL, arena, &response);
        c->failures += !cm_is_ok(outcome) || !strstr(response->text, text);
        cm_status_clear(&outcome);
    }
    return NULL;
}

static void many_threads_share_a_channel(void **state)
{
    caller callers[8];

    for (int i = 0; i < 8; i++) {
        callers[i] = (caller){.echo = *state, .number = i};
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_often, &callers[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(callers[i].thread, NULL);
        assert_int_equal(callers[i].failures, 0);
    }
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
        cmocka_unit_test(say_answers_with_what_it_was_sent),
        cmocka_unit_test(a_handler_on_the_writer_may_run_twice_and_leaves_one_trace),
        cmocka_unit_test(a_thousand_calls_from_one_channel_all_get_their_own_answer),
        cmocka_unit_test(a_message_above_the_method_s_limit_is_resource_exhausted),
        cmocka_unit_test(a_message_above_the_server_s_limit_is_resource_exhausted),
        cmocka_unit_test(a_method_without_a_row_is_unimplemented),
        cmocka_unit_test(a_method_of_no_service_is_unimplemented),
        cmocka_unit_test(bytes_that_are_no_message_are_an_invalid_argument),
        cmocka_unit_test(text_that_is_not_utf8_is_refused_with_its_field),
        cmocka_unit_test(metadata_goes_both_ways_also_binary),
        cmocka_unit_test(metadata_that_http2_does_not_allow_is_refused_before_it_is_sent),
        cmocka_unit_test(a_failure_keeps_its_text_and_all_details),
        cmocka_unit_test(a_failure_about_a_thousand_fields_still_fits_into_the_trailers),
        cmocka_unit_test(many_threads_share_a_channel),
    };

    return cmocka_run_group_tests_name("unary calls", tests, start, stop);
}
