/* What only the embedded engine has: a file, its lock, its log, its disk. */
#include "store_bed.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>

typedef struct bed {
    char *folder, *path;
} bed;

static int set_up(void **state)
{
    bed *b = cm_alloc(sizeof *b);

    b->folder = bed_folder_new();
    b->path = cm_format("%s/store.db", b->folder);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    bed *b = *state;

    bed_folder_free(b->folder);
    free(b->path);
    free(b);
    return 0;
}

static void every_commit_is_synchronous_in_a_write_ahead_log(void **state)
{
    bed *b = *state;
    cm_store *store;
    cm_db *db;
    cm_rows rows;
    int64_t level;

    assert_ok(cm_store_open(b->path, &store));
    assert_ok(cm_store_writer(store, &db));
    assert_ok(cm_db_integer(db, "PRAGMA synchronous", CM_NONE, -1, &level));
    assert_int_equal(level, 2); /* FULL */
    assert_ok(cm_db_query(db, "PRAGMA journal_mode", CM_NONE, &rows));
    assert_true(cm_rows_next(&rows));
    assert_string_equal(cm_rows_text(&rows, 0), "wal");
    assert_ok(cm_rows_end(&rows));
    cm_db_close(db);
    cm_store_close(store);
}

static void only_one_connection_writes_at_a_time(void **state)
{
    bed *b = *state;
    cm_store *store;
    cm_db *first, *second;

    assert_ok(cm_store_open(b->path, &store));
    assert_ok(cm_store_writer(store, &first));
    assert_fails(cm_store_writer(store, &second), CM_FAILED_PRECONDITION, b->path);
    cm_db_close(first);
    assert_ok(cm_store_writer(store, &second));
    cm_db_close(second);
    cm_store_close(store);
}

/* In a child: holds the store open until it is killed. */
static void hold(const char *path, int ready)
{
    cm_store *store;
    cm_status s = cm_store_open(path, &store);

    if (cm_is_ok(s) && write(ready, "x", 1) == 1)
        pause();
    cm_status_clear(&s);
    _exit(1);
}

static void a_second_process_is_refused_until_the_first_has_ended_however(void **state)
{
    bed *b = *state;
    cm_store *store;
    int ready[2];
    char byte;

    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0)
        hold(b->path, ready[1]);
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);

    CM_FREE char *line = cm_format("%s: process %ld has it open", b->path, (long)child);
    assert_fails(cm_store_open(b->path, &store), CM_UNAVAILABLE, line);
    CM_FREE char *alias = cm_format("%s/alias.db", b->folder);
    assert_int_equal(symlink(b->path, alias), 0);
    assert_fails(cm_store_open(alias, &store), CM_UNAVAILABLE, line);

    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_ok(cm_store_open(b->path, &store));
    cm_store_close(store);
}

static void a_path_that_cannot_be_is_refused_by_name(void **state)
{
    bed *b = *state;
    cm_store *store;
    CM_FREE char *nowhere = cm_format("%s/none/store.db", b->folder);

    assert_fails(cm_store_open(nowhere, &store), CM_NOT_FOUND, nowhere);
    assert_fails(cm_store_open(b->folder, &store), CM_INVALID_ARGUMENT, b->folder);
}

/* Root may do everything, so the child becomes somebody else where it is root. */
static int open_as_nobody(const char *path)
{
    pid_t child = fork();
    int outcome;

    if (child == 0) {
        cm_store *store;
        if (geteuid() == 0 && setuid(65534) != 0)
            _exit(99);
        cm_status s = cm_store_open(path, &store);
        _exit((int)s.code);
    }
    waitpid(child, &outcome, 0);
    return WEXITSTATUS(outcome);
}

static void a_folder_or_file_without_rights_is_permission_denied(void **state)
{
    bed *b = *state;
    cm_store *store;
    CM_FREE char *lock = cm_format("%s.lock", b->path);

    assert_int_equal(chmod(b->folder, 0555), 0);
    assert_int_equal(open_as_nobody(b->path), CM_PERMISSION_DENIED);
    assert_int_equal(chmod(b->folder, 0755), 0);

    assert_ok(cm_store_open(b->path, &store)); /* another user's file, in a folder where others may write */
    cm_store_close(store);
    assert_int_equal(chmod(b->path, 0444), 0);
    assert_int_equal(chmod(b->folder, 0777), 0);
    assert_int_equal(unlink(lock), 0);
    assert_int_equal(open_as_nobody(b->path), CM_PERMISSION_DENIED);
}

static void a_file_that_is_no_database_is_data_loss(void **state)
{
    bed *b = *state;
    cm_store *store;
    int file = open(b->path, O_WRONLY | O_CREAT, 0644);

    for (int i = 0; i < 512; i++)
        assert_int_equal(write(file, "rubbish\n", 8), 8);
    close(file);
    assert_fails(cm_store_open(b->path, &store), CM_DATA_LOSS, b->path);
}

static void a_full_store_is_resource_exhausted_and_goes_on_when_there_is_room(void **state)
{
    static const char fill[] = "INSERT INTO big VALUES (zeroblob(200000))";
    bed *b = *state;
    cm_store *store;
    cm_db *db;

    assert_ok(cm_store_open(b->path, &store));
    assert_ok(cm_store_writer(store, &db));
    assert_ok(cm_db_script(db, "CREATE TABLE big (a BLOB); PRAGMA max_page_count = 20"));
    assert_fails(cm_db_run(db, fill, CM_NONE), CM_RESOURCE_EXHAUSTED, b->path);
    assert_ok(cm_db_script(db, "PRAGMA max_page_count = 2000"));
    assert_ok(cm_db_run(db, fill, CM_NONE));
    cm_db_close(db);
    cm_store_close(store);
}

/* A file that may not grow makes writing fail as a broken disk does. In a child, whose limit it is. */
static int write_beyond_the_limit(const char *path)
{
    cm_store *store;
    cm_db *db;
    int64_t rows = -1;

    signal(SIGXFSZ, SIG_IGN);
    assert_ok(cm_store_open(path, &store));
    assert_ok(cm_store_writer(store, &db));
    assert_ok(cm_db_script(db, "CREATE TABLE big (a BLOB)"));
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){1 << 18, RLIM_INFINITY});
    cm_status s = cm_db_run(db, "INSERT INTO big VALUES (zeroblob(1000000))", CM_NONE);
    cm_code code = s.code;
    cm_status_clear(&s);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
    assert_ok(cm_db_run(db, "INSERT INTO big VALUES (zeroblob(1000000))", CM_NONE));
    assert_ok(cm_db_integer(db, "SELECT count(*) FROM big", CM_NONE, -1, &rows));
    return rows == 1 ? (int)code : 99;
}

static void a_disk_that_fails_settles_nothing_and_the_store_goes_on(void **state)
{
    bed *b = *state;
    pid_t child = fork();
    int outcome;

    if (child == 0)
        _exit(write_beyond_the_limit(b->path));
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_true(WIFEXITED(outcome));
    assert_int_equal(WEXITSTATUS(outcome), CM_UNAVAILABLE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_commit_is_synchronous_in_a_write_ahead_log),
        TEST(only_one_connection_writes_at_a_time),
        TEST(a_second_process_is_refused_until_the_first_has_ended_however),
        TEST(a_path_that_cannot_be_is_refused_by_name),
        TEST(a_folder_or_file_without_rights_is_permission_denied),
        TEST(a_file_that_is_no_database_is_data_loss),
        TEST(a_full_store_is_resource_exhausted_and_goes_on_when_there_is_room),
        TEST(a_disk_that_fails_settles_nothing_and_the_store_goes_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
