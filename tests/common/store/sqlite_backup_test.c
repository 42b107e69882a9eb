/* Copies that are taken while a store is written, put back, and checked. */
#include "store_bed.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "store/cm_backup.h"

typedef struct bed {
    char *folder, *path, *copy;
    cm_store *store;
    cm_db *db;
} bed;

/* Pairs of rows are written in one transaction each, so that a copy of one moment has an even number. */
static cm_status add_pair(cm_db *db)
{
    CM_TRY(cm_db_begin(db, true));
    CM_TRY(cm_db_run(db, "INSERT INTO rows (text) VALUES (hex(randomblob(500)))", CM_NONE));
    CM_TRY(cm_db_run(db, "INSERT INTO rows (text) VALUES (hex(randomblob(500)))", CM_NONE));
    return cm_db_commit(db);
}

static int set_up(void **state)
{
    bed *b = cm_alloc(sizeof *b);

    b->folder = bed_folder_new();
    b->path = cm_format("%s/store.db", b->folder);
    b->copy = cm_format("%s/copy.db", b->folder);
    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_store_writer(b->store, &b->db));
    assert_ok(cm_db_script(b->db, "CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT); "
                                  "CREATE INDEX rows_by_text ON rows (text)"));
    assert_ok(cm_db_run(b->db,
                        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000) "
                        "INSERT INTO rows (text) SELECT hex(randomblob(500)) FROM n",
                        CM_NONE));
    *state = b;
    return 0;
}

static void close_store(bed *b)
{
    cm_db_close(b->db);
    cm_store_close(b->store);
    b->db = NULL;
    b->store = NULL;
}

static int tear_down(void **state)
{
    bed *b = *state;

    if (b->store)
        close_store(b);
    bed_folder_free(b->folder);
    free(b->path);
    free(b->copy);
    free(b);
    return 0;
}

/* The rows of a store that nobody has open. */
static int64_t rows_in(const char *path)
{
    cm_store *store;
    cm_db *db;
    int64_t count;

    assert_ok(cm_store_open(path, &store));
    assert_ok(cm_store_reader(store, &db));
    assert_ok(cm_db_check(db));
    assert_ok(cm_db_integer(db, "SELECT count(*) FROM rows", CM_NONE, -1, &count));
    cm_db_close(db);
    cm_store_close(store);
    return count;
}

typedef struct writing {
    cm_db *db;
    atomic_bool copied; /* some pages are */
    int64_t pairs;
} writing;

/* Called between two steps of a copy: more is written, and is not in the copy. */
static void write_meanwhile(void *context, int64_t done, int64_t total)
{
    writing *w = context;

    assert_true(done <= total);
    assert_ok(add_pair(w->db));
    w->pairs++;
}

static void a_copy_is_of_one_moment_while_the_writer_goes_on(void **state)
{
    bed *b = *state;
    writing w = {.db = b->db};

    assert_ok(cm_store_backup(b->path, b->copy, write_meanwhile, &w));
    assert_true(w.pairs >= 1);
    assert_int_equal(rows_in(b->copy), 4000);
    close_store(b);
    assert_int_equal(rows_in(b->path), 4000 + 2 * w.pairs);
}

static void *write_on(void *argument)
{
    writing *w = argument;

    while (!atomic_load(&w->copied)) {
        assert_ok(add_pair(w->db));
        w->pairs++;
    }
    return NULL;
}

static void a_copy_beside_a_racing_writer_has_no_half_transaction(void **state)
{
    bed *b = *state;
    writing w = {.db = b->db};
    pthread_t thread;

    assert_int_equal(pthread_create(&thread, NULL, write_on, &w), 0);
    assert_ok(cm_store_backup(b->path, b->copy, NULL, NULL));
    atomic_store(&w.copied, true);
    pthread_join(thread, NULL);
    int64_t copied = rows_in(b->copy);
    assert_true(copied >= 4000 && copied <= 4000 + 2 * w.pairs);
    assert_int_equal(copied % 2, 0);
}

static void what_is_there_is_not_written_over(void **state)
{
    bed *b = *state;

    assert_ok(cm_store_backup(b->path, b->copy, NULL, NULL));
    assert_fails(cm_store_backup(b->path, b->copy, NULL, NULL), CM_ALREADY_EXISTS, "copy.db");
    CM_FREE char *missing = cm_format("%s/missing.db", b->folder), *other = cm_format("%s/other.db", b->folder);
    assert_fails(cm_store_backup(missing, other, NULL, NULL), CM_NOT_FOUND, "missing.db");
    assert_int_not_equal(access(missing, F_OK), 0);
    assert_int_not_equal(access(other, F_OK), 0);
}

