/* A replica of the version before writes all the while another one brings the database forward: nobody waits for the
 * new one, and nothing is lost. On PostgreSQL; a file has one program. */
#include "../store/online.h"
#include "journal_bed.h"

#include "journal/cm_resource.h"
#include "journal/journal.h"

enum { EACH = 8 };

static const cm_migration newer_steps[] = {
    {1, "names", "CREATE TABLE names (name TEXT PRIMARY KEY)"},
    {2, "notes", "ALTER TABLE names ADD COLUMN note TEXT NOT NULL DEFAULT ''",
     .index = "names_by_note ON names (note)"},
};
static const cm_migrations newer_tables = {"bed", newer_steps, 2};

/* The new replica, which opens the store in a thread of its own. */
typedef struct newer {
    journal_bed bed;
    pthread_t thread;
    atomic_bool serves;
} newer;

static void *open_newer(void *argument)
{
    newer *n = argument;
    const cm_journal_options options = {
        .service = "registry", .partitions = BED_PARTITIONS, .migrations = &newer_tables, .clock = bed_clock};
    cm_status s = cm_store_open(n->bed.path, &n->bed.store);

    if (cm_is_ok(s))
        s = cm_journal_open(n->bed.store, &options, &n->bed.journal);
    if (!cm_is_ok(s)) {
        print_error("%s\n", cm_status_message(s));
        abort();
    }
    atomic_store(&n->serves, true);
    return NULL;
}

/* Somebody who has read and does not end. */
static cm_db *hold(journal_bed *b, const char *sql)
{
    int64_t ignored;
    cm_db *db;

    assert_ok(cm_store_reader(b->store, &db));
    assert_ok(cm_db_run(db, "SET idle_in_transaction_session_timeout = 0", CM_NONE));
    assert_ok(cm_db_begin(db, false));
    assert_ok(cm_db_integer(db, sql, CM_NONE, -1, &ignored));
    return db;
}

static void let_go(cm_db *db)
{
    assert_ok(cm_db_commit(db));
    cm_db_close(db);
}

/* Requests that write rows and the table that changes. */
static void write_some(journal_bed *b, int *written)
{
    for (int i = 0; i < EACH; i++) {
        CM_FREE char *name = cm_format("cities/%d", (*written)++);
        bed_append a = {.resource = name, .name = name};
        assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), bed_run_append, &a));
    }
}

static void an_older_replica_writes_while_a_newer_one_migrates(void **state)
{
    journal_bed *b = *state;
    newer n = {.bed.path = b->path};
    int written = 0;
    cm_store *refused;

    write_some(b, &written);
    cm_db *reader = hold(b, "SELECT count(*) FROM names"), *old = hold(b, "SELECT 1");
    assert_int_equal(pthread_create(&n.thread, NULL, open_newer, &n), 0);

    while (bed_integer(b->store, "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted") ==
           0)
        continue;
    write_some(b, &written); /* whoever waits for the table as a whole is in nobody's way for long */
    assert_false(atomic_load(&n.serves));
    assert_int_equal(bed_integer(b->store, "SELECT max(number) FROM migrations WHERE set_name = 'bed'"), 1);

    let_go(reader);
    while (bed_integer(
               b->store,
               "SELECT count(*) FROM pg_stat_progress_create_index WHERE phase = 'waiting for old snapshots'") == 0)
        continue;
    write_some(b, &written); /* while the index is made */
    assert_false(atomic_load(&n.serves));

    let_go(old);
    pthread_join(n.thread, NULL);
    assert_int_equal(
        bed_integer(b->store,
                    "SELECT count(*) FROM pg_index WHERE indexrelid = 'names_by_note'::regclass AND indisvalid"),
        1);
    write_some(b, &written);
    write_some(&n.bed, &written);
    write_some(b, &written);
    assert_int_equal(bed_verified_rows(b), written);
    assert_int_equal(bed_names(&n.bed), written);

    assert_ok(cm_store_open(b->path, &refused)); /* the old program is not started again on it */
    assert_fails(cm_store_migrate(refused, (const cm_migrations *[]){&bed_tables}, 1), CM_FAILED_PRECONDITION,
                 "are at step 2 and this program knows 1; use the newer program");
    cm_store_close(refused);
    bed_close(&n.bed);
}

static void an_index_that_was_left_half_made_is_made_again(void **state)
{
    journal_bed *b = *state;
    CM_FREE char *spoil =
        cm_format("UPDATE pg_index SET indisvalid = false WHERE indexrelid = '%s.names_by_note'::regclass",
                  strstr(b->path, "%3D") + strlen("%3D"));

    assert_ok(cm_store_migrate(b->store, (const cm_migrations *[]){&newer_tables}, 1));
    pg_server_execute(&bed_postgres, spoil);
    assert_ok(cm_store_migrate(b->store, (const cm_migrations *[]){&newer_tables}, 1));
    assert_int_equal(
        bed_integer(b->store, "SELECT indisvalid::integer FROM pg_index WHERE indexrelid = 'names_by_note'::regclass"),
        1);
}

static void steps_leave_to_an_older_program_what_it_uses(void **state)
{
    const cm_migrations *sets[] = {&journal_migrations, &cm_resource_migrations};

    online_check(&bed_postgres, sets, 1);
    online_check(&bed_postgres, sets, 2);
}

static void a_step_that_an_older_program_would_stumble_over_is_found(void **state)
{
    static const char *const wrong[] = {
        "ALTER TABLE names DROP COLUMN name",
        "ALTER TABLE names ADD COLUMN note TEXT NOT NULL",
        "ALTER TABLE names ADD COLUMN made TIMESTAMP DEFAULT clock_timestamp()", /* writes every row */
        "ALTER TABLE names ALTER COLUMN name TYPE VARCHAR(9)",
        "CREATE UNIQUE INDEX names_once ON names (lower(name))",
        "ALTER TABLE names RENAME TO other_names",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const cm_migration steps[] = {newer_steps[0], {2, "wrong", wrong[i]}};
        const cm_migrations tables = {"bed", steps, 2}, *sets[] = {&tables};
        assert_true(online_offences(&bed_postgres, sets, 1, 1) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(an_older_replica_writes_while_a_newer_one_migrates),
        BED_TEST(an_index_that_was_left_half_made_is_made_again),
        cmocka_unit_test(steps_leave_to_an_older_program_what_it_uses),
        cmocka_unit_test(a_step_that_an_older_program_would_stumble_over_is_found),
    };

    return pg_server_run_suite(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
