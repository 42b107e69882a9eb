/* What was there at a time is told once and for ever: against writers that race, programs that share a store, clocks
 * that are set, and restarts. */
#include "journal_bed.h"

#include <stdatomic.h>

static const int64_t HOUR_US = 3600000000, MINUTE_US = 60000000;

enum { WRITERS = 3, READERS = 3, ROWS = 150, READINGS = 60 };

static int64_t heads_least(journal_bed *b)
{
    cm_db *db;
    int64_t least;

    assert_ok(cm_store_reader(b->store, &db));
    assert_ok(cm_db_integer(db, "SELECT min(recorded_at) FROM heads", CM_NONE, 0, &least));
    cm_db_close(db);
    return least;
}

/* One reading: what was there at a time. */
typedef struct reading {
    const char *resource; /* NULL: of all */
    int64_t as_of, rows, newest;
} reading;

static cm_status count_rows(cm_db *db, reading *r)
{
    const char *where = r->resource ? "resource = $2" : "$2 = ''";
    char sql[128];

    for (int i = 0; i < 2; i++) {
        snprintf(sql, sizeof sql, "SELECT %s FROM journal WHERE recorded_at <= $1 AND %s",
                 i ? "max(recorded_at)" : "count(*)", where);
        CM_TRY(cm_db_integer(db, sql, CM_WITH(cm_v_int(r->as_of), cm_v_text(r->resource ? r->resource : "")), 0,
                             i ? &r->newest : &r->rows));
    }
    return cm_ok();
}

static cm_status run_reading(void *argument, void *lent)
{
    reading *r = argument;

    CM_TRY(cm_journal_seal(lent, r->resource, r->as_of));
    return count_rows(lent, r);
}

static cm_status read_at(journal_bed *b, reading *r)
{
    return cm_run_and_wait(cm_journal_readers(b->journal), run_reading, r);
}

static void what_was_told_of_now_is_not_undercut(void **state)
{
    journal_bed *b = *state;
    reading before = {.as_of = bed_now += HOUR_US};

    bed_add(b, "cities/a", "one");
    assert_ok(read_at(b, &before));
    assert_int_equal(before.rows, 1);
    bed_now -= MINUTE_US; /* somebody sets the clock */
    assert_true(bed_add(b, "cities/a", "two").recorded_at > before.as_of);
    assert_true(bed_add(b, "cities/b", "three").recorded_at > before.as_of);
    reading after = {.as_of = before.as_of};
    assert_ok(read_at(b, &after));
    assert_int_equal(after.rows, 1);
}

static void a_restart_remembers_what_was_told(void **state)
{
    journal_bed *b = *state;
    reading told = {.as_of = bed_now += HOUR_US};

    assert_ok(read_at(b, &told));
    bed_close(b);
    bed_now -= HOUR_US;
    bed_open(b);
    for (int i = 0; i < 20; i++) {
        CM_FREE char *name = cm_format("cities/%d", i);
        assert_true(bed_add(b, name, "later").recorded_at > told.as_of);
    }
}

static void one_resource_is_sealed_with_its_partition_alone(void **state)
{
    journal_bed *b = *state;
    reading of_one = {.resource = "cities/a", .as_of = bed_now += HOUR_US};

    bed_add(b, "cities/a", "one");
    int64_t least = heads_least(b);
    assert_ok(read_at(b, &of_one));
    assert_int_equal(of_one.rows, 1);
    assert_int_equal(heads_least(b), least);
}

static void who_asks_again_costs_no_commit(void **state)
{
    journal_bed *b = *state;
    reading first = {.as_of = bed_now += HOUR_US}, again = first, earlier = {.as_of = bed_now - MINUTE_US};

    assert_ok(read_at(b, &first));
    bed_now += HOUR_US;
    assert_ok(read_at(b, &again));
    assert_ok(read_at(b, &earlier));
    assert_int_equal(heads_least(b), first.as_of);
}

