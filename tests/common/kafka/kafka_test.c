/* Producer, consumer and topics against a broker: the in-process one, and a real one where CITYNEG_KAFKA names it. */
#include "kafka_bed.h"

#include <time.h>

enum { MANY = 10000 };

/* Where the records went, by tag; and how many failed. */
typedef struct deliveries {
    int64_t next[BED_PARTITIONS];
    intptr_t tag[BED_PARTITIONS];
    int good, bad, disordered;
} deliveries;

static void on_delivered(void *context, void *tag, int32_t part, int64_t offset, cm_status outcome)
{
    deliveries *seen = context;

    if (!cm_is_ok(outcome)) {
        seen->bad++;
    } else {
        seen->good++;
        seen->disordered += offset != seen->next[part] || (intptr_t)tag <= seen->tag[part];
        seen->next[part] = offset + 1;
        seen->tag[part] = (intptr_t)tag;
    }
    cm_status_clear(&outcome);
}

static void send_one(cm_producer *producer, const char *topic, int number, const char *value)
{
    char id[32];
    cm_header headers[] = {{"ce_id", id, (size_t)snprintf(id, sizeof id, "%d", number)}, {"empty", "", 0}};
    cm_record record = {.topic = topic,
                        .part = number % BED_PARTITIONS,
                        .timestamp = 1700000000000 + number,
                        .key = {(const uint8_t *)"cities/paris-fr", 15},
                        .value = {(const uint8_t *)value, strlen(value)},
                        .headers = headers,
                        .header_count = 2};

    for (;;) {
        cm_status s = cm_producer_send(producer, &record, (void *)(intptr_t)(number + 1));
        if (s.code != CM_RESOURCE_EXHAUSTED) {
            assert_ok(s);
            return;
        }
        cm_status_clear(&s);
        cm_producer_poll(producer, 100);
    }
}

static void settle(cm_producer *producer)
{
    int64_t deadline = bed_deadline();

    while (cm_producer_waiting(producer)) {
        cm_producer_poll(producer, 100);
        assert_ok(cm_producer_fatal(producer));
        assert_true(cm_clock_monotonic_us() < deadline);
    }
}

static void send_many(kafka_bed *bed, int count, deliveries *seen)
{
    cm_producer *producer;
    char value[32];

    assert_ok(cm_kafka_topic(bed->cluster, bed->topic, BED_PARTITIONS, false, BED_WAIT_MS));
    assert_ok(cm_producer_new(bed->cluster, on_delivered, seen, 0, &producer));
    for (int i = 0; i < count; i++) {
        snprintf(value, sizeof value, "value %d", i);
        send_one(producer, bed->topic, i, value);
    }
    settle(producer);
    cm_producer_free(producer);
}

static void records_come_back_whole_and_in_order(void **state)
{
    static const int64_t start[BED_PARTITIONS] = {CM_OFFSET_START, CM_OFFSET_START, CM_OFFSET_START, CM_OFFSET_START};
    kafka_bed *bed = *state;
    deliveries seen = {0};
    cm_consumer *consumer;
    int64_t next[BED_PARTITIONS] = {0};
    CM_ARENA(arena);

    send_many(bed, MANY, &seen);
    assert_int_equal(seen.good, MANY);
    assert_int_equal(seen.bad, 0);
    assert_int_equal(seen.disordered, 0);
    assert_ok(cm_consumer_new(bed->cluster, &consumer));
    assert_ok(cm_consumer_assign(consumer, bed->topic, BED_PARTITIONS, start));
    cm_record *records = bed_read(consumer, MANY, arena);
    for (int i = 0; i < MANY; i++) {
        cm_record *r = records + i;
        int number = (int)r->offset * BED_PARTITIONS + r->part;

        assert_string_equal(r->topic, bed->topic);
        assert_int_equal(r->offset, next[r->part]++);
        assert_true(r->timestamp >= 1700000000000 + number); /* the broker's own time on a topic that was made so */
        assert_memory_equal(r->key.data, "cities/paris-fr", 15);
        assert_int_equal(r->header_count, 2);
        assert_string_equal(cm_record_header(r, "ce_id", arena), cm_arena_format(arena, "%d", number));
        assert_string_equal(cm_record_header(r, "empty", arena), "");
        assert_null(cm_record_header(r, "absent", arena));
        assert_string_equal(cm_arena_strndup(arena, (const char *)r->value.data, r->value.size),
                            cm_arena_format(arena, "value %d", number));
    }
    cm_consumer_free(consumer);
}

