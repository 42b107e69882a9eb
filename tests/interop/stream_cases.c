/* The cases of streams. */
#include "base/cm_message.h"
#include "interop_client.h"

typedef GrpcTestingStreamingOutputCallRequest Request;
typedef GrpcTestingStreamingOutputCallResponse Response;

static Request *asking_for(cm_arena *arena, const int *sizes, size_t count)
{
    Request *request = CM_NEW(arena, GrpcTestingStreamingOutputCallRequest);

    request->response_parameters = cm_arena_take(arena, count * sizeof *request->response_parameters);
    for (size_t i = 0; i < count; i++) {
        GrpcTestingResponseParameters *one = CM_NEW(arena, GrpcTestingResponseParameters);
        one->size = sizes[i];
        request->response_parameters[request->n_response_parameters++] = one;
    }
    return request;
}

static cm_status expect_size(cm_client_stream *stream, cm_arena *arena, int size)
{
    Response *response;

    CM_TRY(grpc_testing_test_service_full_duplex_call_receive(stream, arena, &response));
    size_t came = response && response->payload ? response->payload->body.len : 0;
    return response && came == (size_t)size
               ? cm_ok()
               : cm_fail(CM_UNKNOWN, "an answer of %d bytes was expected, %s%zu bytes came", size,
                         response ? "" : "the end and ", came);
}

static cm_status expect_end(cm_client_stream *stream, cm_arena *arena)
{
    Response *response;

    CM_TRY(grpc_testing_test_service_full_duplex_call_receive(stream, arena, &response));
    return response ? cm_fail(CM_UNKNOWN, "an answer came that nobody asked for") : cm_client_stream_finish(stream);
}

static cm_status send_all(cm_client_stream *stream, cm_arena *arena, int *total)
{
    for (int i = 0; i < INTEROP_SIZES; i++) {
        GrpcTestingStreamingInputCallRequest *request = CM_NEW(arena, GrpcTestingStreamingInputCallRequest);
        request->payload = interop_payload(arena, (size_t)interop_request_sizes[i]);
        CM_TRY(grpc_testing_test_service_streaming_input_call_send_request(stream, request));
        *total += interop_request_sizes[i];
    }
    return cm_ok();
}

static cm_status client_streaming_on(cm_client_stream *stream, cm_arena *arena)
{
    GrpcTestingStreamingInputCallResponse *answer;
    int total = 0;

    CM_TRY(send_all(stream, arena, &total));
    CM_TRY(grpc_testing_test_service_streaming_input_call_close_and_receive(stream, arena, &answer));
    return answer->aggregated_payload_size == total
               ? cm_ok()
               : cm_fail(CM_UNKNOWN, "%d bytes were sent, %d were counted", total, answer->aggregated_payload_size);
}

static cm_status server_streaming_on(cm_client_stream *stream, cm_arena *arena)
{
    for (int i = 0; i < INTEROP_SIZES; i++)
        CM_TRY(expect_size(stream, arena, interop_answer_sizes[i]));
    return expect_end(stream, arena);
}

static cm_status ping(cm_client_stream *stream, cm_arena *arena, int i)
{
    Request *request = asking_for(arena, &interop_answer_sizes[i], 1);

    request->payload = interop_payload(arena, (size_t)interop_request_sizes[i]);
    CM_TRY(grpc_testing_test_service_full_duplex_call_send_request(stream, request));
    return expect_size(stream, arena, interop_answer_sizes[i]);
}

static cm_status ping_pong_on(cm_client_stream *stream, cm_arena *arena)
{
    for (int i = 0; i < INTEROP_SIZES; i++)
        CM_TRY(ping(stream, arena, i));
    CM_TRY(cm_client_stream_close_send(stream));
    return expect_end(stream, arena);
}

static cm_status empty_stream_on(cm_client_stream *stream, cm_arena *arena)
{
    CM_TRY(cm_client_stream_close_send(stream));
    return expect_end(stream, arena);
}

static cm_status cancel_after_begin_on(cm_client_stream *stream, cm_arena *arena)
{
    cm_client_stream_cancel(stream);
    return interop_expect(cm_client_stream_finish(stream), CM_CANCELLED, NULL);
}

static cm_status cancel_after_first_response_on(cm_client_stream *stream, cm_arena *arena)
{
    CM_TRY(ping(stream, arena, 0));
    return cancel_after_begin_on(stream, arena);
}

static cm_status timeout_on(cm_client_stream *stream, cm_arena *arena)
{
    Request *request = CM_NEW(arena, GrpcTestingStreamingOutputCallRequest);

    request->payload = interop_payload(arena, 27182);
    cm_status sent = grpc_testing_test_service_full_duplex_call_send_request(stream, request);
    cm_status_clear(&sent); /* the deadline may come before it */
    return interop_expect(cm_client_stream_finish(stream), CM_DEADLINE_EXCEEDED, NULL);
}

/* ---- each with a stream of its own ---- */

static cm_status end(cm_client_stream *stream, cm_status outcome)
{
    cm_client_stream_free(stream);
    return outcome;
}

static cm_status client_streaming(cm_channel *channel, cm_arena *arena)
{
    cm_client_stream *stream;

    CM_TRY(grpc_testing_test_service_streaming_input_call_open(channel, NULL, &stream));
    return end(stream, client_streaming_on(stream, arena));
}

static cm_status server_streaming(cm_channel *channel, cm_arena *arena)
{
    cm_client_stream *stream;

    CM_TRY(grpc_testing_test_service_streaming_output_call_open(
        channel, NULL, asking_for(arena, interop_answer_sizes, INTEROP_SIZES), &stream));
    return end(stream, server_streaming_on(stream, arena));
}

static cm_status cancel_after_begin(cm_channel *channel, cm_arena *arena)
{
    cm_client_stream *stream;

    CM_TRY(grpc_testing_test_service_streaming_input_call_open(channel, NULL, &stream));
    return end(stream, cancel_after_begin_on(stream, arena));
}

static cm_status duplex(cm_channel *channel, cm_arena *arena, int64_t timeout_ms,
                        cm_status (*run)(cm_client_stream *stream, cm_arena *arena))
{
    cm_client_stream *stream;

    CM_TRY(grpc_testing_test_service_full_duplex_call_open(channel, &(cm_call_options){.timeout_ms = timeout_ms},
                                                           &stream));
    return end(stream, run(stream, arena));
}

static cm_status ping_pong(cm_channel *channel, cm_arena *arena)
{
    return duplex(channel, arena, 0, ping_pong_on);
}

static cm_status empty_stream(cm_channel *channel, cm_arena *arena)
{
    return duplex(channel, arena, 0, empty_stream_on);
}

static cm_status cancel_after_first_response(cm_channel *channel, cm_arena *arena)
{
    return duplex(channel, arena, 0, cancel_after_first_response_on);
}

static cm_status timeout_on_sleeping_server(cm_channel *channel, cm_arena *arena)
{
    return duplex(channel, arena, 1, timeout_on);
}

const interop_case interop_stream_cases[] = {
    {"client_streaming", client_streaming},
    {"server_streaming", server_streaming},
    {"ping_pong", ping_pong},
    {"empty_stream", empty_stream},
    {"cancel_after_begin", cancel_after_begin},
    {"cancel_after_first_response", cancel_after_first_response},
    {"timeout_on_sleeping_server", timeout_on_sleeping_server},
    {NULL, NULL},
};
