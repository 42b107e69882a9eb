/* The side of a feed that asks JournalService: where the journal stands, and for what Kafka did not bring. */
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_message.h"
#include "journal/cm_journal_service.h"
#include "journal/feed.h"

enum { ASK_LEAST_MS = 250, ASK_MOST_MS = 5000, ASK_ALONE_MS = 500, ANSWER_MS = 5000, STREAM_MS = 60000 };

static void tell(cm_feed *feed, cm_status outcome)
{
    feed_tell(feed, &feed->journal_told, "the journal answers", "the journal does not answer", outcome);
}

/* The next comparison: soon after something was found, later and later while nothing is. Without Kafka the journal is
 * the only source. */
static void ask_later(cm_feed *feed, bool found)
{
    int most = feed->options.kafka && feed->kafka_told == CM_OK ? ASK_MOST_MS : ASK_ALONE_MS;

    feed->ask_ms = found ? ASK_LEAST_MS : feed->ask_ms * 2;
    if (feed->ask_ms > most)
        feed->ask_ms = most;
    feed->ask_us = cm_clock_monotonic_us() + (int64_t)feed->ask_ms * 1000;
}

/* A partition is behind where the journal has more and no record of it came since the last comparison: Kafka had its
 * time. */
static bool mark(cm_feed *feed, const JrnHead *head)
{
    feed_part *part = &feed->parts[head->part];
    part->head = head->seq;
    bool behind = part->ours && head->seq > part->seq && !part->heard && !part->fill;

    part->heard = false;
    part->fill |= behind;
    return behind;
}

static cm_status compare(cm_feed *feed, bool *found)
{
    JrnGetJournalRequest request;
    JrnJournal *journal;
    cm_uuid epoch;

    JrnGetJournalRequest_init(&request);
    CM_TRY(jrn_journal_service_get_journal(feed->options.journal, &(cm_call_options){.timeout_ms = ANSWER_MS}, &request,
                                           feed->arena, &journal));
    CM_TRY(cm_uuid_parse(journal->epoch, &epoch));
    if (!feed->partitions || !cm_uuid_equal(epoch, feed->epoch)) {
        CM_LOG(CM_INFO, "a feed begins with the journal's epoch", "topic", feed->options.topic, "epoch",
               journal->epoch);
        *found = true;
        CM_TRY(feed_adopt(feed, epoch, (int)journal->n_heads));
        feed_share(feed);
    } else {
        feed->stale = feed->doubted;
    }
    for (size_t i = 0; i < journal->n_heads; i++)
        if (journal->heads[i]->part >= 0 && journal->heads[i]->part < feed->partitions)
            *found |= mark(feed, journal->heads[i]);
    feed_lag_say(feed);
    feed_count_letters(feed);
    return cm_ok();
}

void feed_compare(cm_feed *feed)
{
    bool found = false;

    tell(feed, compare(feed, &found));
    ask_later(feed, found);
}

/* ---- filling ---- */

/* Which partitions are read, after what. */
static JrnReadRequest *request_of(cm_feed *feed, const bool *due)
{
    JrnReadRequest *request = CM_NEW(feed->arena, JrnReadRequest);
    size_t most = (size_t)feed->partitions;

    request->epoch = cm_uuid_format(feed->epoch, cm_arena_take(feed->arena, CM_UUID_TEXT));
    request->after = cm_arena_take(feed->arena, most * sizeof *request->after);
    request->parts = cm_arena_take(feed->arena, most * sizeof *request->parts);
    for (int part = 0; part < feed->partitions; part++) {
        JrnPosition *after;

        if (!due[part])
            continue;
        after = CM_NEW(feed->arena, JrnPosition);
        after->part = part;
        after->seq = feed->parts[part].seq;
        request->after[request->n_after++] = after;
        request->parts[request->n_parts++] = part;
    }
    return request;
}

static cm_status row_of(const cm_feed *feed, const JrnRow *from, cm_row *row)
{
    if (from->part < 0 || from->part >= feed->partitions)
        return cm_fail(CM_DATA_LOSS, "%s: JournalService sent a row of partition %d", feed->options.topic, from->part);
    return cm_journal_row_of(from, feed->epoch, row);
}

static cm_status take_rows(cm_feed *feed, const JrnReadResponse *response)
{
    for (size_t i = 0; i < response->n_rows; i++) {
        cm_row row;
        CM_TRY(row_of(feed, response->rows[i], &row));
        feed_take(feed, &row, true, FEED_OFFSET_NONE);
    }
    feed_flush(feed); /* before the response goes */
    feed_keep(feed);
    return cm_ok();
}

static void set_stream(cm_feed *feed, cm_client_stream *stream)
{
    pthread_mutex_lock(&feed->lock);
    feed->stream = stream;
    if (stream && feed->stopping)
        cm_client_stream_cancel(stream);
    pthread_mutex_unlock(&feed->lock);
}

static cm_status read_stream(cm_feed *feed, cm_client_stream *stream)
{
    JrnReadResponse *response = NULL;
    cm_status s;

    do {
        CM_ARENA(arena);
        s = jrn_journal_service_read_receive(stream, arena, &response);
        if (cm_is_ok(s) && response)
            s = take_rows(feed, response);
    } while (cm_is_ok(s) && response);
    return cm_is_ok(s) ? cm_client_stream_finish(stream) : s;
}

static cm_status read_due(cm_feed *feed, const bool *due)
{
    cm_client_stream *stream;
    cm_status s;

    CM_TRY(jrn_journal_service_read_open(feed->options.journal, &(cm_call_options){.timeout_ms = STREAM_MS},
                                         request_of(feed, due), &stream));
    set_stream(feed, stream);
    s = read_stream(feed, stream);
    set_stream(feed, NULL);
    cm_client_stream_free(stream);
    return s;
}

/* What was read is filled, but for rows that could not be applied. */
static void settle(cm_feed *feed, const bool *due, bool complete)
{
    for (int i = 0; i < feed->partitions; i++) {
        feed_part *part = &feed->parts[i];

        if (!due[i] || part->held)
            continue;
        if (complete) {
            part->fill = false;
            part->backoff_ms = 0;
            part->due_us = 0;
        } else {
            feed_fill_later(part);
        }
    }
}

void feed_fill(cm_feed *feed)
{
    bool *due = cm_arena_zero(feed->arena, (size_t)feed->partitions * sizeof *due), any = false;
    int64_t now = cm_clock_monotonic_us();
    int partitions = feed->partitions;
    cm_status s;

    for (int i = 0; i < feed->partitions; i++) {
        due[i] = feed->parts[i].ours && feed->parts[i].fill && feed->parts[i].due_us <= now;
        feed->parts[i].held &= !due[i];
        any |= due[i];
    }
    if (!any)
        return;
    s = read_due(feed, due);
    if (partitions == feed->partitions)
        settle(feed, due, cm_is_ok(s));
    if (s.code == CM_OUT_OF_RANGE) { /* the journal has another epoch by now */
        cm_status_clear(&s);
        feed->ask_us = 0;
    }
    if (feed_is_stopping(feed))
        cm_status_clear(&s); /* of the stream that was cancelled */
    tell(feed, s);
}
