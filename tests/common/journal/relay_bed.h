/* relay_bed.h: a journal, a topic and a relay between them, for tests of relay and feed. Reach for it with kafka_bed.h,
 * whose broker it uses. */
#ifndef RELAY_BED_H
#define RELAY_BED_H

#include <sched.h>

#include "../kafka/kafka_bed.h"
#include "journal/cm_relay.h"
#include "journal/cm_tx.h"
#include "journal/relay_record.h"

typedef struct relay_bed {
    cm_store *store;
    cm_journal *journal;
    int written;
} relay_bed;

static inline void relay_bed_open_at(relay_bed *bed, const char *url, const char *topic, int partitions)
{
    const cm_journal_options options = {.service = "registry", .topic = topic, .partitions = partitions};

    *bed = (relay_bed){0};
    assert_ok(cm_store_open(url, &bed->store));
    assert_ok(cm_journal_open(bed->store, &options, &bed->journal));
}

static inline void relay_bed_open(relay_bed *bed, const char *topic, int partitions)
{
    relay_bed_open_at(bed, "sqlite::memory:", topic, partitions);
}

static inline void relay_bed_close(relay_bed *bed)
{
    cm_journal_close(bed->journal);
    cm_store_close(bed->store);
}

/* What one task appends: `count` rows of cities/c0 … whose payloads are their numbers. */
typedef struct relay_bed_rows {
    relay_bed *bed;
    int count;
    size_t size; /* of the payload; 0: just the number */
} relay_bed_rows;

static inline cm_status relay_bed_append_rows(void *argument, void *lent)
{
    relay_bed_rows *rows = argument;
    char resource[64], payload[32];
    CM_ARENA(arena);

    for (int i = 0; i < rows->count; i++) {
        int number = rows->bed->written + i;
        int length = snprintf(payload, sizeof payload, "event %d", number);
        uint8_t *bytes = cm_arena_zero(arena, rows->size + sizeof payload);
        cm_change change = {.type = "cityneg.registry.actor.created.v1",
                            .resource = resource,
                            .event_time = number % 2 ? "2015-12" : "",
                            .actor = "anonymous",
                            .request_id = "",
                            .traceparent = number % 3 ? "" : "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                            .payload = {bytes, rows->size ? rows->size : (size_t)length}};

        memcpy(bytes, payload, (size_t)length);
        snprintf(resource, sizeof resource, "cities/c%d", number % 50);
        CM_TRY(cm_tx_append(lent, &change, NULL, NULL, NULL));
    }
    return cm_ok();
}

/* Appends rows in transactions of 100. */
static inline void relay_bed_append(relay_bed *bed, int count, size_t size)
{
    while (count > 0) {
        relay_bed_rows rows = {bed, count < 100 ? count : 100, size};
        assert_ok(cm_run_and_wait(cm_journal_writer(bed->journal), relay_bed_append_rows, &rows));
        bed->written += rows.count;
        count -= rows.count;
    }
}

/* Waits until the broker has acknowledged every row. */
static inline void relay_bed_settle(cm_relay *relay, relay_bed *bed)
{
    int64_t deadline = bed_deadline();

    for (int part = 0; part < cm_journal_partitions(bed->journal); part++)
        while (cm_relay_acknowledged(relay, part) < cm_journal_head(bed->journal, part)) {
            sched_yield();
            if (cm_clock_monotonic_us() > deadline)
                fail_msg("partition %d: %lld of %lld rows after %d ms", part,
                         (long long)cm_relay_acknowledged(relay, part), (long long)cm_journal_head(bed->journal, part),
                         BED_WAIT_MS);
        }
}

/* Everything that the topic holds, each partition in order. */
static inline cm_record *relay_bed_read(kafka_bed *bed, cm_arena *arena, int *count)
{
    int64_t start[BED_PARTITIONS], high;
    cm_consumer *consumer;
    cm_record *records;

    *count = 0;
    assert_ok(cm_consumer_new(bed->cluster, &consumer));
    for (int part = 0; part < BED_PARTITIONS; part++) {
        assert_ok(cm_consumer_watermarks(consumer, bed->topic, part, BED_WAIT_MS, &start[part], &high));
        *count += (int)(high - start[part]);
    }
    assert_ok(cm_consumer_assign(consumer, bed->topic, BED_PARTITIONS, start));
    records = bed_read(consumer, *count, arena);
    cm_consumer_free(consumer);
    return records;
}

#define assert_same_bytes(a, b)                                                                                        \
    do {                                                                                                               \
        assert_int_equal((a).size, (b).size);                                                                          \
        if ((a).size)                                                                                                  \
            assert_memory_equal((a).data, (b).data, (a).size);                                                         \
    } while (0)

/* The record is the journal's row at its position, as far as a record carries it. */
static inline void assert_is_row(const cm_record *record, const cm_row *row, cm_arena *arena)
{
    cm_row read;
    bool whole;

    assert_ok(relay_record_read(record, arena, &read, &whole));
    assert_true(whole);
    assert_int_equal(read.at.part, row->at.part);
    assert_int_equal(read.at.seq, row->at.seq);
    assert_true(cm_uuid_equal(read.id, row->id));
    assert_true(cm_uuid_equal(read.epoch, row->epoch));
    assert_string_equal(read.type, row->type);
    assert_string_equal(read.resource, row->resource);
    assert_int_equal(read.revision, row->revision);
    assert_string_equal(read.event_time, row->event_time);
    assert_int_equal(read.recorded_at, row->recorded_at);
    assert_string_equal(read.traceparent, row->traceparent);
    assert_same_bytes(read.payload, row->payload);
}

/* The topic holds every row of the journal, in order up to repeats; answers how many records were repeats. */
static inline int assert_topic_is_journal(kafka_bed *kafka, relay_bed *bed)
{
    int64_t newest[BED_PARTITIONS] = {0};
    int count, row_count, repeats = 0;
    cm_db *db;
    cm_row *rows[BED_PARTITIONS];
    CM_ARENA(arena);

    cm_record *records = relay_bed_read(kafka, arena, &count);
    assert_ok(cm_store_reader(bed->store, &db));
    for (int part = 0; part < BED_PARTITIONS; part++) {
        assert_ok(cm_journal_read(db, part, 0, bed->written, 0, arena, &rows[part], &row_count));
        assert_int_equal(row_count, cm_journal_head(bed->journal, part));
    }
    for (int i = 0; i < count; i++) {
        int part = records[i].part;
        int64_t seq = atoll(cm_record_header(&records[i], "ce_sequence", arena));

        assert_in_range(seq, 1, newest[part] + 1);
        assert_is_row(&records[i], &rows[part][seq - 1], arena);
        repeats += seq <= newest[part];
        newest[part] = seq > newest[part] ? seq : newest[part];
    }
    for (int part = 0; part < BED_PARTITIONS; part++)
        assert_int_equal(newest[part], cm_journal_head(bed->journal, part));
    cm_db_close(db);
    return repeats;
}

#endif