static void a_time_that_has_not_come_is_refused(void **state)
{
    journal_bed *b = *state;
    reading future = {.as_of = bed_now + 1};

    assert_fails(read_at(b, &future), CM_INVALID_ARGUMENT, "as_of: ");
    int64_t recorded_at = bed_add(b, "cities/a", "one").recorded_at;
    bed_now -= HOUR_US; /* what is recorded has come, whatever the clock says */
    reading newest = {.as_of = recorded_at};
    assert_ok(read_at(b, &newest));
    assert_int_equal(newest.rows, 1);
}

/* ---- races ---- */

static _Atomic uint64_t ticks;

/* A clock of a machine on which somebody sets it all the time: each look is up to a second before or after the last. */
static int64_t wild_clock(void)
{
    uint64_t n = atomic_fetch_add(&ticks, 1);

    return 1764000000000000 + (int64_t)n * 50 + (int64_t)((n * 0x9e3779b97f4a7c15u) >> 44) - 500000;
}

typedef struct racer {
    journal_bed *bed;
    int number;
    reading told[READINGS];
    pthread_t thread;
} racer;

static void *write_rows(void *argument)
{
    racer *r = argument;

    for (int i = 0; i < ROWS; i++) {
        CM_FREE char *name = cm_format("cities/%d", i % 7);
        bed_append a = {.resource = name, .payload = "row"};
        cm_status s = cm_run_and_wait(cm_journal_writer(r->bed->journal), bed_run_append, &a);
        if (!cm_is_ok(s))
            abort();
    }
    return NULL;
}

static void *read_rows(void *argument)
{
    racer *r = argument;

    for (int i = 0; i < READINGS; i++) {
        cm_status s = cm_fail(CM_UNKNOWN, "not asked yet");
        while (!cm_is_ok(s)) { /* a look at the clock may be of a time that has not come for the next look */
            cm_status_clear(&s);
            r->told[i] = (reading){.resource = i % 2 ? "cities/3" : NULL, .as_of = wild_clock()};
            s = read_at(r->bed, &r->told[i]);
        }
    }
    return NULL;
}

/* On a store that programs may share, half of the racers are another program's. */
static void open_another(journal_bed *b, journal_bed *other)
{
    *other = *b;
    if (!bed_postgres.pid)
        return;
    assert_ok(cm_store_open(b->path, &other->store));
    assert_ok(cm_journal_open(
        other->store, &(cm_journal_options){.service = "registry", .migrations = &bed_tables, .clock = wild_clock},
        &other->journal));
}

static void racing_writers_and_wild_clocks_change_no_answer(void **state)
{
    journal_bed *b = *state, other;
    racer *racers = cm_alloc((WRITERS + READERS) * sizeof *racers);

    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_journal_open(
        b->store,
        &(cm_journal_options){
            .service = "registry", .partitions = BED_PARTITIONS, .migrations = &bed_tables, .clock = wild_clock},
        &b->journal));
    open_another(b, &other);
    for (int i = 0; i < WRITERS + READERS; i++) {
        racers[i].bed = i % 2 ? &other : b;
        racers[i].number = i;
        assert_int_equal(pthread_create(&racers[i].thread, NULL, i < WRITERS ? write_rows : read_rows, &racers[i]), 0);
    }
    for (int i = 0; i < WRITERS + READERS; i++)
        pthread_join(racers[i].thread, NULL);
    int64_t most = 0;
    for (int i = WRITERS; i < WRITERS + READERS; i++)
        for (int k = 0; k < READINGS; k++) {
            reading told = racers[i].told[k], now = told;
            assert_ok(read_at(b, &now));
            assert_int_equal(now.rows, told.rows);
            assert_int_equal(now.newest, told.newest);
            most = told.rows > most ? told.rows : most;
        }
    assert_true(most > 0);
    if (other.store != b->store)
        bed_close(&other);
    free(racers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(what_was_told_of_now_is_not_undercut),
        BED_TEST(a_restart_remembers_what_was_told),
        BED_TEST(one_resource_is_sealed_with_its_partition_alone),
        BED_TEST(who_asks_again_costs_no_commit),
        BED_TEST(a_time_that_has_not_come_is_refused),
        BED_TEST_CLOSED(racing_writers_and_wild_clocks_change_no_answer),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
