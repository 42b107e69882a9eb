/* The options of TLS and of roles, in a service of its own as its main makes it. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cm_memory.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "host/cm_host.h"

static cm_status open_nothing(cm_host *host, void **state)
{
    return cm_ok();
}

static const cm_program registry = {
    .service = "registry", .about = "a service with a journal alone", .open = open_nothing};

static void run(const char *command)
{
    assert_int_equal(system(command), 0);
}

/* The process of a service that serves beyond loopback; its port comes by `ready`. */
static pid_t start(const char *folder, int ready[2])
{
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        CM_FREE char *fd = cm_format("--ready-fd=%d", ready[1]);
        char *words[] = {"service",
                         "--data=.",
                         "--kafka=none",
                         "--listen=0.0.0.0:0",
                         "--drain-grace=0",
                         "--tls-cert=server.pem",
                         "--tls-key=server.key",
                         "--tls-client-ca=ca.pem",
                         "--roles=roles",
                         fd,
                         NULL};
        _exit(chdir(folder) == 0 ? cm_host_main(&registry, 10, words) : 3);
    }
    close(ready[1]);
    return pid;
}

static cm_code ask(const char *folder, int port, const char *client)
{
    CM_ARENA(arena);
    cm_channel_tls tls = {.authorities = cm_arena_format(arena, "%s/ca.pem", folder),
                          .certificate = cm_arena_format(arena, "%s/%s.pem", folder, client),
                          .key = cm_arena_format(arena, "%s/%s.key", folder, client)};
    cm_channel *channel = NULL;
    JrnGetJournalRequest request;
    JrnJournal *journal = NULL;

    JrnGetJournalRequest_init(&request);
    cm_status outcome =
        cm_channel_new(cm_arena_format(arena, "127.0.0.1:%d", port), &(cm_channel_options){.tls = &tls}, &channel);
    if (cm_is_ok(outcome))
        outcome = jrn_journal_service_get_journal(channel, NULL, &request, arena, &journal);
    cm_code code = outcome.code;
    cm_status_clear(&outcome);
    cm_channel_free(channel);
    return code;
}

static void a_service_beyond_loopback_answers_those_whose_certificate_has_a_role(void **state)
{
    char folder[] = "/tmp/cityneg-host-XXXXXX", line[16] = "";
    int ready[2], ended;

    assert_non_null(mkdtemp(folder));
    CM_FREE char *make = cm_format("%s/tests/common/rpc/certificates.sh %s", CITYNEG_SOURCE_DIR, folder);
    CM_FREE char *roles = cm_format("printf 'spiffe://cityneg/tests read\\n' >%s/roles", folder);
    CM_FREE char *clean = cm_format("rm -r %s", folder);
    run(make);
    run(roles);
    pid_t pid = start(folder, ready);
    assert_true(read(ready[0], line, sizeof line - 1) > 0);
    close(ready[0]);
    assert_int_equal(ask(folder, atoi(line), "client"), CM_OK);
    assert_int_equal(ask(folder, atoi(line), "named"), CM_PERMISSION_DENIED);
    assert_int_equal(ask(folder, atoi(line), "other"), CM_UNAVAILABLE);
    kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    assert_true(WIFEXITED(ended));
    assert_int_equal(WEXITSTATUS(ended), 0);
    run(clean);
}

/* The exit code of a service that is told to listen where others can reach it. */
static int exit_code_of(const char *security)
{
    char folder[] = "/tmp/cityneg-host-XXXXXX";
    int ended;

    assert_non_null(mkdtemp(folder));
    CM_FREE char *clean = cm_format("rm -r %s", folder);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        int closed[2];
        CM_FREE char *parent = pipe(closed) == 0 ? cm_format("--parent-fd=%d", closed[0]) : NULL;
        char *words[] = {"service", "--data=.", "--kafka=none", "--listen=0.0.0.0:0", parent, (char *)security, NULL};
        close(closed[1]); /* so that what does start ends at once */
        _exit(chdir(folder) == 0 ? cm_host_main(&registry, security ? 6 : 5, words) : 3);
    }
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    assert_true(WIFEXITED(ended));
    run(clean);
    return WEXITSTATUS(ended);
}

static void a_service_refuses_to_be_reached_in_clear_unless_told(void **state)
{
    assert_int_equal(exit_code_of(NULL), 1);
    assert_int_equal(exit_code_of("--insecure"), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_service_refuses_to_be_reached_in_clear_unless_told),
        cmocka_unit_test(a_service_beyond_loopback_answers_those_whose_certificate_has_a_role),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