static void watermarks_tell_first_and_next(void **state)
{
    kafka_bed *bed = *state;
    deliveries seen = {0};
    cm_consumer *consumer;
    int64_t low, high;

    assert_ok(cm_kafka_topic(bed->cluster, bed->topic, BED_PARTITIONS, false, BED_WAIT_MS));
    assert_ok(cm_consumer_new(bed->cluster, &consumer));
    assert_ok(cm_consumer_watermarks(consumer, bed->topic, 0, BED_WAIT_MS, &low, &high));
    assert_int_equal(low, 0);
    assert_int_equal(high, 0);
    send_many(bed, 10, &seen);
    assert_ok(cm_consumer_watermarks(consumer, bed->topic, 1, BED_WAIT_MS, &low, &high));
    assert_int_equal(low, 0);
    assert_int_equal(high, 3);
    cm_consumer_free(consumer);
}

static void consumer_begins_where_it_is_told(void **state)
{
    /* partition 3 has two records: an offset beyond them becomes the start */
    static const int64_t from[BED_PARTITIONS] = {2, CM_OFFSET_END, 1, 700};
    kafka_bed *bed = *state;
    deliveries seen = {0};
    cm_consumer *consumer;
    int got[BED_PARTITIONS] = {0};
    CM_ARENA(arena);

    send_many(bed, 10, &seen);
    assert_ok(cm_consumer_new(bed->cluster, &consumer));
    assert_ok(cm_consumer_assign(consumer, bed->topic, BED_PARTITIONS, from));
    cm_record *records = bed_read(consumer, 1 + 0 + 1 + 2, arena);
    for (int i = 0; i < 4; i++)
        got[records[i].part]++;
    assert_int_equal(got[0], 1);
    assert_int_equal(got[1], 0);
    assert_int_equal(got[2], 1);
    assert_int_equal(got[3], 2);
    assert_ok(cm_consumer_assign(consumer, bed->topic, 1, (int64_t[]){0})); /* replaces what was assigned */
    records = bed_read(consumer, 3, arena);
    for (int i = 0; i < 3; i++)
        assert_int_equal(records[i].part, 0);
    cm_consumer_free(consumer);
}

static void topic_with_another_count_is_refused(void **state)
{
    kafka_bed *bed = *state;

    assert_ok(cm_kafka_topic(bed->cluster, bed->topic, BED_PARTITIONS, false, BED_WAIT_MS));
    assert_ok(cm_kafka_topic(bed->cluster, bed->topic, BED_PARTITIONS, false, BED_WAIT_MS));
    assert_fails(cm_kafka_topic(bed->cluster, bed->topic, 5, false, BED_WAIT_MS), CM_FAILED_PRECONDITION,
                 "has 4 partitions and the journal has 5");
}

static void too_large_a_record_is_refused(void **state)
{
    kafka_bed *bed = *state;
    deliveries seen = {0};
    cm_producer *producer;
    CM_FREE uint8_t *value = cm_alloc(2000000);
    cm_record record = {.topic = bed->topic, .value = {value, 2000000}};

    assert_ok(cm_producer_new(bed->cluster, on_delivered, &seen, 0, &producer));
    assert_fails(cm_producer_send(producer, &record, NULL), CM_RESOURCE_EXHAUSTED, "a record of 2000000 bytes");
    cm_producer_free(producer);
}

