/* Several feeds of one topic into one database: each partition is followed by one of them, and every row counts once,
 * whoever ends and whoever is cut off. */
#include "../store/pg_server.h"
#include "feed_bed.h"

enum { MANY = 1000 };

static pg_server server;

/* Two replicas: the second one has the first one's source. */
typedef struct pair {
    kafka_bed *kafka;
    feed_bed beds[2];
    cm_relay *relay;
} pair;

static int set_up(void **state)
{
    pair *p = cm_alloc(sizeof *p);
    char *url = pg_server_url(&server);
    void *kafka;

    bed_embedded(&kafka);
    p->kafka = kafka;
    feed_bed_open(&p->beds[0], p->kafka);
    cm_journal_close(p->beds[0].into);
    cm_store_close(p->beds[0].store);
    feed_bed_open_into(&p->beds[0], url);
    p->beds[1] = (feed_bed){.kafka = p->kafka, .channel = p->beds[0].channel};
    feed_bed_open_into(&p->beds[1], url);
    assert_ok(cm_relay_start(p->beds[0].source.journal, p->kafka->cluster, &p->relay));
    free(url);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    pair *p = *state;
    void *kafka = p->kafka;

    cm_relay_stop(p->relay, 0);
    cm_feed_stop(p->beds[1].feed);
    cm_journal_close(p->beds[1].into);
    cm_store_close(p->beds[1].store);
    feed_bed_close(&p->beds[0]);
    bed_end(&kafka);
    free(p);
    return 0;
}

static void append(pair *p)
{
    relay_bed_append(&p->beds[0].source, MANY, 0);
}

/* Partitions that are claimed, and by how many sessions. */
static int64_t count_claims(const char *what)
{
    CM_FREE char *url = cm_format("postgresql://cityneg@/postgres?host=%s", server.folder);
    CM_FREE char *sql = cm_format("SELECT count(%s) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND "
                                  "objid > 0",
                                  what);
    cm_store *store;
    cm_db *db;
    int64_t count;

    assert_ok(cm_store_open(url, &store));
    assert_ok(cm_store_reader(store, &db));
    assert_ok(cm_db_integer(db, sql, CM_NONE, -1, &count));
    cm_db_close(db);
    cm_store_close(store);
    return count;
}

static void await_claims(int64_t sessions)
{
    int64_t deadline = bed_deadline();

    while (count_claims("DISTINCT pid") != sessions || count_claims("*") != BED_PARTITIONS)
        if (cm_clock_monotonic_us() > deadline)
            fail_msg("%d partitions are not claimed by %lld sessions after %d ms", BED_PARTITIONS, (long long)sessions,
                     BED_WAIT_MS);
}

static void start(pair *p, const cm_cluster *kafka)
{
    for (int i = 0; i < 2; i++)
        feed_bed_start(&p->beds[i], kafka);
}

static void assert_each_row_counted_once(pair *p)
{
    feed_bed_settle(&p->beds[0]);
    assert_counted_once(&p->beds[0]);
}

static void two_feeds_share_a_topic(void **state)
{
    pair *p = *state;

    append(p);
    start(p, p->kafka->cluster);
    await_claims(2);
    append(p);
    assert_each_row_counted_once(p);
}

static void two_feeds_share_a_journal_without_kafka(void **state)
{
    pair *p = *state;

    append(p);
    start(p, NULL);
    await_claims(2);
    append(p);
    assert_each_row_counted_once(p);
}

static void the_other_follows_on_for_a_feed_that_ended(void **state)
{
    pair *p = *state;

    start(p, p->kafka->cluster);
    append(p);
    await_claims(2);
    feed_bed_stop(&p->beds[0]);
    append(p);
    assert_each_row_counted_once(p);
    await_claims(1);
}

static void feeds_that_are_cut_off_count_nothing_twice(void **state)
{
    pair *p = *state;

    start(p, p->kafka->cluster);
    for (int i = 0; i < 2; i++) {
        append(p);
        await_claims(2);
        pg_server_execute(&server, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND "
                                   "objsubid = 2 AND objid = 1");
        append(p);
    }
    assert_each_row_counted_once(p);
}

static void another_epoch_replaces_what_both_counted_once(void **state)
{
    pair *p = *state;
    feed_bed *first = &p->beds[0];

    start(p, p->kafka->cluster);
    append(p);
    await_claims(2);
    feed_bed_settle(first);
    cm_relay_stop(p->relay, 0);
    feed_bed_unserve(first);
    relay_bed_close(&first->source);
    relay_bed_open(&first->source, p->kafka->topic, BED_PARTITIONS);
    feed_bed_serve(first);
    assert_ok(cm_relay_start(first->source.journal, p->kafka->cluster, &p->relay));
    append(p);
    assert_each_row_counted_once(p);
    assert_int_equal(atomic_load(&first->resets) + atomic_load(&p->beds[1].resets), BED_PARTITIONS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_feeds_share_a_topic),
        TEST(two_feeds_share_a_journal_without_kafka),
        TEST(the_other_follows_on_for_a_feed_that_ended),
        TEST(feeds_that_are_cut_off_count_nothing_twice),
        TEST(another_epoch_replaces_what_both_counted_once),
    };

    return pg_server_run_suite(&server, tests, sizeof tests / sizeof *tests);
}
