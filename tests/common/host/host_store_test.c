/* Services on PostgreSQL, each a process of its own as its main makes it. */
#include "../store/pg_server.h"

#include "host/cm_host.h"
#include "journal/journal.h"

static pg_server server;
static char *url;

static cm_status open_nothing(cm_host *host, void **state)
{
    return cm_ok();
}

static const cm_program registry = {
    .service = "registry", .about = "a service with a journal alone", .open = open_nothing};
static const cm_program trends = {.service = "trends", .about = "another one", .open = open_nothing};

typedef struct service {
    pid_t pid;
    int ready;
} service;

static service start(const cm_program *program)
{
    int ends[2];
    service s;

    assert_int_equal(pipe(ends), 0);
    CM_FREE char *store = cm_format("--store=%s", url);
    CM_FREE char *fd = cm_format("--ready-fd=%d", ends[1]);
    s.pid = fork();
    assert_true(s.pid >= 0);
    if (s.pid == 0) {
        char *words[] = {"service", store, "--kafka=none", "--listen=127.0.0.1:0", "--drain-grace=0", fd, NULL};
        _exit(cm_host_main(program, 6, words));
    }
    close(ends[1]);
    s.ready = ends[0];
    return s;
}

/* What it says when it serves: its port; 0 where it ended before. */
static int port_of(const service *s)
{
    char line[16] = "";

    return read(s->ready, line, sizeof line - 1) > 0 ? atoi(line) : 0;
}

static int end(service *s)
{
    int ended;

    kill(s->pid, SIGTERM);
    assert_int_equal(waitpid(s->pid, &ended, 0), s->pid);
    close(s->ready);
    assert_true(WIFEXITED(ended));
    return WEXITSTATUS(ended);
}

static void replicas_that_start_at_once_on_an_empty_database_both_serve(void **state)
{
    service first = start(&registry), second = start(&registry);
    int port = port_of(&first), other = port_of(&second);

    assert_true(port > 0);
    assert_true(other > 0);
    assert_int_not_equal(port, other);
    assert_int_equal(end(&first), 0);
    assert_int_equal(end(&second), 0);
}

/* Brings the database to the journal's first step alone, as an old program left it. */
static void make_old(void)
{
    const cm_migrations old = {journal_migrations.set, journal_migrations.steps, 1};
    const cm_migrations *sets[] = {&old};
    cm_store *store;

    assert_ok(cm_store_open(url, &store));
    assert_ok(cm_store_migrate(store, sets, 1));
    cm_store_close(store);
}

static void replicas_that_start_at_once_on_an_old_schema_bring_it_forward_once(void **state)
{
    make_old();
    assert_int_equal(bed_integer_at(url, "SELECT count(*) FROM migrations WHERE set_name = 'journal'"), 1);
    service first = start(&registry), second = start(&registry);

    assert_true(port_of(&first) > 0);
    assert_true(port_of(&second) > 0);
    assert_int_equal(bed_integer_at(url, "SELECT count(*) FROM migrations WHERE set_name = 'journal'"),
                     journal_migrations.count);
    assert_int_equal(end(&first), 0);
    assert_int_equal(end(&second), 0);
}

static void a_schema_that_is_newer_than_the_program_is_refused_and_stays(void **state)
{
    CM_FREE char *newer = NULL;
    service first = start(&registry);

    assert_true(port_of(&first) > 0);
    assert_int_equal(end(&first), 0);
    newer = cm_format("SET search_path = %s; INSERT INTO migrations VALUES ('journal', %d, 'later', 0)",
                      strstr(url, "%3D") + strlen("%3D"), journal_migrations.count + 1);
    pg_server_execute(&server, newer);
    service second = start(&registry);
    assert_int_equal(port_of(&second), 0);
    assert_int_equal(end(&second), 1);
    assert_int_equal(bed_integer_at(url, "SELECT max(number) FROM migrations WHERE set_name = 'journal'"),
                     journal_migrations.count + 1);
}

static void the_database_of_another_service_is_refused(void **state)
{
    service first = start(&registry);

    assert_true(port_of(&first) > 0);
    service second = start(&trends);
    assert_int_equal(port_of(&second), 0);
    assert_int_equal(end(&second), 1);
    assert_int_equal(end(&first), 0);
}

static int set_up(void **state)
{
    url = pg_server_url(&server);
    return 0;
}

static int tear_down(void **state)
{
    free(url);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(replicas_that_start_at_once_on_an_empty_database_both_serve),
        TEST(replicas_that_start_at_once_on_an_old_schema_bring_it_forward_once),
        TEST(a_schema_that_is_newer_than_the_program_is_refused_and_stays),
        TEST(the_database_of_another_service_is_refused),
    };

    return pg_server_run_suite(&server, tests, sizeof tests / sizeof *tests);
}
