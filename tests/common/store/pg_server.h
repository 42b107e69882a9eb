/* pg_server.h: a PostgreSQL of the test's own, from the system's packages: in a temporary folder, on a socket in it, as
 * an unprivileged user, gone when the test ends however it ends. Reach for it in suites that run on every engine.
 *
 * Without the package the tests that need it are skipped, and counted as such. */
#ifndef PG_SERVER_H
#define PG_SERVER_H

#include "store_bed.h"

#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>

typedef struct pg_server {
    char *programs; /* the folder of initdb and postgres */
    char *folder;   /* of the data and of the socket */
    pid_t pid;      /* 0: does not run */
    int log;        /* what the server says */
    int schemas;    /* made so far */
} pg_server;

/* Debian keeps them out of PATH, in a folder a version; the newest is the last. */
static inline char *pg_server_find(void)
{
    char *found = NULL;
    glob_t folders;

    if (glob("/usr/lib/postgresql/*/bin/initdb", 0, NULL, &folders) == 0) {
        const char *last = folders.gl_pathv[folders.gl_pathc - 1];
        found = cm_strndup(last, strlen(last) - strlen("/initdb"));
        globfree(&folders);
    }
    return found;
}

/* PostgreSQL refuses to run as root. */
static inline const struct passwd *pg_server_user(void)
{
    const struct passwd *user = getpwnam("postgres");

    return user ? user : getpwnam("nobody");
}

/* In a child: becomes the program. What it says goes to `output`. */
static inline void pg_server_become(char *const *arguments, int output)
{
    const struct passwd *user = geteuid() == 0 ? pg_server_user() : NULL;

    if (user && (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0))
        _exit(126);
    prctl(PR_SET_PDEATHSIG, SIGQUIT);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    clearenv();
    setenv("LC_ALL", "C", 1);
    execv(arguments[0], arguments);
    _exit(127);
}

static inline pid_t pg_server_spawn(char *const *arguments, int output)
{
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0)
        pg_server_become(arguments, output);
    return pid;
}

static inline void pg_server_initdb(const pg_server *server)
{
    CM_FREE char *program = cm_format("%s/initdb", server->programs);
    CM_FREE char *data = cm_format("%s/data", server->folder);
    CM_FREE char *log = cm_format("%s/initdb.log", server->folder);
    int output = open(log, O_WRONLY | O_CREAT | O_CLOEXEC, 0644), ended;
    pid_t pid = pg_server_spawn((char *[]){program, "-D", data, "-U", "cityneg", "-A", "trust", "-E", "UTF8",
                                           "--locale=C.UTF-8", "--no-sync", NULL},
                                output);

    close(output);
    assert_int_equal(waitpid(pid, &ended, 0), pid);
    assert_int_equal(ended, 0);
}

/* Reads what the server says until it takes connections. */
static inline void pg_server_await(const pg_server *server)
{
    char said[16384];
    size_t size = 0;
    ssize_t more;

    do {
        more = read(server->log, said + size, sizeof said - 1 - size);
        size += more > 0 ? (size_t)more : 0;
        said[size] = '\0';
    } while (more > 0 && size < sizeof said - 1 && !strstr(said, "ready to accept connections"));
    if (!strstr(said, "ready to accept connections")) {
        print_error("PostgreSQL did not start:\n%s\n", said);
        fail();
    }
}

/* Starts what pg_server_start has made; again after pg_server_crash. */
static inline void pg_server_run(pg_server *server)
{
    CM_FREE char *program = cm_format("%s/postgres", server->programs);
    CM_FREE char *data = cm_format("%s/data", server->folder);
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    server->log = ends[0];
    server->pid = pg_server_spawn((char *[]){program,
                                             "-D",
                                             data,
                                             "-k",
                                             server->folder,
                                             "-c",
                                             "listen_addresses=",
                                             "-c",
                                             "fsync=off",
                                             "-c",
                                             "log_min_messages=log",
                                             "-c",
                                             "log_checkpoints=off",
                                             "-c",
                                             "log_lock_waits=off",
                                             "-c",
                                             "shared_buffers=16MB",
                                             "-c",
                                             "max_connections=60",
                                             NULL},
                                  ends[1]);
    close(ends[1]);
    pg_server_await(server);
}

