#include "cli/cli_up.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cm_memory.h"
#include "cli/cli_import.h"
#include "cli/cli_report.h"
#include "cli/kaf_jars.h"
#include "cli/up_platform.h"
#include "host/host_security.h"
#include "kafka/cm_cluster.h"

enum { LOOK_MS = 250, COUNT_WAIT_MS = 300000 };

const cm_option cli_up_options[] = {
    {.name = "once", .kind = CM_OPTION_FLAG, .help = "end after the report"},
    {.name = "empty", .kind = CM_OPTION_FLAG, .help = "import no samples"},
    {.name = "data",
     .kind = CM_OPTION_TEXT,
     .value = "FOLDER",
     .preset = "cityneg-data",
     .help = "where databases and logs are kept"},
    {.name = "kafka",
     .kind = CM_OPTION_TEXT,
     .value = "BOOTSTRAP",
     .help = "a Kafka that runs already, or apache: one of Apache Kafka, with Java; without it an embedded broker"},
    CM_CLUSTER_OPTIONS,
    {.name = "kafka-port",
     .kind = CM_OPTION_INTEGER,
     .value = "PORT",
     .preset = "9092",
     .least = 0,
     .most = 65535,
     .help = "of the broker that is started; 0: any"},
    {.name = "port",
     .kind = CM_OPTION_INTEGER,
     .value = "PORT",
     .preset = "7000",
     .least = 0,
     .most = 65000,
     .help = "the services get the three ports after it; 0: any"},
    CLI_SECURITY,
    HOST_SECURITY_OPTIONS,
    {.name = "ready-file",
     .kind = CM_OPTION_TEXT,
     .value = "FILE",
     .help = "written once everything serves: a line a program, its name and its address"},
    {NULL},
};

typedef struct up {
    up_platform platform;
    cm_channel *registry, *negotiations, *trends;
    int signals; /* descriptor on which SIGINT and SIGTERM arrive */
    int lock;    /* of the data folder */
} up;

/* One `up` a data folder: the second is refused. The lock goes with the process. */
static cm_status lock_data(up *u)
{
    CM_FREE char *path = cm_format("%s/up.lock", u->platform.data);

    u->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (u->lock < 0)
        return cm_fail(CM_PERMISSION_DENIED, "--data: %s cannot be written: %s", path, strerror(errno));
    if (flock(u->lock, LOCK_EX | LOCK_NB) != 0)
        return cm_fail(CM_UNAVAILABLE, "--data: another cityneg up runs on %s; stop it or give another folder",
                       u->platform.data);
    return cm_ok();
}

static cm_status channel_to(const up *u, const cm_arguments *arguments, int child, cm_channel **channel)
{
    CM_FREE char *target = cm_format("127.0.0.1:%d", u->platform.children[child].port);

    return cli_channel_to(arguments, target, NULL, channel);
}

static cm_status open_channels(up *u, const cm_arguments *arguments)
{
    CM_TRY(channel_to(u, arguments, UP_REGISTRY, &u->registry));
    CM_TRY(channel_to(u, arguments, UP_NEGOTIATIONS, &u->negotiations));
    return channel_to(u, arguments, UP_TRENDS, &u->trends);
}

/* A file says that the samples are in; without it the import runs (again: rows that are there change nothing). */
static cm_status import_samples(up *u)
{
    CM_FREE char *mark = cm_format("%s/samples-imported", u->platform.data);
    CM_FREE char *rejects = cm_format("%s/rejects.tsv", u->platform.data);

    if (access(mark, F_OK) == 0)
        return cm_ok();
    fprintf(stderr, "importing the samples (sources and licences: samples/README.md)\n");
    CM_TRY(cli_import_samples(u->registry, u->negotiations, rejects));
    int fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return cm_fail(CM_PERMISSION_DENIED, "%s cannot be written: %s", mark, strerror(errno));
    close(fd);
    return cm_ok();
}

static void print_addresses(const up *u, const cm_arguments *arguments)
{
    const char *ca = cm_arguments_text(arguments, "tls-ca");
    const cli_child *c = u->platform.children;
    const char *kafka = u->platform.bootstrap;
    bool usual = c[UP_REGISTRY].port == 7001 && c[UP_NEGOTIATIONS].port == 7002 && c[UP_TRENDS].port == 7003;
    CM_FREE char *where = cm_format(" --registry 127.0.0.1:%d --negotiations 127.0.0.1:%d --trends 127.0.0.1:%d",
                                    c[UP_REGISTRY].port, c[UP_NEGOTIATIONS].port, c[UP_TRENDS].port);

    printf("\nThe platform runs. Ctrl-C ends it.\n");
    for (int i = UP_REGISTRY; i < UP_CHILDREN; i++)
        printf("  %-13s 127.0.0.1:%-6d grpcurl %s%s 127.0.0.1:%d list\n", c[i].name, c[i].port,
               ca ? "-cacert " : "-plaintext", ca ? ca : "", c[i].port);
    printf("  %-13s %-16s kcat -b %s -C -t cityneg.negotiations.events.v1 -o beginning -e -f '%%h\\n'\n", "kafka",
           kafka, kafka);
    printf("  %-13s %s\n", "data and logs", u->platform.data);
    printf("More: cityneg trends report --all%s\n", usual ? "" : where);
    fflush(stdout);
}

