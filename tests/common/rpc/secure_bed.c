#include "secure_bed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cm_memory.h"

static cm_status who(cm_call *call, const EchoSayRequest *request, EchoSayResponse *response)
{
    response->text = (char *)cm_call_identity(call);
    return cm_ok();
}

static cm_status chat(cm_call *call, const EchoSayRequest *request)
{
    EchoSayResponse response;

    EchoSayResponse_init(&response);
    response.text = (char *)cm_call_identity(call);
    echo_echo_service_chat_send(call, &response);
    return cm_ok();
}

static const EchoEchoService rows = {.say = {.handler = who, .role = CM_MAY_READ},
                                     .hold = {.handler = who, .role = CM_MAY_WRITE},
                                     .relay = {.handler = who, .role = CM_MAY_ADMIN},
                                     .store = {.handler = who, .role = CM_ANYONE},
                                     .chat = {.message = chat, .role = CM_MAY_WRITE}};

static void run(const char *command)
{
    assert_int_equal(system(command), 0);
}

void secure_open(secure_bed *bed)
{
    CM_FREE char *command = NULL;

    *bed = (secure_bed){.folder = "/tmp/cityneg-tls-XXXXXX"};
    assert_non_null(mkdtemp(bed->folder));
    command = cm_format("%s/tests/common/rpc/certificates.sh %s", CITYNEG_SOURCE_DIR, bed->folder);
    run(command);
    secure_replace(bed, "server.pem", "live.pem");
    secure_replace(bed, "server.key", "live.key");
    secure_replace(bed, "ca.pem", "live-ca.pem");
}

void secure_close(secure_bed *bed)
{
    CM_FREE char *command = cm_format("rm -r %s", bed->folder);

    cm_server_free(bed->server);
    run(command);
}

const char *secure_path(const secure_bed *bed, const char *file, cm_arena *arena)
{
    return cm_arena_format(arena, "%s/%s", bed->folder, file);
}

void secure_replace(const secure_bed *bed, const char *from, const char *to)
{
    CM_FREE char *command = cm_format("cd %s && cp %s new && mv new %s", bed->folder, from, to);

    run(command);
}

void secure_write(const secure_bed *bed, const char *file, const char *text)
{
    CM_FREE char *path = cm_format("%s/text", bed->folder);
    FILE *stream = fopen(path, "w");

    assert_non_null(stream);
    assert_int_equal(fputs(text, stream) >= 0, 1);
    assert_int_equal(fclose(stream), 0);
    secure_replace(bed, "text", file);
}

void secure_serve(secure_bed *bed, cm_server_options options, bool asks)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    CM_ARENA(arena);
    cm_service service = echo_echo_service(&rows, NULL);
    cm_server_tls tls = {.certificate = secure_path(bed, "live.pem", arena),
                         .key = secure_path(bed, "live.key", arena),
                         .client_authorities = asks ? secure_path(bed, "live-ca.pem", arena) : NULL,
                         .is_client_optional = bed->is_client_optional};

    options.tls = &tls;
    if (!options.listen)
        options.listen = listen;
    ASSERT_OK(cm_server_new(&options, &bed->server));
    ASSERT_OK(cm_server_add(bed->server, &service));
    ASSERT_OK(cm_server_start(bed->server));
    snprintf(bed->target, sizeof bed->target, "127.0.0.1:%d", cm_server_port(bed->server, 0));
}

static cm_channel *open_channel(const secure_bed *bed, const char *authority, const char *client,
                                const char *server_name, const char *token)
{
    CM_ARENA(arena);
    cm_channel *channel = NULL;
    cm_channel_tls tls = {.authorities = cm_arena_format(arena, "%s/%s.pem", bed->folder, authority),
                          .server_name = server_name};
    cm_channel_options options = {.tls = &tls, .attempts = 1};

    if (client) {
        tls.certificate = cm_arena_format(arena, "%s/%s.pem", bed->folder, client);
        tls.key = cm_arena_format(arena, "%s/%s.key", bed->folder, client);
    }
    if (token)
        options.token_file = secure_path(bed, token, arena);
    ASSERT_OK(cm_channel_new(bed->target, &options, &channel));
    return channel;
}

cm_channel *secure_channel(const secure_bed *bed, const char *authority, const char *client, const char *server_name)
{
    return open_channel(bed, authority, client, server_name, NULL);
}

static cm_status call_and_free(cm_channel *channel, echo_method method, cm_arena *arena, const char **identity)
{
    echo_server to = {.channel = channel};
    EchoSayResponse *response = NULL;
    cm_status outcome = echo_call(&to, method, "", NULL, arena, &response);

    if (cm_is_ok(outcome) && identity)
        *identity = response->text;
    cm_channel_free(channel);
    return outcome;
}

cm_status secure_call(const secure_bed *bed, const char *authority, const char *client, echo_method method,
                      cm_arena *arena, const char **identity)
{
    return call_and_free(open_channel(bed, authority, client, NULL, NULL), method, arena, identity);
}

cm_status secure_call_with(const secure_bed *bed, const char *client, const char *token, echo_method method,
                           cm_arena *arena, const char **identity)
{
    return call_and_free(open_channel(bed, "ca", client, NULL, token), method, arena, identity);
}
