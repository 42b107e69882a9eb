#include "server_limits.h"

#include "inflate.h"

typedef struct limit {
    const char *name;
    size_t offset; /* of an int in cm_server_limits */
    int preset;
    const char *argument; /* C-core's */
} limit;

#define LIMIT(field, preset, argument)                                                                                 \
    {                                                                                                                  \
#field, offsetof(cm_server_limits, field), preset, argument                                                    \
    }
static const limit limits_of_core[] = {
    LIMIT(largest_metadata, 16 << 10, GRPC_ARG_MAX_METADATA_SIZE),
    LIMIT(most_streams, 1000, GRPC_ARG_MAX_CONCURRENT_STREAMS),
    LIMIT(handshake_ms, 20000, GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS),
    LIMIT(keepalive_ms, 60000, GRPC_ARG_KEEPALIVE_TIME_MS),
    LIMIT(keepalive_timeout_ms, 20000, GRPC_ARG_KEEPALIVE_TIMEOUT_MS),
    LIMIT(ping_interval_ms, 10000, GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS),
    LIMIT(idle_ms, INT32_MAX, GRPC_ARG_MAX_CONNECTION_IDLE_MS),
    LIMIT(age_ms, INT32_MAX, GRPC_ARG_MAX_CONNECTION_AGE_MS),
    LIMIT(age_grace_ms, 5 * 60000, GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS),
};
enum { LIMITS = sizeof limits_of_core / sizeof *limits_of_core, PING_STRIKES = 2 };

cm_status cm_rpc_limits_init(cm_server_limits *limits)
{
    for (size_t i = 0; i < LIMITS; i++) {
        int *value = (int *)((char *)limits + limits_of_core[i].offset);
        if (*value < 0)
            return cm_fail(CM_INVALID_ARGUMENT, "limits.%s: %d is negative; give a number, or 0 for %d",
                           limits_of_core[i].name, *value, limits_of_core[i].preset);
        if (*value == 0)
            *value = limits_of_core[i].preset;
    }
    return cm_ok();
}

static grpc_arg integer(const char *key, int value)
{
    return (grpc_arg){.type = GRPC_ARG_INTEGER, .key = (char *)key, .value.integer = value};
}

grpc_server *cm_rpc_limits_server(const cm_server_limits *limits, size_t largest_message, size_t most_memory,
                                  cm_rpc_connections *connections)
{
    grpc_resource_quota *quota = grpc_resource_quota_create("server");
    grpc_arg args[LIMITS + 8];
    size_t count = 0;

    for (size_t i = 0; i < LIMITS; i++)
        args[count++] =
            integer(limits_of_core[i].argument, *(const int *)((const char *)limits + limits_of_core[i].offset));
    args[count++] = integer(GRPC_ARG_ALLOW_REUSEPORT, 0);
    args[count++] = integer(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, (int)largest_message);
    args[count++] = integer(GRPC_ARG_HTTP2_MAX_PING_STRIKES, PING_STRIKES);
    args[count++] = integer(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0); /* the server's own are not to run out */
    args[count++] = integer(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    args[count++] = cm_rpc_inflate_arg();
    args[count++] = cm_rpc_connections_arg(connections);
    /* A message counts against its limit only once all of it is there: without this, one that says it is of 4 GiB would
     * be taken in until there is no memory. */
    grpc_resource_quota_resize(quota, most_memory);
    args[count++] = (grpc_arg){.type = GRPC_ARG_POINTER,
                               .key = (char *)GRPC_ARG_RESOURCE_QUOTA,
                               .value.pointer = {quota, grpc_resource_quota_arg_vtable()}};
    grpc_server *server = grpc_server_create(&(grpc_channel_args){count, args}, NULL);
    grpc_resource_quota_unref(quota);
    return server;
}