/* For scripts. The file appears whole: it is written under another name first. */
static cm_status tell_ready(const up *u, const char *path)
{
    const cli_child *c = u->platform.children;
    CM_FREE char *unfinished = cm_format("%s.part", path);
    FILE *file = fopen(unfinished, "w");

    if (!file)
        return cm_fail(CM_PERMISSION_DENIED, "--ready-file: %s cannot be written: %s", unfinished, strerror(errno));
    for (int i = UP_REGISTRY; i < UP_CHILDREN; i++)
        fprintf(file, "%s 127.0.0.1:%d\n", c[i].name, c[i].port);
    fprintf(file, "kafka %s\n", u->platform.bootstrap);
    bool written = fclose(file) == 0 && rename(unfinished, path) == 0;
    return written ? cm_ok() : cm_fail(CM_INTERNAL, "--ready-file: %s could not be written: %s", path, strerror(errno));
}

/* Until Ctrl-C or SIGTERM; meanwhile children that end are started again. */
static cm_status watch(up *u)
{
    struct pollfd signals = {.fd = u->signals, .events = POLLIN};

    while (poll(&signals, 1, LOOK_MS) <= 0)
        CM_TRY(up_platform_mend(&u->platform));
    fprintf(stderr, "\nstopping\n");
    return cm_ok();
}

/* Here and not in the broker's process, whose progress would go to its log. */
static cm_status fetch_apache(void)
{
    CM_FREE char *jars = NULL;

    return kaf_jars(&jars);
}

static cm_status run(up *u, const cm_arguments *arguments)
{
    CM_TRY(cli_channel_check(arguments));
    CM_TRY(lock_data(u));
    if (u->platform.choices.apache)
        CM_TRY(fetch_apache());
    fprintf(stderr, "starting the platform\n");
    CM_TRY(up_platform_start(&u->platform));
    CM_TRY(open_channels(u, arguments));
    if (!cm_arguments_flag(arguments, "empty"))
        CM_TRY(import_samples(u));
    CM_TRY(cli_report_wait(u->registry, u->negotiations, u->trends, COUNT_WAIT_MS));
    const TrdGetReportRequest everything = CITYNEG__TRENDS__V1__GET_REPORT_REQUEST__INIT;
    CM_TRY(cli_report_print(u->trends, &everything, CLI_TABLE, (rep_style){0}, stdout));
    if (cm_arguments_flag(arguments, "once"))
        return cm_ok();
    print_addresses(u, arguments);
    if (cm_arguments_text(arguments, "ready-file"))
        CM_TRY(tell_ready(u, cm_arguments_text(arguments, "ready-file")));
    return watch(u);
}

static int block_signals(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

cm_status cli_up(const cli_command *command, const cm_arguments *arguments)
{
    up u = {.lock = -1};

    up_choices choices = {.data = cm_arguments_text(arguments, "data"),
                          .kafka = cm_arguments_text(arguments, "kafka"),
                          .kafka_config = cm_arguments_text(arguments, "kafka-config"),
                          .kafka_port = (int)cm_arguments_integer(arguments, "kafka-port"),
                          .base_port = (int)cm_arguments_integer(arguments, "port"),
                          .arguments = arguments};

    choices.apache = choices.kafka && strcmp(choices.kafka, "apache") == 0;
    if (choices.apache)
        choices.kafka = NULL;
    choices.kafka_option_count = cm_arguments_list(arguments, "kafka-option", &choices.kafka_options);
    cm_status status = up_platform_init(&u.platform, &choices);
    u.signals = block_signals();
    if (cm_is_ok(status))
        status = run(&u, arguments);
    if (u.trends)
        cm_channel_free(u.trends);
    if (u.negotiations)
        cm_channel_free(u.negotiations);
    if (u.registry)
        cm_channel_free(u.registry);
    up_platform_stop(&u.platform);
    up_platform_clear(&u.platform);
    close(u.signals);
    if (u.lock >= 0)
        close(u.lock);
    return status;
}
