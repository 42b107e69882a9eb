/* The side of a feed that reads Kafka. */
#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "journal/feed.h"
#include "journal/relay_record.h"

enum { ASSIGN_AGAIN_US = 1000000 };

cm_status feed_kafka_open(cm_feed *feed)
{
    if (!feed->options.kafka)
        return cm_ok();
    return cm_consumer_new(feed->options.kafka, &feed->consumer);
}

static void tell(cm_feed *feed, cm_status outcome)
{
    feed_tell(feed, &feed->kafka_told, "events come from Kafka", "events do not come from Kafka; the journal is asked",
              outcome);
}

static cm_status assign(cm_feed *feed)
{
    int64_t *offsets = cm_arena_take(feed->arena, (size_t)feed->partitions * sizeof *offsets);

    for (int part = 0; part < feed->partitions; part++)
        offsets[part] = feed->parts[part].ours ? feed->parts[part].offset : CM_OFFSET_NONE;
    feed->assign_us = cm_clock_monotonic_us() + ASSIGN_AGAIN_US;
    CM_TRY(cm_consumer_assign(feed->consumer, feed->options.topic, feed->partitions, offsets));
    feed->assigned = true;
    return cm_ok();
}

/* A record of another epoch is either old, or the first sign of a new one: the journal knows. Asked at once, unless it
 * did not answer last time. */
static void doubt(cm_feed *feed, cm_uuid epoch)
{
    if (cm_uuid_equal(epoch, feed->stale))
        return;
    feed->doubted = epoch;
    if (feed->journal_told == CM_OK)
        feed->ask_us = 0;
}

static void look_at(cm_feed *feed, const cm_record *record)
{
    cm_row row;
    bool whole;
    cm_status s = relay_record_read(record, feed->arena, &row, &whole);

    if (!cm_is_ok(s)) {
        feed_put_record_aside(feed, record, &s);
        return;
    }
    if (row.at.part >= feed->partitions) /* the positions were read anew meanwhile */
        return;
    feed->parts[row.at.part].heard = true;
    if (cm_uuid_equal(row.epoch, feed->epoch))
        feed_take(feed, &row, whole, record->offset + 1);
    else
        doubt(feed, row.epoch);
}

void feed_kafka_poll(cm_feed *feed, int wait_ms)
{
    cm_record *records;
    int count = 0;
    cm_status s = cm_ok();

    if (!feed->assigned)
        s = assign(feed);
    if (cm_is_ok(s))
        s = cm_consumer_poll(feed->consumer, wait_ms, feed->options.largest_batch, feed->arena, &records, &count);
    for (int i = 0; i < count; i++)
        look_at(feed, records + i);
    feed_flush(feed);
    feed->assigned &= cm_is_ok(s) || s.code == CM_UNAVAILABLE;
    if (!cm_is_ok(s) || count || feed->kafka_told == CM_UNAVAILABLE) /* an empty answer at first proves nothing */
        tell(feed, s);
}
