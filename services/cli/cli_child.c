#include "cli/cli_child.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"

void cli_child_init(cli_child *child, const char *name, const char *program, const char *folder)
{
    char self[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

    self[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(self, '/');
    *child = (cli_child){.name = name, .log = cm_format("%s/%s.log", folder, name)};
    if (slash)
        *slash = '\0';
    child->words[0] = cm_format("%s/%s", slash ? self : ".", program);
}

void cli_child_word(cli_child *child, const char *format, ...)
{
    int count = 0;
    va_list args;

    while (child->words[count])
        count++;
    if (count + 1 >= CLI_WORDS_MAX)
        abort();
    va_start(args, format);
    child->words[count] = cm_vformat(format, args);
    va_end(args);
}

void cli_child_clear(cli_child *child)
{
    for (int i = 0; child->words[i]; i++)
        free(child->words[i]);
    free(child->log);
    *child = (cli_child){0};
}

/* In the child: descriptors 3 (ready) and 4 (the parent's life), the log as output, and the program. */
static void become(const cli_child *child, int ready, int life)
{
    char *words[CLI_WORDS_MAX + 4];
    int count = 0;
    int log = open(child->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0); /* a Ctrl-C is for the parent, which ends its children in order */
    for (int i = 0; child->words[i]; i++)
        words[count++] = child->words[i];
    words[count++] = "--ready-fd=3";
    words[count++] = "--parent-fd=4";
    words[count] = NULL;
    int ready_high = fcntl(ready, F_DUPFD, 10), life_high = fcntl(life, F_DUPFD, 10);
    if (log < 0 || nothing < 0 || dup2(nothing, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0 ||
        dup2(ready_high, 3) < 0 || dup2(life_high, 4) < 0)
        _exit(126);
    close(ready_high);
    close(life_high);
    execv(words[0], words);
    dprintf(2, "%s: %s\n", words[0], strerror(errno));
    _exit(127);
}

/* The write end of the pipe that children watch; it stays open as long as this process lives. */
static int life_pipe(void)
{
    static int ends[2] = {-1, -1};

    if (ends[0] < 0 && pipe2(ends, O_CLOEXEC) != 0)
        return -1;
    return ends[0];
}

char *cli_child_last_words(const cli_child *child)
{
    FILE *log = fopen(child->log, "r");
    char *line = NULL, *last = NULL;
    size_t capacity = 0;
    ssize_t length;

    while (log && (length = getline(&line, &capacity, log)) > 0) {
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            line[--length] = '\0';
        if (length > 0 && line[0] != '{') {
            free(last);
            last = cm_strdup(line);
        }
    }
    free(line);
    if (log)
        fclose(log);
    return last ? last : cm_format("see %s", child->log);
}

cm_status cli_child_start(cli_child *child)
{
    int ready[2], life = life_pipe();

    if (life < 0 || pipe2(ready, O_CLOEXEC) != 0)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "no more pipes: %s", strerror(errno));
    pid_t pid = fork();
    if (pid < 0) {
        close(ready[0]);
        close(ready[1]);
        return cm_fail(CM_RESOURCE_EXHAUSTED, "no more processes: %s", strerror(errno));
    }
    if (pid == 0)
        become(child, ready[1], life);
    close(ready[1]);
    child->pid = pid;
    child->starts++;
    char line[32] = "";
    ssize_t got = 0;
    size_t have = 0;
    while (have + 1 < sizeof line && !strchr(line, '\n') &&
           ((got = read(ready[0], line + have, sizeof line - 1 - have)) > 0 || (got < 0 && errno == EINTR)))
        have += got > 0 ? (size_t)got : 0;
    close(ready[0]);
    if (!strchr(line, '\n')) {
        waitpid(pid, NULL, 0);
        child->pid = 0;
        CM_FREE char *words = cli_child_last_words(child);
        return cm_fail(CM_UNAVAILABLE, "%s did not start: %s", child->name, words);
    }
    child->port = (int)strtol(line, NULL, 10);
    return cm_ok();
}

void cli_child_stop(cli_child *child, int wait_ms)
{
    if (!child->pid)
        return;
    int64_t deadline = cm_clock_monotonic_us() + (int64_t)wait_ms * 1000;
    kill(child->pid, SIGTERM);
    while (waitpid(child->pid, NULL, WNOHANG) == 0) {
        if (cm_clock_monotonic_us() > deadline) {
            kill(child->pid, SIGKILL);
            waitpid(child->pid, NULL, 0);
            break;
        }
        poll(NULL, 0, 10);
    }
    child->pid = 0;
}
