/* The feed between a broker (the in-process one, and a real one where CITYNEG_KAFKA names it) and JournalService:
 * whatever either of them does, each row is counted once, in order. */
#include "feed_bed.h"

enum { MANY = 10000 };

static void rows_are_counted_once_as_they_come(void **state)
{
    kafka_bed *kafka = *state;
    feed_bed bed;
    cm_relay *relay;

    feed_bed_open(&bed, kafka);
    assert_ok(cm_relay_start(bed.source.journal, kafka->cluster, &relay));
    relay_bed_append(&bed.source, MANY / 2, 0);
    feed_bed_start(&bed, kafka->cluster);
    relay_bed_append(&bed.source, MANY / 2, 0);
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    cm_relay_stop(relay, 0);
    feed_bed_close(&bed);
}

static void kafka_is_enough_once_the_epoch_is_known(void **state)
{
    kafka_bed *kafka = *state;
    feed_bed bed;
    cm_relay *relay;

    feed_bed_open(&bed, kafka);
    assert_ok(cm_relay_start(bed.source.journal, kafka->cluster, &relay));
    relay_bed_append(&bed.source, 200, 0);
    feed_bed_start(&bed, kafka->cluster);
    feed_bed_settle(&bed);
    feed_bed_stop(&bed);
    feed_bed_unserve(&bed);
    relay_bed_append(&bed.source, 2000, 0);
    feed_bed_start(&bed, kafka->cluster);
    relay_bed_append(&bed.source, 2000, 0);
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    cm_relay_stop(relay, 0);
    feed_bed_close(&bed);
}

static void feed_may_begin_before_its_topic(void **state)
{
    kafka_bed *kafka = *state;
    feed_bed bed;
    cm_relay *relay;
    cm_db *db;
    int64_t deadline = bed_deadline(), known = 0;

    feed_bed_open(&bed, kafka);
    feed_bed_start(&bed, kafka->cluster);
    assert_ok(cm_store_reader(bed.store, &db));
    while (!known) { /* the journal's epoch; after that it is away, so that only Kafka is left */
        assert_ok(cm_db_integer(db, "SELECT count(*) FROM feeds", CM_NONE, 0, &known));
        assert_true(cm_clock_monotonic_us() < deadline);
    }
    cm_db_close(db);
    feed_bed_unserve(&bed);
    assert_ok(cm_relay_start(bed.source.journal, kafka->cluster, &relay));
    relay_bed_append(&bed.source, 500, 0);
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    cm_relay_stop(relay, 0);
    feed_bed_close(&bed);
}

static void journal_is_enough_without_kafka(void **state)
{
    kafka_bed kafka = {.topic = "cityneg.registry.events.v1"};
    feed_bed bed;

    feed_bed_open(&bed, &kafka);
    relay_bed_append(&bed.source, 500, 0);
    feed_bed_start(&bed, NULL);
    feed_bed_settle(&bed);
    relay_bed_append(&bed.source, 500, 0);
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    feed_bed_close(&bed);
}

/* Looks until the numbers have the line. */
static void await_number(cm_metrics *metrics, const char *line)
{
    for (int64_t deadline = bed_deadline();;) {
        CM_AUTO(cm_text) text = {0};

        cm_metrics_write(metrics, &text);
        if (strstr(cm_text_get(&text), line))
            return;
        if (cm_clock_monotonic_us() > deadline)
            fail_msg("never said: %s\n%s", line, cm_text_get(&text));
        sched_yield();
    }
}

