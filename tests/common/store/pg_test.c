/* What PostgreSQL does by its own ways: its failures, connections that are lost, programs that start at once. */
#include "pg_server.h"

#include <pthread.h>

#include "store/pg.h"

typedef struct bed {
    char *url;
    cm_store *store;
    cm_db *db;
} bed;

static pg_server server;

static int set_up(void **state)
{
    bed *b = cm_alloc(sizeof *b);

    b->url = pg_server_url(&server);
    assert_ok(cm_store_open(b->url, &b->store));
    assert_ok(cm_store_writer(b->store, &b->db));
    assert_ok(cm_db_script(b->db, "CREATE TABLE actors (name TEXT PRIMARY KEY, size INTEGER NOT NULL)"));
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    bed *b = *state;

    cm_db_close(b->db);
    cm_store_close(b->store);
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

static void assert_translated(const char *sql, const char *expected)
{
    CM_AUTO(cm_text) text = {0};

    pg_translate(sql, &text);
    assert_string_equal(cm_text_get(&text), expected);
}

static void types_are_put_into_the_words_of_postgres(void **state)
{
    assert_translated("CREATE TABLE t (a BLOB, b INTEGER, c TEXT NOT NULL, d REAL, e BIGINT)",
                      "CREATE TABLE t (a BYTEA, b BIGINT, c TEXT COLLATE \"C\" NOT NULL, d DOUBLE PRECISION, "
                      "e BIGINT)");
    assert_translated("INSERT INTO t VALUES ('a BLOB', \"TEXT\")", "INSERT INTO t VALUES ('a BLOB', \"TEXT\")");
    assert_translated("SELECT 1 -- the BLOB\nFROM BLOBS, A_TEXT", "SELECT 1 -- the BLOB\nFROM BLOBS, A_TEXT");
    assert_translated("SELECT 'it''s TEXT', 'open", "SELECT 'it''s TEXT', 'open");
}

static void a_name_never_tells_the_password(void **state)
{
    char *name;

    assert_ok(pg_name("postgresql://me:secret@db.example:5433/registry", &name));
    assert_string_equal(name, "postgresql://db.example:5433/registry");
    free(name);
}

static void a_wrong_url_is_told_with_a_right_one(void **state)
{
    cm_store *store;

    assert_fails(cm_store_open("postgresql://[::1/y", &store), CM_INVALID_ARGUMENT,
                 "give postgresql://USER@HOST:PORT/DATABASE");
    assert_fails(cm_store_open("postgresql://h/d?colour=red", &store), CM_INVALID_ARGUMENT, "colour");
}

static void a_server_that_does_not_answer_is_unavailable(void **state)
{
    cm_store *store;

    assert_fails(cm_store_open("postgresql://x@/y?host=/nowhere", &store), CM_UNAVAILABLE, "/nowhere");
}

static void texts_are_ordered_by_their_bytes(void **state)
{
    bed *b = *state;
    cm_rows rows;

    add(b->db, "cities/a", 1);
    add(b->db, "cities/B", 2);
    add(b->db, "cities/a-b", 3);
    add(b->db, "citiesé", 4);
    assert_ok(cm_db_query(b->db, "SELECT name FROM actors WHERE name >= $1 ORDER BY name",
                          CM_WITH(cm_v_text("cities/B")), &rows));
    for (int i = 0; i < 4; i++) {
        assert_true(cm_rows_next(&rows));
        assert_string_equal(cm_rows_text(&rows, 0),
                            ((const char *[]){"cities/B", "cities/a", "cities/a-b", "citiesé"})[i]);
    }
    assert_false(cm_rows_next(&rows));
    assert_ok(cm_rows_end(&rows));
}

static void numbers_of_every_type_are_read(void **state)
{
    bed *b = *state;
    cm_rows rows;

    add(b->db, "a", INT64_MAX);
    assert_ok(cm_db_query(b->db, "SELECT sum(size), count(*), count(*) = 1, count(*) = 2, avg(size) FROM actors",
                          CM_NONE, &rows));
    assert_true(cm_rows_next(&rows));
    assert_true(cm_rows_int(&rows, 0) == INT64_MAX);
    assert_int_equal(cm_rows_int(&rows, 1), 1);
    assert_int_equal(cm_rows_int(&rows, 2), 1);
    assert_int_equal(cm_rows_int(&rows, 3), 0);
    assert_true(cm_rows_real(&rows, 4) == 9223372036854775807.0);
    assert_ok(cm_rows_end(&rows));
}

static void a_text_with_a_zero_byte_is_refused(void **state)
{
    bed *b = *state;

    assert_fails(cm_db_run(b->db, "INSERT INTO actors VALUES ($1, 1)", CM_WITH(cm_v_textn("a\0b", 3))),
                 CM_INVALID_ARGUMENT, "22021");
}

static void a_schema_that_is_not_there_is_told(void **state)
{
    bed *b = *state;
    CM_FREE char *url = cm_format("%snever", b->url);
    cm_store *store;

    assert_ok(cm_store_open(url, &store));
    assert_fails(cm_store_migrate(store, NULL, 0), CM_NOT_FOUND, "schema");
    cm_store_close(store);
}

static void a_failed_transaction_is_never_said_to_be_committed(void **state)
{
    bed *b = *state;

    assert_ok(cm_db_begin(b->db, true));
    add(b->db, "cities/a", 1);
    assert_fails(cm_db_run(b->db, "INSERT INTO actors VALUES ('cities/a', 1)", CM_NONE), CM_ALREADY_EXISTS, "actors");
    assert_fails(cm_db_run(b->db, "DELETE FROM actors", CM_NONE), CM_ABORTED, "25P02");
    assert_fails(cm_db_commit(b->db), CM_ABORTED, "undone");
    assert_false(cm_db_in_transaction(b->db));
    assert_int_equal(count(b->db), 0);
}

typedef struct opposite {
    cm_db *db;
    pthread_barrier_t *both;
    const char *first, *second;
    cm_code outcome;
    pthread_t thread;
} opposite;

static cm_status lock_both(opposite *o)
{
    static const char sql[] = "UPDATE actors SET size = size + 1 WHERE name = $1";
    cm_status s;

    CM_TRY(cm_db_begin(o->db, true));
    s = cm_db_run(o->db, sql, CM_WITH(cm_v_text(o->first)));
    pthread_barrier_wait(o->both);
    if (cm_is_ok(s))
        s = cm_db_run(o->db, sql, CM_WITH(cm_v_text(o->second)));
    if (cm_is_ok(s))
        return cm_db_commit(o->db);
    cm_db_rollback(o->db);
    return s;
}

static void *run_opposite(void *argument)
{
    opposite *o = argument;
    cm_status s = lock_both(o);

    o->outcome = s.code;
    cm_status_clear(&s);
    return NULL;
}

static void one_of_two_that_wait_for_each_other_is_aborted(void **state)
{
    bed *b = *state;
    pthread_barrier_t both;
    cm_store *second;
    opposite o[2] = {{b->db, &both, "a", "b"}, {NULL, &both, "b", "a"}};

    add(b->db, "a", 0);
    add(b->db, "b", 0);
    assert_ok(cm_store_open(b->url, &second));
    assert_ok(cm_store_writer(second, &o[1].db));
    pthread_barrier_init(&both, NULL, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&o[i].thread, NULL, run_opposite, &o[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(o[i].thread, NULL);
    pthread_barrier_destroy(&both);
    assert_int_equal(o[0].outcome + o[1].outcome, CM_OK + CM_ABORTED);
    cm_db_close(o[1].db);
    cm_store_close(second);
}

enum { STARTING = 6 };

static const cm_migration steps[] = {
    {1, "one", "CREATE TABLE one (a INTEGER)"},
    {2, "two", "CREATE TABLE two (a INTEGER); INSERT INTO two VALUES (1)"},
};
static const cm_migrations set = {"race", steps, 2};

static void *open_and_migrate(void *url)
{
    cm_store *store;
    cm_status s = cm_store_open(url, &store);

    if (!cm_is_ok(s))
        abort();
    s = cm_store_migrate(store, (const cm_migrations *[]){&set}, 1);
    if (!cm_is_ok(s))
        abort();
    cm_store_close(store);
    return NULL;
}

static void programs_that_start_at_once_migrate_one_after_the_other(void **state)
{
    bed *b = *state;
    pthread_t threads[STARTING];
    int64_t n;

    for (int i = 0; i < STARTING; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, open_and_migrate, b->url), 0);
    for (int i = 0; i < STARTING; i++)
        pthread_join(threads[i], NULL);
    assert_ok(cm_db_integer(b->db, "SELECT count(*) FROM two", CM_NONE, -1, &n));
    assert_int_equal(n, 1);
    assert_ok(cm_db_integer(b->db, "SELECT count(*) FROM migrations", CM_NONE, -1, &n));
    assert_int_equal(n, 2);
}

static void a_lost_connection_is_unavailable_and_found_again(void **state)
{
    bed *b = *state;

    add(b->db, "cities/kept", 1);
    assert_ok(cm_db_begin(b->db, true));
    add(b->db, "cities/lost", 1);
    pg_server_crash(&server);
    assert_fails(cm_db_run(b->db, "DELETE FROM actors", CM_NONE), CM_UNAVAILABLE, "");
    assert_false(cm_db_in_transaction(b->db));
    assert_fails(cm_db_begin(b->db, true), CM_UNAVAILABLE, "");
    pg_server_run(&server);
    assert_ok(cm_db_begin(b->db, true));
    assert_int_equal(count(b->db), 1);
    add(b->db, "cities/more", 1);
    assert_ok(cm_db_commit(b->db));
    assert_int_equal(count(b->db), 2);
}

static void a_reader_that_connects_again_still_cannot_write(void **state)
{
    bed *b = *state;
    cm_db *reader;

    assert_ok(cm_store_reader(b->store, &reader));
    pg_server_crash(&server);
    pg_server_run(&server);
    assert_ok(cm_db_begin(reader, false));
    cm_db_rollback(reader);
    assert_fails(cm_db_run(reader, "DELETE FROM actors", CM_NONE), CM_PERMISSION_DENIED, "read-only");
    cm_db_close(reader);
}

static void a_commit_that_nobody_answered_is_unknown(void **state)
{
    bed *b = *state;

    assert_ok(cm_db_begin(b->db, true));
    assert_ok(cm_db_commit(b->db)); /* the server knows the statement from now on */
    assert_ok(cm_db_begin(b->db, true));
    add(b->db, "cities/a", 1);
    pg_server_crash(&server);
    assert_fails(cm_db_commit(b->db), CM_UNKNOWN, "COMMIT");
    pg_server_run(&server);
}

/* ---- statements that are sent ahead ---- */

static void begin_ahead(cm_db *db)
{
    assert_ok(cm_db_begin(db, true));
    cm_db_run_ahead(db);
}

static void what_is_sent_ahead_is_there_for_whoever_asks(void **state)
{
    enum { MANY = 300 };
    bed *b = *state;
    char name[16];

    begin_ahead(b->db);
    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "city %d", i);
        add(b->db, name, i);
        if (i == MANY / 2)
            assert_int_equal(count(b->db), i + 1);
    }
    assert_true(cm_db_in_transaction(b->db));
    assert_ok(cm_db_script(b->db, "UPDATE actors SET size = 1"));
    assert_ok(cm_db_commit(b->db));
    assert_false(cm_db_in_transaction(b->db));
    assert_int_equal(count(b->db), MANY);
    add(b->db, "outside", 1);
    assert_int_equal(((pg_db *)b->db)->ahead_count, 0);
}

