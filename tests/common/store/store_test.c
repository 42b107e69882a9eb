/* What every engine must do. To run the suite on another engine, add a row to `engines`. */
#include "pg_server.h"

#include <stdio.h>

typedef struct engine {
    const char *name;
    char *(*url)(const char *folder); /* of a store that does not exist yet */
} engine;

typedef struct bed {
    const engine *engine;
    char *folder, *url;
    cm_store *store;
    cm_db *db;
} bed;

static char *memory_url(const char *folder)
{
    return cm_strdup("sqlite::memory:");
}

static char *file_url(const char *folder)
{
    return cm_format("sqlite:%s/store.db", folder);
}

static pg_server server;

static char *postgres_url(const char *folder)
{
    return pg_server_url(&server);
}

static const engine engines[] = {
    {"sqlite in memory", memory_url},
    {"sqlite in a file", file_url},
    {"postgresql", postgres_url},
};

static const engine *engine_under_test;

static int set_up(void **state)
{
    bed *b = cm_alloc(sizeof *b);

    b->folder = bed_folder_new();
    b->url = engine_under_test->url(b->folder);
    assert_ok(cm_store_open(b->url, &b->store));
    assert_ok(cm_store_writer(b->store, &b->db));
    assert_ok(cm_db_script(b->db, "CREATE TABLE actors (name TEXT PRIMARY KEY, size BIGINT NOT NULL)"));
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    bed *b = *state;

    cm_db_close(b->db);
    cm_store_close(b->store);
    bed_folder_free(b->folder);
    free(b->url);
    free(b);
    return 0;
}

static void add(cm_db *db, const char *name, int64_t size)
{
    assert_ok(
        cm_db_run(db, "INSERT INTO actors (name, size) VALUES ($1, $2)", CM_WITH(cm_v_text(name), cm_v_int(size))));
}

static int64_t count(cm_db *db)
{
    int64_t n;

    assert_ok(cm_db_integer(db, "SELECT count(*) FROM actors", CM_NONE, -1, &n));
    return n;
}

static void a_value_of_every_kind_comes_back_as_it_was(void **state)
{
    static const uint8_t zeros[3] = {0, 7, 0};
    bed *b = *state;
    cm_rows rows;

    assert_ok(cm_db_script(b->db, "CREATE TABLE kinds (a BIGINT, b BIGINT, c DOUBLE PRECISION, d TEXT, e TEXT, f BLOB, "
                                  "g BLOB, h TEXT)"));
    assert_ok(cm_db_run(b->db, "INSERT INTO kinds VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                        CM_WITH(cm_v_int(INT64_MIN), cm_v_int(INT64_MAX), cm_v_real(0.1), cm_v_text("Казань"),
                                cm_v_text(""), cm_v_blob(zeros, sizeof zeros), cm_v_blob(NULL, 0), cm_v_text(NULL))));
    assert_ok(cm_db_query(b->db, "SELECT a, b, c, d, e, f, g, h FROM kinds", CM_NONE, &rows));
    assert_true(cm_rows_next(&rows));
    assert_true(cm_rows_int(&rows, 0) == INT64_MIN);
    assert_true(cm_rows_int(&rows, 1) == INT64_MAX);
    assert_true(cm_rows_real(&rows, 2) == 0.1);
    assert_string_equal(cm_rows_text(&rows, 3), "Казань");
    assert_string_equal(cm_rows_text(&rows, 4), "");
    assert_false(cm_rows_null(&rows, 4));
    assert_int_equal(cm_rows_blob(&rows, 5).size, sizeof zeros);
    assert_memory_equal(cm_rows_blob(&rows, 5).data, zeros, sizeof zeros);
    assert_int_equal(cm_rows_blob(&rows, 6).size, 0);
    assert_false(cm_rows_null(&rows, 6));
    assert_true(cm_rows_null(&rows, 7));
    assert_string_equal(cm_rows_text(&rows, 7), "");
    assert_false(cm_rows_next(&rows));
    assert_ok(cm_rows_end(&rows));
}

static void a_parameter_is_found_by_its_number_wherever_it_stands(void **state)
{
    bed *b = *state;
    int64_t n;

    add(b->db, "cities/kazan-ru", 11);
    assert_ok(cm_db_integer(b->db,
                            "SELECT size + CAST($3 AS BIGINT) FROM actors WHERE size > $2 AND name = $1 AND size < $3",
                            CM_WITH(cm_v_text("cities/kazan-ru"), cm_v_int(10), cm_v_int(100)), -1, &n));
    assert_int_equal(n, 111);
}