static void feed_says_how_far_it_is_behind(void **state)
{
    kafka_bed kafka = {.topic = "cityneg.registry.events.v1"};
    feed_bed bed;
    char line[96];

    feed_bed_open(&bed, &kafka);
    bed.metrics = cm_metrics_new();
    relay_bed_append(&bed.source, 200, 0);
    atomic_store(&bed.refused, 3);
    feed_bed_start(&bed, NULL);
    snprintf(line, sizeof line, "cityneg_feed_lag_rows{topic=\"cityneg.registry.events.v1\"} %lld\n",
             (long long)cm_journal_head(bed.source.journal, 0) - 2);
    await_number(bed.metrics, line);
    atomic_store(&bed.refused, 0);
    await_number(bed.metrics, "cityneg_feed_lag_rows{topic=\"cityneg.registry.events.v1\"} 0\n");
    await_number(bed.metrics, "cityneg_feed_behind_seconds{topic=\"cityneg.registry.events.v1\"} 0\n");
    assert_counted_once(&bed);
    feed_bed_stop(&bed);
    CM_AUTO(cm_text) text = {0};
    cm_metrics_write(bed.metrics, &text);
    assert_null(strstr(cm_text_get(&text), "cityneg_feed"));
    cm_metrics_free(bed.metrics);
    feed_bed_close(&bed);
}

static void feed_goes_on_where_it_was(void **state)
{
    kafka_bed *kafka = *state;
    feed_bed bed;
    cm_relay *relay;

    feed_bed_open(&bed, kafka);
    assert_ok(cm_relay_start(bed.source.journal, kafka->cluster, &relay));
    for (int round = 0; round < 4; round++) {
        relay_bed_append(&bed.source, 500, 0);
        feed_bed_start(&bed, kafka->cluster);
        if (round % 2) /* in the middle, the other time */
            feed_bed_settle(&bed);
        feed_bed_stop(&bed);
    }
    assert_counted_once(&bed);
    assert_int_equal(atomic_load(&bed.resets), 0);
    cm_relay_stop(relay, 0);
    feed_bed_close(&bed);
}

static void new_broker_changes_nothing(void **state)
{
    kafka_bed *kafka = *state;
    feed_bed bed;
    cm_relay *relay;

    feed_bed_open(&bed, kafka);
    assert_ok(cm_relay_start(bed.source.journal, kafka->cluster, &relay));
    feed_bed_start(&bed, kafka->cluster);
    relay_bed_append(&bed.source, MANY / 4, 0);
    feed_bed_settle(&bed);
    for (int round = 0; round < 3; round++) {
        relay_bed_append(&bed.source, MANY / 8, 0);
        bed_stop(kafka);
        relay_bed_append(&bed.source, MANY / 8, 0);
        bed_start(kafka);
    }
    feed_bed_settle(&bed);
    relay_bed_settle(relay, &bed.source);
    assert_counted_once(&bed);
    assert_topic_is_journal(kafka, &bed.source);
    cm_relay_stop(relay, 0);
    feed_bed_close(&bed);
}

/* Sends rows of the source as the relay would, those that `chosen` wants. */
static void send_rows(feed_bed *bed, bool (*chosen)(const cm_row *row))
{
    cm_producer *producer;
    cm_db *db;
    CM_ARENA(arena);

    assert_ok(cm_kafka_topic(bed->kafka->cluster, bed->kafka->topic, BED_PARTITIONS, false, BED_WAIT_MS));
    assert_ok(cm_producer_new(bed->kafka->cluster, NULL, NULL, 0, &producer));
    assert_ok(cm_store_reader(bed->source.store, &db));
    for (int part = 0; part < BED_PARTITIONS; part++) {
        cm_row *rows;
        int count;

        assert_ok(cm_journal_read(db, part, 0, bed->source.written + 1, 0, arena, &rows, &count));
        for (int i = 0; i < count; i++) {
            cm_record record = relay_record_of(rows + i, cm_journal_source(bed->source.journal), bed->kafka->topic,
                                               CM_RECORD_LARGEST, arena);
            if (chosen(rows + i))
                assert_ok(cm_producer_send(producer, &record, NULL));
        }
    }
    while (cm_producer_waiting(producer)) {
        cm_producer_poll(producer, 100);
        assert_ok(cm_producer_fatal(producer));
    }
    cm_producer_free(producer);
    cm_db_close(db);
}

static bool every(const cm_row *row)
{
    return true;
}

static bool every_third(const cm_row *row)
{
    return row->at.seq % 3 == 0;
}

