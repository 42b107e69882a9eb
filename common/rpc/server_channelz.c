#include "server_channelz.h"

#include <grpc/grpc.h>
#include <grpc/support/alloc.h>
#include <inttypes.h>

#include "base/cm_message.h"
#include "grpc/channelz/v1/channelz.grpc-c.h"

/* C-core tells everything as JSON of the answer's message; owns it. NULL: there is no such thing. */
static cm_status read_answer(char *json, const char *kind, int64_t id, const ProtobufCMessageDescriptor *descriptor,
                             cm_arena *arena, ProtobufCMessage **answer)
{
    json_error_t error;

    if (!json)
        return cm_fail(CM_NOT_FOUND, "there is no %s %" PRId64 " in this process; lists tell which there are", kind,
                       id);
    json_t *read = json_loads(json, 0, &error);
    gpr_free(json);
    if (!read)
        return cm_fail(CM_INTERNAL, "what gRPC's core tells of the %s %" PRId64 " is no JSON: %s", kind, id,
                       error.text);
    cm_status outcome = cm_message_from_json(descriptor, read, arena, answer);
    json_decref(read);
    if (!cm_is_ok(outcome)) {
        outcome.code = CM_INTERNAL;
        cm_status_prefix(&outcome, "what gRPC's core tells of the %s %" PRId64, kind, id);
    }
    return outcome;
}

static cm_status check_id(const char *field, int64_t id)
{
    if (id < 0 || id > INTPTR_MAX)
        return cm_invalid(field, "%" PRId64 " is no id; give 0 or more", id);
    return cm_ok();
}

/* Keeps the first `most` of a list, where that is said; whether it keeps all. */
static bool cut(size_t *count, int64_t most)
{
    if (most <= 0 || *count <= (size_t)most)
        return true;
    *count = (size_t)most;
    return false;
}

static cm_status get_top_channels(cm_call *call, const ChannelzGetTopChannelsRequest *request,
                                  ChannelzGetTopChannelsResponse *response)
{
    ProtobufCMessage *answer;

    CM_TRY(check_id("start_channel_id", request->start_channel_id));
    CM_TRY(read_answer(grpc_channelz_get_top_channels((intptr_t)request->start_channel_id), "channel",
                       request->start_channel_id, response->base.descriptor, cm_call_arena(call), &answer));
    *response = *(ChannelzGetTopChannelsResponse *)answer;
    response->end &= cut(&response->n_channel, request->max_results);
    return cm_ok();
}

static cm_status get_servers(cm_call *call, const ChannelzGetServersRequest *request,
                             ChannelzGetServersResponse *response)
{
    ProtobufCMessage *answer;

    CM_TRY(check_id("start_server_id", request->start_server_id));
    CM_TRY(read_answer(grpc_channelz_get_servers((intptr_t)request->start_server_id), "server",
                       request->start_server_id, response->base.descriptor, cm_call_arena(call), &answer));
    *response = *(ChannelzGetServersResponse *)answer;
    response->end &= cut(&response->n_server, request->max_results);
    return cm_ok();
}

static cm_status get_server_sockets(cm_call *call, const ChannelzGetServerSocketsRequest *request,
                                    ChannelzGetServerSocketsResponse *response)
{
    ProtobufCMessage *answer;

    CM_TRY(check_id("server_id", request->server_id));
    CM_TRY(check_id("start_socket_id", request->start_socket_id));
    CM_TRY(check_id("max_results", request->max_results));
    CM_TRY(
        read_answer(grpc_channelz_get_server_sockets((intptr_t)request->server_id, (intptr_t)request->start_socket_id,
                                                     (intptr_t)request->max_results),
                    "server", request->server_id, response->base.descriptor, cm_call_arena(call), &answer));
    *response = *(ChannelzGetServerSocketsResponse *)answer;
    return cm_ok();
}

/* The four that ask for one thing by its id. */
#define GET_ONE(name, Name, id_field)                                                                                  \
    static cm_status get_##name(cm_call *call, const ChannelzGet##Name##Request *request,                              \
                                ChannelzGet##Name##Response *response)                                                 \
    {                                                                                                                  \
        ProtobufCMessage *answer;                                                                                      \
                                                                                                                       \
        CM_TRY(check_id(#id_field, request->id_field));                                                                \
        CM_TRY(read_answer(grpc_channelz_get_##name((intptr_t)request->id_field), #name, request->id_field,            \
                           response->base.descriptor, cm_call_arena(call), &answer));                                  \
        *response = *(ChannelzGet##Name##Response *)answer;                                                            \
        return cm_ok();                                                                                                \
    }
GET_ONE(server, Server, server_id)
GET_ONE(channel, Channel, channel_id)
GET_ONE(subchannel, Subchannel, subchannel_id)
GET_ONE(socket, Socket, socket_id)

cm_service cm_channelz_service(void)
{
    static const ChannelzChannelz rows = {
        .get_top_channels = {.handler = get_top_channels, .lane = CM_INLINE, .role = CM_MAY_ADMIN},
        .get_servers = {.handler = get_servers, .lane = CM_INLINE, .role = CM_MAY_ADMIN},
        .get_server = {.handler = get_server, .lane = CM_INLINE, .role = CM_MAY_ADMIN},
        .get_server_sockets = {.handler = get_server_sockets, .lane = CM_INLINE, .role = CM_MAY_ADMIN},
        .get_channel = {.handler = get_channel, .lane = CM_INLINE, .role = CM_MAY_ADMIN},
        .get_subchannel = {.handler = get_subchannel, .lane = CM_INLINE, .role = CM_MAY_ADMIN},
        .get_socket = {.handler = get_socket, .lane = CM_INLINE, .role = CM_MAY_ADMIN},
    };

    return channelz_channelz(&rows, NULL);
}