static void wrong_sql_and_a_wrong_number_of_values_are_told_with_the_text(void **state)
{
    bed *b = *state;

    assert_fails(cm_db_run(b->db, "SELEKT 1", CM_NONE), CM_INTERNAL, "SELEKT 1");
    assert_fails(cm_db_run(b->db, "DELETE FROM nowhere", CM_NONE), CM_INTERNAL, "nowhere");
    assert_fails(cm_db_run(b->db, "DELETE FROM actors WHERE name = $1", CM_NONE), CM_INTERNAL, "name = $1");
    assert_fails(cm_db_run(b->db, "DELETE FROM actors WHERE name = $1", CM_WITH(cm_v_int(1), cm_v_int(2))), CM_INTERNAL,
                 "2 values for 1 parameters");
    assert_fails(cm_db_run(b->db, "DELETE FROM actors; DELETE FROM actors", CM_NONE), CM_INTERNAL, "one statement");
}

static void a_broken_constraint_is_told_by_its_code_and_touches_nothing(void **state)
{
    bed *b = *state;

    add(b->db, "cities/kazan-ru", 1);
    assert_fails(
        cm_db_run(b->db, "INSERT INTO actors (name, size) VALUES ($1, 2)", CM_WITH(cm_v_text("cities/kazan-ru"))),
        CM_ALREADY_EXISTS, "actors");
    assert_fails(
        cm_db_run(b->db, "INSERT INTO actors (name, size) VALUES ($1, NULL)", CM_WITH(cm_v_text("cities/paris-fr"))),
        CM_FAILED_PRECONDITION, "size");
    assert_int_equal(count(b->db), 1);
}

static void a_statement_tells_how_many_rows_it_changed(void **state)
{
    bed *b = *state;
    int64_t changed;

    add(b->db, "cities/a", 1);
    add(b->db, "cities/b", 1);
    assert_ok(cm_db_run_changed(b->db, "UPDATE actors SET size = 2 WHERE size = $1", CM_WITH(cm_v_int(1)), &changed));
    assert_int_equal(changed, 2);
    assert_ok(cm_db_run_changed(b->db, "UPDATE actors SET size = 2 WHERE size = $1", CM_WITH(cm_v_int(1)), &changed));
    assert_int_equal(changed, 0);
    assert_ok(cm_db_run_changed(b->db, "SELECT 1", CM_NONE, &changed));
    assert_int_equal(changed, 0);
}

static void values_may_go_once_a_query_has_returned(void **state)
{
    bed *b = *state;
    char name[] = "cities/kazan-ru";
    cm_rows rows;

    add(b->db, name, 1);
    assert_ok(cm_db_query(b->db, "SELECT size FROM actors WHERE name = $1", CM_WITH(cm_v_text(name)), &rows));
    memset(name, 'x', sizeof name - 1);
    assert_true(cm_rows_next(&rows));
    assert_ok(cm_rows_end(&rows));
}

static void one_statement_is_read_from_twice_at_once(void **state)
{
    static const char sql[] = "SELECT size FROM actors WHERE size > $1 ORDER BY size";
    bed *b = *state;
    cm_rows outer, inner;
    int pairs = 0;

    for (int i = 1; i <= 3; i++)
        add(b->db, (char[]){'a', (char)('0' + i), '\0'}, i);
    assert_ok(cm_db_query(b->db, sql, CM_WITH(cm_v_int(0)), &outer));
    while (cm_rows_next(&outer)) {
        assert_ok(cm_db_query(b->db, sql, CM_WITH(cm_v_int(cm_rows_int(&outer, 0))), &inner));
        while (cm_rows_next(&inner))
            pairs++;
        assert_ok(cm_rows_end(&inner));
    }
    assert_ok(cm_rows_end(&outer));
    assert_int_equal(pairs, 3);
}

static void rows_may_be_left_before_their_end(void **state)
{
    bed *b = *state;
    cm_rows rows;

    add(b->db, "cities/a", 1);
    add(b->db, "cities/b", 2);
    for (int i = 0; i < 3; i++) {
        assert_ok(cm_db_query(b->db, "SELECT size FROM actors ORDER BY size", CM_NONE, &rows));
        assert_true(cm_rows_next(&rows));
        assert_int_equal(cm_rows_int(&rows, 0), 1);
        assert_ok(cm_rows_end(&rows));
    }
}