static void what_failed_ahead_is_told_by_the_next_that_asks_and_loses_the_transaction(void **state)
{
    bed *b = *state;
    int64_t n;

    begin_ahead(b->db);
    add(b->db, "kazan", 1);
    assert_ok(cm_db_savepoint(b->db));
    add(b->db, "kazan", 2);
    add(b->db, "paris", 3);
    assert_false(cm_db_failed(b->db));
    assert_fails(cm_db_integer(b->db, "SELECT count(*) FROM actors", CM_NONE, 0, &n), CM_ALREADY_EXISTS, "");
    assert_true(cm_db_failed(b->db));
    cm_db_rollback_to(b->db);
    assert_true(cm_db_failed(b->db));
    cm_db_rollback(b->db);
    assert_false(cm_db_in_transaction(b->db));
    assert_true(cm_db_failed(b->db));
    assert_ok(cm_db_begin(b->db, true));
    assert_false(cm_db_failed(b->db));
    assert_int_equal(count(b->db), 0);
    assert_ok(cm_db_commit(b->db));
}

static void what_failed_ahead_is_told_by_commit_and_nothing_is_left(void **state)
{
    bed *b = *state;

    add(b->db, "kazan", 1);
    begin_ahead(b->db);
    add(b->db, "paris", 2);
    add(b->db, "kazan", 3);
    assert_fails(cm_db_commit(b->db), CM_ALREADY_EXISTS, "");
    assert_true(cm_db_failed(b->db));
    assert_false(cm_db_in_transaction(b->db));
    assert_int_equal(count(b->db), 1);
}

