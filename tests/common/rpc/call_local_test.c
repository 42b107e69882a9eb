/* Handlers without a network: what a unit test of a service does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_message.h"
#include "echo_server.h"

static void a_handler_is_called_with_a_state_and_something_lent(void **state)
{
    int service = 1, lent = 2;
    cm_call *call = cm_call_new_local(&service, &lent, "anna");
    EchoSayResponse response;

    EchoSayResponse_init(&response);
    EchoSayRequest *request = CM_NEW(cm_call_arena(call), EchoSayRequest);
    request->text = cm_arena_strdup(cm_call_arena(call), "hello");
    ASSERT_OK(echo_say(call, request, &response));
    assert_string_equal(response.text, "hello");
    assert_ptr_equal(cm_call_state(call), &service);
    assert_ptr_equal(cm_call_lent(call), &lent);
    assert_string_equal(cm_call_identity(call), "anna");
    assert_string_equal(cm_call_method(call), "");
    assert_string_equal(cm_call_traceparent(call), "");
    assert_true(cm_call_deadline_us(call) == INT64_MAX);
    cm_call_unref(call);
}

static void what_a_stream_sends_is_kept_in_order(void **state)
{
    cm_call *call = cm_call_new_local(NULL, NULL, NULL);
    CM_ARENA(arena);
    ProtobufCMessage **sent = NULL;
    EchoSayResponse response;
    cm_code code;

    EchoSayResponse_init(&response);
    for (response.number = 1; response.number <= 3; response.number++)
        assert_true(echo_echo_service_expand_send(call, &response));
    assert_false(cm_call_local_finished(call, &code));
    assert_int_equal(cm_call_local_sent(call, &EchoSayResponse_descriptor, arena, &sent), 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(((EchoSayResponse *)sent[i])->number, i + 1);
    cm_call_unref(call);
}

static void the_first_end_counts_and_nothing_is_sent_after_it(void **state)
{
    cm_call *call = cm_call_new_local(NULL, NULL, NULL);
    CM_ARENA(arena);
    ProtobufCMessage **sent = NULL;
    EchoSayResponse response;
    cm_code code;

    EchoSayResponse_init(&response);
    cm_call_finish(call, cm_fail(CM_ABORTED, "enough"));
    cm_call_finish(call, cm_ok());
    assert_false(echo_echo_service_expand_send(call, &response));
    assert_true(cm_call_local_finished(call, &code));
    assert_int_equal(code, CM_ABORTED);
    assert_int_equal(cm_call_local_sent(call, &EchoSayResponse_descriptor, arena, &sent), 0);
    cm_call_unref(call);
}

static void metadata_and_cancellation_are_what_the_test_says(void **state)
{
    cm_call *call = cm_call_new_local(NULL, NULL, NULL);

    assert_null(cm_call_metadata(call, "x-a"));
    ASSERT_OK(cm_call_local_receive(call, "x-a", "1"));
    assert_string_equal(cm_call_metadata(call, "x-a"), "1");
    ASSERT_FAILS(cm_call_add_trailing(call, "grpc-status", "0", 1), CM_INVALID_ARGUMENT, "'grpc-status'");
    ASSERT_FAILS(cm_call_add_initial(call, "", "0", 1), CM_INVALID_ARGUMENT, "''");
    assert_false(cm_call_cancelled(call));
    cm_call_local_cancel(call);
    assert_true(cm_call_cancelled(call));
    cm_call_unref(call);
}

static void a_call_lives_as_long_as_someone_holds_it(void **state)
{
    cm_call *call = cm_call_new_local(NULL, NULL, "anna");
    cm_call *held = cm_call_ref(call);

    cm_call_unref(call);
    assert_string_equal(cm_call_identity(held), "anna");
    cm_call_wake(held);
    cm_call_unref(held);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_handler_is_called_with_a_state_and_something_lent),
        cmocka_unit_test(what_a_stream_sends_is_kept_in_order),
        cmocka_unit_test(the_first_end_counts_and_nothing_is_sent_after_it),
        cmocka_unit_test(metadata_and_cancellation_are_what_the_test_says),
        cmocka_unit_test(a_call_lives_as_long_as_someone_holds_it),
    };

    return cmocka_run_group_tests_name("local calls", tests, NULL, NULL);
}
