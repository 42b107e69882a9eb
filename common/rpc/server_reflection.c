#include "server_reflection.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "google/rpc/error_details.grpc-c.h"
#include "grpc/reflection/v1/reflection.grpc-c.h"
#include "grpc/reflection/v1alpha/reflection.grpc-c.h"
#include "reflection_index.h"

typedef GrpcReflectionV1ServerReflectionRequest Request;
typedef GrpcReflectionV1ServerReflectionResponse Response;

struct cm_reflection {
    reflection_index index;
    const cm_service_desc **services;
    size_t count, capacity;
};

cm_reflection *cm_reflection_new(void)
{
    cm_reflection *reflection = cm_alloc(sizeof *reflection);

    reflection->index.arena = cm_arena_new();
    return reflection;
}

void cm_reflection_free(cm_reflection *reflection)
{
    if (!reflection)
        return;
    cm_rpc_reflection_index_clear(&reflection->index);
    free(reflection->services);
    free(reflection);
}

void cm_reflection_add(cm_reflection *reflection, const cm_service_desc *service)
{
    CM_GROW(reflection->services, reflection->capacity, reflection->count + 1);
    reflection->services[reflection->count++] = service;
    cm_rpc_reflection_index_add(&reflection->index, service->file);
}

/* What failures carry is in no service's imports, yet a caller wants to read it. */
void cm_reflection_ready(cm_reflection *reflection)
{
    cm_rpc_reflection_index_add(&reflection->index, &cm_proto_google__rpc__error_details);
    cm_rpc_reflection_index_sort(&reflection->index);
}

/* ---- answers ---- */

static void fail(Response *response, cm_arena *arena, cm_code code, const char *text)
{
    response->message_response_case = GRPC_REFLECTION_V1_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_ERROR_RESPONSE;
    response->error_response = CM_NEW(arena, GrpcReflectionV1ErrorResponse);
    response->error_response->error_code = (int32_t)code;
    response->error_response->error_message = (char *)text;
}

static void append_file(GrpcReflectionV1FileDescriptorResponse *to, const cm_proto_file *file)
{
    for (size_t i = 0; i < to->n_file_descriptor_proto; i++)
        if (to->file_descriptor_proto[i].data == file->descriptor)
            return;
    to->file_descriptor_proto[to->n_file_descriptor_proto++] =
        (ProtobufCBinaryData){file->size, (uint8_t *)file->descriptor};
    for (const cm_proto_file *const *import = file->imports; *import; import++)
        append_file(to, *import);
}

static void answer_file(const cm_reflection *reflection, Response *response, cm_arena *arena, const cm_proto_file *file,
                        const char *what, const char *name)
{
    if (!file) {
        fail(response, arena, CM_NOT_FOUND, cm_arena_format(arena, "%s '%s' is not known here", what, name));
        return;
    }
    response->message_response_case =
        GRPC_REFLECTION_V1_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE;
    response->file_descriptor_response = CM_NEW(arena, GrpcReflectionV1FileDescriptorResponse);
    response->file_descriptor_response->file_descriptor_proto =
        cm_arena_take(arena, reflection->index.file_count * sizeof(ProtobufCBinaryData));
    append_file(response->file_descriptor_response, file);
}

static void answer_services(const cm_reflection *reflection, Response *response, cm_arena *arena)
{
    GrpcReflectionV1ListServiceResponse *list = CM_NEW(arena, GrpcReflectionV1ListServiceResponse);

    list->service = cm_arena_take(arena, reflection->count * sizeof *list->service);
    for (size_t i = 0; i < reflection->count; i++) {
        GrpcReflectionV1ServiceResponse *one = CM_NEW(arena, GrpcReflectionV1ServiceResponse);
        one->name = (char *)reflection->services[i]->name;
        list->service[list->n_service++] = one;
    }
    response->message_response_case =
        GRPC_REFLECTION_V1_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE;
    response->list_services_response = list;
}

static void answer_extension(const cm_reflection *reflection, Response *response, cm_arena *arena,
                             const GrpcReflectionV1ExtensionRequest *asked)
{
    const cm_proto_file *file = NULL;

    for (size_t i = 0; i < reflection->index.extension_count; i++) {
        const reflection_extension *known = &reflection->index.extensions[i];
        if (known->number == asked->extension_number && strcmp(known->extendee, asked->containing_type) == 0)
            file = known->file;
    }
    answer_file(reflection, response, arena, file, "extension of", asked->containing_type);
}

