/* Several relays of one database: each partition is carried by one of them, and goes on when that one ends or is cut
 * off. */
#include "../store/pg_server.h"
#include "relay_bed.h"

enum { MANY = 2000 };

static pg_server server;

/* Two replicas of a service. Rows are written by the first one. */
typedef struct pair {
    kafka_bed *kafka;
    char *url;
    relay_bed beds[2];
    cm_relay *relays[2];
} pair;

static int set_up(void **state)
{
    pair *p = cm_alloc(sizeof *p);
    void *kafka;

    bed_embedded(&kafka);
    p->kafka = kafka;
    p->url = pg_server_url(&server);
    for (int i = 0; i < 2; i++)
        relay_bed_open_at(&p->beds[i], p->url, p->kafka->topic, BED_PARTITIONS);
    *state = p;
    return 0;
}

static void start(pair *p, int i)
{
    assert_ok(cm_relay_start(p->beds[i].journal, p->kafka->cluster, &p->relays[i]));
}

static void stop(pair *p, int i)
{
    cm_relay_stop(p->relays[i], 0);
    p->relays[i] = NULL;
}

static int tear_down(void **state)
{
    pair *p = *state;
    void *kafka = p->kafka;

    for (int i = 0; i < 2; i++) {
        stop(p, i);
        relay_bed_close(&p->beds[i]);
    }
    bed_end(&kafka);
    free(p->url);
    free(p);
    return 0;
}

static bool is_at_head(const pair *p, int i, int part)
{
    return p->relays[i] && cm_relay_acknowledged(p->relays[i], part) == cm_journal_head(p->beds[0].journal, part);
}

/* Every partition was carried to its end by one of them. */
static void settle(pair *p)
{
    int64_t deadline = bed_deadline();

    for (int part = 0; part < BED_PARTITIONS; part++)
        while (!is_at_head(p, 0, part) && !is_at_head(p, 1, part)) {
            sched_yield();
            if (cm_clock_monotonic_us() > deadline)
                fail_msg("partition %d is not carried to its end after %d ms", part, BED_WAIT_MS);
        }
}

/* How many partitions a relay holds, as the server sees it. */
static int64_t sessions_that_hold(void)
{
    CM_FREE char *url = cm_format("postgresql://cityneg@/postgres?host=%s", server.folder);
    cm_store *store;
    cm_db *db;
    int64_t sessions;

    assert_ok(cm_store_open(url, &store));
    assert_ok(cm_store_reader(store, &db));
    assert_ok(cm_db_integer(db,
                            "SELECT count(DISTINCT pid) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 "
                            "AND objid > 0",
                            CM_NONE, -1, &sessions));
    cm_db_close(db);
    cm_store_close(store);
    return sessions;
}

static void await_sessions(int64_t count)
{
    int64_t deadline = bed_deadline();

    while (sessions_that_hold() != count)
        if (cm_clock_monotonic_us() > deadline)
            fail_msg("not %lld sessions hold partitions after %d ms", (long long)count, BED_WAIT_MS);
}

static void two_relays_share_the_partitions_and_repeat_nothing(void **state)
{
    pair *p = *state;

    start(p, 0);
    start(p, 1);
    await_sessions(2);
    relay_bed_append(&p->beds[0], MANY, 0);
    settle(p);
    assert_int_equal(assert_topic_is_journal(p->kafka, &p->beds[0]), 0);
}

static void partitions_go_to_a_relay_that_comes_while_rows_are_carried(void **state)
{
    pair *p = *state;

    start(p, 0);
    relay_bed_append(&p->beds[0], MANY, 0);
    start(p, 1);
    while (sessions_that_hold() != 2)
        relay_bed_append(&p->beds[0], 50, 0);
    relay_bed_append(&p->beds[0], MANY, 0);
    settle(p);
    assert_int_equal(assert_topic_is_journal(p->kafka, &p->beds[0]), 0); /* they were given at rest */
}

static void the_other_takes_over_from_a_relay_that_ended(void **state)
{
    pair *p = *state;

    start(p, 0);
    start(p, 1);
    await_sessions(2);
    relay_bed_append(&p->beds[0], MANY, 0);
    stop(p, 0);
    relay_bed_append(&p->beds[0], MANY, 0);
    settle(p);
    assert_topic_is_journal(p->kafka, &p->beds[0]);
}

static void rows_are_carried_whoever_is_cut_off(void **state)
{
    pair *p = *state;

    start(p, 0);
    start(p, 1);
    for (int i = 0; i < 2; i++) {
        await_sessions(2);
        relay_bed_append(&p->beds[0], MANY / 4, 0);
        pg_server_execute(&server, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND "
                                   "objsubid = 2 AND objid IN (1, 2)");
        relay_bed_append(&p->beds[0], MANY / 4, 0);
    }
    settle(p);
    assert_topic_is_journal(p->kafka, &p->beds[0]);
    assert_ok(cm_relay_state(p->relays[0]));
    assert_ok(cm_relay_state(p->relays[1]));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_relays_share_the_partitions_and_repeat_nothing),
        TEST(partitions_go_to_a_relay_that_comes_while_rows_are_carried),
        TEST(the_other_takes_over_from_a_relay_that_ended),
        TEST(rows_are_carried_whoever_is_cut_off),
    };

    return pg_server_run_suite(&server, tests, sizeof tests / sizeof *tests);
}