static void repeated_records_count_once(void **state)
{
    kafka_bed *kafka = *state;
    feed_bed bed;

    feed_bed_open(&bed, kafka);
    relay_bed_append(&bed.source, 1000, 0);
    for (int i = 0; i < 3; i++)
        send_rows(&bed, every);
    feed_bed_start(&bed, kafka->cluster);
    relay_bed_append(&bed.source, 100, 0);
    send_rows(&bed, every); /* the old ones again, and the new ones behind them */
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    feed_bed_close(&bed);
}

static void gaps_are_filled_from_the_journal(void **state)
{
    kafka_bed *kafka = *state;
    feed_bed bed;

    feed_bed_open(&bed, kafka);
    relay_bed_append(&bed.source, 3000, 0);
    send_rows(&bed, every_third);
    feed_bed_start(&bed, kafka->cluster);
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    feed_bed_close(&bed);
}

static void payload_that_no_record_holds_is_read_from_the_journal(void **state)
{
    kafka_bed *kafka = *state;
    feed_bed bed;
    cm_relay *relay;

    feed_bed_open(&bed, kafka);
    assert_ok(cm_relay_start(bed.source.journal, kafka->cluster, &relay));
    feed_bed_start(&bed, kafka->cluster);
    relay_bed_append(&bed.source, 10, 0);
    relay_bed_append(&bed.source, 3, CM_RECORD_LARGEST + 1);
    relay_bed_append(&bed.source, 100, 0);
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    cm_relay_stop(relay, 0);
    feed_bed_close(&bed);
}

/* The source's store is made anew, as a restore does: another epoch at the same address and topic. */
static void replace_source(feed_bed *bed)
{
    feed_bed_unserve(bed);
    relay_bed_close(&bed->source);
    relay_bed_open(&bed->source, bed->kafka->topic, BED_PARTITIONS);
    feed_bed_serve(bed);
}

static void other_epoch_replaces_what_was_counted(void **state)
{
    kafka_bed *kafka = *state;
    feed_bed bed;
    cm_relay *relay;

    feed_bed_open(&bed, kafka);
    assert_ok(cm_relay_start(bed.source.journal, kafka->cluster, &relay));
    relay_bed_append(&bed.source, 1000, 0);
    feed_bed_start(&bed, kafka->cluster);
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    cm_relay_stop(relay, 1000);

    replace_source(&bed);
    relay_bed_append(&bed.source, 300, 0); /* fewer than before */
    assert_ok(cm_relay_start(bed.source.journal, kafka->cluster, &relay));
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    assert_int_equal(atomic_load(&bed.resets), BED_PARTITIONS);

    feed_bed_stop(&bed); /* and whoever begins later passes over the old epoch */
    relay_bed_append(&bed.source, 300, 0);
    feed_bed_start(&bed, kafka->cluster);
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    assert_int_equal(atomic_load(&bed.resets), BED_PARTITIONS);
    cm_relay_stop(relay, 0);
    feed_bed_close(&bed);
}

static void late_record_of_an_old_epoch_changes_nothing(void **state)
{
    kafka_bed *kafka = *state;
    feed_bed bed;
    cm_relay *relay;
    cm_record *old;
    cm_producer *producer;
    int count;
    CM_ARENA(arena);

    feed_bed_open(&bed, kafka);
    relay_bed_append(&bed.source, 100, 0);
    send_rows(&bed, every);
    old = relay_bed_read(kafka, arena, &count);
    replace_source(&bed);
    assert_ok(cm_relay_start(bed.source.journal, kafka->cluster, &relay));
    feed_bed_start(&bed, kafka->cluster);
    relay_bed_append(&bed.source, 50, 0);
    feed_bed_settle(&bed);
    assert_ok(cm_producer_new(kafka->cluster, NULL, NULL, 0, &producer));
    for (int i = 0; i < count; i++)
        assert_ok(cm_producer_send(producer, &old[i], NULL));
    while (cm_producer_waiting(producer))
        cm_producer_poll(producer, 100);
    cm_producer_free(producer);
    relay_bed_append(&bed.source, 50, 0);
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    assert_int_equal(atomic_load(&bed.resets), 0);
    cm_relay_stop(relay, 0);
    feed_bed_close(&bed);
}