static void what_was_sent_ahead_on_a_connection_that_is_lost_is_undone(void **state)
{
    bed *b = *state;
    cm_db *other;
    int64_t n, pid;

    assert_ok(cm_store_writer(b->store, &other));
    assert_ok(cm_db_integer(b->db, "SELECT pg_backend_pid()", CM_NONE, 0, &pid));
    begin_ahead(b->db);
    add(b->db, "kazan", 1);
    assert_ok(cm_db_integer(other, "SELECT pg_terminate_backend($1::integer, 10000)::integer", CM_WITH(cm_v_int(pid)),
                            0, &n));
    assert_fails(cm_db_integer(b->db, "SELECT count(*) FROM actors", CM_NONE, 0, &n), CM_UNAVAILABLE, "");
    assert_false(cm_db_in_transaction(b->db));
    assert_false(cm_db_failed(b->db));
    cm_db_rollback(b->db);
    assert_ok(cm_db_begin(b->db, true));
    assert_int_equal(count(b->db), 0);
    assert_ok(cm_db_commit(b->db));
    cm_db_close(other);
}

/* Whose program stops is undone by the server, which ends only what it takes for idle: it has to know that nothing more
 * is on its way. */
static void what_is_sent_ahead_leaves_the_server_no_half_of_a_pipeline(void **state)
{
    enum { LONG = 20000, MANY = 50 };
    bed *b = *state;
    cm_db *other;
    char name[LONG + 1] = "";
    int64_t active, pid;

    assert_ok(cm_store_writer(b->store, &other));
    assert_ok(cm_db_integer(b->db, "SELECT pg_backend_pid()", CM_NONE, 0, &pid));
    assert_ok(cm_db_script(b->db, "CREATE TABLE long (name TEXT)"));
    begin_ahead(b->db);
    for (int i = 0; i < MANY; i++) {
        size_t size = i % 10 ? 100 : LONG;
        memset(name, 'a', size);
        name[size] = '\0';
        assert_ok(cm_db_run(b->db, "INSERT INTO long (name) VALUES ($1)", CM_WITH(cm_v_text(name))));
        assert_ok(cm_db_integer(other, "SELECT count(*) FROM pg_stat_activity WHERE pid = $1 AND state = 'active'",
                                CM_WITH(cm_v_int(pid)), -1, &active));
        assert_int_equal(active, 0);
    }
    assert_ok(cm_db_commit(b->db));
    cm_db_close(other);
}

