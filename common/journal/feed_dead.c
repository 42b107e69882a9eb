/* Records that cannot be read go to the topic's dead letters, with why, before what comes after them is applied. */
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "journal/feed.h"

enum { TOPIC_MS = 2000, SEND_MS = 5000, ADDED = 6 };

static void on_delivered(void *context, void *tag, int32_t part, int64_t offset, cm_status outcome)
{
    cm_feed *feed = context;

    if (cm_is_ok(feed->dead_outcome))
        feed->dead_outcome = outcome;
    else
        cm_status_clear(&outcome);
}

static cm_status open_producer(cm_feed *feed, const char *topic)
{
    if (feed->dead)
        return cm_ok();
    CM_TRY(cm_kafka_topic(feed->options.kafka, topic, feed->partitions, false, TOPIC_MS));
    return cm_producer_new(feed->options.kafka, on_delivered, feed, 0, &feed->dead);
}

static void add(cm_record *letter, const char *key, const char *value)
{
    cm_header *header = (cm_header *)letter->headers + letter->header_count++;

    *header = (cm_header){key, value, strlen(value)};
}

/* The record as it is, and where it was, who could not read it, and why. */
static cm_record letter_of(cm_feed *feed, const cm_record *record, const char *topic, const char *why)
{
    cm_arena *arena = feed->arena;
    size_t most = (size_t)record->header_count + ADDED;
    cm_header *headers = cm_arena_take(arena, most * sizeof *headers);
    cm_record letter = *record;

    memcpy(headers, record->headers, (size_t)record->header_count * sizeof *headers);
    letter.topic = topic;
    letter.headers = headers;
    add(&letter, "dlq_topic", record->topic);
    add(&letter, "dlq_partition", cm_arena_format(arena, "%d", record->part));
    add(&letter, "dlq_offset", cm_arena_format(arena, "%lld", (long long)record->offset));
    add(&letter, "dlq_consumer", cm_journal_name(feed->options.into));
    add(&letter, "dlq_time", cm_time_format(cm_clock_wall_us(), cm_arena_take(arena, CM_TIME_TEXT)));
    add(&letter, "dlq_why", why);
    return letter;
}

static cm_status send_letter(cm_feed *feed, const cm_record *record, const char *why)
{
    const char *topic = cm_arena_format(feed->arena, "%s.dlq", feed->options.topic);
    int64_t deadline = cm_clock_monotonic_us() + (int64_t)SEND_MS * 1000;
    cm_status s = cm_ok();

    CM_TRY(open_producer(feed, topic));
    cm_record letter = letter_of(feed, record, topic, why);
    CM_TRY(cm_producer_send(feed->dead, &letter, NULL));
    while (cm_producer_waiting(feed->dead) && !feed_is_stopping(feed)) {
        if (cm_clock_monotonic_us() > deadline)
            return cm_fail(CM_UNAVAILABLE, "%s did not take it in time", topic);
        cm_producer_poll(feed->dead, 100);
    }
    s = feed->dead_outcome;
    feed->dead_outcome = cm_ok();
    return s;
}

void feed_dead_letter(cm_feed *feed, const cm_record *record, cm_status *why)
{
    cm_status s = send_letter(feed, record, cm_status_message(*why));

    cm_log_failure(CM_WARN, "a record cannot be read; it is put aside", why);
    if (cm_is_ok(s))
        return;
    cm_log_failure(CM_ERROR, "a dead letter was not sent; its record stays in the topic", &s);
    feed_dead_close(feed);
}

void feed_dead_close(cm_feed *feed)
{
    cm_producer_free(feed->dead);
    feed->dead = NULL;
    cm_status_clear(&feed->dead_outcome);
}
