/* What a feed cannot apply or read: it is put aside once, told to the dead-letter topic, and applied on demand. Journal
 * and store are files, then both on PostgreSQL. */
#include "../store/pg_server.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "feed_bed.h"

static pg_server server; /* runs while the suite is run on PostgreSQL */

typedef struct aside_bed {
    feed_bed feed;
    cm_relay *relay;
    cm_server *server; /* of what the feed puts aside */
    cm_channel *channel;
} aside_bed;

static void serve_into(aside_bed *bed)
{
    const char *const listen[] = {"127.0.0.1:0", NULL};
    cm_server_options options = {.listen = listen,
                                 .lanes = {[CM_READER] = cm_journal_readers(bed->feed.into),
                                           [CM_BACKGROUND] = cm_journal_readers(bed->feed.source.journal)}};
    cm_service service = cm_journal_service(bed->feed.into);
    char address[64];

    assert_ok(cm_server_new(&options, &bed->server));
    assert_ok(cm_server_add(bed->server, &service));
    assert_ok(cm_server_start(bed->server));
    snprintf(address, sizeof address, "127.0.0.1:%d", cm_server_port(bed->server, 0));
    assert_ok(cm_channel_new(address, NULL, &bed->channel));
}

static void open_bed(aside_bed *bed, kafka_bed *kafka)
{
    *bed = (aside_bed){0};
    if (server.pid) {
        CM_FREE char *source = pg_server_url(&server);
        CM_FREE char *into = pg_server_url(&server);
        feed_bed_open_at(&bed->feed, kafka, source, into);
    } else {
        feed_bed_open(&bed->feed, kafka);
    }
    bed->feed.metrics = cm_metrics_new();
    atomic_store(&bed->feed.code, CM_INTERNAL);
    serve_into(bed);
    assert_ok(cm_relay_start(bed->feed.source.journal, kafka->cluster, &bed->relay));
}

static void close_bed(aside_bed *bed)
{
    cm_relay_stop(bed->relay, 0);
    cm_channel_free(bed->channel);
    cm_server_drain(bed->server, 0, 1000);
    cm_server_free(bed->server);
    feed_bed_stop(&bed->feed);
    cm_metrics_free(bed->feed.metrics);
    feed_bed_close(&bed->feed);
}

static int64_t rows_aside(aside_bed *bed)
{
    int64_t rows;
    cm_db *db;

    assert_ok(cm_store_reader(bed->feed.store, &db));
    assert_ok(cm_feed_aside(db, bed->feed.kafka->topic, &rows));
    cm_db_close(db);
    return rows;
}

static int64_t number(aside_bed *bed, const char *sql)
{
    int64_t found;
    cm_db *db;

    assert_ok(cm_store_reader(bed->feed.store, &db));
    assert_ok(cm_db_integer(db, sql, CM_NONE, 0, &found));
    cm_db_close(db);
    return found;
}

/* Until the store says so. */
static void await(aside_bed *bed, const char *sql, int64_t wanted)
{
    for (int64_t deadline = bed_deadline(); number(bed, sql) != wanted; sched_yield())
        if (cm_clock_monotonic_us() > deadline)
            fail_msg("%s: %lld, not %lld", sql, (long long)number(bed, sql), (long long)wanted);
}

static void await_metric(aside_bed *bed, const char *name, int value)
{
    CM_FREE char *line = cm_format("%s{topic=\"%s\"} %d\n", name, bed->feed.kafka->topic, value);

    for (int64_t deadline = bed_deadline();; sched_yield()) {
        CM_AUTO(cm_text) text = {0};
        cm_metrics_write(bed->feed.metrics, &text);
        if (strstr(cm_text_get(&text), line))
            return;
        if (cm_clock_monotonic_us() > deadline)
            fail_msg("never said: %s\n%s", line, cm_text_get(&text));
    }
}

static JrnReplayDeadLettersResponse *replay(aside_bed *bed, cm_arena *arena)
{
    JrnReplayDeadLettersRequest request = CITYNEG__JOURNAL__V1__REPLAY_DEAD_LETTERS_REQUEST__INIT;
    JrnReplayDeadLettersResponse *response;

    assert_ok(jrn_journal_service_replay_dead_letters(bed->channel, NULL, &request, arena, &response));
    return response;
}

/* Everything in the dead-letter topic. */
static cm_record *letters(aside_bed *bed, cm_arena *arena, int *count)
{
    kafka_bed dead = *bed->feed.kafka;

    assert_in_range(snprintf(dead.topic, sizeof dead.topic, "%.59s.dlq", bed->feed.kafka->topic), 5,
                    sizeof dead.topic - 1);
    return relay_bed_read(&dead, arena, count);
}

/* The last row of partition 0 cannot be applied. */
static void put_last_aside(aside_bed *bed)
{
    relay_bed_append(&bed->feed.source, 200, 0);
    atomic_store(&bed->feed.refused, cm_journal_head(bed->feed.source.journal, 0));
    feed_bed_start(&bed->feed, bed->feed.kafka->cluster);
    feed_bed_settle(&bed->feed);
    assert_int_equal(rows_aside(bed), 1);
}