static void assert_patience(cm_db *db, const char *expected)
{
    cm_rows rows;

    assert_ok(cm_db_query(db, "SELECT current_setting('idle_in_transaction_session_timeout')", CM_NONE, &rows));
    assert_true(cm_rows_next(&rows));
    assert_string_equal(cm_rows_text(&rows, 0), expected);
    assert_ok(cm_rows_end(&rows));
}

/* A writer that stands still holds up every other one; a reader that thinks about what it read holds up none. */
static void readers_may_think_longer_between_questions_than_writers(void **state)
{
    bed *b = *state;
    cm_db *reader;

    assert_ok(cm_store_reader(b->store, &reader));
    assert_patience(b->db, "10s");
    assert_patience(reader, "5min");
    cm_db_close(reader);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_are_put_into_the_words_of_postgres),
        cmocka_unit_test(a_name_never_tells_the_password),
        cmocka_unit_test(a_wrong_url_is_told_with_a_right_one),
        cmocka_unit_test(a_server_that_does_not_answer_is_unavailable),
        TEST(texts_are_ordered_by_their_bytes),
        TEST(numbers_of_every_type_are_read),
        TEST(a_text_with_a_zero_byte_is_refused),
        TEST(a_schema_that_is_not_there_is_told),
        TEST(a_failed_transaction_is_never_said_to_be_committed),
        TEST(one_of_two_that_wait_for_each_other_is_aborted),
        TEST(programs_that_start_at_once_migrate_one_after_the_other),
        TEST(a_lost_connection_is_unavailable_and_found_again),
        TEST(a_reader_that_connects_again_still_cannot_write),
        TEST(a_commit_that_nobody_answered_is_unknown),
        TEST(what_is_sent_ahead_is_there_for_whoever_asks),
        TEST(what_failed_ahead_is_told_by_the_next_that_asks_and_loses_the_transaction),
        TEST(what_failed_ahead_is_told_by_commit_and_nothing_is_left),
        TEST(what_was_sent_ahead_on_a_connection_that_is_lost_is_undone),
        TEST(what_is_sent_ahead_leaves_the_server_no_half_of_a_pipeline),
        TEST(readers_may_think_longer_between_questions_than_writers),
    };

    return pg_server_run_suite(&server, tests, sizeof tests / sizeof *tests);
}
