/* The relay against a broker, the in-process one and a real one where CITYNEG_KAFKA names it: whatever happens to
 * either end, the topic has every row of the journal, in order up to repeats. */
#include "relay_bed.h"

#include <librdkafka/rdkafka.h>

#include "store/cm_backup.h"

enum { MANY = 10000 };

static void topic_gets_every_row_in_order(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed bed;
    cm_relay *relay;

    relay_bed_open(&bed, kafka->topic, BED_PARTITIONS);
    relay_bed_append(&bed, MANY / 2, 0); /* before it runs, and while it does */
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    relay_bed_append(&bed, MANY / 2, 0);
    relay_bed_settle(relay, &bed);
    assert_int_equal(assert_topic_is_journal(kafka, &bed), 0);
    cm_relay_stop(relay, 0);
    relay_bed_close(&bed);
}

static void record_is_a_cloud_event(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed bed;
    cm_relay *relay;
    int count;
    CM_ARENA(arena);

    relay_bed_open(&bed, kafka->topic, BED_PARTITIONS);
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    relay_bed_append(&bed, 1, 0);
    relay_bed_settle(relay, &bed);
    cm_record *r = relay_bed_read(kafka, arena, &count);
    assert_int_equal(count, 1);
    assert_string_equal(cm_record_header(r, "ce_specversion", arena), "1.0");
    assert_string_equal(cm_record_header(r, "ce_source", arena), cm_journal_source(bed.journal));
    assert_string_equal(cm_record_header(r, "ce_type", arena), "cityneg.registry.actor.created.v1");
    assert_string_equal(cm_record_header(r, "ce_subject", arena), "cities/c0");
    assert_string_equal(cm_record_header(r, "ce_partitionkey", arena), "cities/c0");
    assert_string_equal(cm_record_header(r, "ce_sequence", arena), "1");
    assert_string_equal(cm_record_header(r, "ce_revision", arena), "1");
    assert_string_equal(cm_record_header(r, "ce_dataschema", arena), "cityneg.events.v1.Event");
    assert_string_equal(cm_record_header(r, "content-type", arena), "application/protobuf");
    assert_string_equal(cm_record_header(r, "traceparent", arena),
                        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assert_null(cm_record_header(r, "ce_eventtime", arena)); /* the row has none */
    assert_int_equal(r->part, cm_journal_part("cities/c0", BED_PARTITIONS));
    assert_memory_equal(r->key.data, "cities/c0", r->key.size);
    cm_relay_stop(relay, 0);
    relay_bed_close(&bed);
}

static void new_broker_is_filled_from_the_start(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed bed;
    cm_relay *relay;

    relay_bed_open(&bed, kafka->topic, BED_PARTITIONS);
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    relay_bed_append(&bed, MANY / 2, 0);
    relay_bed_settle(relay, &bed);
    bed_stop(kafka);
    relay_bed_append(&bed, MANY / 4, 0);
    bed_start(kafka);
    relay_bed_append(&bed, MANY / 4, 0);
    relay_bed_settle(relay, &bed);
    assert_topic_is_journal(kafka, &bed);
    cm_relay_stop(relay, 0);
    relay_bed_close(&bed);
}

static void broker_may_end_while_records_are_under_way(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed bed;
    cm_relay *relay;

    relay_bed_open(&bed, kafka->topic, BED_PARTITIONS);
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    for (int round = 0; round < 5; round++) {
        relay_bed_append(&bed, MANY / 5, 0);
        bed_stop(kafka);
        bed_start(kafka);
    }
    relay_bed_settle(relay, &bed);
    relay_bed_append(&bed, 1, 0); /* whoever believed an old broker now learns */
    relay_bed_settle(relay, &bed);
    assert_topic_is_journal(kafka, &bed);
    cm_relay_stop(relay, 0);
    relay_bed_close(&bed);
}

static void restarted_relay_goes_on_after_the_newest_record(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed bed;
    cm_relay *relay;

    relay_bed_open(&bed, kafka->topic, BED_PARTITIONS);
    for (int round = 0; round < 3; round++) {
        relay_bed_append(&bed, 100, 0);
        assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
        relay_bed_append(&bed, 100, 0);
        relay_bed_settle(relay, &bed);
        cm_relay_stop(relay, 0);
    }
    assert_int_equal(assert_topic_is_journal(kafka, &bed), 0);
    relay_bed_close(&bed);
}

static void stopping_relay_sends_what_is_there(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed bed;
    cm_relay *relay;

    relay_bed_open(&bed, kafka->topic, BED_PARTITIONS);
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    relay_bed_append(&bed, 1, 0);
    relay_bed_settle(relay, &bed);
    relay_bed_append(&bed, 3000, 0);
    cm_relay_stop(relay, BED_WAIT_MS);
    assert_int_equal(assert_topic_is_journal(kafka, &bed), 0);
    relay_bed_close(&bed);
}

static void other_epoch_is_sent_from_the_start(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed old, new;
    cm_relay *relay;
    int count, of_new = 0;
    CM_ARENA(arena);

    relay_bed_open(&old, kafka->topic, BED_PARTITIONS);
    relay_bed_append(&old, 300, 0);
    assert_ok(cm_relay_start(old.journal, kafka->cluster, &relay));
    relay_bed_settle(relay, &old);
    cm_relay_stop(relay, 0);
    relay_bed_close(&old);

    relay_bed_open(&new, kafka->topic, BED_PARTITIONS);
    relay_bed_append(&new, 200, 0);
    assert_ok(cm_relay_start(new.journal, kafka->cluster, &relay));
    relay_bed_settle(relay, &new);
    cm_record *records = relay_bed_read(kafka, arena, &count);
    assert_int_equal(count, 500);
    for (int i = 0; i < count; i++)
        of_new += !strcmp(cm_record_header(&records[i], "ce_source", arena), cm_journal_source(new.journal));
    assert_int_equal(of_new, 200);
    cm_relay_stop(relay, 0);
    relay_bed_close(&new);
}

/* An old copy in the place of a store, with the epoch that it had: only the topic knows that there was more. */
static void a_store_that_lost_what_was_sent_begins_an_epoch(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed lost, old;
    cm_relay *relay;
    int count, anew = 0;
    CM_ARENA(arena);
    char *folder = bed_folder_new();
    CM_FREE char *path = cm_format("%s/store.db", folder), *copy = cm_format("%s/copy.db", folder);

    relay_bed_open_at(&lost, path, kafka->topic, BED_PARTITIONS);
    relay_bed_append(&lost, 200, 0);
    assert_ok(cm_store_backup(path, copy, NULL, NULL));
    relay_bed_append(&lost, 200, 0);
    assert_ok(cm_relay_start(lost.journal, kafka->cluster, &relay));
    relay_bed_settle(relay, &lost);
    cm_relay_stop(relay, 0);
    cm_uuid former = cm_journal_epoch(lost.journal);
    relay_bed_close(&lost);

    relay_bed_open_at(&old, copy, kafka->topic, BED_PARTITIONS);
    assert_true(cm_uuid_equal(cm_journal_epoch(old.journal), former));
    relay_bed_append(&old, 50, 0);
    assert_ok(cm_relay_start(old.journal, kafka->cluster, &relay));
    while (cm_uuid_equal(cm_journal_epoch(old.journal), former))
        sched_yield();
    relay_bed_settle(relay, &old);
    cm_record *records = relay_bed_read(kafka, arena, &count);
    for (int i = 0; i < count; i++)
        anew += !strcmp(cm_record_header(&records[i], "ce_source", arena), cm_journal_source(old.journal));
    assert_int_equal(count, 400 + 250);
    assert_int_equal(anew, 250);
    cm_relay_stop(relay, 0);
    relay_bed_close(&old);
    bed_folder_free(folder);
}

/* Waits until the relay is in the state. */
static void await_state(cm_relay *relay, cm_code code, const char *words)
{
    int64_t deadline = bed_deadline();
    cm_status state = cm_relay_state(relay);

    while (state.code != code && cm_clock_monotonic_us() < deadline) {
        cm_status_clear(&state);
        sched_yield();
        state = cm_relay_state(relay);
    }
    assert_fails(state, code, words);
}

static void topic_with_another_count_gets_nothing(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed bed;
    cm_relay *relay;
    int count;
    CM_ARENA(arena);

    assert_ok(cm_kafka_topic(kafka->cluster, kafka->topic, BED_PARTITIONS, false, BED_WAIT_MS));
    relay_bed_open(&bed, kafka->topic, BED_PARTITIONS - 1);
    relay_bed_append(&bed, 100, 0);
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    await_state(relay, CM_FAILED_PRECONDITION, "has 4 partitions and the journal has 3");
    cm_relay_stop(relay, 0);
    relay_bed_read(kafka, arena, &count);
    assert_int_equal(count, 0);
    relay_bed_close(&bed);
}

static void state_tells_of_a_broker_that_is_away(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed bed;
    cm_relay *relay;

    relay_bed_open(&bed, kafka->topic, BED_PARTITIONS);
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    await_state(relay, CM_OK, "");
    bed_stop(kafka);
    await_state(relay, CM_UNAVAILABLE, kafka->topic);
    bed_start(kafka);
    await_state(relay, CM_OK, "");
    cm_relay_stop(relay, 0);
    relay_bed_close(&bed);
}

/* Deletes every record of the topic, as retention does. */
static void empty_topic(kafka_bed *kafka)
{
    char why[256];
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    rd_kafka_topic_partition_list_t *all = rd_kafka_topic_partition_list_new(BED_PARTITIONS);
    rd_kafka_DeleteRecords_t *request;
    rd_kafka_queue_t *answers;
    rd_kafka_event_t *event;
    rd_kafka_t *client;

    assert_int_equal(rd_kafka_conf_set(conf, "bootstrap.servers", kafka->bootstrap, why, sizeof why), RD_KAFKA_CONF_OK);
    client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
    assert_non_null(client);
    for (int part = 0; part < BED_PARTITIONS; part++)
        rd_kafka_topic_partition_list_add(all, kafka->topic, part)->offset = RD_KAFKA_OFFSET_END;
    request = rd_kafka_DeleteRecords_new(all);
    answers = rd_kafka_queue_new(client);
    rd_kafka_DeleteRecords(client, &request, 1, NULL, answers);
    event = rd_kafka_queue_poll(answers, BED_WAIT_MS);
    assert_non_null(event);
    assert_int_equal(rd_kafka_event_error(event), RD_KAFKA_RESP_ERR_NO_ERROR);
    rd_kafka_event_destroy(event);
    rd_kafka_queue_destroy(answers);
    rd_kafka_DeleteRecords_destroy(request);
    rd_kafka_topic_partition_list_destroy(all);
    rd_kafka_destroy(client);
}

static void emptied_topic_goes_on_after_the_watermark(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed bed;
    cm_relay *relay;
    int count;
    CM_ARENA(arena);

    relay_bed_open(&bed, kafka->topic, BED_PARTITIONS);
    relay_bed_append(&bed, 300, 0);
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    relay_bed_settle(relay, &bed);
    cm_relay_stop(relay, 0);
    empty_topic(kafka);
    relay_bed_append(&bed, 100, 0);
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    relay_bed_settle(relay, &bed);
    relay_bed_read(kafka, arena, &count);
    assert_int_equal(count, 100);
    cm_relay_stop(relay, 0);
    relay_bed_close(&bed);
}

static void await_waiting(cm_relay *relay, int64_t rows)
{
    int64_t deadline = bed_deadline();

    while (cm_relay_waiting(relay).rows != rows) {
        sched_yield();
        if (cm_clock_monotonic_us() > deadline)
            fail_msg("%lld rows wait, not %lld, after %d ms", (long long)cm_relay_waiting(relay).rows, (long long)rows,
                     BED_WAIT_MS);
    }
}

static void broker_may_come_later(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed bed;
    cm_relay *relay;

    bed_stop(kafka);
    relay_bed_open(&bed, kafka->topic, BED_PARTITIONS);
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    int64_t before_us = cm_clock_wall_us();
    relay_bed_append(&bed, 1000, 0);
    await_waiting(relay, 1000);
    assert_in_range(cm_relay_waiting(relay).oldest_us, before_us, cm_clock_wall_us());
    assert_int_equal(cm_relay_waiting(relay).partitions, BED_PARTITIONS);
    bed_start(kafka);
    relay_bed_settle(relay, &bed);
    await_waiting(relay, 0);
    assert_true(cm_relay_waiting(relay).oldest_us == INT64_MAX);
    assert_int_equal(assert_topic_is_journal(kafka, &bed), 0);
    cm_relay_stop(relay, 0);
    relay_bed_close(&bed);
}

static void records_of_others_do_not_count(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed bed;
    cm_relay *relay;
    cm_producer *producer;
    int count;
    CM_ARENA(arena);

    relay_bed_open(&bed, kafka->topic, BED_PARTITIONS);
    relay_bed_append(&bed, 200, 0);
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    relay_bed_settle(relay, &bed);
    cm_relay_stop(relay, 0);
    assert_ok(cm_producer_new(kafka->cluster, NULL, NULL, 0, &producer));
    for (int i = 0; i < 20; i++) {
        cm_record record = {.topic = kafka->topic, .part = 1, .value = {(const uint8_t *)"hello", 5}};
        assert_ok(cm_producer_send(producer, &record, NULL));
    }
    while (cm_producer_waiting(producer))
        cm_producer_poll(producer, 100);
    cm_producer_free(producer);

    relay_bed_append(&bed, 100, 0);
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    relay_bed_settle(relay, &bed);
    relay_bed_read(kafka, arena, &count);
    assert_int_equal(count, 320);
    cm_relay_stop(relay, 0);
    relay_bed_close(&bed);
}

static void payload_too_large_for_a_record_is_referred_to(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed bed;
    cm_relay *relay;
    cm_row row;
    bool whole;
    int count;
    CM_ARENA(arena);

    relay_bed_open(&bed, kafka->topic, BED_PARTITIONS);
    relay_bed_append(&bed, 1, CM_RECORD_LARGEST + 1);
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    relay_bed_settle(relay, &bed);
    cm_record *record = relay_bed_read(kafka, arena, &count);
    assert_int_equal(count, 1);
    assert_ok(relay_record_read(record, arena, &row, &whole));
    assert_false(whole);
    assert_int_equal(record->value.size, 0);
    assert_string_equal(cm_record_header(record, "ce_dataref", arena),
                        cm_arena_format(arena, "%s/%d/1", cm_journal_source(bed.journal), record->part));
    cm_relay_stop(relay, 0);
    relay_bed_close(&bed);
}

static void watermark_is_kept_when_the_relay_ends(void **state)
{
    kafka_bed *kafka = *state;
    relay_bed bed;
    cm_relay *relay;
    cm_db *db;
    int64_t seq;

    relay_bed_open(&bed, kafka->topic, BED_PARTITIONS);
    relay_bed_append(&bed, 200, 0);
    assert_ok(cm_relay_start(bed.journal, kafka->cluster, &relay));
    relay_bed_settle(relay, &bed);
    cm_relay_stop(relay, 0);
    assert_ok(cm_store_reader(bed.store, &db));
    for (int part = 0; part < BED_PARTITIONS; part++) {
        assert_ok(cm_journal_sent(db, part, &seq));
        assert_int_equal(seq, cm_journal_head(bed.journal, part));
    }
    cm_db_close(db);
    relay_bed_close(&bed);
}

static void record_of_somebody_else_is_no_row(void **state)
{
    cm_header headers[] = {{"ce_id", "0197a8a0-0000-7000-8000-000000000000", 36},
                           {"ce_source", "/cityneg/registry/0197a8a0-0000-4000-8000-000000000000", 54},
                           {"ce_type", "x", 1},
                           {"ce_subject", "cities/a", 8},
                           {"ce_time", "2026-01-01T00:00:00Z", 20},
                           {"ce_revision", "1", 1},
                           {"ce_sequence", "7", 1}};
    enum { COUNT = sizeof headers / sizeof *headers };
    cm_record record = {.topic = "t", .headers = headers, .header_count = COUNT};
    cm_row row;
    bool whole;
    CM_ARENA(arena);

    assert_ok(relay_record_read(&record, arena, &row, &whole));
    assert_int_equal(row.at.seq, 7);
    for (int i = 0; i < COUNT; i++) { /* without any one of them */
        cm_header kept = headers[i];
        headers[i].key = "other";
        assert_fails(relay_record_read(&record, arena, &row, &whole), CM_INVALID_ARGUMENT, kept.key);
        headers[i] = kept;
    }
    headers[COUNT - 1] = (cm_header){"ce_sequence", "7x", 2};
    assert_fails(relay_record_read(&record, arena, &row, &whole), CM_INVALID_ARGUMENT, "\"7x\"");
    headers[COUNT - 1] = (cm_header){"ce_sequence", "0", 1};
    assert_fails(relay_record_read(&record, arena, &row, &whole), CM_INVALID_ARGUMENT, "\"0\"");
}

static void record_says_what_its_value_is(void **state)
{
    CM_ARENA(arena);
    cm_row row = {
        .resource = "trends/a", .event_time = "", .traceparent = "", .type = "cityneg.trends.trend.changed.v1"};
    cm_record trend = relay_record_of(&row, "/s", "cityneg.trends.v1", CM_RECORD_LARGEST, arena);
    cm_record event = relay_record_of(&row, "/s", "cityneg.registry.events.v1", CM_RECORD_LARGEST, arena);

    row.resource = "alerts/a";
    row.type = "cityneg.trends.alert.fired.v1"; /* a Trend with `alert` */
    cm_record alert = relay_record_of(&row, "/s", "cityneg.trends.v1", CM_RECORD_LARGEST, arena);

    assert_string_equal(cm_record_header(&trend, "ce_dataschema", arena), "cityneg.trends.v1.Trend");
    assert_string_equal(cm_record_header(&alert, "ce_dataschema", arena), "cityneg.trends.v1.Trend");
    assert_string_equal(cm_record_header(&event, "ce_dataschema", arena), "cityneg.events.v1.Event");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_of_somebody_else_is_no_row),
        cmocka_unit_test(record_says_what_its_value_is),
        BED_EMBEDDED(record_is_a_cloud_event),
        BED_EMBEDDED(topic_gets_every_row_in_order),
        BED_EMBEDDED(restarted_relay_goes_on_after_the_newest_record),
        BED_EMBEDDED(stopping_relay_sends_what_is_there),
        BED_EMBEDDED(other_epoch_is_sent_from_the_start),
        BED_EMBEDDED(a_store_that_lost_what_was_sent_begins_an_epoch),
        BED_EMBEDDED(records_of_others_do_not_count),
        BED_EMBEDDED(payload_too_large_for_a_record_is_referred_to),
        BED_EMBEDDED(topic_with_another_count_gets_nothing),
        BED_EMBEDDED(state_tells_of_a_broker_that_is_away),
        BED_EMBEDDED(new_broker_is_filled_from_the_start),
        BED_EMBEDDED(broker_may_end_while_records_are_under_way),
        BED_EMBEDDED(broker_may_come_later),
        BED_EMBEDDED(watermark_is_kept_when_the_relay_ends),
    };
    const struct CMUnitTest real[] = {
        BED_REAL(topic_gets_every_row_in_order),
        BED_REAL(restarted_relay_goes_on_after_the_newest_record),
        BED_REAL(stopping_relay_sends_what_is_there),
        BED_REAL(other_epoch_is_sent_from_the_start),
        BED_REAL(a_store_that_lost_what_was_sent_begins_an_epoch),
        BED_REAL(records_of_others_do_not_count),
        BED_REAL(payload_too_large_for_a_record_is_referred_to),
        BED_REAL(topic_with_another_count_gets_nothing),
        BED_REAL(emptied_topic_goes_on_after_the_watermark),
    };

    if (bed_has_real())
        return cmocka_run_group_tests_name("real broker", real, NULL, NULL);
    return cmocka_run_group_tests_name("in-process broker", tests, NULL, NULL);
}