static void row_that_cannot_be_applied_is_put_aside_and_its_partition_goes_on(void **state)
{
    aside_bed bed;
    int count;
    CM_ARENA(arena);

    open_bed(&bed, *state);
    put_last_aside(&bed);
    assert_int_equal(number(&bed, "SELECT count(*) FROM counted"), 199);
    await_metric(&bed, "cityneg_feed_aside_rows", 1);
    await_metric(&bed, "cityneg_feed_letters_total", 1);
    await_metric(&bed, "cityneg_feed_letters_waiting", 0);
    cm_record *all = letters(&bed, arena, &count);
    assert_int_equal(count, 1);
    assert_int_equal(all->value.size, 0);
    CM_FREE char *seq = cm_format("%lld", (long long)atomic_load(&bed.feed.refused));
    assert_string_equal(cm_record_header(all, "dlq_sequence", arena), seq);
    assert_string_equal(cm_record_header(all, "dlq_consumer", arena), "trends");
    assert_non_null(strstr(cm_record_header(all, "dlq_why", arena), "INTERNAL: "));
    assert_non_null(strstr(cm_record_header(all, "dlq_why", arena), "refused as the test wants it"));
    close_bed(&bed);
}

static void replayed_row_counts_once_and_is_no_letter_any_more(void **state)
{
    aside_bed bed;
    CM_ARENA(arena);

    open_bed(&bed, *state);
    put_last_aside(&bed);
    JrnReplayDeadLettersResponse *again = replay(&bed, arena); /* nothing was mended */
    assert_int_equal(again->applied, 0);
    assert_int_equal(again->n_left, 1);
    assert_int_equal(again->left[0]->seq, atomic_load(&bed.feed.refused));
    assert_int_equal(rows_aside(&bed), 1);
    atomic_store(&bed.feed.refused, 0);
    again = replay(&bed, arena);
    assert_int_equal(again->applied, 1);
    assert_int_equal(again->n_left, 0);
    assert_int_equal(rows_aside(&bed), 0);
    assert_counted_once(&bed.feed);
    assert_int_equal(replay(&bed, arena)->applied, 0);
    relay_bed_append(&bed.feed.source, 100, 0);
    feed_bed_settle(&bed.feed);
    assert_counted_once(&bed.feed);
    close_bed(&bed);
}

static void newer_row_of_the_resource_ends_the_letter(void **state)
{
    aside_bed bed;
    CM_ARENA(arena);

    open_bed(&bed, *state);
    put_last_aside(&bed);
    relay_bed_append(&bed.feed.source, 50, 0); /* every resource once more */
    feed_bed_settle(&bed.feed);
    assert_int_equal(rows_aside(&bed), 0);
    atomic_store(&bed.feed.refused, 0);
    assert_int_equal(replay(&bed, arena)->applied, 0);
    assert_int_equal(number(&bed, "SELECT count(*) FROM counted"), 249);
    close_bed(&bed);
}

static void restart_writes_no_letter_twice(void **state)
{
    aside_bed bed;
    int count;
    CM_ARENA(arena);

    open_bed(&bed, *state);
    put_last_aside(&bed);
    for (int round = 0; round < 2; round++) {
        await(&bed, "SELECT count(*) FROM letters WHERE length(record) > 0", 0);
        feed_bed_stop(&bed.feed);
        feed_bed_start(&bed.feed, bed.feed.kafka->cluster);
        relay_bed_append(&bed.feed.source, 1, 0); /* of a resource of chance */
        feed_bed_settle(&bed.feed);
    }
    letters(&bed, arena, &count);
    assert_int_equal(count, 1);
    close_bed(&bed);
}

static void letter_waits_in_the_store_until_kafka_takes_it(void **state)
{
    kafka_bed *kafka = *state;
    aside_bed bed;
    int count;
    CM_ARENA(arena);

    open_bed(&bed, kafka);
    bed_stop(kafka);
    put_last_aside(&bed);
    await_metric(&bed, "cityneg_feed_letters_waiting", 1);
    feed_bed_stop(&bed.feed); /* a letter outlives the feed that wrote it */
    feed_bed_start(&bed.feed, kafka->cluster);
    await_metric(&bed, "cityneg_feed_letters_waiting", 1);
    bed_start(kafka);
    await(&bed, "SELECT count(*) FROM letters WHERE length(record) > 0", 0);
    letters(&bed, arena, &count);
    assert_int_equal(count, 1);
    assert_int_equal(rows_aside(&bed), 1);
    close_bed(&bed);
}

static cm_status erase(void *argument, void *lent)
{
    const cm_change change = {.type = "cityneg.registry.actor.erased.v1",
                              .resource = argument,
                              .event_time = "",
                              .actor = "anonymous",
                              .request_id = "",
                              .traceparent = ""};
    cm_position at;
    int64_t recorded_at;

    return cm_tx_erase(lent, &change, &at, &recorded_at);
}