static void answer_extensions(const cm_reflection *reflection, Response *response, cm_arena *arena, const char *type)
{
    const reflection_index *index = &reflection->index;

    if (!cm_rpc_reflection_index_symbol(index, type)) {
        fail(response, arena, CM_NOT_FOUND, cm_arena_format(arena, "message '%s' is not known here", type));
        return;
    }
    GrpcReflectionV1ExtensionNumberResponse *numbers = CM_NEW(arena, GrpcReflectionV1ExtensionNumberResponse);
    numbers->base_type_name = (char *)type;
    numbers->extension_number = cm_arena_take(arena, (index->extension_count + 1) * sizeof *numbers->extension_number);
    for (size_t i = 0; i < index->extension_count; i++)
        if (strcmp(index->extensions[i].extendee, type) == 0)
            numbers->extension_number[numbers->n_extension_number++] = index->extensions[i].number;
    response->message_response_case =
        GRPC_REFLECTION_V1_SERVER_REFLECTION_RESPONSE_MESSAGE_RESPONSE_ALL_EXTENSION_NUMBERS_RESPONSE;
    response->all_extension_numbers_response = numbers;
}

static Response *answer(const cm_reflection *reflection, const Request *request, cm_arena *arena)
{
    Response *response = CM_NEW(arena, GrpcReflectionV1ServerReflectionResponse);
    const reflection_index *index = &reflection->index;

    response->valid_host = request->host;
    response->original_request = (Request *)request;
    switch (request->message_request_case) {
        case GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_FILE_BY_FILENAME:
            answer_file(reflection, response, arena, cm_rpc_reflection_index_path(index, request->file_by_filename),
                        "file", request->file_by_filename);
            break;
        case GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL:
            answer_file(reflection, response, arena,
                        cm_rpc_reflection_index_symbol(index, request->file_containing_symbol), "symbol",
                        request->file_containing_symbol);
            break;
        case GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION:
            answer_extension(reflection, response, arena, request->file_containing_extension);
            break;
        case GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE:
            answer_extensions(reflection, response, arena, request->all_extension_numbers_of_type);
            break;
        case GRPC_REFLECTION_V1_SERVER_REFLECTION_REQUEST_MESSAGE_REQUEST_LIST_SERVICES:
            answer_services(reflection, response, arena);
            break;
        default:
            fail(response, arena, CM_INVALID_ARGUMENT, "the request asks nothing; set one of its questions");
    }
    return response;
}

/* ---- the services ---- */

static cm_status ask_v1(cm_call *call, const Request *request)
{
    grpc_reflection_v1_server_reflection_server_reflection_info_send(
        call, answer(cm_call_state(call), request, cm_call_arena(call)));
    return cm_ok();
}

/* The older version has the same fields under another package: it goes over the wire format of the newer one. */
static cm_status ask_v1alpha(cm_call *call, const GrpcReflectionV1AlphaServerReflectionRequest *request)
{
    cm_arena *arena = cm_call_arena(call);
    ProtobufCMessage *newer = NULL, *older = NULL;

    CM_TRY(cm_message_unpack(&GrpcReflectionV1ServerReflectionRequest_descriptor,
                             cm_message_pack(&request->base, arena), arena, &newer));
    const Response *response = answer(cm_call_state(call), (Request *)newer, arena);
    CM_TRY(cm_message_unpack(&GrpcReflectionV1AlphaServerReflectionResponse_descriptor,
                             cm_message_pack(&response->base, arena), arena, &older));
    cm_call_send(call, older);
    return cm_ok();
}

cm_service cm_reflection_service(cm_reflection *reflection)
{
    static const GrpcReflectionV1ServerReflection rows = {
        .server_reflection_info = {.message = ask_v1, .lane = CM_INLINE, .largest = 64 << 10, .endless = true},
    };

    return grpc_reflection_v1_server_reflection(&rows, reflection);
}

cm_service cm_reflection_service_v1alpha(cm_reflection *reflection)
{
    static const GrpcReflectionV1AlphaServerReflection rows = {
        .server_reflection_info = {.message = ask_v1alpha, .lane = CM_INLINE, .largest = 64 << 10, .endless = true},
    };

    return grpc_reflection_v1_alpha_server_reflection(&rows, reflection);
}