static void more_statements_than_a_connection_keeps_all_work(void **state)
{
    bed *b = *state;
    cm_rows rows;
    int64_t n;

    add(b->db, "cities/a", 5);
    assert_ok(cm_db_query(b->db, "SELECT size FROM actors", CM_NONE, &rows)); /* is read from meanwhile */
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 600; i++) {
            CM_FREE char *sql = cm_format("SELECT size + %d FROM actors WHERE size = $1", i);
            assert_ok(cm_db_integer(b->db, sql, CM_WITH(cm_v_int(5)), -1, &n));
            assert_int_equal(n, 5 + i);
        }
    }
    assert_true(cm_rows_next(&rows));
    assert_ok(cm_rows_end(&rows));
}

static void an_integer_that_is_not_there_is_the_other_one(void **state)
{
    bed *b = *state;
    int64_t n;

    assert_ok(cm_db_integer(b->db, "SELECT size FROM actors", CM_NONE, 7, &n));
    assert_int_equal(n, 7);
    assert_ok(cm_db_integer(b->db, "SELECT max(size) FROM actors", CM_NONE, 8, &n));
    assert_int_equal(n, 8);
}

static void a_transaction_is_kept_by_commit_and_undone_by_rollback(void **state)
{
    bed *b = *state;

    assert_false(cm_db_in_transaction(b->db));
    assert_ok(cm_db_begin(b->db, true));
    assert_true(cm_db_in_transaction(b->db));
    add(b->db, "cities/a", 1);
    cm_db_rollback(b->db);
    assert_int_equal(count(b->db), 0);
    assert_ok(cm_db_begin(b->db, true));
    add(b->db, "cities/b", 1);
    assert_ok(cm_db_commit(b->db));
    assert_false(cm_db_in_transaction(b->db));
    assert_int_equal(count(b->db), 1);
    cm_db_rollback(b->db); /* none is open */
    assert_int_equal(count(b->db), 1);
}

static void a_savepoint_undoes_what_came_after_it_alone(void **state)
{
    bed *b = *state;

    assert_ok(cm_db_begin(b->db, true));
    add(b->db, "cities/kept", 1);
    assert_ok(cm_db_savepoint(b->db));
    add(b->db, "cities/kept-too", 1);
    assert_ok(cm_db_savepoint(b->db));
    add(b->db, "cities/undone", 1);
    assert_fails(cm_db_run(b->db, "INSERT INTO actors (name, size) VALUES ('cities/undone', 1)", CM_NONE),
                 CM_ALREADY_EXISTS, "");
    cm_db_rollback_to(b->db);
    assert_int_equal(count(b->db), 2);
    assert_ok(cm_db_release(b->db));
    assert_ok(cm_db_commit(b->db));
    assert_int_equal(count(b->db), 2);
}

static void a_reader_sees_one_state_throughout_its_transaction(void **state)
{
    bed *b = *state;
    cm_db *reader;

    assert_ok(cm_store_reader(b->store, &reader));
    assert_ok(cm_db_begin(reader, false));
    assert_int_equal(count(reader), 0);
    add(b->db, "cities/a", 1);
    assert_int_equal(count(reader), 0);
    cm_db_rollback(reader);
    assert_int_equal(count(reader), 1);
    cm_db_close(reader);
}

static void a_reader_cannot_write(void **state)
{
    bed *b = *state;
    cm_db *reader;

    assert_ok(cm_store_reader(b->store, &reader));
    assert_fails(cm_db_run(reader, "DELETE FROM actors", CM_NONE), CM_PERMISSION_DENIED, "");
    cm_db_close(reader);
}

static const cm_migration first_steps[] = {
    {1, "cities", "CREATE TABLE cities (name TEXT PRIMARY KEY); INSERT INTO cities VALUES ('cities/a')"},
    {2, "size", "ALTER TABLE cities ADD COLUMN size BIGINT"},
};
static const cm_migration states_steps[] = {{1, "states", "CREATE TABLE states (name TEXT PRIMARY KEY)"}};
static const cm_migrations old_cities = {"cities", first_steps, 1};
static const cm_migrations cities = {"cities", first_steps, 2};
static const cm_migrations states = {"states", states_steps, 1};

static void migrations_run_once_and_in_order(void **state)
{
    bed *b = *state;
    int64_t n;

    for (int i = 0; i < 2; i++)
        assert_ok(cm_store_migrate(b->store, (const cm_migrations *[]){&cities, &states}, 2));
    assert_ok(cm_db_run(b->db, "UPDATE cities SET size = 1", CM_NONE));
    assert_ok(cm_db_run(b->db, "DELETE FROM states", CM_NONE));
    assert_ok(cm_db_integer(b->db, "SELECT count(*) FROM migrations WHERE applied_at > 0", CM_NONE, -1, &n));
    assert_int_equal(n, 3);
    assert_ok(cm_db_integer(b->db, "SELECT count(*) FROM cities", CM_NONE, -1, &n));
    assert_int_equal(n, 1);
}

