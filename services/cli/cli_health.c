#include "cli/cli_health.h"

#include <stdio.h>

#include "base/cm_message.h"
#include "grpc/health/v1/health.grpc-c.h"

const cm_option cli_health_options[] = {
    {.name = "timeout",
     .kind = CM_OPTION_INTEGER,
     .value = "MS",
     .preset = "3000",
     .least = 1,
     .most = 3600000,
     .help = "how long the answer may take"},
    CLI_SECURITY,
    {.name = "wait", .kind = CM_OPTION_FLAG, .help = "wait within the timeout for a server that does not listen yet"},
    {NULL},
};

static cm_status check(cm_channel *channel, const cm_call_options *options, const char *service)
{
    CM_ARENA(arena);
    GrpcHealthHealthCheckRequest *request = CM_NEW(arena, GrpcHealthHealthCheckRequest);
    GrpcHealthHealthCheckResponse *response;

    request->service = cm_arena_strdup(arena, service);
    CM_TRY(grpc_health_health_check(channel, options, request, arena, &response));
    const ProtobufCEnumValue *state = protobuf_c_enum_descriptor_get_value(
        &GrpcHealthHealthCheckResponseServingStatus_descriptor, (int)response->status);
    if (response->status != GRPC_HEALTH_SERVING)
        return cm_fail(CM_UNAVAILABLE, "%s is %s, not SERVING", *service ? service : "the server",
                       state ? state->name : "in a state of its own");
    printf("%s\n", state->name);
    return cm_ok();
}

cm_status cli_health(const cli_command *command, const cm_arguments *arguments)
{
    const char *const *words;
    int count = cm_arguments_words(arguments, &words);
    cm_channel_options once = {.attempts = 1, .timeout_ms = cm_arguments_integer(arguments, "timeout")};
    cm_call_options options = {.wait_for_ready = cm_arguments_flag(arguments, "wait")};
    cm_channel *channel;

    CM_TRY(cli_channel_to(arguments, words[0], &once, &channel));
    cm_status status = check(channel, &options, count > 1 ? words[1] : "");
    cm_channel_free(channel);
    cm_status_prefix(&status, "%s", words[0]);
    return status;
}
