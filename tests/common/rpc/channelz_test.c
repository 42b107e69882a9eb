/* What channelz tells of a server and a channel of this process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "echo_server.h"
#include "grpc/channelz/v1/channelz.grpc-c.h"

static int set_up(void **state)
{
    echo_server *echo = cm_alloc(sizeof *echo);
    CM_ARENA(arena);
    EchoSayResponse *response;

    echo_start(echo, NULL);
    for (int i = 0; i < 3; i++)
        ASSERT_OK(echo_call(echo, echo_echo_service_say, "x", NULL, arena, &response));
    *state = echo;
    return 0;
}

static int tear_down(void **state)
{
    echo_stop(*state);
    free(*state);
    return 0;
}

static int64_t the_server(echo_server *echo, cm_arena *arena)
{
    ChannelzGetServersResponse *servers;

    ASSERT_OK(
        channelz_channelz_get_servers(echo->channel, NULL, CM_NEW(arena, ChannelzGetServersRequest), arena, &servers));
    assert_int_equal(servers->n_server, 1);
    assert_true(servers->end);
    return servers->server[0]->ref->server_id;
}

static void servers_are_told_with_their_calls_and_connections(void **state)
{
    CM_ARENA(arena);
    echo_server *echo = *state;
    ChannelzGetServerRequest *one = CM_NEW(arena, ChannelzGetServerRequest);
    ChannelzGetServerSocketsRequest *of = CM_NEW(arena, ChannelzGetServerSocketsRequest);
    ChannelzGetSocketRequest *which = CM_NEW(arena, ChannelzGetSocketRequest);
    ChannelzGetServerResponse *server;
    ChannelzGetServerSocketsResponse *sockets;
    ChannelzGetSocketResponse *socket;

    one->server_id = of->server_id = the_server(echo, arena);
    ASSERT_OK(channelz_channelz_get_server(echo->channel, NULL, one, arena, &server));
    assert_true(server->server->data->calls_succeeded >= 3);
    assert_int_equal(server->server->n_listen_socket, 1);
    ASSERT_OK(channelz_channelz_get_server_sockets(echo->channel, NULL, of, arena, &sockets));
    assert_int_equal(sockets->n_socket_ref, 1);
    which->socket_id = sockets->socket_ref[0]->socket_id;
    ASSERT_OK(channelz_channelz_get_socket(echo->channel, NULL, which, arena, &socket));
    assert_true(socket->socket->data->streams_started >= 3);
    assert_int_equal(socket->socket->remote->address_case, CHANNELZ_ADDRESS_ADDRESS_TCPIP_ADDRESS);
    assert_int_equal(socket->socket->remote->tcpip_address->ip_address.len, 4);
    assert_int_equal(socket->socket->remote->tcpip_address->ip_address.data[0], 127);
}

static void channels_are_told_down_to_their_connections(void **state)
{
    CM_ARENA(arena);
    echo_server *echo = *state;
    ChannelzGetTopChannelsRequest *all = CM_NEW(arena, ChannelzGetTopChannelsRequest);
    ChannelzGetChannelRequest *one = CM_NEW(arena, ChannelzGetChannelRequest);
    ChannelzGetSubchannelRequest *below = CM_NEW(arena, ChannelzGetSubchannelRequest);
    ChannelzGetTopChannelsResponse *channels;
    ChannelzGetChannelResponse *channel;
    ChannelzGetSubchannelResponse *subchannel;

    ASSERT_OK(channelz_channelz_get_top_channels(echo->channel, NULL, all, arena, &channels));
    assert_int_equal(channels->n_channel, 1);
    one->channel_id = channels->channel[0]->ref->channel_id;
    ASSERT_OK(channelz_channelz_get_channel(echo->channel, NULL, one, arena, &channel));
    assert_non_null(strstr(channel->channel->data->target, echo->target));
    assert_int_equal(channel->channel->data->state->state, CHANNELZ_READY);
    assert_true(channel->channel->data->calls_started > 3);
    assert_int_equal(channel->channel->n_subchannel_ref, 1);
    below->subchannel_id = channel->channel->subchannel_ref[0]->subchannel_id;
    ASSERT_OK(channelz_channelz_get_subchannel(echo->channel, NULL, below, arena, &subchannel));
    assert_int_equal(subchannel->subchannel->n_socket_ref, 1);
}

static void lists_are_cut_and_continued(void **state)
{
    CM_ARENA(arena);
    echo_server *echo = *state;
    ChannelzGetTopChannelsRequest *request = CM_NEW(arena, ChannelzGetTopChannelsRequest);
    ChannelzGetTopChannelsResponse *first, *second;
    cm_channel *other;

    ASSERT_OK(cm_channel_new("127.0.0.1:1", NULL, &other));
    request->max_results = 1;
    ASSERT_OK(channelz_channelz_get_top_channels(echo->channel, NULL, request, arena, &first));
    assert_int_equal(first->n_channel, 1);
    assert_false(first->end);
    request->start_channel_id = first->channel[0]->ref->channel_id + 1;
    ASSERT_OK(channelz_channelz_get_top_channels(echo->channel, NULL, request, arena, &second));
    assert_int_equal(second->n_channel, 1);
    assert_true(second->end);
    cm_channel_free(other);
}

static void what_does_not_exist_is_not_found(void **state)
{
    CM_ARENA(arena);
    echo_server *echo = *state;
    ChannelzGetServerRequest *server = CM_NEW(arena, ChannelzGetServerRequest);
    ChannelzGetChannelRequest *channel = CM_NEW(arena, ChannelzGetChannelRequest);
    ChannelzGetSubchannelRequest *subchannel = CM_NEW(arena, ChannelzGetSubchannelRequest);
    ChannelzGetSocketRequest *socket = CM_NEW(arena, ChannelzGetSocketRequest);
    ChannelzGetServerSocketsRequest *sockets = CM_NEW(arena, ChannelzGetServerSocketsRequest);
    void *none;

    server->server_id = channel->channel_id = subchannel->subchannel_id = socket->socket_id = 1000000;
    sockets->server_id = 1000000;
    ASSERT_FAILS(channelz_channelz_get_server(echo->channel, NULL, server, arena, (ChannelzGetServerResponse **)&none),
                 CM_NOT_FOUND, "no server 1000000");
    ASSERT_FAILS(
        channelz_channelz_get_channel(echo->channel, NULL, channel, arena, (ChannelzGetChannelResponse **)&none),
        CM_NOT_FOUND, "no channel 1000000");
    ASSERT_FAILS(channelz_channelz_get_subchannel(echo->channel, NULL, subchannel, arena,
                                                  (ChannelzGetSubchannelResponse **)&none),
                 CM_NOT_FOUND, "no subchannel 1000000");
    ASSERT_FAILS(channelz_channelz_get_socket(echo->channel, NULL, socket, arena, (ChannelzGetSocketResponse **)&none),
                 CM_NOT_FOUND, "no socket 1000000");
    ASSERT_FAILS(channelz_channelz_get_server_sockets(echo->channel, NULL, sockets, arena,
                                                      (ChannelzGetServerSocketsResponse **)&none),
                 CM_NOT_FOUND, "no server 1000000");
    server->server_id = -1;
    ASSERT_FAILS(channelz_channelz_get_server(echo->channel, NULL, server, arena, (ChannelzGetServerResponse **)&none),
                 CM_INVALID_ARGUMENT, "server_id: -1 is no id");
}

/* grpcurl reads by reflection what it has no files of. */
static void grpcurl_reads_it(void **state)
{
    echo_server *echo = *state;
    char answer[8192] = "";

    if (system("command -v grpcurl >/dev/null") != 0) {
        fprintf(stderr, "SKIPPED: there is no grpcurl; go install github.com/fullstorydev/grpcurl/cmd/grpcurl\n");
        skip();
    }
    CM_FREE char *command = cm_format("grpcurl -plaintext %s grpc.channelz.v1.Channelz/GetServers 2>&1", echo->target);
    FILE *asked = popen(command, "r");
    assert_non_null(asked);
    fread(answer, 1, sizeof answer - 1, asked);
    assert_int_equal(pclose(asked), 0);
    assert_non_null(strstr(answer, "\"callsSucceeded\""));
    assert_non_null(strstr(answer, "\"listenSocket\""));
    assert_non_null(strstr(answer, "\"end\": true"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(servers_are_told_with_their_calls_and_connections),
        TEST(channels_are_told_down_to_their_connections),
        TEST(lists_are_cut_and_continued),
        TEST(what_does_not_exist_is_not_found),
        TEST(grpcurl_reads_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