/* The resource of the row that was put aside. */
static char *resource_aside(aside_bed *bed)
{
    char *name = NULL;
    cm_rows rows;
    cm_db *db;

    assert_ok(cm_store_reader(bed->feed.store, &db));
    assert_ok(cm_db_query(db, "SELECT resource FROM letters", CM_NONE, &rows));
    if (cm_rows_next(&rows))
        name = cm_strdup(cm_rows_text(&rows, 0));
    assert_ok(cm_rows_end(&rows));
    cm_db_close(db);
    assert_non_null(name);
    return name;
}

static void erasure_ends_the_letter_and_is_never_put_aside(void **state)
{
    aside_bed bed;
    int64_t head;
    CM_ARENA(arena);

    open_bed(&bed, *state);
    put_last_aside(&bed);
    CM_FREE char *resource = resource_aside(&bed);
    head = cm_journal_head(bed.feed.source.journal, 0);
    atomic_store(&bed.feed.refused, head + 1); /* the erasure itself */
    assert_ok(cm_run_and_wait(cm_journal_writer(bed.feed.source.journal), erase, resource));
    assert_int_equal(cm_journal_head(bed.feed.source.journal, 0), head + 1);

    /* Replayed before the erasure is applied: the journal has no text of it any more. */
    assert_int_equal(replay(&bed, arena)->applied, 1);
    CM_FREE char *sql = cm_format("SELECT count(*) FROM counted WHERE part = 0 AND seq = %lld AND length(payload) = 0",
                                  (long long)head);
    assert_int_equal(number(&bed, sql), 1);

    relay_bed_append(&bed.feed.source, 20, 0);
    for (int part = 1; part < BED_PARTITIONS; part++)
        feed_bed_settle_part(&bed.feed, part);
    await_metric(&bed, "cityneg_feed_letters_total", 1);
    assert_int_equal(feed_bed_position(&bed.feed, 0), head); /* it is held, however often it fails */
    atomic_store(&bed.feed.refused, 0);
    feed_bed_settle(&bed.feed);
    assert_int_equal(rows_aside(&bed), 0);
    close_bed(&bed);
}

static void send_junk(kafka_bed *kafka, const char *source, const char *value)
{
    const cm_header headers[] = {
        {"ce_id", "no uuid", 7}, {"ce_source", source, strlen(source)}, {"ce_sequence", "1", 1}};
    cm_record record = {.topic = kafka->topic,
                        .part = 1,
                        .key = {(const uint8_t *)"cities/odd", 10},
                        .value = {(const uint8_t *)value, strlen(value)},
                        .headers = headers,
                        .header_count = 3};
    cm_producer *producer;

    assert_ok(cm_producer_new(kafka->cluster, NULL, NULL, 0, &producer));
    assert_ok(cm_producer_send(producer, &record, NULL));
    while (cm_producer_waiting(producer))
        cm_producer_poll(producer, 100);
    cm_producer_free(producer);
}

static void record_that_cannot_be_read_is_a_letter_once(void **state)
{
    kafka_bed *kafka = *state;
    aside_bed bed;
    int count;
    CM_ARENA(arena);

    open_bed(&bed, kafka);
    relay_bed_append(&bed.feed.source, 100, 0);
    relay_bed_settle(bed.relay, &bed.feed.source);
    send_junk(kafka, "somebody", "what they said");
    send_junk(kafka, cm_journal_source(bed.feed.source.journal), "what the journal has");
    for (int round = 0; round < 3; round++) {
        feed_bed_start(&bed.feed, kafka->cluster);
        relay_bed_append(&bed.feed.source, 10, 0);
        feed_bed_settle(&bed.feed);
        if (!round)
            await_metric(&bed, "cityneg_feed_letters_total", 2);
        await(&bed, "SELECT count(*) FROM letters", 0);
        feed_bed_stop(&bed.feed);
    }
    assert_counted_once(&bed.feed);
    cm_record *all = letters(&bed, arena, &count);
    assert_int_equal(count, 2);
    assert_memory_equal(all[0].value.data, "what they said", all[0].value.size);
    assert_int_equal(all[1].value.size, 0); /* it can be erased there */
    close_bed(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_EMBEDDED(row_that_cannot_be_applied_is_put_aside_and_its_partition_goes_on),
        BED_EMBEDDED(replayed_row_counts_once_and_is_no_letter_any_more),
        BED_EMBEDDED(newer_row_of_the_resource_ends_the_letter),
        BED_EMBEDDED(restart_writes_no_letter_twice),
        BED_EMBEDDED(letter_waits_in_the_store_until_kafka_takes_it),
        BED_EMBEDDED(erasure_ends_the_letter_and_is_never_put_aside),
        BED_EMBEDDED(record_that_cannot_be_read_is_a_letter_once),
    };
    const struct CMUnitTest real[] = {
        BED_REAL(row_that_cannot_be_applied_is_put_aside_and_its_partition_goes_on),
        BED_REAL(replayed_row_counts_once_and_is_no_letter_any_more),
        BED_REAL(record_that_cannot_be_read_is_a_letter_once),
    };

    if (bed_has_real())
        return cmocka_run_group_tests_name("real broker", real, NULL, NULL);
    return pg_server_run_on_every_engine(&server, tests, sizeof tests / sizeof *tests);
}