static cm_status mark(void *context, cm_store *restored)
{
    cm_db *db;
    cm_status s;

    CM_TRY(cm_store_writer(restored, &db));
    s = cm_db_run(db, "INSERT INTO rows (text) VALUES ('restored')", CM_NONE);
    cm_db_close(db);
    return s;
}

static cm_status refuse(void *context, cm_store *restored)
{
    return cm_fail(CM_FAILED_PRECONDITION, "not this one");
}

static void a_store_that_is_open_is_not_replaced(void **state)
{
    bed *b = *state;

    assert_ok(cm_store_backup(b->path, b->copy, NULL, NULL));
    assert_fails(cm_store_restore(b->copy, b->path, &(cm_restoring){true, mark, NULL}), CM_UNAVAILABLE, "store.db");
    assert_ok(add_pair(b->db));
}

static void a_backup_takes_the_place_of_a_store_that_is_kept_beside(void **state)
{
    bed *b = *state;
    CM_FREE char *replaced = cm_format("%s.replaced", b->path);

    assert_ok(cm_store_backup(b->path, b->copy, NULL, NULL));
    assert_ok(add_pair(b->db));
    close_store(b);
    assert_fails(cm_store_restore(b->copy, b->path, &(cm_restoring){false, mark, NULL}), CM_ALREADY_EXISTS, "store.db");
    assert_int_equal(rows_in(b->path), 4002);
    assert_fails(cm_store_restore(b->copy, b->path, &(cm_restoring){true, refuse, NULL}), CM_FAILED_PRECONDITION,
                 "not this one");
    assert_int_equal(rows_in(b->path), 4002);
    assert_ok(cm_store_restore(b->copy, b->path, &(cm_restoring){true, mark, NULL}));
    assert_int_equal(rows_in(b->path), 4001);
    assert_int_equal(rows_in(replaced), 4002);
    assert_int_equal(rows_in(b->copy), 4000);
}

static void a_backup_makes_a_store_where_there_is_none(void **state)
{
    bed *b = *state;
    CM_FREE char *fresh = cm_format("%s/fresh.db", b->folder);

    assert_ok(cm_store_backup(b->path, b->copy, NULL, NULL));
    assert_ok(cm_store_restore(b->copy, fresh, &(cm_restoring){false, mark, NULL}));
    assert_int_equal(rows_in(fresh), 4001);
}

/* Overwrites some pages in the middle of the file. */
static void damage(const char *path)
{
    static const char junk[16 * 4096];
    struct stat file;
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &file), 0);
    assert_int_equal(pwrite(fd, junk, sizeof junk, file.st_size / 2 / 4096 * 4096), (ssize_t)sizeof junk);
    close(fd);
}

static void damage_is_told_by_a_check_by_a_backup_and_by_a_restore(void **state)
{
    bed *b = *state;
    CM_FREE char *fresh = cm_format("%s/fresh.db", b->folder), *again = cm_format("%s/again.db", b->folder);
    cm_db *reader;

    assert_ok(cm_store_backup(b->path, b->copy, NULL, NULL));
    damage(b->copy);
    assert_fails(cm_store_restore(b->copy, fresh, &(cm_restoring){false, mark, NULL}), CM_DATA_LOSS, "");
    assert_int_not_equal(access(fresh, F_OK), 0);
    assert_fails(cm_store_backup(b->copy, again, NULL, NULL), CM_DATA_LOSS, "");
    assert_int_not_equal(access(again, F_OK), 0);

    close_store(b); /* everything is in the file itself then */
    damage(b->path);
    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_store_writer(b->store, &b->db));
    assert_ok(cm_store_reader(b->store, &reader));
    assert_fails(cm_db_check(reader), CM_DATA_LOSS, "store.db");
    cm_db_close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_copy_is_of_one_moment_while_the_writer_goes_on),
        TEST(a_copy_beside_a_racing_writer_has_no_half_transaction),
        TEST(what_is_there_is_not_written_over),
        TEST(a_store_that_is_open_is_not_replaced),
        TEST(a_backup_takes_the_place_of_a_store_that_is_kept_beside),
        TEST(a_backup_makes_a_store_where_there_is_none),
        TEST(damage_is_told_by_a_check_by_a_backup_and_by_a_restore),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
