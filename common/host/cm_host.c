#include "host/cm_host.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "host/host_options.h"
#include "host/host_probes.h"
#include "host/host_relay.h"
#include "host/host_security.h"
#include "journal/cm_journal_service.h"
#include "journal/cm_relay.h"
#include "journal/cm_standard.h"
#include "rpc/cm_channel_arguments.h"
#include "rpc/cm_quotas.h"
#include "rpc/cm_rpc_log.h"
#include "rpc/cm_rpc_metrics.h"
#include "rpc/cm_tracer.h"

enum {
    PEERS_MAX = 4,
    DESCRIPTORS_USEFUL = 65536,
    BACKGROUND_THREADS = 4,
    RELAY_LAST_WAIT_MS = 2000,
    METRICS_PORT_OFFSET = 100
};

struct cm_host {
    const cm_program *program;
    const char *name; /* "cityneg-registry" */
    cm_arguments *arguments;
    cm_metrics *metrics;
    host_probes *probes;
    cm_rpc_metrics *rpc_metrics;
    cm_quotas *quotas; /* NULL: none */
    cm_tracer *tracer; /* NULL: none */
    cm_store *store;
    cm_journal *journal;
    cm_pool *background;
    cm_cluster *kafka; /* NULL: none */
    cm_server *server;
    cm_relay *relay;
    cm_channel *peers[PEERS_MAX];
    void *state;
    bool opened; /* program->open has succeeded: close is owed */

    uv_loop_t loop;
    uv_signal_t terminate, interrupt;
    uv_poll_t parent;
    int parent_fd; /* -1: none */
};

cm_journal *cm_host_journal(cm_host *host)
{
    return host->journal;
}

cm_server *cm_host_server(cm_host *host)
{
    return host->server;
}

cm_executor *cm_host_background(cm_host *host)
{
    return cm_pool_executor(host->background);
}

cm_channel *cm_host_peer(cm_host *host, const char *name)
{
    for (int i = 0; host->program->peers && host->program->peers[i]; i++)
        if (strcmp(host->program->peers[i], name) == 0)
            return host->peers[i];
    return NULL;
}

cm_metrics *cm_host_metrics(cm_host *host)
{
    return host->metrics;
}

const cm_cluster *cm_host_kafka(const cm_host *host)
{
    return host->kafka;
}

static cm_status make_folder(const char *path)
{
    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        return cm_ok();
    cm_code code = errno == EACCES || errno == EPERM || errno == EROFS ? CM_PERMISSION_DENIED : CM_NOT_FOUND;
    return cm_fail(code, "--data: the folder %s cannot be made: %s", path, strerror(errno));
}

static cm_status open_store(cm_host *host)
{
    const char *url = cm_arguments_text(host->arguments, "store");
    const char *folder = cm_arguments_text(host->arguments, "data");

    if (url)
        return cm_store_open(url, &host->store);
    CM_FREE char *path = cm_format("%s/%s.db", folder, host->program->service);
    CM_TRY(make_folder(folder));
    return cm_store_open(path, &host->store);
}

static cm_status open_journal(cm_host *host)
{
    cm_journal_options options = {.service = host->program->service,
                                  .topic = host->program->topic,
                                  .partitions = (int)cm_arguments_integer(host->arguments, "partitions"),
                                  .migrations = host->program->migrations};

    CM_TRY(open_store(host));
    CM_TRY(cm_journal_open(host->store, &options, &host->journal));
    cm_journal_measure(host->journal, host->metrics);
    return cm_ok();
}

static cm_status open_peers(cm_host *host)
{
    if (!host->program->peers || !host->program->peers[0])
        return cm_ok();
    cm_channel_tls tls;
    cm_client_interceptor around[] = {cm_rpc_metrics_client(host->rpc_metrics), cm_tracer_client(host->tracer)};
    cm_channel_options options = {
        .health_service = "", .interceptors = around, .interceptor_count = host->tracer ? 2 : 1};
    cm_channel_arguments(host->arguments, &options, &tls);
    for (int i = 0; host->program->peers[i]; i++)
        CM_TRY(cm_channel_new(cm_arguments_text(host->arguments, host->program->peers[i]), &options, &host->peers[i]));
    return cm_ok();
}

