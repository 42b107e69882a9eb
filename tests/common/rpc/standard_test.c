/* The services that every server has: health and reflection, as a client of another language would call them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_message.h"
#include "echo_server.h"
#include "google/protobuf/descriptor.grpc-c.h"
#include "grpc/health/v1/health.grpc-c.h"
#include "grpc/reflection/v1/reflection.grpc-c.h"
#include "grpc/reflection/v1alpha/reflection.grpc-c.h"

#define ECHO_SERVICE "cityneg.testing.echo.EchoService"

static GrpcHealthHealthCheckRequest *about(cm_arena *arena, const char *service)
{
    GrpcHealthHealthCheckRequest *request = CM_NEW(arena, GrpcHealthHealthCheckRequest);

    request->service = cm_arena_strdup(arena, service);
    return request;
}

static int check(echo_server *echo, cm_arena *arena, const char *service)
{
    GrpcHealthHealthCheckResponse *response = NULL;

    ASSERT_OK(grpc_health_health_check(echo->channel, NULL, about(arena, service), arena, &response));
    return (int)response->status;
}

static void health_checks_the_server_and_each_service(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    GrpcHealthHealthCheckResponse *response = NULL;

    assert_int_equal(check(echo, arena, ""), GRPC_HEALTH_SERVING);
    assert_int_equal(check(echo, arena, ECHO_SERVICE), GRPC_HEALTH_SERVING);
    cm_server_set_serving(echo->server, ECHO_SERVICE, false);
    assert_int_equal(check(echo, arena, ECHO_SERVICE), GRPC_HEALTH_NOT_SERVING);
    assert_int_equal(check(echo, arena, ""), GRPC_HEALTH_SERVING);
    cm_server_set_serving(echo->server, ECHO_SERVICE, true);
    ASSERT_FAILS(grpc_health_health_check(echo->channel, NULL, about(arena, "no.Such"), arena, &response), CM_NOT_FOUND,
                 "'no.Such'");
}

static void health_lists_every_service_with_its_state(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    GrpcHealthHealthListResponse *response = NULL;
    bool found = false;

    ASSERT_OK(
        grpc_health_health_list(echo->channel, NULL, CM_NEW(arena, GrpcHealthHealthListRequest), arena, &response));
    for (size_t i = 0; i < response->n_statuses; i++)
        found |= strcmp(response->statuses[i]->key, ECHO_SERVICE) == 0 &&
                 response->statuses[i]->value->status == GRPC_HEALTH_SERVING;
    assert_true(found);
}

static int next_health(cm_client_stream *stream, cm_arena *arena)
{
    GrpcHealthHealthCheckResponse *response = NULL;

    ASSERT_OK(grpc_health_health_watch_receive(stream, arena, &response));
    assert_non_null(response);
    return (int)response->status;
}

static void a_watcher_hears_the_state_and_each_change_of_it(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;

    ASSERT_OK(grpc_health_health_watch_open(echo->channel, NULL, about(arena, ECHO_SERVICE), &stream));
    assert_int_equal(next_health(stream, arena), GRPC_HEALTH_SERVING);
    cm_server_set_serving(echo->server, ECHO_SERVICE, true); /* no change, no message */
    cm_server_set_serving(echo->server, ECHO_SERVICE, false);
    assert_int_equal(next_health(stream, arena), GRPC_HEALTH_NOT_SERVING);
    cm_server_set_serving(echo->server, ECHO_SERVICE, true);
    assert_int_equal(next_health(stream, arena), GRPC_HEALTH_SERVING);
    cm_client_stream_free(stream);
}

static void watching_an_unknown_service_says_so_and_goes_on(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;

    ASSERT_OK(grpc_health_health_watch_open(echo->channel, NULL, about(arena, "no.Such"), &stream));
    assert_int_equal(next_health(stream, arena), GRPC_HEALTH_SERVICE_UNKNOWN);
    cm_client_stream_free(stream);
}

static void a_drain_tells_watchers_and_then_ends_them(void **state)
{
    static echo_server echo;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    GrpcHealthHealthCheckResponse *response = NULL;

    echo_start(&echo, NULL);
    ASSERT_OK(grpc_health_health_watch_open(echo.channel, NULL, about(arena, ""), &stream));
    assert_int_equal(next_health(stream, arena), GRPC_HEALTH_SERVING);
    cm_server_drain(echo.server, 0, 60000);
    assert_int_equal(next_health(stream, arena), GRPC_HEALTH_NOT_SERVING);
    ASSERT_OK(grpc_health_health_watch_receive(stream, arena, &response));
    assert_null(response);
    ASSERT_FAILS(cm_client_stream_finish(stream), CM_UNAVAILABLE, "shutting down");
    cm_client_stream_free(stream);
    echo_stop(&echo);
}

/* ---- reflection ---- */

static GrpcReflectionV1ServerReflectionResponse *ask(cm_client_stream *stream, cm_arena *arena,
                                                     const GrpcReflectionV1ServerReflectionRequest *request)
{
    GrpcReflectionV1ServerReflectionResponse *response = NULL;

    ASSERT_OK(grpc_reflection_v1_server_reflection_server_reflection_info_send_request(stream, request));
    ASSERT_OK(grpc_reflection_v1_server_reflection_server_reflection_info_receive(stream, arena, &response));
    assert_non_null(response);
    return response;
}