/* False where PostgreSQL is not installed. */
static inline bool pg_server_start(pg_server *server)
{
    *server = (pg_server){.programs = pg_server_find()};
    if (!server->programs)
        return false;
    server->folder = bed_folder_new();
    if (geteuid() == 0) {
        const struct passwd *user = pg_server_user();
        assert_int_equal(chown(server->folder, user->pw_uid, user->pw_gid), 0);
    }
    pg_server_initdb(server);
    pg_server_run(server);
    return true;
}

/* Ends it at once, as a crash does: connections are lost, and what was not committed too. */
static inline void pg_server_crash(pg_server *server)
{
    kill(server->pid, SIGQUIT);
    waitpid(server->pid, NULL, 0);
    close(server->log);
    server->pid = 0;
}

static inline int pg_server_unlink(const char *path, const struct stat *what, int kind, struct FTW *place)
{
    return remove(path);
}

static inline void pg_server_stop(pg_server *server)
{
    if (server->pid)
        pg_server_crash(server);
    if (server->folder)
        nftw(server->folder, pg_server_unlink, 16, FTW_DEPTH | FTW_PHYS);
    free(server->folder);
    free(server->programs);
}

static inline void pg_server_execute(const pg_server *server, const char *sql)
{
    CM_FREE char *url = cm_format("postgresql://cityneg@/postgres?host=%s", server->folder);
    PGconn *connection = PQconnectdb(url);
    PGresult *answer = PQexec(connection, sql);

    if (PQresultStatus(answer) != PGRES_COMMAND_OK && PQresultStatus(answer) != PGRES_TUPLES_OK) {
        print_error("%s: %s\n", sql, PQerrorMessage(connection));
        fail();
    }
    PQclear(answer);
    PQfinish(connection);
}

/* The URL of a store that does not exist yet: a schema of its own. */
static inline char *pg_server_url(pg_server *server)
{
    CM_FREE char *sql = cm_format("CREATE SCHEMA t%d", ++server->schemas);

    pg_server_execute(server, sql);
    return cm_format("postgresql://cityneg@/postgres?host=%s&options=-csearch_path%%3Dt%d", server->folder,
                     server->schemas);
}

static inline void pg_server_skip(void **state)
{
    skip();
}

/* Where it is not installed: each of the tests is skipped, and counted so. */
static inline int pg_server_skip_all(const struct CMUnitTest *tests, size_t count)
{
    CM_FREE struct CMUnitTest *skipped = cm_alloc(count * sizeof *skipped);
    CM_FREE char *name = cm_format("postgresql: NOT INSTALLED, %zu tests skipped (apt-get install postgresql)", count);

    for (size_t i = 0; i < count; i++)
        skipped[i] = (struct CMUnitTest){.name = tests[i].name, .test_func = pg_server_skip};
    print_error("%s\n", name);
    return _cmocka_run_group_tests(name, skipped, count, NULL, NULL);
}

/* The tests with `server` running; skipped where it cannot. Answers how many failed. */
static inline int pg_server_run_suite(pg_server *server, const struct CMUnitTest *tests, size_t count)
{
    int failed;

    if (!pg_server_start(server))
        return pg_server_skip_all(tests, count);
    failed = _cmocka_run_group_tests("postgresql", tests, count, NULL, NULL);
    pg_server_stop(server);
    return failed;
}

/* The tests, then once more with `server` running: whoever opens stores looks at its pid. Answers how many failed. */
static inline int pg_server_run_on_every_engine(pg_server *server, const struct CMUnitTest *tests, size_t count)
{
    int failed = _cmocka_run_group_tests("sqlite", tests, count, NULL, NULL);

    return failed + pg_server_run_suite(server, tests, count);
}

#endif
