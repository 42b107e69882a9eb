#include "rpc/cm_channel.h"

#include <grpc/grpc_security.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_address.h"
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

static bool is_address(const char *address)
{
    char host[CM_ADDRESS_HOST], port[CM_ADDRESS_PORT];

    return cm_address_split(address, host, port) && strtol(port, NULL, 10) >= 1 && !strpbrk(host, " /");
}

static bool are_addresses(const char *list)
{
    CM_FREE char *copy = cm_strdup(list);
    char *rest = copy, *one;

    while ((one = strsep(&rest, ",")))
        if (!is_address(one))
            return false;
    return true;
}

static cm_status check_target(const char *target)
{
    const char *slash = strrchr(target, '/');
    bool is_right;

    if (starts_with(target, "unix:"))
        is_right = target[strlen("unix:")] != '\0';
    else if (starts_with(target, "ipv4:") || starts_with(target, "ipv6:"))
        is_right = are_addresses(target + strlen("ipv4:"));
    else if (starts_with(target, "dns:"))
        is_right = is_address(slash ? slash + 1 : target + strlen("dns:"));
    else
        is_right = is_address(target);
    if (is_right)
        return cm_ok();
    return cm_fail(CM_INVALID_ARGUMENT,
                   "'%s' is no target; give HOST:PORT, dns:///NAME:PORT, ipv4:ADDRESS:PORT,ADDRESS:PORT or unix:PATH",
                   target);
}

static bool is_local_address(const char *address)
{
    return starts_with(address, "127.") || starts_with(address, "localhost:") || starts_with(address, "[::1]:");
}

/* A proxy of the environment is for the network outside, and so is the danger to what is sent in clear. */
static bool is_local(const char *target)
{
    if (starts_with(target, "unix:"))
        return true;
    if (!starts_with(target, "ipv4:") && !starts_with(target, "ipv6:"))
        return is_local_address(target);
    CM_FREE char *copy = cm_strdup(target + strlen("ipv4:"));
    char *rest = copy, *one;
    while ((one = strsep(&rest, ",")))
        if (!is_local_address(one))
            return false;
    return true;
}

/* Round robin, and which service of a server has to be SERVING. */
static char *service_config(const char *health_service)
{
    json_t *config = json_pack("{s:[{s:{}}], s:{s:s}}", "loadBalancingConfig", "round_robin", "healthCheckConfig",
                               "serviceName", health_service);
    char *text = config ? json_dumps(config, JSON_COMPACT) : NULL;

    json_decref(config);
    return text;
}

/* Takes over the credentials. */
static grpc_channel *create_core(const cm_channel *channel, grpc_channel_credentials *credentials,
                                 const char *server_name, const char *health_service)
{
    grpc_arg args[10];
    size_t count = 0;
    CM_FREE char *config = health_service ? service_config(health_service) : NULL;

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
    if (config)
        args[count++] = (grpc_arg){GRPC_ARG_STRING, (char *)GRPC_ARG_SERVICE_CONFIG, {.string = config}};
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
    channel->core = create_core(channel, tls ? credentials : grpc_insecure_credentials_create(),
                                tls ? tls->server_name : NULL, given.health_service);
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
