/* Several programs on one database: they append as one would, whoever dies and whenever the connection is lost. */
#include "journal_bed.h"

enum { PROCESSES = 3, THREADS = 4, EACH = 100, SEVERAL = 3 };

static int random_below(int end)
{
    uint32_t number;

    cm_random(&number, sizeof number);
    return (int)(number % (uint32_t)end);
}

/* ---- processes that race ---- */

typedef struct caller {
    journal_bed *bed;
    int number;
    pthread_t thread;
} caller;

/* A request that touches several partitions, in an order of its own. */
static cm_status run_several(void *argument, void *lent)
{
    bed_append *first = argument, a = *first;

    CM_TRY(bed_run_append(first, lent));
    for (int i = 0; i < SEVERAL - 1; i++) {
        CM_FREE char *resource = cm_format("cities/%d", random_below(20));
        a.resource = resource;
        CM_TRY(bed_run_append(&a, lent));
    }
    return cm_ok();
}

static void *call(void *argument)
{
    caller *c = argument;

    for (int i = 0; i < EACH; i++) {
        CM_FREE char *resource = cm_format("cities/%d", random_below(20));
        bed_append a = {.resource = resource, .outcome = i % 10 == 9 ? CM_ABORTED : CM_OK};
        cm_status s =
            cm_run_and_wait(cm_journal_writer(c->bed->journal), i % 10 < 2 ? run_several : bed_run_append, &a);
        if (s.code != a.outcome) {
            print_error("%s\n", cm_status_message(s));
            abort();
        }
        cm_status_clear(&s);
    }
    return NULL;
}

/* In a child: a program that opens the store and appends. */
static void be_a_replica(const char *url, int number)
{
    journal_bed b = {.path = (char *)url};
    caller callers[THREADS];

    bed_open(&b);
    for (int i = 0; i < THREADS; i++) {
        callers[i] = (caller){.bed = &b, .number = number * THREADS + i};
        if (pthread_create(&callers[i].thread, NULL, call, &callers[i]) != 0)
            abort();
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(callers[i].thread, NULL);
    bed_close(&b);
    _exit(0);
}

static void processes_that_race_leave_no_gap_no_duplicate_and_no_deadlock(void **state)
{
    enum { KEPT = PROCESSES * THREADS * EACH / 10 * (7 + 2 * SEVERAL) };
    journal_bed *b = *state;
    pid_t children[PROCESSES];
    int ended;

    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            be_a_replica(b->path, i);
    }
    for (int i = 0; i < PROCESSES; i++) {
        assert_int_equal(waitpid(children[i], &ended, 0), children[i]);
        assert_int_equal(ended, 0);
    }
    bed_open(b);
    assert_int_equal(bed_verified_rows(b), KEPT); /* seq by seq, each with the hash of the one before */
    assert_int_equal(bed_integer_at(b->path, "SELECT count(*) FROM journal"), KEPT);
    assert_int_equal(bed_integer_at(b->path, "SELECT count(*) FROM (SELECT resource FROM journal GROUP BY resource "
                                             "HAVING max(revision) <> count(*)) AS gaps"),
                     0);
    assert_int_equal(bed_integer_at(b->path, "SELECT sum(deadlocks) FROM pg_stat_database"), 0);
}

/* ---- two journals in one process ---- */

static int set_up_two(void **state)
{
    journal_bed *beds = cm_alloc(2 * sizeof *beds);
    void *first;

    bed_set_up(&first);
    beds[0] = *(journal_bed *)first;
    free(first);
    beds[1].path = beds[0].path;
    bed_open(&beds[1]);
    *state = beds;
    return 0;
}

static int tear_down_two(void **state)
{
    journal_bed *beds = *state;
    void *first = cm_alloc(sizeof *beds);

    bed_close(&beds[1]);
    *(journal_bed *)first = beds[0];
    bed_tear_down(&first);
    free(beds);
    return 0;
}

