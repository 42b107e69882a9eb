/* feed_bed.h: a journal that is served, and a feed that follows it into another store, where every row is written down
 * once: a row that comes twice breaks a unique key. Reach for it in tests of the feed. */
#ifndef FEED_BED_H
#define FEED_BED_H

#include <stdatomic.h>

#include "journal/cm_feed.h"
#include "journal/cm_journal_service.h"
#include "relay_bed.h"
#include "rpc/cm_server.h"

typedef struct feed_bed {
    kafka_bed *kafka;
    relay_bed source;
    cm_server *server;
    char listen[64];
    cm_channel *channel;
    cm_store *store;
    cm_journal *into;
    cm_feed *feed;
    atomic_llong refused; /* the seq that is refused in partition 0; 0: none */
    atomic_int code;      /* as what; CM_UNAVAILABLE: it may be mended by a repeat */
    atomic_int resets;
    cm_metrics *metrics; /* NULL: none */
} feed_bed;

static const cm_migration feed_bed_steps[] = {
    {1, "counted",
     "CREATE TABLE counted (part INTEGER, seq INTEGER, epoch BLOB, id BLOB, type TEXT, resource TEXT, revision INTEGER,"
     " event_time TEXT, recorded_at INTEGER, payload BLOB, PRIMARY KEY (part, seq))"}};
static const cm_migrations feed_bed_tables = {"counted", feed_bed_steps, 1};

static inline cm_status feed_bed_apply(void *context, cm_tx *tx, const cm_row *row)
{
    feed_bed *bed = context;

    if (row->at.part == 0 && row->at.seq == atomic_load(&bed->refused))
        return cm_fail((cm_code)atomic_load(&bed->code), "refused as the test wants it");
    return cm_db_run(cm_tx_db(tx), "INSERT INTO counted VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                     CM_WITH(cm_v_int(row->at.part), cm_v_int(row->at.seq), cm_v_blob(row->epoch.bytes, 16),
                             cm_v_blob(row->id.bytes, 16), cm_v_text(row->type), cm_v_text(row->resource),
                             cm_v_int(row->revision), cm_v_text(row->event_time), cm_v_int(row->recorded_at),
                             cm_v_blob(row->payload.data, row->payload.size)));
}

static inline cm_status feed_bed_reset(void *context, cm_tx *tx, int part)
{
    atomic_fetch_add(&((feed_bed *)context)->resets, 1);
    return cm_db_run(cm_tx_db(tx), "DELETE FROM counted WHERE part = $1", CM_WITH(cm_v_int(part)));
}

/* Serves the source; at the same address where it was served before. */
static inline void feed_bed_serve(feed_bed *bed)
{
    const char *const listen[] = {bed->listen, NULL};
    cm_server_options options = {.listen = listen,
                                 .lanes = {[CM_READER] = cm_journal_readers(bed->source.journal),
                                           [CM_BACKGROUND] = cm_journal_readers(bed->source.journal)}};
    cm_service service = cm_journal_service(bed->source.journal);

    assert_ok(cm_server_new(&options, &bed->server));
    assert_ok(cm_server_add(bed->server, &service));
    assert_ok(cm_server_start(bed->server));
    snprintf(bed->listen, sizeof bed->listen, "127.0.0.1:%d", cm_server_port(bed->server, 0));
}

static inline void feed_bed_unserve(feed_bed *bed)
{
    if (!bed->server)
        return;
    cm_server_drain(bed->server, 0, 1000);
    cm_server_free(bed->server);
    bed->server = NULL;
}

static inline void feed_bed_start(feed_bed *bed, const cm_cluster *cluster)
{
    cm_feed_options options = {.topic = bed->kafka->topic,
                               .kafka = cluster,
                               .metrics = bed->metrics,
                               .journal = bed->channel,
                               .into = bed->into,
                               .apply = feed_bed_apply,
                               .reset = feed_bed_reset,
                               .context = bed};

    assert_ok(cm_feed_start(&options, &bed->feed));
}

static inline void feed_bed_stop(feed_bed *bed)
{
    cm_feed_stop(bed->feed);
    bed->feed = NULL;
}

static inline void feed_bed_open_into(feed_bed *bed, const char *url)
{
    const cm_journal_options options = {.service = "trends", .migrations = &feed_bed_tables};

    assert_ok(cm_store_open(url, &bed->store));
    assert_ok(cm_journal_open(bed->store, &options, &bed->into));
}

