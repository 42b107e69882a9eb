#include "cli/cli_broker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cm_log.h"
#include "kafka/cm_broker.h"

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

static cm_status tell_ready(const cm_broker *broker, int fd)
{
    const char *port = strrchr(cm_broker_bootstrap(broker), ':') + 1;

    if (fd < 0) {
        printf("%s\n", cm_broker_bootstrap(broker));
        fflush(stdout);
        return cm_ok();
    }
    int written = dprintf(fd, "%s\n", port);
    close(fd);
    return written > 0 ? cm_ok() : cm_fail(CM_INTERNAL, "--ready-fd %d: could not be written: %s", fd, strerror(errno));
}

/* Until a signal comes or the parent's pipe is closed. */
static void wait_for_end(int parent)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    int fd = signalfd(-1, &signals, SFD_CLOEXEC);
    struct pollfd ends[2] = {{.fd = fd, .events = POLLIN}, {.fd = parent, .events = POLLIN}};
    while (poll(ends, parent < 0 ? 1 : 2, -1) < 0 && errno == EINTR)
        continue;
    close(fd);
}

cm_status cli_broker(const cli_command *command, const cm_arguments *arguments)
{
    cm_broker *broker;
    sigset_t signals;

    cm_log_start("cityneg-broker", CM_INFO);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* before the broker's threads, which inherit it */
    CM_TRY(cm_broker_start((int)cm_arguments_integer(arguments, "port"),
                           (int)cm_arguments_integer(arguments, "partitions"), &broker));
    cm_status status = tell_ready(broker, (int)cm_arguments_integer(arguments, "ready-fd"));
    if (cm_is_ok(status))
        wait_for_end((int)cm_arguments_integer(arguments, "parent-fd"));
    cm_broker_stop(broker);
    return status;
}
