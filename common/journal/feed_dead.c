/* Letters that wait in the store go to the dead-letter topic; one that this has taken needs no copy any more. */
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "journal/feed.h"

enum { TOPIC_MS = 2000, SEND_MS = 5000, AT_ONCE = 100, BACKOFF_LEAST_MS = 1000, BACKOFF_MOST_MS = 60000 };

typedef struct waiting {
    cm_feed *feed;
    const char *topic; /* of dead letters */
    cm_uuid ids[AT_ONCE];
    cm_record letters[AT_ONCE];
    int count;
} waiting;

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

static cm_status take_letter(waiting *w, const cm_rows *rows)
{
    cm_bytes id = cm_rows_blob(rows, 0), packed = cm_rows_blob(rows, 2);
    int part = (int)cm_rows_int(rows, 1);

    if (part >= w->feed->partitions || !w->feed->parts[part].ours)
        return cm_ok();
    if (id.size != sizeof w->ids[0].bytes)
        return cm_fail(CM_DATA_LOSS, "letters: an id has %zu bytes, not %zu", id.size, sizeof w->ids[0].bytes);
    memcpy(w->ids[w->count].bytes, id.data, id.size);
    packed.data = cm_arena_copy(w->feed->arena, packed.data, packed.size);
    CM_TRY(feed_letter_unpack(packed, w->topic, w->feed->arena, &w->letters[w->count]));
    w->count++;
    return cm_ok();
}

static cm_status find(void *argument, void *lent)
{
    waiting *w = argument;
    cm_status s = cm_ok(), end;
    cm_rows rows;

    CM_TRY(cm_db_query(lent,
                       "SELECT id, part, record FROM letters WHERE topic = $1 AND length(record) > 0 "
                       "ORDER BY part, seq LIMIT $2",
                       CM_WITH(cm_v_text(w->feed->options.topic), cm_v_int(AT_ONCE)), &rows));
    while (cm_is_ok(s) && cm_rows_next(&rows))
        s = take_letter(w, &rows);
    end = cm_rows_end(&rows);
    if (cm_is_ok(s))
        return end;
    cm_status_clear(&end);
    return s;
}

static cm_status send(waiting *w)
{
    cm_feed *feed = w->feed;
    int64_t deadline = cm_clock_monotonic_us() + (int64_t)SEND_MS * 1000;

    CM_TRY(open_producer(feed, w->topic));
    for (int i = 0; i < w->count; i++)
        CM_TRY(cm_producer_send(feed->dead, &w->letters[i], NULL));
    while (cm_producer_waiting(feed->dead)) {
        if (feed_is_stopping(feed) || cm_clock_monotonic_us() > deadline)
            return cm_fail(CM_UNAVAILABLE, "%s did not take them in time", w->topic);
        cm_producer_poll(feed->dead, 100);
    }
    cm_status s = feed->dead_outcome;
    feed->dead_outcome = cm_ok();
    return s;
}

/* The letter of a row stays as long as the row is aside, without what was sent. */
static cm_status note_taken(void *argument, void *lent)
{
    const waiting *w = argument;
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    for (int i = 0; i < w->count; i++) {
        cm_value id = cm_v_blob(w->ids[i].bytes, sizeof w->ids[i].bytes);
        CM_TRY(cm_db_run(db, "DELETE FROM letters WHERE id = $1 AND seq = 0", CM_WITH(id)));
        CM_TRY(cm_db_run(db, "UPDATE letters SET record = $2 WHERE id = $1", CM_WITH(id, cm_v_blob("", 0))));
    }
    return cm_ok();
}

static cm_status send_waiting(waiting *w)
{
    CM_TRY(cm_run_and_wait(cm_journal_readers(w->feed->options.into), find, w));
    if (!w->count)
        return cm_ok();
    CM_TRY(send(w));
    return cm_run_and_wait(cm_journal_writer(w->feed->options.into), note_taken, w);
}

void feed_dead_send(cm_feed *feed)
{
    int64_t now = cm_clock_monotonic_us();

    if (!feed->options.kafka || !feed->partitions || now < feed->letters_us)
        return;
    waiting *w = cm_arena_zero(feed->arena, sizeof *w);
    w->feed = feed;
    w->topic = cm_arena_format(feed->arena, "%s.dlq", feed->options.topic);
    cm_status s = send_waiting(w);
    if (cm_is_ok(s)) {
        feed->letters_us = w->count ? 0 : INT64_MAX;
        feed->letters_backoff_ms = 0;
    } else {
        feed_dead_close(feed);
        feed->letters_backoff_ms = feed->letters_backoff_ms ? feed->letters_backoff_ms * 2 : BACKOFF_LEAST_MS;
        if (feed->letters_backoff_ms > BACKOFF_MOST_MS)
            feed->letters_backoff_ms = BACKOFF_MOST_MS;
        feed->letters_us = cm_clock_monotonic_us() + (int64_t)feed->letters_backoff_ms * 1000;
    }
    if (w->count)
        feed_count_letters(feed);
    if (w->count || !cm_is_ok(s))
        feed_tell(feed, &feed->letters_told, "dead letters go to their topic", "dead letters wait for their topic", s);
}

void feed_dead_close(cm_feed *feed)
{
    cm_producer_free(feed->dead);
    feed->dead = NULL;
    cm_status_clear(&feed->dead_outcome);
}