static void both_are_one_store(void **state)
{
    journal_bed *beds = *state;

    assert_string_equal(cm_journal_epoch_text(beds[0].journal), cm_journal_epoch_text(beds[1].journal));
    for (int i = 1; i <= 6; i++) {
        bed_append a = bed_add(&beds[i % 2], "cities/a", "in turns");
        assert_int_equal(a.at.seq, i);
        assert_int_equal(a.revision, i);
    }
    assert_int_equal(bed_verified_rows(&beds[0]), 6);
}

static void what_is_recorded_by_another_is_earlier(void **state)
{
    journal_bed *beds = *state;
    bed_append before = bed_add(&beds[0], "cities/a", "one");
    bed_append after = bed_add(&beds[1], "cities/b", "two");

    assert_true(before.recorded_at < after.recorded_at);
}

typedef struct told {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool told;
} told;

static void tell(void *context)
{
    told *t = context;

    pthread_mutex_lock(&t->lock);
    t->told = true;
    pthread_cond_signal(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static void a_watch_is_told_of_rows_that_another_appended(void **state)
{
    journal_bed *beds = *state;
    told t = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    cm_watch *watch = cm_journal_watch(beds[1].journal, tell, &t);
    bed_append a = bed_add(&beds[0], "cities/a", "news");

    pthread_mutex_lock(&t.lock);
    while (!t.told)
        pthread_cond_wait(&t.changed, &t.lock);
    pthread_mutex_unlock(&t.lock);
    assert_int_equal(cm_journal_head(beds[1].journal, a.at.part), 1);
    cm_journal_unwatch(beds[1].journal, watch);
}

typedef struct request {
    cm_position row;
    bool known;
    cm_arena *arena;
} request;

/* Appends unless the request was answered before: what every writing method does. */
static cm_status once(void *argument, void *lent)
{
    static const uint8_t digest[CM_SHA256] = {7};
    request *r = argument;
    cm_position *rows;
    int count;

    CM_TRY(cm_tx_known(lent, "anna", "request-7", "Create", digest, r->arena, &r->known, &rows, &count));
    if (r->known) {
        r->row = rows[0];
        return cm_ok();
    }
    CM_TRY(cm_tx_append(lent, &(cm_change){.type = "t", .resource = "cities/a"}, &r->row, NULL, NULL));
    return cm_tx_remember(lent, "anna", "request-7", "Create", digest, &r->row, 1);
}

static void a_request_that_was_answered_is_known_to_the_other(void **state)
{
    journal_bed *beds = *state;
    request first = {.arena = beds[0].arena}, second = {.arena = beds[0].arena};

    assert_ok(cm_run_and_wait(cm_journal_writer(beds[0].journal), once, &first));
    assert_ok(cm_run_and_wait(cm_journal_writer(beds[1].journal), once, &second));
    assert_false(first.known);
    assert_true(second.known);
    assert_int_equal(second.row.seq, first.row.seq);
    assert_int_equal(bed_verified_rows(&beds[0]), 1);
}

static cm_status read_wrongly(void *argument, void *lent)
{
    int64_t n;

    return cm_db_integer(cm_tx_db(lent), "SELECT nothing FROM nowhere", CM_NONE, 0, &n);
}

static void a_statement_that_fails_fails_its_request_alone(void **state)
{
    journal_bed *beds = *state;
    bed_gate gate;
    bed_request kept[2] = {{.append = {.resource = "cities/a"}}, {.append = {.resource = "cities/b"}}};

    bed_gate_enter(&gate, cm_journal_writer(beds[0].journal));
    bed_request_submit(&beds[0], &kept[0]);
    bed_request_submit(&beds[0], &kept[1]);
    bed_gate_open(&gate);
    assert_fails(cm_run_and_wait(cm_journal_writer(beds[0].journal), read_wrongly, NULL), CM_INTERNAL, "nowhere");
    bed_settle(&beds[0]);
    assert_ok(kept[0].outcome);
    assert_ok(kept[1].outcome);
    assert_int_equal(bed_verified_rows(&beds[0]), 2);
}

/* ---- connections that are lost ---- */

static void a_server_that_crashed_is_found_again(void **state)
{
    journal_bed *b = *state;
    bed_append a = {.resource = "cities/a"};

    bed_add(b, "cities/a", "before");
    pg_server_crash(&bed_postgres);
    assert_fails(cm_run_and_wait(cm_journal_writer(b->journal), bed_run_append, &a), CM_UNAVAILABLE, "");
    pg_server_run(&bed_postgres);
    assert_int_equal(bed_add(b, "cities/a", "after").at.seq, 2);
    assert_int_equal(bed_verified_rows(b), 2);
}

/* COMMIT ends the connection before it has done anything. */
static void a_commit_that_was_lost_before_it_was_done_is_known_to_be_lost(void **state)
{
    journal_bed *b = *state;
    bed_append a = {.resource = "cities/a", .name = "fatal"};

    cm_db *db;
    cm_store *store;
    assert_ok(cm_store_open(b->path, &store));
    assert_ok(cm_store_writer(store, &db));
    assert_ok(cm_db_script(db, "CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM "
                               "pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
                               "CREATE CONSTRAINT TRIGGER fatal AFTER INSERT ON names DEFERRABLE INITIALLY DEFERRED "
                               "FOR EACH ROW EXECUTE FUNCTION die()"));
    cm_db_close(db);
    cm_store_close(store);
    assert_fails(cm_run_and_wait(cm_journal_writer(b->journal), bed_run_append, &a), CM_UNAVAILABLE, "nothing written");
    assert_int_equal(bed_add(b, "cities/a", "next").at.seq, 1);
    assert_int_equal(bed_verified_rows(b), 1);
}

/* COMMIT is done, and waits for a standby that is not there; nobody is told when its connection ends. */
static void a_commit_that_was_done_unheard_is_found_and_answered(void **state)
{
    journal_bed *b = *state;
    bed_request done = {.append = {.resource = "cities/a"}};

    pg_server_execute(&bed_postgres, "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
    pg_server_execute(&bed_postgres, "SELECT pg_reload_conf()");
    while (bed_integer_at(b->path, "SELECT count(*) FROM pg_settings WHERE name = 'synchronous_standby_names' AND "
                                   "setting = 'nobody'") == 0)
        ;
    bed_request_submit(b, &done);
    while (bed_integer_at(b->path, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") == 0)
        ;
    pg_server_execute(&bed_postgres,
                      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'");
    pg_server_execute(&bed_postgres, "ALTER SYSTEM RESET synchronous_standby_names");
    pg_server_execute(&bed_postgres, "SELECT pg_reload_conf()");
    bed_settle(b);
    assert_ok(done.outcome);
    assert_int_equal(done.append.at.seq, 1);
    assert_int_equal(bed_verified_rows(b), 1);
    assert_int_equal(bed_add(b, "cities/a", "next").at.seq, 2);
}

#define TEST_TWO(name) cmocka_unit_test_setup_teardown(name, set_up_two, tear_down_two)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST_CLOSED(processes_that_race_leave_no_gap_no_duplicate_and_no_deadlock),
        TEST_TWO(both_are_one_store),
        TEST_TWO(what_is_recorded_by_another_is_earlier),
        TEST_TWO(a_watch_is_told_of_rows_that_another_appended),
        TEST_TWO(a_request_that_was_answered_is_known_to_the_other),
        TEST_TWO(a_statement_that_fails_fails_its_request_alone),
        BED_TEST(a_server_that_crashed_is_found_again),
        BED_TEST(a_commit_that_was_lost_before_it_was_done_is_known_to_be_lost),
        BED_TEST(a_commit_that_was_done_unheard_is_found_and_answered),
    };

    return pg_server_run_suite(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