/* A connection takes a descriptor: as many as the system lets this user have, within what is of any use. */
static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= DESCRIPTORS_USEFUL)
        return;
    limit.rlim_cur = limit.rlim_max < DESCRIPTORS_USEFUL ? limit.rlim_max : DESCRIPTORS_USEFUL;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static cm_rpc_log log_of_calls(const cm_host *host)
{
    const char *which = cm_arguments_text(host->arguments, "log-calls");

    return strcmp(which, "all") == 0      ? CM_RPC_LOG_ALL
           : strcmp(which, "errors") == 0 ? CM_RPC_LOG_ERRORS
                                          : CM_RPC_LOG_NOTHING;
}

static cm_status open_server(cm_host *host)
{
    const char *const *given;
    int count = cm_arguments_list(host->arguments, "listen", &given);
    CM_FREE char *preset = cm_format("127.0.0.1:%d", host->program->port);
    CM_FREE const char **listen = cm_alloc((size_t)(count + 2) * sizeof *listen);

    for (int i = 0; i < count; i++)
        listen[i] = given[i];
    if (count == 0)
        listen[0] = preset;
    host_security security;
    cm_interceptor around[5] = {cm_rpc_metrics_server(host->rpc_metrics), cm_rpc_log_server(log_of_calls(host)),
                                cm_standard_interceptor()};
    size_t around_count = 3;
    if (host->quotas)
        around[around_count++] = cm_quotas_interceptor(host->quotas);
    if (host->tracer)
        around[around_count++] = cm_tracer_server(host->tracer);
    cm_server_options options = {.listen = listen,
                                 .interceptors = around,
                                 .interceptor_count = around_count,
                                 .most_connections = (size_t)cm_arguments_integer(host->arguments, "most-connections"),
                                 .most_waiting = (size_t)cm_arguments_integer(host->arguments, "most-waiting") << 20,
                                 .most_calls = (size_t)cm_arguments_integer(host->arguments, "most-calls"),
                                 .lanes = {[CM_READER] = cm_journal_readers(host->journal),
                                           [CM_WRITER] = cm_journal_writer(host->journal),
                                           [CM_BACKGROUND] = cm_pool_executor(host->background)}};
    host_security_read(&security, host->arguments, &options);
    CM_TRY(cm_server_new(&options, &host->server));
    cm_server_measure(host->server, host->metrics);
    cm_service journal = cm_journal_service(host->journal);
    CM_TRY(cm_server_add(host->server, &journal));
    CM_TRY(host->program->open(host, &host->state));
    host->opened = true;
    return cm_server_start(host->server);
}

static bool is_ready(void *context)
{
    cm_host *host = context;
    int64_t lag = cm_arguments_integer(host->arguments, "ready-lag");

    return cm_server_serving(host->server, "") &&
           (!host->relay || host_relay_is_ready(host->relay, cm_arguments_integer(host->arguments, "ready-unsent"))) &&
           (lag == 0 || cm_feeds_behind_us(host->journal) <= lag * 1000000);
}

/* Where it was not said: beside the service's usual port, but only where the service listens at that. */
static cm_status start_probes(cm_host *host)
{
    const char *given = cm_arguments_text(host->arguments, "metrics");
    CM_FREE char *preset = cm_format("127.0.0.1:%d", host->program->port + METRICS_PORT_OFFSET);
    const char *address = given ? given : cm_arguments_given(host->arguments, "listen") ? "none" : preset;

    if (strcmp(address, "none") == 0)
        return cm_ok();
    CM_TRY(host_probes_start(address, host->metrics, is_ready, host, &host->probes));
    CM_FREE char *port = cm_format("%d", host_probes_port(host->probes));
    CM_LOG(CM_INFO, "metrics are served", "address", address, "port", port);
    return cm_ok();
}

static cm_status start_relay(cm_host *host)
{
    if (!host->kafka)
        return cm_ok();
    CM_TRY(cm_relay_start(host->journal, host->kafka, &host->relay));
    host_relay_add(host->metrics, host->relay);
    return cm_ok();
}

