#include "cli/cli_broker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "cli/kaf_jars.h"
#include "cli/kaf_server.h"
#include "kafka/cm_broker.h"

enum {
    STOP_MS = 10000, /* less than `up` waits for its children */
    CLUSTER_SIZE = 22,
};

const cm_option cli_broker_options[] = {
    {.name = "port",
     .kind = CM_OPTION_INTEGER,
     .value = "PORT",
     .preset = "9092",
     .least = 0,
     .most = 65535,
     .help = "on 127.0.0.1; 0: any"},
    {.name = "partitions",
     .kind = CM_OPTION_INTEGER,
     .value = "N",
     .preset = "8",
     .least = 1,
     .most = 1024,
     .help = "of every topic"},
    {.name = "apache",
     .kind = CM_OPTION_FLAG,
     .help = "Apache Kafka in place of the embedded broker: with Java, and its log on disk"},
    {.name = "data",
     .kind = CM_OPTION_TEXT,
     .value = "FOLDER",
     .preset = "cityneg-kafka",
     .help = "of Apache Kafka's log and settings"},
    {.name = "settings",
     .kind = CM_OPTION_TEXT,
     .value = "FILE",
     .help = "lines of server.properties for Apache Kafka, which win over those that are set here"},
    {.name = "scram-user",
     .kind = CM_OPTION_TEXT,
     .value = "NAME:PASSWORD",
     .help = "a user of Apache Kafka for SCRAM, made when its folder is new"},
    {.name = "controller-port",
     .kind = CM_OPTION_INTEGER,
     .value = "PORT",
     .preset = "0",
     .least = 0,
     .most = 65535,
     .help = "of Apache Kafka's controller; 0: any"},
    {.name = "node",
     .kind = CM_OPTION_INTEGER,
     .value = "N",
     .preset = "1",
     .least = 1,
     .most = 1000,
     .help = "the number of this node of Apache Kafka among --voters"},
    {.name = "voters",
     .kind = CM_OPTION_TEXT,
     .value = "N@HOST:PORT,…",
     .help = "the controllers of all nodes of Apache Kafka, this one's included; default: this one alone"},
    {.name = "cluster",
     .kind = CM_OPTION_TEXT,
     .value = "ID",
     .help = "Apache Kafka's cluster id, 22 characters of base64url, the same for all --voters; kept in --data"},
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
    {NULL},
};

static cm_status tell_ready(int port, int fd)
{
    if (fd < 0) {
        printf("127.0.0.1:%d\n", port);
        fflush(stdout);
        return cm_ok();
    }
    int written = dprintf(fd, "%d\n", port);
    close(fd);
    return written > 0 ? cm_ok() : cm_fail(CM_INTERNAL, "--ready-fd %d: could not be written: %s", fd, strerror(errno));
}

/* Until a signal comes, the parent's pipe is closed, or a child of this process ends. */
static void wait_for_end(int parent)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGCHLD);
    int fd = signalfd(-1, &signals, SFD_CLOEXEC);
    struct pollfd ends[2] = {{.fd = fd, .events = POLLIN}, {.fd = parent, .events = POLLIN}};
    while (poll(ends, parent < 0 ? 1 : 2, -1) < 0 && errno == EINTR)
        continue;
    close(fd);
}

static void block_signals(void)
{
    const struct sigaction ends_alone = {.sa_handler = SIG_DFL,
                                         .sa_flags = SA_NOCLDSTOP}; /* not that a child is paused */
    sigset_t signals;

    sigaction(SIGCHLD, &ends_alone, NULL);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before the broker's threads, which inherit it */
}

static cm_status run_embedded(const cm_arguments *arguments)
{
    cm_broker *broker;

    CM_TRY(cm_broker_start((int)cm_arguments_integer(arguments, "port"),
                           (int)cm_arguments_integer(arguments, "partitions"), &broker));
    int port = (int)strtol(strrchr(cm_broker_bootstrap(broker), ':') + 1, NULL, 10);
    cm_status status = tell_ready(port, (int)cm_arguments_integer(arguments, "ready-fd"));
    if (cm_is_ok(status))
        wait_for_end((int)cm_arguments_integer(arguments, "parent-fd"));
    cm_broker_stop(broker);
    return status;
}

/* OK where the node still runs after the wait, which then was ended by somebody. */
static cm_status check_alive(kaf_server *server)
{
    int how;

    if (waitpid(server->pid, &how, WNOHANG) != server->pid)
        return cm_ok();
    server->pid = 0;
    return cm_fail(CM_UNAVAILABLE, "Apache Kafka ended with code %d; its words are above",
                   WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how));
}

/* Several nodes are one cluster by its id, which none of them may make up. */
static cm_status check_cluster(const cm_arguments *arguments)
{
    const char *cluster = cm_arguments_text(arguments, "cluster");

    if (cm_arguments_text(arguments, "voters") && !cluster)
        return cm_fail(CM_INVALID_ARGUMENT,
                       "--cluster: nodes with --voters need the id of their cluster: 22 characters of "
                       "base64url, the same for all of them");
    if (cluster && (strlen(cluster) != CLUSTER_SIZE || cluster[0] == '-' ||
                    cluster[strspn(cluster, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")]))
        return cm_fail(CM_INVALID_ARGUMENT,
                       "--cluster: '%s' is no id of a cluster; give 22 characters of base64url, the "
                       "first of them no '-'",
                       cluster);
    return cm_ok();
}

static cm_status run_apache(const cm_arguments *arguments)
{
    CM_FREE char *jars = NULL;
    kaf_server server = {0};

    CM_TRY(check_cluster(arguments));
    CM_TRY(kaf_jars(&jars));
    struct timespec now = {0};
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    cm_status status =
        kaf_server_start(&(kaf_options){.jars = jars,
                                        .folder = cm_arguments_text(arguments, "data"),
                                        .port = (int)cm_arguments_integer(arguments, "port"),
                                        .controller_port = (int)cm_arguments_integer(arguments, "controller-port"),
                                        .node = (int)cm_arguments_integer(arguments, "node"),
                                        .voters = cm_arguments_text(arguments, "voters"),
                                        .cluster = cm_arguments_text(arguments, "cluster"),
                                        .partitions = (int)cm_arguments_integer(arguments, "partitions"),
                                        .scram_user = cm_arguments_text(arguments, "scram-user"),
                                        .settings = cm_arguments_text(arguments, "settings")},
                         &server);
    /* a format that has ended is no news */
    while (sigtimedwait(&children, NULL, &now) > 0)
        continue;
    if (cm_is_ok(status))
        status = tell_ready(server.port, (int)cm_arguments_integer(arguments, "ready-fd"));
    if (cm_is_ok(status)) {
        wait_for_end((int)cm_arguments_integer(arguments, "parent-fd"));
        status = check_alive(&server);
    }
    kaf_server_stop(&server, STOP_MS);
    return status;
}

cm_status cli_broker(const cli_command *command, const cm_arguments *arguments)
{
    cm_log_start("cityneg-broker", CM_INFO);
    block_signals();
    return cm_arguments_flag(arguments, "apache") ? run_apache(arguments) : run_embedded(arguments);
}
