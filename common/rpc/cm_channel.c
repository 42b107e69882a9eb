#include "rpc/cm_channel.h"

#include <grpc/grpc_security.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "channel.h"
#include "channel_tls.h"
#include "client_unary.h"
#include "core.h"
#include "inflate.h"

enum {
    TIMEOUT_MS = 10000,
    ATTEMPTS = 4,
    LARGEST_ANSWER = 64 << 20,
    LARGEST_METADATA = 64 << 10, /* bytes of headers or trailers */
    RECONNECT_FIRST_MS = 100,
    RECONNECT_MOST_MS = 2000
};

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static cm_status check_target(const char *target)
{
    const char *address = target;

    if (!starts_with(target, "unix:")) {
        if (starts_with(target, "dns:"))
            address = strrchr(target, '/') ? strrchr(target, '/') + 1 : target + strlen("dns:");
        const char *colon = strrchr(address, ':');
        if (colon && colon > address && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1) &&
            strtol(colon + 1, NULL, 10) >= 1 && strtol(colon + 1, NULL, 10) <= 65535 && !strpbrk(address, " /"))
            return cm_ok();
    } else if (target[strlen("unix:")]) {
        return cm_ok();
    }
    return cm_fail(CM_INVALID_ARGUMENT, "'%s' is no target; give HOST:PORT, dns:///NAME:PORT or unix:PATH", target);
}

/* A proxy of the environment is for the network outside. */
static bool is_local(const char *target)
{
    return starts_with(target, "127.") || starts_with(target, "localhost:") || starts_with(target, "[::1]") ||
           starts_with(target, "unix:");
}

/* Takes over the credentials. */
static grpc_channel *create_core(const cm_channel *channel, grpc_channel_credentials *credentials,
                                 const char *server_name)
{
    grpc_arg args[9];
    size_t count = 0;

    args[count++] = (grpc_arg){GRPC_ARG_INTEGER,
                               (char *)GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH,
                               {.integer = (int)channel->options.largest_answer}};
    args[count++] =
        (grpc_arg){GRPC_ARG_INTEGER, (char *)GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, {.integer = RECONNECT_FIRST_MS}};
    args[count++] =
        (grpc_arg){GRPC_ARG_INTEGER, (char *)GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, {.integer = RECONNECT_MOST_MS}};
    args[count++] = (grpc_arg){GRPC_ARG_STRING, (char *)GRPC_ARG_LB_POLICY_NAME, {.string = (char *)"round_robin"}};
    args[count++] = (grpc_arg){GRPC_ARG_INTEGER, (char *)GRPC_ARG_MAX_METADATA_SIZE, {.integer = LARGEST_METADATA}};
    args[count++] = cm_rpc_inflate_arg();
    if (is_local(channel->target))
        args[count++] = (grpc_arg){GRPC_ARG_INTEGER, (char *)GRPC_ARG_ENABLE_HTTP_PROXY, {.integer = 0}};
    if (server_name)
        args[count++] =
            (grpc_arg){GRPC_ARG_STRING, (char *)GRPC_SSL_TARGET_NAME_OVERRIDE_ARG, {.string = (char *)server_name}};
    grpc_channel *core = grpc_channel_create(channel->target, credentials, &(grpc_channel_args){count, args});
    grpc_channel_credentials_release(credentials);
    return core;
}

cm_status cm_channel_new(const char *target, const cm_channel_options *options, cm_channel **made)
{
    const cm_channel_options given = options ? *options : (cm_channel_options){0};

    *made = NULL;
    CM_TRY(check_target(target));
    if (given.largest_answer > INT32_MAX)
        return cm_fail(CM_INVALID_ARGUMENT, "largest_answer: %zu is too large; give at most %d", given.largest_answer,
                       INT32_MAX);
    const cm_channel_tls *tls = starts_with(target, "unix:") ? NULL : given.tls;
    if (given.token_file && !tls && !is_local(target))
        return cm_fail(CM_INVALID_ARGUMENT,
                       "token: %s would go to %s in clear, where others can read it; use TLS, or send none",
                       given.token_file, target);
    cm_rpc_core_begin();
    grpc_channel_credentials *credentials = NULL;
    cm_rpc_channel_token *token = NULL;
    cm_status outcome = given.token_file ? cm_rpc_channel_token_new(given.token_file, &token) : cm_ok();
    if (cm_is_ok(outcome) && tls)
        outcome = cm_rpc_channel_credentials(tls, &credentials);
    if (!cm_is_ok(outcome)) {
        cm_rpc_channel_token_free(token);
        cm_rpc_core_end();
        return outcome;
    }
    cm_channel *channel = cm_alloc(sizeof *channel);
    outcome = cm_rpc_intercept_client(&channel->interceptors, given.interceptors, given.interceptor_count);
    if (!cm_is_ok(outcome)) {
        grpc_channel_credentials_release(credentials);
        cm_rpc_channel_token_free(token);
        free(channel);
        cm_rpc_core_end();
        return outcome;
    }
    channel->target = cm_strdup(target);
    channel->token = token;
    channel->options.timeout_ms = given.timeout_ms ? given.timeout_ms : TIMEOUT_MS;
    channel->options.attempts = given.attempts ? given.attempts : ATTEMPTS;
    channel->options.largest_answer = given.largest_answer ? given.largest_answer : LARGEST_ANSWER;
    channel->options.compression = given.compression;
    pthread_mutex_init(&channel->lock, NULL);
    pthread_cond_init(&channel->idle, NULL);
    channel->queue = cm_queue_new("rpc-client");
    channel->core =
        create_core(channel, tls ? credentials : grpc_insecure_credentials_create(), tls ? tls->server_name : NULL);
    *made = channel;
    return cm_ok();
}

void cm_channel_free(cm_channel *channel)
{
    if (!channel)
        return;
    cm_rpc_client_unary_end_all(channel);
    grpc_channel_destroy(channel->core);
    cm_queue_free(channel->queue);
    pthread_cond_destroy(&channel->idle);
    pthread_mutex_destroy(&channel->lock);
    cm_rpc_intercept_clear(&channel->interceptors);
    cm_rpc_channel_token_free(channel->token);
    free(channel->target);
    free(channel);
    cm_rpc_core_end();
}

const char *cm_channel_target(const cm_channel *channel)
{
    return channel->target;
}