static void broker_may_come_later(void **state)
{
    kafka_bed *kafka = *state;
    feed_bed bed;
    cm_relay *relay;

    bed_stop(kafka);
    feed_bed_open(&bed, kafka);
    assert_ok(cm_relay_start(bed.source.journal, kafka->cluster, &relay));
    feed_bed_start(&bed, kafka->cluster);
    relay_bed_append(&bed.source, 1000, 0);
    feed_bed_settle(&bed); /* the journal is there */
    bed_start(kafka);
    relay_bed_settle(relay, &bed.source);
    feed_bed_unserve(&bed); /* now Kafka alone */
    relay_bed_append(&bed.source, 1000, 0);
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    cm_relay_stop(relay, 0);
    feed_bed_close(&bed);
}

static void journal_may_come_later(void **state)
{
    kafka_bed *kafka = *state;
    feed_bed bed;

    feed_bed_open(&bed, kafka);
    feed_bed_unserve(&bed);
    relay_bed_append(&bed.source, 1000, 0);
    send_rows(&bed, every_third);
    feed_bed_start(&bed, kafka->cluster);
    feed_bed_serve(&bed);
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    feed_bed_close(&bed);
}

static void row_that_fails_holds_its_partition_alone(void **state)
{
    kafka_bed *kafka = *state;
    feed_bed bed;
    cm_relay *relay;

    feed_bed_open(&bed, kafka);
    relay_bed_append(&bed.source, 200, 0);
    atomic_store(&bed.refused, cm_journal_head(bed.source.journal, 0) / 2);
    assert_ok(cm_relay_start(bed.source.journal, kafka->cluster, &relay));
    feed_bed_start(&bed, kafka->cluster);
    relay_bed_append(&bed.source, 200, 0);
    for (int part = 1; part < BED_PARTITIONS; part++)
        feed_bed_settle_part(&bed, part);
    while (feed_bed_position(&bed, 0) < atomic_load(&bed.refused) - 1)
        sched_yield();
    assert_int_equal(feed_bed_position(&bed, 0), atomic_load(&bed.refused) - 1);
    atomic_store(&bed.refused, 0);
    feed_bed_settle(&bed);
    assert_counted_once(&bed);
    cm_relay_stop(relay, 0);
    feed_bed_close(&bed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_EMBEDDED(rows_are_counted_once_as_they_come),
        BED_EMBEDDED(kafka_is_enough_once_the_epoch_is_known),
        BED_EMBEDDED(feed_may_begin_before_its_topic),
        BED_EMBEDDED(feed_goes_on_where_it_was),
        BED_EMBEDDED(repeated_records_count_once),
        BED_EMBEDDED(gaps_are_filled_from_the_journal),
        BED_EMBEDDED(payload_that_no_record_holds_is_read_from_the_journal),
        BED_EMBEDDED(other_epoch_replaces_what_was_counted),
        BED_EMBEDDED(late_record_of_an_old_epoch_changes_nothing),
        BED_EMBEDDED(row_that_fails_holds_its_partition_alone),
        BED_EMBEDDED(new_broker_changes_nothing),
        BED_EMBEDDED(broker_may_come_later),
        BED_EMBEDDED(journal_may_come_later),
        cmocka_unit_test(journal_is_enough_without_kafka),
        cmocka_unit_test(feed_says_how_far_it_is_behind),
    };
    const struct CMUnitTest real[] = {
        BED_REAL(rows_are_counted_once_as_they_come),
        BED_REAL(kafka_is_enough_once_the_epoch_is_known),
        BED_REAL(feed_may_begin_before_its_topic),
        BED_REAL(feed_goes_on_where_it_was),
        BED_REAL(repeated_records_count_once),
        BED_REAL(gaps_are_filled_from_the_journal),
        BED_REAL(payload_that_no_record_holds_is_read_from_the_journal),
        BED_REAL(other_epoch_replaces_what_was_counted),
        BED_REAL(late_record_of_an_old_epoch_changes_nothing),
        BED_REAL(row_that_fails_holds_its_partition_alone),
    };

    if (bed_has_real())
        return cmocka_run_group_tests_name("real broker", real, NULL, NULL);
    return cmocka_run_group_tests_name("in-process broker", tests, NULL, NULL);
}
