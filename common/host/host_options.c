#include "host/host_options.h"

#include <stdint.h>
#include <string.h>

#include "base/cm_memory.h"
#include "host/host_security.h"
#include "rpc/cm_channel_arguments.h"

static const cm_option common[] = {
    {.name = "listen",
     .kind = CM_OPTION_LIST,
     .value = "ADDRESS",
     .help = "where to serve: HOST:PORT or unix:PATH; may be given again (default: loopback and the service's port)"},
    {.name = "insecure", .kind = CM_OPTION_FLAG, .help = "serve without TLS beyond this machine too"},
    {.name = "tls-cert",
     .kind = CM_OPTION_TEXT,
     .value = "FILE",
     .help = "serve with TLS: the certificate, PEM; shown to other services too"},
    {.name = "tls-key", .kind = CM_OPTION_TEXT, .value = "FILE", .help = "the certificate's key, PEM"},
    HOST_SECURITY_OPTIONS,
    {.name = "data",
     .kind = CM_OPTION_TEXT,
     .value = "FOLDER",
     .preset = "data",
     .help = "the folder of the service's database"},
    {.name = "store",
     .kind = CM_OPTION_TEXT,
     .value = "URL",
     .help = "postgresql://USER@HOST:PORT/DATABASE: a database of its own there, instead of a file in --data"},
    {.name = "kafka",
     .kind = CM_OPTION_TEXT,
     .value = "BOOTSTRAP",
     .preset = "127.0.0.1:9092",
     .help = "Kafka's address; none: publish nothing, follow other journals by gRPC alone"},
    CM_CLUSTER_OPTIONS,
    {.name = "kafka-schema-id",
     .kind = CM_OPTION_INTEGER,
     .value = "ID",
     .preset = "0",
     .least = 0,
     .most = INT32_MAX,
     .help = "values in the frame of schema registries, with this id of the schema; 0: without"},
    {.name = "replica",
     .kind = CM_OPTION_TEXT,
     .value = "NAME",
     .help = "what this replica is called in the consumer group, always the same (default: the machine's name and the "
             "port)"},
    {.name = "partitions",
     .kind = CM_OPTION_INTEGER,
     .value = "N",
     .preset = "8",
     .least = 1,
     .most = 1024,
     .help = "partitions of a new journal; an existing one keeps its own"},
    {.name = "metrics",
     .kind = CM_OPTION_TEXT,
     .value = "ADDRESS",
     .help = "serve /metrics, /healthz and /readyz by HTTP at HOST:PORT; none: do not (default: loopback and the "
             "service's port + 100, where --listen is not given)"},
    {.name = "log-format",
     .kind = CM_OPTION_TEXT,
     .value = "FORMAT",
     .choices = "json|text",
     .help = "how the log is written (default: text on a terminal, json elsewhere)"},
    {.name = "log-calls",
     .kind = CM_OPTION_TEXT,
     .value = "WHICH",
     .preset = "errors",
     .choices = "none|errors|all",
     .help = "which calls are a line in the log; errors: those that are the service's own fault"},
    {.name = "otlp-endpoint",
     .kind = CM_OPTION_TEXT,
     .value = "HOST:PORT",
     .help = "trace calls, and send the spans to this collector by OTLP over gRPC"},
    {.name = "trace-ratio",
     .kind = CM_OPTION_NUMBER,
     .value = "SHARE",
     .preset = "1",
     .least = 0.0001,
     .most = 1,
     .help = "how many of the traces that begin here are sampled; the others go on as their callers say"},
    {.name = "drain-pause",
     .kind = CM_OPTION_INTEGER,
     .value = "MS",
     .preset = "0",
     .least = 0,
     .most = 600000,
     .help = "how long to answer NOT_SERVING before new calls are refused, at the end"},
    {.name = "drain-grace",
     .kind = CM_OPTION_INTEGER,
     .value = "MS",
     .preset = "10000",
     .least = 0,
     .most = 600000,
     .help = "how long calls under way may take at the end before they are cancelled"},
    {.name = "ready-unsent",
     .kind = CM_OPTION_INTEGER,
     .value = "SECONDS",
     .preset = "900",
     .least = 0,
     .most = 31536000,
     .help = "not ready (/readyz) while a row waits for Kafka for longer than that; 0: however long"},
    {.name = "ready-lag",
     .kind = CM_OPTION_INTEGER,
     .value = "SECONDS",
     .preset = "900",
     .least = 0,
     .most = 31536000,
     .help = "not ready (/readyz) while a journal that is followed is ahead for longer than that; 0: however long"},
    {.name = "most-connections",
     .kind = CM_OPTION_INTEGER,
     .value = "N",
     .preset = "0",
     .least = 0,
     .most = 1000000,
     .help = "how many connections may be open; 0: 20,000, within three quarters of the descriptors (ulimit -n)"},
    {.name = "most-calls",
     .kind = CM_OPTION_INTEGER,
     .value = "N",
     .preset = "10000",
     .least = 1,
     .most = 1000000,
     .help = "how many calls may run at once, streams included"},
    {.name = "most-waiting",
     .kind = CM_OPTION_INTEGER,
     .value = "MIB",
     .preset = "256",
     .least = 1,
     .most = 1 << 20,
     .help = "how much of requests without an answer and of what is to be sent may wait"},
    {.name = "ready-fd",
     .kind = CM_OPTION_INTEGER,
     .value = "FD",
     .preset = "-1",
     .least = -1,
     .most = 1 << 20,
     .help = "write the port to this descriptor once serving"},
    {.name = "parent-fd",
     .kind = CM_OPTION_INTEGER,
     .value = "FD",
     .preset = "-1",
     .least = -1,
     .most = 1 << 20,
     .help = "end when this pipe is closed"},
};

/* Of whoever has peers. */
static const cm_option security[] = {CM_CHANNEL_ARGUMENTS};

static const cm_option peers[] = {
    {.name = "registry",
     .kind = CM_OPTION_TEXT,
     .value = "ADDRESS",
     .preset = "127.0.0.1:7001",
     .help = "where the registry serves"},
    {.name = "negotiations",
     .kind = CM_OPTION_TEXT,
     .value = "ADDRESS",
     .preset = "127.0.0.1:7002",
     .help = "where negotiations serves"},
};

static const cm_option *peer_option(const char *name)
{
    for (size_t i = 0; i < sizeof peers / sizeof *peers; i++)
        if (strcmp(peers[i].name, name) == 0)
            return &peers[i];
    return NULL;
}

cm_option *cm_host_options(const cm_program *program)
{
    size_t count = sizeof common / sizeof *common, used = count;

    for (int i = 0; program->peers && program->peers[i]; i++)
        count++;
    if (count > used)
        count += sizeof security / sizeof *security;
    cm_option *table = cm_alloc((count + 1) * sizeof *table);
    memcpy(table, common, sizeof common);
    if (count > used) {
        memcpy(table + used, security, sizeof security);
        used += sizeof security / sizeof *security;
    }
    for (int i = 0; program->peers && program->peers[i]; i++) {
        const cm_option *peer = peer_option(program->peers[i]);
        if (peer)
            table[used++] = *peer;
    }
    return table;
}