static void reflection_lists_all_services(void **state)
{
    static const char *const expected[] = {ECHO_SERVICE, "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
                                           "grpc.reflection.v1alpha.ServerReflection", "grpc.channelz.v1.Channelz"};
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    GrpcReflectionV1ServerReflectionRequest *request = CM_NEW(arena, GrpcReflectionV1ServerReflectionRequest);

    request->message_request_case = GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_LIST_SERVICES;
    request->list_services = cm_arena_strdup(arena, "*");
    ASSERT_OK(grpc_reflection_v1_server_reflection_server_reflection_info_open(echo->channel, NULL, &stream));
    const GrpcReflectionV1ListServiceResponse *list = ask(stream, arena, request)->list_services_response;
    assert_int_equal(list->n_service, 5);
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(list->service[i]->name, expected[i]);
    cm_client_stream_free(stream);
}

static void reflection_finds_a_file_by_anything_that_it_defines(void **state)
{
    static const struct {
        const char *symbol, *file;
    } symbols[] = {{ECHO_SERVICE, "echo.proto"},
                   {ECHO_SERVICE ".Say", "echo.proto"},
                   {"cityneg.testing.echo.SayRequest", "echo.proto"},
                   {"cityneg.testing.echo.SayRequest.text", "echo.proto"},
                   {"google.rpc.BadRequest", "google/rpc/error_details.proto"}};
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;

    ASSERT_OK(grpc_reflection_v1_server_reflection_server_reflection_info_open(echo->channel, NULL, &stream));
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++) {
        GrpcReflectionV1ServerReflectionRequest *request = CM_NEW(arena, GrpcReflectionV1ServerReflectionRequest);
        ProtobufCMessage *file = NULL;
        request->message_request_case =
            GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL;
        request->file_containing_symbol = cm_arena_strdup(arena, symbols[i].symbol);
        const GrpcReflectionV1FileDescriptorResponse *found = ask(stream, arena, request)->file_descriptor_response;
        const ProtobufCBinaryData bytes = found->file_descriptor_proto[0];
        ASSERT_OK(
            cm_message_unpack(&GoogleFileDescriptorProto_descriptor, (cm_bytes){bytes.data, bytes.len}, arena, &file));
        assert_string_equal(((GoogleFileDescriptorProto *)file)->name, symbols[i].file);
        assert_null(((GoogleFileDescriptorProto *)file)->source_code_info);
    }
    cm_client_stream_free(stream);
}

static void reflection_says_what_it_does_not_know(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    GrpcReflectionV1ServerReflectionRequest *request = CM_NEW(arena, GrpcReflectionV1ServerReflectionRequest);

    ASSERT_OK(grpc_reflection_v1_server_reflection_server_reflection_info_open(echo->channel, NULL, &stream));
    assert_int_equal(ask(stream, arena, request)->error_response->error_code, CM_INVALID_ARGUMENT);
    request->message_request_case = GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_FILE_BY_FILENAME;
    request->file_by_filename = cm_arena_strdup(arena, "no/such.proto");
    const GrpcReflectionV1ErrorResponse *error = ask(stream, arena, request)->error_response;
    assert_int_equal(error->error_code, CM_NOT_FOUND);
    assert_non_null(strstr(error->error_message, "no/such.proto"));
    cm_client_stream_free(stream);
}

static void the_older_reflection_gives_the_same_answers(void **state)
{
    echo_server *echo = *state;
    CM_ARENA(arena);
    cm_client_stream *stream = NULL;
    GrpcReflectionV1AlphaServerReflectionRequest *request = CM_NEW(arena, GrpcReflectionV1AlphaServerReflectionRequest);
    GrpcReflectionV1AlphaServerReflectionResponse *response = NULL;

    request->message_request_case = GRPC_REFLECTION_V1_ALPHA_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_FILE_BY_FILENAME;
    request->file_by_filename = cm_arena_strdup(arena, "echo.proto");
    ASSERT_OK(grpc_reflection_v1_alpha_server_reflection_server_reflection_info_open(echo->channel, NULL, &stream));
    ASSERT_OK(grpc_reflection_v1_alpha_server_reflection_server_reflection_info_send_request(stream, request));
    ASSERT_OK(grpc_reflection_v1_alpha_server_reflection_server_reflection_info_receive(stream, arena, &response));
    assert_int_equal(response->file_descriptor_response->n_file_descriptor_proto, 1);
    assert_string_equal(response->original_request->file_by_filename, "echo.proto");
    cm_client_stream_free(stream);
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
        cmocka_unit_test(health_checks_the_server_and_each_service),
        cmocka_unit_test(health_lists_every_service_with_its_state),
        cmocka_unit_test(a_watcher_hears_the_state_and_each_change_of_it),
        cmocka_unit_test(watching_an_unknown_service_says_so_and_goes_on),
        cmocka_unit_test(a_drain_tells_watchers_and_then_ends_them),
        cmocka_unit_test(reflection_lists_all_services),
        cmocka_unit_test(reflection_finds_a_file_by_anything_that_it_defines),
        cmocka_unit_test(reflection_says_what_it_does_not_know),
        cmocka_unit_test(the_older_reflection_gives_the_same_answers),
    };

    return cmocka_run_group_tests_name("standard services", tests, start, stop);
}