/* librdkafka knows who leads, and asks nobody else meanwhile. */
static void offsets_of_a_leader_that_has_gone_are_unavailable_in_time(void **state)
{
    kafka_bed *bed = *state;
    cm_consumer *consumer;
    int64_t low, high;

    assert_ok(cm_kafka_topic(bed->cluster, bed->topic, BED_PARTITIONS, false, BED_WAIT_MS));
    assert_ok(cm_consumer_new(bed->cluster, &consumer));
    assert_ok(cm_consumer_watermarks(consumer, bed->topic, 0, BED_WAIT_MS, &low, &high));
    bed_stop(bed);
    assert_fails(cm_consumer_watermarks(consumer, bed->topic, 0, 300, &low, &high), CM_UNAVAILABLE, bed->topic);
    cm_consumer_free(consumer);
}

static void broker_that_is_away_is_unavailable(void **state)
{
    kafka_bed *bed = *state;
    cm_consumer *consumer;
    cm_record *records;
    int count;
    int64_t low, high;
    CM_ARENA(arena);

    bed_stop(bed);
    assert_fails(cm_kafka_topic(bed->cluster, bed->topic, BED_PARTITIONS, false, 300), CM_UNAVAILABLE, bed->topic);
    assert_ok(cm_consumer_new(bed->cluster, &consumer));
    assert_fails(cm_consumer_watermarks(consumer, bed->topic, 0, 300, &low, &high), CM_UNAVAILABLE, bed->topic);
    assert_ok(cm_consumer_assign(consumer, bed->topic, 1, (int64_t[]){CM_OFFSET_START}));
    for (int64_t deadline = bed_deadline();;) {
        cm_status s = cm_consumer_poll(consumer, 100, 10, arena, &records, &count);
        bool away = s.code == CM_UNAVAILABLE;
        cm_status_clear(&s);
        if (away)
            break;
        assert_true(cm_clock_monotonic_us() < deadline);
    }
    cm_consumer_free(consumer);
}

static void producer_learns_that_its_broker_is_gone(void **state)
{
    kafka_bed *bed = *state;
    deliveries seen = {0};
    cm_producer *producer;
    cm_status s;

    assert_ok(cm_kafka_topic(bed->cluster, bed->topic, BED_PARTITIONS, false, BED_WAIT_MS));
    assert_ok(cm_producer_new(bed->cluster, on_delivered, &seen, 0, &producer));
    send_one(producer, bed->topic, 0, "before");
    settle(producer);
    bed_stop(bed);
    for (int64_t deadline = bed_deadline(); cm_is_ok(s = cm_producer_fatal(producer));) {
        cm_producer_poll(producer, 100);
        assert_true(cm_clock_monotonic_us() < deadline);
    }
    assert_int_equal(s.code, CM_UNAVAILABLE);
    cm_status_clear(&s);
    cm_producer_free(producer);
    assert_int_equal(seen.good, 1);
}

/* Of two records the first has waited for longer than producers usually let them (20 s once) when the broker comes. */
static void what_waited_long_is_sent_before_what_came_later(void **state)
{
    kafka_bed *bed = *state;
    deliveries seen = {0};
    cm_producer *producer;

    bed_stop(bed);
    assert_ok(cm_producer_new(bed->cluster, on_delivered, &seen, 0, &producer));
    send_one(producer, bed->topic, 0, "first");
    nanosleep(&(struct timespec){.tv_sec = 21}, NULL); /* it is the waiting that is tried */
    send_one(producer, bed->topic, BED_PARTITIONS, "second");
    bed_start(bed);
    assert_ok(cm_kafka_topic(bed->cluster, bed->topic, BED_PARTITIONS, false, BED_WAIT_MS));
    for (int64_t deadline = bed_deadline(); cm_producer_waiting(producer); cm_producer_poll(producer, 100))
        assert_true(cm_clock_monotonic_us() < deadline);
    cm_producer_free(producer);
    assert_int_equal(seen.bad, 0);
    assert_int_equal(seen.good, 2);
    assert_int_equal(seen.disordered, 0);
}

