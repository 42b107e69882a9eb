#include "cli/kaf_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cm_clock.h"
#include "base/cm_digest.h"
#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "cli/kaf_properties.h"
#include "kafka/cm_kafka.h"

enum { START_MS = 120000, PORT_MS = 3000, LOOK_MS = 250, TRIES = 5 };

/* A port that nobody has now; of `wanted` whether that is so. */
static cm_status try_port(int wanted, int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)wanted)};
    socklen_t length = sizeof address;
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    bool bound = bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                 getsockname(fd, (struct sockaddr *)&address, &length) == 0;
    int error = errno;
    close(fd);
    if (!bound)
        return cm_fail(CM_UNAVAILABLE, "port %d of 127.0.0.1 cannot be had: %s; give another port, or end what uses it",
                       wanted, strerror(error));
    *port = ntohs(address.sin_port);
    return cm_ok();
}

/* Waits a little for a node that was killed and still has the port. */
static cm_status pick_port(int wanted, int *port)
{
    int64_t deadline = cm_clock_monotonic_us() + (int64_t)PORT_MS * 1000;

    for (;;) {
        cm_status s = try_port(wanted, port);

        if (cm_is_ok(s) || cm_clock_monotonic_us() > deadline)
            return s;
        cm_status_clear(&s);
        poll(NULL, 0, LOOK_MS);
    }
}

/* Java with its words in this process's stderr; it is killed when this process ends. */
static pid_t start_java(char *const *words)
{
    pid_t parent = getpid(), pid = fork();

    if (pid != 0)
        return pid;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); /* a Ctrl-C is for the parent, which ends its children in order */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(2, 1);
    for (int fd = 3; fd < 64; fd++)
        close(fd);
    if (getppid() == parent)
        execvp(words[0], words);
    _exit(127);
}

/* The words that give a new folder its user, for both mechanisms. */
static cm_status add_user(const char *user, cm_arena *arena, char **words)
{
    const char *colon = strchr(user, ':');

    if (!colon || strpbrk(user, ",=[]"))
        return cm_fail(CM_INVALID_ARGUMENT, "--scram-user: give NAME:PASSWORD, without , = [ or ]");
    for (int bits = 256; bits <= 512; bits += 256) {
        *words++ = "--add-scram";
        *words++ =
            cm_arena_format(arena, "SCRAM-SHA-%d=[name=%.*s,password=%s]", bits, (int)(colon - user), user, colon + 1);
    }
    return cm_ok();
}

static const char *new_cluster(cm_arena *arena)
{
    uint8_t id[16];

    cm_random(id, sizeof id);
    id[0] &= 0x3f; /* the id must not begin with '-' */
    return cm_base64(id, sizeof id, true, arena);
}

static cm_status format(const kaf_options *options, const char *class_path, char *settings)
{
    CM_FREE char *formatted = cm_format("%s/log/meta.properties", options->folder);
    CM_ARENA(arena);
    const char *id = options->cluster;
    int how = 0;

    if (access(formatted, F_OK) == 0)
        return cm_ok();
    if (!id)
        id = new_cluster(arena);
    char *words[20] = {"java",
                       "-Xmx256m",
                       "-XX:TieredStopAtLevel=1",
                       "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                       "-cp",
                       (char *)class_path,
                       "kafka.tools.StorageTool",
                       "format",
                       "-t",
                       (char *)id,
                       "-c",
                       settings};
    if (options->scram_user)
        CM_TRY(add_user(options->scram_user, arena, words + 12));
    pid_t pid = start_java(words);
    if (pid < 0 || waitpid(pid, &how, 0) != pid || !WIFEXITED(how) || WEXITSTATUS(how) != 0)
        return cm_fail(CM_UNAVAILABLE, "the folder %s could not be made ready for Apache Kafka; its words are above",
                       options->folder);
    return cm_ok();
}

/* Until the node answers a client, or has ended. */
static cm_status await(kaf_server *server)
{
    CM_FREE char *bootstrap = cm_format("127.0.0.1:%d", server->port);
    int64_t deadline = cm_clock_monotonic_us() + (int64_t)START_MS * 1000;
    cm_cluster *cluster;
    cm_status s;
    int how;

    CM_TRY(cm_cluster_new(bootstrap, NULL, 0, NULL, &cluster));
    do {
        if (waitpid(server->pid, &how, WNOHANG) == server->pid) {
            server->pid = 0;
            s = cm_fail(CM_UNAVAILABLE, "Apache Kafka ended with code %d; its words are above",
                        WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how));
            break;
        }
        s = cm_kafka_answers(cluster, LOOK_MS);
        if (s.code == CM_UNAVAILABLE && cm_clock_monotonic_us() < deadline)
            cm_status_clear(&s);
        else
            break;
    } while (true);
    cm_cluster_free(cluster);
    return s;
}

static cm_status launch(const kaf_options *options, const char *class_path, kaf_server *server)
{
    CM_FREE char *settings = cm_format("%s/server.properties", options->folder);
    int controller_port = options->controller_port, voters;

    if (options->voters)
        CM_TRY(kaf_voters(options->voters, options->node, &controller_port, &voters));
    CM_TRY(pick_port(options->port, &server->port));
    CM_TRY(pick_port(controller_port, &controller_port));
    CM_TRY(kaf_properties_write(&(kaf_properties){.folder = options->folder,
                                                  .port = server->port,
                                                  .controller_port = controller_port,
                                                  .partitions = options->partitions,
                                                  .node = options->node,
                                                  .voters = options->voters,
                                                  .settings = options->settings},
                                settings));
    CM_TRY(format(options, class_path, settings));
    char *words[] = {"java",
                     "-Xms96m",
                     "-Xmx512m",
                     "-XX:+UseSerialGC",
                     "-XX:+ExitOnOutOfMemoryError",
                     "-XX:-UsePerfData",
                     "-Djava.awt.headless=true",
                     "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                     "-Dorg.slf4j.simpleLogger.showDateTime=true",
                     "-cp",
                     (char *)class_path,
                     "kafka.Kafka",
                     settings,
                     NULL};
    server->pid = start_java(words);
    if (server->pid < 0)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "no more processes: %s", strerror(errno));
    return await(server);
}

cm_status kaf_server_start(const kaf_options *options, kaf_server *server)
{
    CM_FREE char *class_path = cm_format("%s/*", options->jars);
    cm_status s = cm_ok();

    if (mkdir(options->folder, 0700) != 0 && errno != EEXIST)
        return cm_fail(CM_PERMISSION_DENIED, "--data: the folder %s cannot be made: %s", options->folder,
                       strerror(errno));
    for (int i = 0; i < (options->port ? 1 : TRIES); i++) { /* somebody else may have got a port that was free */
        cm_status_clear(&s);
        *server = (kaf_server){0};
        s = launch(options, class_path, server);
        if (s.code != CM_UNAVAILABLE)
            break;
        kaf_server_stop(server, 0);
    }
    return s;
}

void kaf_server_stop(kaf_server *server, int wait_ms)
{
    int64_t deadline = cm_clock_monotonic_us() + (int64_t)wait_ms * 1000;

    if (server->pid <= 0)
        return;
    kill(server->pid, SIGTERM);
    while (waitpid(server->pid, NULL, WNOHANG) == 0) {
        if (cm_clock_monotonic_us() > deadline) {
            kill(server->pid, SIGKILL);
            waitpid(server->pid, NULL, 0);
            break;
        }
        poll(NULL, 0, 10);
    }
    server->pid = 0;
}