/* Tells whoever started us, through the descriptor that it gave, which port we got. */
static cm_status tell_ready(cm_host *host)
{
    int fd = (int)cm_arguments_integer(host->arguments, "ready-fd");

    if (fd < 0)
        return cm_ok();
    CM_FREE char *line = cm_format("%d\n", cm_server_port(host->server, 0));
    ssize_t written = write(fd, line, strlen(line));
    close(fd);
    if (written != (ssize_t)strlen(line))
        return cm_fail(CM_INTERNAL, "--ready-fd %d: could not be written: %s", fd, strerror(errno));
    return cm_ok();
}

static void stop_loop(cm_host *host, const char *why)
{
    CM_LOG(CM_INFO, "stopping", "why", why);
    uv_stop(&host->loop);
}

static void on_signal(uv_signal_t *handle, int number)
{
    cm_host *host = handle->data;

    stop_loop(host, number == SIGTERM ? "SIGTERM" : "SIGINT");
}

/* The parent's end of the pipe is never written: that it can be read means that it is closed. */
static void on_parent(uv_poll_t *handle, int status, int events)
{
    cm_host *host = handle->data;

    uv_poll_stop(handle);
    stop_loop(host, "the process that started this one has ended");
}

static cm_status open_loop(cm_host *host)
{
    if (uv_loop_init(&host->loop) != 0)
        return cm_fail(CM_INTERNAL, "the event loop could not be made");
    host->terminate.data = host->interrupt.data = host->parent.data = host;
    uv_signal_init(&host->loop, &host->terminate);
    uv_signal_init(&host->loop, &host->interrupt);
    uv_signal_start_oneshot(&host->terminate, on_signal, SIGTERM);
    uv_signal_start_oneshot(&host->interrupt, on_signal, SIGINT);
    host->parent_fd = (int)cm_arguments_integer(host->arguments, "parent-fd");
    if (host->parent_fd >= 0) {
        if (uv_poll_init(&host->loop, &host->parent, host->parent_fd) != 0)
            return cm_invalid("--parent-fd", "%d is not an open pipe", host->parent_fd);
        uv_poll_start(&host->parent, UV_READABLE | UV_DISCONNECT, on_parent);
    }
    return cm_ok();
}

static void close_loop(cm_host *host)
{
    uv_close((uv_handle_t *)&host->terminate, NULL);
    uv_close((uv_handle_t *)&host->interrupt, NULL);
    if (host->parent_fd >= 0)
        uv_close((uv_handle_t *)&host->parent, NULL);
    uv_run(&host->loop, UV_RUN_DEFAULT);
    uv_loop_close(&host->loop);
}

static cm_status open_tracer(cm_host *host)
{
    cm_tracer_options options = {.endpoint = cm_arguments_text(host->arguments, "otlp-endpoint"),
                                 .service = host->name,
                                 .ratio = cm_arguments_number(host->arguments, "trace-ratio"),
                                 .metrics = host->metrics};

    if (!options.endpoint)
        return cm_ok();
    cm_status outcome = cm_tracer_new(&options, &host->tracer);
    cm_status_prefix(&outcome, "--otlp-endpoint");
    return outcome;
}

static cm_status open_quotas(cm_host *host)
{
    const char *path = cm_arguments_text(host->arguments, "quotas");

    return path ? cm_quotas_new(path, host->metrics, &host->quotas) : cm_ok();
}

/* What it is called stays the same over a restart, so that nothing moves to other replicas for it. */
static void name_replica(cm_host *host)
{
    const char *given = cm_arguments_text(host->arguments, "replica");
    char machine[HOST_NAME_MAX + 1] = "";

    if (!host->kafka)
        return;
    gethostname(machine, sizeof machine - 1);
    CM_FREE char *preset = cm_format("%s-%d", machine, cm_server_port(host->server, 0));
    cm_cluster_set_replica(host->kafka, given ? given : preset);
}