static void full_queue_is_told(void **state)
{
    kafka_bed *bed = *state;
    deliveries seen = {0};
    cm_producer *producer;
    cm_record record = {.topic = bed->topic, .value = {(const uint8_t *)"x", 1}};
    cm_status s = cm_ok();

    bed_stop(bed);
    assert_ok(cm_producer_new(bed->cluster, on_delivered, &seen, 0, &producer));
    for (int i = 0; i < 100000 && cm_is_ok(s); i++)
        s = cm_producer_send(producer, &record, NULL);
    assert_int_equal(s.code, CM_RESOURCE_EXHAUSTED);
    cm_status_clear(&s);
    cm_producer_free(producer); /* drops what is queued, and tells nobody */
    assert_int_equal(seen.good + seen.bad, 0);
}

static void consumer_goes_on_after_a_new_broker(void **state)
{
    kafka_bed *bed = *state;
    deliveries seen = {0};
    cm_consumer *consumer;
    CM_ARENA(arena);

    send_many(bed, 40, &seen);
    assert_ok(cm_consumer_new(bed->cluster, &consumer));
    assert_ok(cm_consumer_assign(consumer, bed->topic, 4, (int64_t[]){0, 0, 0, 0}));
    bed_read(consumer, 40, arena);
    bed_stop(bed);
    bed_start(bed);
    seen = (deliveries){0};
    send_many(bed, 8, &seen); /* fewer than were read before: offsets begin anew */
    assert_int_equal(seen.disordered, 0);
    cm_record *records = bed_read(consumer, 8, arena);
    for (int i = 0; i < 8; i++)
        assert_true(records[i].offset < 2);
    cm_consumer_free(consumer);
}

static void waiting_poll_ends_when_woken(void **state)
{
    kafka_bed *bed = *state;
    deliveries seen = {0};
    cm_producer *producer;
    cm_consumer *consumer;
    cm_record *records;
    int count;
    CM_ARENA(arena);

    send_many(bed, 0, &seen);
    assert_ok(cm_producer_new(bed->cluster, on_delivered, &seen, 0, &producer));
    cm_producer_wake(producer);
    cm_producer_poll(producer, 24 * 3600 * 1000); /* would take longer than any test may */
    cm_producer_free(producer);
    assert_ok(cm_consumer_new(bed->cluster, &consumer));
    assert_ok(cm_consumer_assign(consumer, bed->topic, 1, (int64_t[]){CM_OFFSET_START}));
    cm_consumer_wake(consumer);
    assert_ok(cm_consumer_poll(consumer, 24 * 3600 * 1000, 10, arena, &records, &count));
    assert_int_equal(count, 0);
    cm_consumer_free(consumer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_EMBEDDED(records_come_back_whole_and_in_order),
        BED_EMBEDDED(watermarks_tell_first_and_next),
        BED_EMBEDDED(consumer_begins_where_it_is_told),
        BED_EMBEDDED(topic_with_another_count_is_refused),
        BED_EMBEDDED(too_large_a_record_is_refused),
        BED_EMBEDDED(waiting_poll_ends_when_woken),
        BED_EMBEDDED(offsets_of_a_leader_that_has_gone_are_unavailable_in_time),
        BED_EMBEDDED(broker_that_is_away_is_unavailable),
        BED_EMBEDDED(producer_learns_that_its_broker_is_gone),
        BED_EMBEDDED(what_waited_long_is_sent_before_what_came_later),
        BED_EMBEDDED(full_queue_is_told),
        BED_EMBEDDED(consumer_goes_on_after_a_new_broker),
    };
    const struct CMUnitTest real[] = {
        BED_REAL(records_come_back_whole_and_in_order), BED_REAL(watermarks_tell_first_and_next),
        BED_REAL(consumer_begins_where_it_is_told),     BED_REAL(topic_with_another_count_is_refused),
        BED_REAL(too_large_a_record_is_refused),        BED_REAL(waiting_poll_ends_when_woken),
    };

    if (bed_has_real())
        return cmocka_run_group_tests_name("real broker", real, NULL, NULL);
    return cmocka_run_group_tests_name("in-process broker", tests, NULL, NULL);
}