static inline void feed_bed_open_at(feed_bed *bed, kafka_bed *kafka, const char *source, const char *into)
{
    *bed = (feed_bed){.kafka = kafka, .listen = "127.0.0.1:0", .code = CM_UNAVAILABLE};
    relay_bed_open_at(&bed->source, source, kafka->topic, BED_PARTITIONS);
    feed_bed_serve(bed);
    assert_ok(cm_channel_new(bed->listen, NULL, &bed->channel));
    feed_bed_open_into(bed, into);
}

static inline void feed_bed_open(feed_bed *bed, kafka_bed *kafka)
{
    feed_bed_open_at(bed, kafka, "sqlite::memory:", "sqlite::memory:");
}

static inline void feed_bed_close(feed_bed *bed)
{
    cm_feed_stop(bed->feed);
    cm_channel_free(bed->channel);
    feed_bed_unserve(bed);
    relay_bed_close(&bed->source);
    cm_journal_close(bed->into);
    cm_store_close(bed->store);
}

/* The position of a partition, 0 where the feed is not in the source's epoch. */
static inline int64_t feed_bed_position(feed_bed *bed, int part)
{
    cm_feed_position *positions;
    int count;
    cm_db *db;
    int64_t seq = 0;
    CM_ARENA(arena);

    assert_ok(cm_store_reader(bed->store, &db));
    assert_ok(cm_feed_positions(db, bed->kafka->topic, arena, &positions, &count));
    cm_db_close(db);
    for (int i = 0; i < count; i++)
        if (positions[i].at.part == part && cm_uuid_equal(positions[i].epoch, cm_journal_epoch(bed->source.journal)))
            seq = positions[i].at.seq;
    return seq;
}

static inline void feed_bed_settle_part(feed_bed *bed, int part)
{
    int64_t deadline = bed_deadline(), head = cm_journal_head(bed->source.journal, part), at;

    while ((at = feed_bed_position(bed, part)) < head) {
        sched_yield();
        if (cm_clock_monotonic_us() > deadline)
            fail_msg("partition %d: at %lld of %lld after %d ms", part, (long long)at, (long long)head, BED_WAIT_MS);
    }
}

static inline void feed_bed_settle(feed_bed *bed)
{
    for (int part = 0; part < BED_PARTITIONS; part++)
        feed_bed_settle_part(bed, part);
}

static inline void assert_counted_row(cm_rows *counted, const cm_row *row)
{
    assert_int_equal(cm_rows_int(counted, 0), row->at.seq);
    assert_same_bytes(cm_rows_blob(counted, 1), ((cm_bytes){row->epoch.bytes, 16}));
    assert_same_bytes(cm_rows_blob(counted, 2), ((cm_bytes){row->id.bytes, 16}));
    assert_string_equal(cm_rows_text(counted, 3), row->type);
    assert_string_equal(cm_rows_text(counted, 4), row->resource);
    assert_int_equal(cm_rows_int(counted, 5), row->revision);
    assert_string_equal(cm_rows_text(counted, 6), row->event_time);
    assert_int_equal(cm_rows_int(counted, 7), row->recorded_at);
    assert_same_bytes(cm_rows_blob(counted, 8), row->payload);
}

/* What was counted is the source's journal, row by row. */
static inline void assert_counted_once(feed_bed *bed)
{
    cm_db *counted, *source;
    CM_ARENA(arena);

    assert_ok(cm_store_reader(bed->store, &counted));
    assert_ok(cm_store_reader(bed->source.store, &source));
    for (int part = 0; part < BED_PARTITIONS; part++) {
        cm_rows rows;
        cm_row *expected;
        int count, i = 0;

        assert_ok(cm_journal_read(source, part, 0, bed->source.written + 1, 0, arena, &expected, &count));
        assert_ok(cm_db_query(counted,
                              "SELECT seq, epoch, id, type, resource, revision, event_time, recorded_at, payload "
                              "FROM counted WHERE part = $1 ORDER BY seq",
                              CM_WITH(cm_v_int(part)), &rows));
        for (; cm_rows_next(&rows); i++) {
            assert_in_range(i, 0, count - 1);
            assert_counted_row(&rows, expected + i);
        }
        assert_ok(cm_rows_end(&rows));
        assert_int_equal(i, count);
    }
    cm_db_close(counted);
    cm_db_close(source);
}

#endif