static cm_status serve(cm_host *host)
{
    CM_TRY(open_tracer(host));
    CM_TRY(open_quotas(host));
    CM_TRY(cm_cluster_of_arguments(host->arguments, &host->kafka));
    if (host->kafka)
        cm_cluster_set_schema_id(host->kafka, (int32_t)cm_arguments_integer(host->arguments, "kafka-schema-id"));
    CM_TRY(open_journal(host));
    CM_TRY(cm_pool_new(&(cm_pool_options){.name = "background", .threads = BACKGROUND_THREADS}, &host->background));
    CM_TRY(open_peers(host));
    CM_TRY(open_server(host));
    name_replica(host);
    CM_TRY(start_relay(host));
    CM_TRY(start_probes(host));
    if (host->program->started)
        CM_TRY(host->program->started(host, host->state));
    CM_TRY(tell_ready(host));
    uv_run(&host->loop, UV_RUN_DEFAULT);
    return cm_ok();
}

/* In the order that lets each part finish what it owes the next: calls, then rows on their way to Kafka, then the
 * journal. */
static void end(cm_host *host)
{
    if (host->opened && host->program->stopping)
        host->program->stopping(host, host->state);
    if (host->server && !cm_server_drain(host->server, (int)cm_arguments_integer(host->arguments, "drain-pause"),
                                         (int)cm_arguments_integer(host->arguments, "drain-grace"))) {
        CM_LOG(CM_ERROR, "ended without its last calls", "advice", "what was answered is recorded; start it again");
        _exit(1); /* their threads use everything that is ended below */
    }
    host_probes_stop(host->probes);
    if (host->relay) {
        cm_metrics_remove(host->metrics, host->relay);
        cm_relay_stop(host->relay, RELAY_LAST_WAIT_MS);
    }
    if (host->server) {
        cm_metrics_remove(host->metrics, host->server);
        cm_server_free(host->server);
    }
    if (host->opened && host->program->close)
        host->program->close(host, host->state);
    if (host->background)
        cm_pool_free(host->background);
    for (int i = 0; i < PEERS_MAX; i++)
        if (host->peers[i])
            cm_channel_free(host->peers[i]);
    if (host->journal) {
        cm_metrics_remove(host->metrics, host->journal);
        cm_journal_close(host->journal);
    }
    if (host->store)
        cm_store_close(host->store);
    cm_tracer_free(host->tracer);
    cm_quotas_free(host->quotas);
    cm_rpc_metrics_free(host->rpc_metrics);
    cm_metrics_free(host->metrics);
    cm_cluster_free(host->kafka);
}

static int complain(const cm_program *program, cm_status *failure, int code)
{
    fprintf(stderr, "cityneg-%s: %s\n", program->service, cm_status_message(*failure));
    cm_status_clear(failure);
    return code;
}

int cm_host_main(const cm_program *program, int argc, char **argv)
{
    cm_host host = {.program = program, .parent_fd = -1};
    CM_FREE cm_option *options = cm_host_options(program);
    CM_FREE char *name = cm_format("cityneg-%s", program->service);

    host.name = name;
    cm_log_start(name, CM_INFO);
    cm_status status = cm_arguments_parse(options, argc, argv, &host.arguments);
    if (!cm_is_ok(status))
        return complain(program, &status, 2);
    if (cm_arguments_help(host.arguments)) {
        printf("%s: %s\n\n", name, program->about);
        cm_options_print(options);
        cm_arguments_free(host.arguments);
        return 0;
    }
    if (cm_arguments_given(host.arguments, "log-format"))
        cm_log_json(strcmp(cm_arguments_text(host.arguments, "log-format"), "json") == 0);
    signal(SIGPIPE, SIG_IGN);
    raise_descriptors();
    host.metrics = cm_metrics_new();
    cm_metrics_add_process(host.metrics);
    host.rpc_metrics = cm_rpc_metrics_new(host.metrics);
    status = open_loop(&host);
    if (cm_is_ok(status))
        status = serve(&host);
    end(&host);
    close_loop(&host);
    cm_arguments_free(host.arguments);
    if (!cm_is_ok(status))
        return complain(program, &status, 1);
    CM_LOG(CM_INFO, "ended");
    return 0;
}