static void an_old_store_gets_the_steps_that_it_lacks(void **state)
{
    bed *b = *state;

    assert_ok(cm_store_migrate(b->store, (const cm_migrations *[]){&old_cities}, 1));
    assert_fails(cm_db_run(b->db, "UPDATE cities SET size = 1", CM_NONE), CM_INTERNAL, "size");
    assert_ok(cm_store_migrate(b->store, (const cm_migrations *[]){&cities}, 1));
    assert_ok(cm_db_run(b->db, "UPDATE cities SET size = 1", CM_NONE));
}

static void a_store_newer_than_the_program_is_refused(void **state)
{
    bed *b = *state;

    assert_ok(cm_store_migrate(b->store, (const cm_migrations *[]){&cities}, 1));
    assert_fails(cm_store_migrate(b->store, (const cm_migrations *[]){&old_cities}, 1), CM_FAILED_PRECONDITION,
                 "cities are at step 2 and this program knows 1");
}

static void a_step_that_fails_leaves_nothing(void **state)
{
    static const cm_migration steps[] = {
        {1, "good", "CREATE TABLE good (a BIGINT)"},
        {2, "bad", "CREATE TABLE bad (a BIGINT); INSERT INTO nowhere VALUES (1)"},
    };
    static const cm_migrations set = {"halves", steps, 2};
    bed *b = *state;
    int64_t n;

    assert_fails(cm_store_migrate(b->store, (const cm_migrations *[]){&set}, 1), CM_INTERNAL, "step 2 (bad)");
    assert_ok(cm_db_run(b->db, "DELETE FROM good", CM_NONE));
    assert_fails(cm_db_run(b->db, "DELETE FROM bad", CM_NONE), CM_INTERNAL, "bad");
    assert_ok(cm_db_integer(b->db, "SELECT max(number) FROM migrations", CM_NONE, -1, &n));
    assert_int_equal(n, 1);
}

static void steps_without_a_number_between_are_refused(void **state)
{
    static const cm_migration steps[] = {{1, "one", "SELECT 1"}, {3, "three", "SELECT 1"}};
    static const cm_migrations set = {"gap", steps, 2};
    bed *b = *state;

    assert_fails(cm_store_migrate(b->store, (const cm_migrations *[]){&set}, 1), CM_INTERNAL, "migration 3 (three)");
}

static void a_url_of_no_engine_is_refused_with_what_is_right(void **state)
{
    cm_store *store;

    assert_fails(cm_store_open("oracle://x/y", &store), CM_INVALID_ARGUMENT, "oracle://x/y");
    assert_fails(cm_store_open("", &store), CM_INVALID_ARGUMENT, "sqlite:PATH");
    assert_fails(cm_store_open("sqlite:", &store), CM_INVALID_ARGUMENT, "sqlite:PATH");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_value_of_every_kind_comes_back_as_it_was),
        TEST(a_parameter_is_found_by_its_number_wherever_it_stands),
        TEST(wrong_sql_and_a_wrong_number_of_values_are_told_with_the_text),
        TEST(a_broken_constraint_is_told_by_its_code_and_touches_nothing),
        TEST(a_statement_tells_how_many_rows_it_changed),
        TEST(values_may_go_once_a_query_has_returned),
        TEST(one_statement_is_read_from_twice_at_once),
        TEST(rows_may_be_left_before_their_end),
        TEST(more_statements_than_a_connection_keeps_all_work),
        TEST(an_integer_that_is_not_there_is_the_other_one),
        TEST(a_transaction_is_kept_by_commit_and_undone_by_rollback),
        TEST(a_savepoint_undoes_what_came_after_it_alone),
        TEST(a_reader_sees_one_state_throughout_its_transaction),
        TEST(a_reader_cannot_write),
        TEST(migrations_run_once_and_in_order),
        TEST(an_old_store_gets_the_steps_that_it_lacks),
        TEST(a_store_newer_than_the_program_is_refused),
        TEST(a_step_that_fails_leaves_nothing),
        TEST(steps_without_a_number_between_are_refused),
        TEST(a_url_of_no_engine_is_refused_with_what_is_right),
    };
    bool postgres = pg_server_start(&server);
    int failed = 0;

    for (size_t i = 0; i < sizeof engines / sizeof *engines; i++) {
        engine_under_test = &engines[i];
        if (engines[i].url != postgres_url || postgres)
            failed += cmocka_run_group_tests_name(engines[i].name, tests, NULL, NULL);
        else
            failed += pg_server_skip_all(tests, sizeof tests / sizeof *tests);
    }
    pg_server_stop(&server);
    return failed;
}
