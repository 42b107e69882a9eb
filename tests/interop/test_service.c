#include "test_service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "grpc/testing/test.grpc-c.h"

enum { LARGEST_PAYLOAD = 64 << 20 };

/* ---- what the methods have in common ---- */

static cm_status echo_metadata(cm_call *call)
{
    const char *initial = cm_call_metadata(call, "x-grpc-test-echo-initial");
    const char *trailing = cm_call_metadata(call, "x-grpc-test-echo-trailing-bin");

    if (initial)
        CM_TRY(cm_call_add_initial(call, "x-grpc-test-echo-initial", initial, strlen(initial)));
    if (trailing)
        CM_TRY(cm_call_add_trailing(call, "x-grpc-test-echo-trailing-bin", trailing, strlen(trailing)));
    return cm_ok();
}

static cm_status wanted_status(const GrpcTestingEchoStatus *wanted)
{
    if (!wanted || wanted->code == CM_OK)
        return cm_ok();
    return cm_fail((cm_code)wanted->code, "%s", wanted->message);
}

static cm_status payload(cm_arena *arena, const char *field, int32_t size, GrpcTestingPayload **made)
{
    if (size < 0 || size > LARGEST_PAYLOAD)
        return cm_invalid(field, "%d is no size; give 0 to %d bytes", size, LARGEST_PAYLOAD);
    *made = CM_NEW(arena, GrpcTestingPayload);
    (*made)->body = (ProtobufCBinaryData){(size_t)size, cm_arena_zero(arena, (size_t)size)};
    return cm_ok();
}

/* ---- unary ---- */

static cm_status empty_call(cm_call *call, const GrpcTestingEmpty *request, GrpcTestingEmpty *response)
{
    return cm_ok();
}

static cm_status unary_call(cm_call *call, const GrpcTestingSimpleRequest *request, GrpcTestingSimpleResponse *response)
{
    CM_TRY(echo_metadata(call));
    CM_TRY(wanted_status(request->response_status));
    return payload(cm_call_arena(call), "response_size", request->response_size, &response->payload);
}

/* ---- streams of answers: what is still to be sent is kept with the call ---- */

typedef struct owed {
    int32_t size, interval_us;
} owed;

typedef struct answers {
    owed *list;
    size_t next, count, capacity;
    bool complete; /* no request adds to them any more */
} answers;

static cm_status open_answers(cm_call *call)
{
    cm_call_set_data(call, cm_alloc(sizeof(answers)));
    return echo_metadata(call);
}

static void free_answers(cm_call *call, cm_code code)
{
    answers *a = cm_call_data(call);

    if (a)
        free(a->list);
    free(a);
}

static void wait_us(int32_t interval_us)
{
    struct timespec left = {interval_us / 1000000, interval_us % 1000000 * 1000L};

    while (interval_us > 0 && clock_nanosleep(CLOCK_MONOTONIC, 0, &left, &left) == EINTR)
        continue;
}

static cm_status send_owed(cm_call *call)
{
    answers *a = cm_call_data(call);
    bool room = cm_call_has_room(call);

    while (room && a->next < a->count && !cm_call_cancelled(call)) {
        const owed *one = &a->list[a->next++];
        GrpcTestingStreamingOutputCallResponse *response =
            CM_NEW(cm_call_arena(call), GrpcTestingStreamingOutputCallResponse);
        wait_us(one->interval_us);
        CM_TRY(payload(cm_call_arena(call), "response_parameters.size", one->size, &response->payload));
        room = grpc_testing_test_service_full_duplex_call_send(call, response);
    }
    if (a->complete && a->next == a->count)
        cm_call_finish(call, cm_ok());
    return cm_ok();
}

static void owe(answers *a, const GrpcTestingStreamingOutputCallRequest *request)
{
    CM_GROW(a->list, a->capacity, a->count + request->n_response_parameters);
    for (size_t i = 0; i < request->n_response_parameters; i++)
        a->list[a->count++] =
            (owed){request->response_parameters[i]->size, request->response_parameters[i]->interval_us};
}

static cm_status output_call(cm_call *call, const GrpcTestingStreamingOutputCallRequest *request)
{
    answers *a = cm_call_data(call);

    CM_TRY(wanted_status(request->response_status));
    owe(a, request);
    a->complete = true;
    return send_owed(call);
}

static cm_status duplex_message(cm_call *call, const GrpcTestingStreamingOutputCallRequest *request)
{
    CM_TRY(wanted_status(request->response_status));
    owe(cm_call_data(call), request);
    return send_owed(call);
}

static cm_status half_duplex_message(cm_call *call, const GrpcTestingStreamingOutputCallRequest *request)
{
    owe(cm_call_data(call), request);
    return cm_ok();
}

static cm_status no_more_requests(cm_call *call)
{
    answers *a = cm_call_data(call);

    a->complete = true;
    return send_owed(call);
}

/* ---- a stream of requests ---- */

static cm_status open_input(cm_call *call)
{
    cm_call_set_data(call, cm_alloc(sizeof(int64_t)));
    return cm_ok();
}

static cm_status add_input(cm_call *call, const GrpcTestingStreamingInputCallRequest *request)
{
    int64_t *total = cm_call_data(call);

    *total += request->payload ? (int64_t)request->payload->body.len : 0;
    return cm_ok();
}

static cm_status answer_input(cm_call *call)
{
    const int64_t *total = cm_call_data(call);
    GrpcTestingStreamingInputCallResponse response;

    GrpcTestingStreamingInputCallResponse_init(&response);
    response.aggregated_payload_size = *total > INT32_MAX ? INT32_MAX : (int32_t)*total;
    grpc_testing_test_service_streaming_input_call_send(call, &response);
    cm_call_finish(call, cm_ok());
    return cm_ok();
}

static void free_input(cm_call *call, cm_code code)
{
    free(cm_call_data(call));
}

cm_service test_service(void)
{
    static const GrpcTestingTestService rows = {
        .empty_call = {.handler = empty_call, .lane = CM_INLINE},
        .unary_call = {.handler = unary_call, .lane = CM_INLINE},
        .cacheable_unary_call = {.handler = unary_call, .lane = CM_INLINE},
        .streaming_output_call = {.open = open_answers,
                                  .message = output_call,
                                  .writable = send_owed,
                                  .done = free_answers,
                                  .lane = CM_BACKGROUND},
        .streaming_input_call = {.open = open_input,
                                 .message = add_input,
                                 .half_close = answer_input,
                                 .done = free_input,
                                 .lane = CM_INLINE},
        .full_duplex_call = {.open = open_answers,
                             .message = duplex_message,
                             .half_close = no_more_requests,
                             .writable = send_owed,
                             .done = free_answers,
                             .lane = CM_BACKGROUND},
        .half_duplex_call = {.open = open_answers,
                             .message = half_duplex_message,
                             .half_close = no_more_requests,
                             .writable = send_owed,
                             .done = free_answers,
                             .lane = CM_BACKGROUND},
    };

    return grpc_testing_test_service(&rows, NULL);
}
