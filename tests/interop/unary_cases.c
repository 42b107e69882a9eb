/* The cases of unary calls. */
#include <string.h>

#include "base/cm_message.h"
#include "interop_client.h"

const int interop_request_sizes[INTEROP_SIZES] = {27182, 8, 1828, 45904};
const int interop_answer_sizes[INTEROP_SIZES] = {31415, 9, 2653, 58979};
const cm_metadatum interop_metadata[2] = {
    {"x-grpc-test-echo-initial", "test_initial_metadata_value", 27},
    {"x-grpc-test-echo-trailing-bin", "\xab\xab\xab", 3},
};

cm_status interop_expect(cm_status outcome, cm_code code, const char *text)
{
    cm_status verdict = cm_ok();

    if (outcome.code != code)
        verdict = cm_fail(CM_UNKNOWN, "%s was expected, %s came: %s", cm_code_name(code), cm_code_name(outcome.code),
                          cm_status_message(outcome));
    else if (text && strcmp(cm_status_message(outcome), text) != 0)
        verdict = cm_fail(CM_UNKNOWN, "the text '%s' was expected, '%s' came", text, cm_status_message(outcome));
    cm_status_clear(&outcome);
    return verdict;
}

GrpcTestingPayload *interop_payload(cm_arena *arena, size_t size)
{
    GrpcTestingPayload *payload = CM_NEW(arena, GrpcTestingPayload);

    payload->body = (ProtobufCBinaryData){size, cm_arena_zero(arena, size)};
    return payload;
}

static bool came_back(const cm_metadatum *sent, const cm_metadatum *received, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(received[i].key, sent->key) == 0 && received[i].size == sent->size &&
            memcmp(received[i].value, sent->value, sent->size) == 0)
            return true;
    return false;
}

cm_status interop_expect_metadata(const cm_received *received)
{
    if (!came_back(&interop_metadata[0], received->initial, received->initial_count))
        return cm_fail(CM_UNKNOWN, "%s did not come back", interop_metadata[0].key);
    if (!came_back(&interop_metadata[1], received->trailing, received->trailing_count))
        return cm_fail(CM_UNKNOWN, "%s did not come back", interop_metadata[1].key);
    return cm_ok();
}

static cm_status empty_unary(cm_channel *channel, cm_arena *arena)
{
    GrpcTestingEmpty *answer;

    return grpc_testing_test_service_empty_call(channel, NULL, CM_NEW(arena, GrpcTestingEmpty), arena, &answer);
}

static cm_status large_call(cm_channel *channel, const cm_call_options *options, cm_arena *arena)
{
    GrpcTestingSimpleRequest *request = CM_NEW(arena, GrpcTestingSimpleRequest);
    GrpcTestingSimpleResponse *answer;

    request->response_size = INTEROP_LARGE_ANSWER;
    request->payload = interop_payload(arena, INTEROP_LARGE_REQUEST);
    CM_TRY(grpc_testing_test_service_unary_call(channel, options, request, arena, &answer));
    size_t size = answer->payload ? answer->payload->body.len : 0;
    return size == INTEROP_LARGE_ANSWER
               ? cm_ok()
               : cm_fail(CM_UNKNOWN, "%d bytes were expected, %zu came", INTEROP_LARGE_ANSWER, size);
}

static cm_status large_unary(cm_channel *channel, cm_arena *arena)
{
    return large_call(channel, NULL, arena);
}

static cm_status custom_metadata(cm_channel *channel, cm_arena *arena)
{
    cm_received received = {.arena = arena};

    CM_TRY(large_call(
        channel, &(cm_call_options){.metadata = interop_metadata, .metadata_count = 2, .received = &received}, arena));
    return interop_expect_metadata(&received);
}

static cm_status status_call(cm_channel *channel, cm_arena *arena, const char *text)
{
    GrpcTestingSimpleRequest *request = CM_NEW(arena, GrpcTestingSimpleRequest);
    GrpcTestingSimpleResponse *answer;

    request->response_status = CM_NEW(arena, GrpcTestingEchoStatus);
    request->response_status->code = CM_UNKNOWN;
    request->response_status->message = cm_arena_strdup(arena, text);
    return interop_expect(grpc_testing_test_service_unary_call(channel, NULL, request, arena, &answer), CM_UNKNOWN,
                          text);
}

static cm_status status_code_and_message(cm_channel *channel, cm_arena *arena)
{
    return status_call(channel, arena, "test status message");
}

static cm_status special_status_message(cm_channel *channel, cm_arena *arena)
{
    return status_call(channel, arena, "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n");
}

static cm_status unimplemented_method(cm_channel *channel, cm_arena *arena)
{
    GrpcTestingEmpty *answer;

    return interop_expect(
        grpc_testing_test_service_unimplemented_call(channel, NULL, CM_NEW(arena, GrpcTestingEmpty), arena, &answer),
        CM_UNIMPLEMENTED, NULL);
}

static cm_status unimplemented_service(cm_channel *channel, cm_arena *arena)
{
    GrpcTestingEmpty *answer;

    return interop_expect(grpc_testing_unimplemented_service_unimplemented_call(
                              channel, NULL, CM_NEW(arena, GrpcTestingEmpty), arena, &answer),
                          CM_UNIMPLEMENTED, NULL);
}

const interop_case interop_unary_cases[] = {
    {"empty_unary", empty_unary},
    {"large_unary", large_unary},
    {"custom_metadata", custom_metadata},
    {"status_code_and_message", status_code_and_message},
    {"special_status_message", special_status_message},
    {"unimplemented_method", unimplemented_method},
    {"unimplemented_service", unimplemented_service},
    {NULL, NULL},
};
