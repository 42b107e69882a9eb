/* What comes in becomes batches, and a batch becomes one transaction: results and position together, or neither. */
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "journal/feed.h"

enum { BACKOFF_LEAST_MS = 250, BACKOFF_MOST_MS = 30000 };

/* ---- positions ---- */

static cm_status position_at(const cm_rows *rows, cm_feed_position *position)
{
    cm_bytes epoch = cm_rows_blob(rows, 2);

    if (epoch.size != sizeof position->epoch.bytes)
        return cm_fail(CM_DATA_LOSS, "feeds: the epoch of partition %lld has %zu bytes, not %zu",
                       (long long)cm_rows_int(rows, 0), epoch.size, sizeof position->epoch.bytes);
    *position = (cm_feed_position){.at = {(int32_t)cm_rows_int(rows, 0), cm_rows_int(rows, 1)}};
    memcpy(position->epoch.bytes, epoch.data, epoch.size);
    return cm_ok();
}

static cm_status positions(cm_db *db, const char *topic, cm_arena *arena, cm_feed_position **found, int64_t **offsets,
                           int *count)
{
    int64_t most;
    cm_rows rows;
    cm_status s = cm_ok(), end;

    *count = 0;
    CM_TRY(cm_db_integer(db, "SELECT count(*) FROM feeds WHERE topic = $1", CM_WITH(cm_v_text(topic)), 0, &most));
    *found = cm_arena_zero(arena, (size_t)most * sizeof **found);
    *offsets = cm_arena_zero(arena, (size_t)most * sizeof **offsets);
    CM_TRY(cm_db_query(db, "SELECT part, seq, epoch, kafka_offset FROM feeds WHERE topic = $1 ORDER BY part",
                       CM_WITH(cm_v_text(topic)), &rows));
    while (cm_is_ok(s) && *count < most && cm_rows_next(&rows)) {
        (*offsets)[*count] = cm_rows_int(&rows, 3);
        s = position_at(&rows, *found + (*count)++);
    }
    end = cm_rows_end(&rows);
    if (cm_is_ok(s))
        return end;
    cm_status_clear(&end);
    return s;
}

cm_status cm_feed_positions(cm_db *db, const char *topic, cm_arena *arena, cm_feed_position **found, int *count)
{
    int64_t *offsets;

    return positions(db, topic, arena, found, &offsets, count);
}

static void set_partitions(cm_feed *feed, int partitions)
{
    free(feed->parts);
    feed->parts = cm_alloc((size_t)partitions * sizeof *feed->parts);
    feed->partitions = partitions;
    feed->assigned = false;
    feed->batched = 0;
    feed->claim_us = 0;
    feed->letters_us = 0;
}

static cm_status load(void *argument, void *lent)
{
    cm_feed *feed = argument;
    cm_feed_position *found;
    int64_t *offsets;
    int count;

    CM_TRY(positions(lent, feed->options.topic, feed->arena, &found, &offsets, &count));
    set_partitions(feed, count);
    for (int i = 0; i < count; i++) {
        feed->epoch = found[i].epoch;
        feed->parts[i] = (feed_part){
            .seq = found[i].at.seq, .offset = offsets[i], .queued_seq = found[i].at.seq, .queued_offset = offsets[i]};
    }
    return cm_ok();
}

cm_status feed_load(cm_feed *feed)
{
    return cm_run_and_wait(cm_journal_readers(feed->options.into), load, feed);
}

/* Another epoch in one transaction: results of the former one go, positions begin anew. Of several replicas the first
 * one does it, and the others find it done. */
typedef struct adoption {
    cm_feed *feed;
    cm_uuid epoch;
    int partitions;
} adoption;

static cm_status is_adopted(cm_tx *tx, const adoption *a, bool *adopted)
{
    int64_t count;

    CM_TRY(cm_db_integer(cm_tx_db(tx), "SELECT count(*) FROM feeds WHERE topic = $1 AND epoch = $2",
                         CM_WITH(cm_v_text(a->feed->options.topic), cm_v_blob(a->epoch.bytes, sizeof a->epoch.bytes)),
                         0, &count));
    *adopted = count == a->partitions;
    return cm_ok();
}

static cm_status adopt(void *argument, void *lent)
{
    adoption *a = argument;
    const cm_feed_options *options = &a->feed->options;
    bool adopted;
    cm_db *db;

    CM_TRY(is_adopted(lent, a, &adopted));
    if (adopted)
        return cm_ok();
    CM_TRY(cm_tx_write(lent, &db));
    for (int part = 0; part < a->feed->partitions; part++)
        CM_TRY(options->reset(options->context, lent, part));
    CM_TRY(feed_forget_letters(a->feed, db));
    CM_TRY(cm_db_run(db, "DELETE FROM feeds WHERE topic = $1", CM_WITH(cm_v_text(options->topic))));
    for (int part = 0; part < a->partitions; part++)
        CM_TRY(cm_db_run(
            db, "INSERT INTO feeds (topic, part, epoch, seq, kafka_offset) VALUES ($1, $2, $3, 0, 0)",
            CM_WITH(cm_v_text(options->topic), cm_v_int(part), cm_v_blob(a->epoch.bytes, sizeof a->epoch.bytes))));
    return cm_ok();
}

cm_status feed_adopt(cm_feed *feed, cm_uuid epoch, int partitions)
{
    adoption a = {feed, epoch, partitions};

    CM_TRY(cm_run_and_wait(cm_journal_writer(feed->options.into), adopt, &a));
    return feed_load(feed);
}

/* ---- batches ---- */

cm_status feed_move_position(cm_feed *feed, cm_db *db, int number)
{
    const feed_part *part = &feed->parts[number];
    int64_t moved;

    CM_TRY(cm_db_run_changed(db,
                             "UPDATE feeds SET seq = $3, kafka_offset = $4 "
                             "WHERE topic = $1 AND part = $2 AND seq = $5 AND epoch = $6",
                             CM_WITH(cm_v_text(feed->options.topic), cm_v_int(number), cm_v_int(part->queued_seq),
                                     cm_v_int(part->queued_offset), cm_v_int(part->seq),
                                     cm_v_blob(feed->epoch.bytes, sizeof feed->epoch.bytes)),
                             &moved));
    if (moved != 1)
        return cm_fail(CM_ABORTED, "%s [%d]: the position is no longer at %lld: another feed moves it",
                       feed->options.topic, number, (long long)part->seq);
    return cm_ok();
}

/* Positions first: a batch of rows that another feed has applied meanwhile fails there, and not where its rows hit what
 * is there already. */
static cm_status apply(void *argument, void *lent)
{
    cm_feed *feed = argument;
    const cm_feed_options *options = &feed->options;
    bool letters;
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    CM_TRY(feed_has_letters(feed, db, &letters));
    for (int part = 0; part < feed->partitions; part++)
        if (feed->parts[part].queued_seq != feed->parts[part].seq)
            CM_TRY(feed_move_position(feed, db, part));
    for (int i = 0; i < feed->batched; i++) {
        if (letters)
            CM_TRY(feed_overtake(feed, db, &feed->batch[i]));
        cm_status s = options->apply(options->context, lent, &feed->batch[i]);
        cm_status_prefix(&s, "%s [%d] seq %lld", options->topic, feed->batch[i].at.part,
                         (long long)feed->batch[i].at.seq);
        CM_TRY(s);
    }
    return cm_ok();
}

static cm_status run_batch(cm_feed *feed)
{
    cm_status s = cm_run_and_wait(cm_journal_writer(feed->options.into), apply, feed);

    for (int i = 0; i < feed->partitions; i++) {
        feed_part *part = &feed->parts[i];

        if (cm_is_ok(s)) {
            if (part->seq != part->queued_seq)
                part->failures = 0;
            part->seq = part->queued_seq;
            part->offset = part->queued_offset;
        } else {
            part->queued_seq = part->seq;
            part->queued_offset = part->offset;
        }
    }
    feed->batched = 0;
    feed_lag_say(feed);
    return s;
}

void feed_fill_later(feed_part *part)
{
    part->fill = true;
    part->backoff_ms = part->backoff_ms ? part->backoff_ms * 2 : BACKOFF_LEAST_MS;
    if (part->backoff_ms > BACKOFF_MOST_MS)
        part->backoff_ms = BACKOFF_MOST_MS;
    part->due_us = cm_clock_monotonic_us() + (int64_t)part->backoff_ms * 1000;
}

static void queue(cm_feed *feed, const cm_row *row, int64_t next_offset)
{
    feed_part *part = &feed->parts[row->at.part];

    part->queued_seq = row->at.seq;
    if (next_offset != FEED_OFFSET_NONE)
        part->queued_offset = next_offset;
    feed->batch[feed->batched++] = *row;
}

/* Somebody else moved a position: what is there counts. Owns the status. */
void feed_reload(cm_feed *feed, cm_status s)
{
    cm_log_failure(CM_WARN, "a batch was dropped", &s);
    s = feed_load(feed);
    if (!cm_is_ok(s))
        cm_log_failure(CM_ERROR, "the positions of a feed cannot be read", &s);
}

/* The row was tried often enough: it goes to the dead letters, and its partition goes on. Owns the status. */
static void put_aside(cm_feed *feed, const cm_row *row, cm_status why)
{
    cm_status s = feed_put_row_aside(feed, row, why);

    if (s.code == CM_ABORTED) {
        feed_reload(feed, s);
    } else if (!cm_is_ok(s)) {
        feed->parts[row->at.part].held = true;
        feed_fill_later(&feed->parts[row->at.part]);
        cm_log_failure(CM_ERROR, "a row that cannot be applied cannot be put aside", &s);
    }
    cm_log_failure(CM_ERROR, "a row cannot be applied", &why);
}

/* One row, one transaction. A row that cannot be applied holds its partition, and no other, while it is tried again. */
static void apply_alone(cm_feed *feed, const cm_row *row)
{
    feed_part *part = &feed->parts[row->at.part];
    cm_status s;

    if (!part->ours || part->held || row->at.seq != part->seq + 1)
        return;
    queue(feed, row, FEED_OFFSET_NONE);
    s = run_batch(feed);
    if (cm_is_ok(s))
        return;
    if (s.code == CM_ABORTED) {
        feed_reload(feed, s);
        return;
    }
    if (feed_gives_up(part, row, s.code)) {
        put_aside(feed, row, s);
        return;
    }
    part->held = true;
    feed_fill_later(part);
    cm_log_failure(CM_ERROR, "a row cannot be applied; it is tried again", &s);
}

void feed_flush(cm_feed *feed)
{
    int count = feed->batched;
    cm_row *rows;
    cm_status s;

    if (!count)
        return;
    s = run_batch(feed);
    if (cm_is_ok(s))
        return;
    if (s.code == CM_ABORTED) {
        feed_reload(feed, s);
        return;
    }
    cm_status_clear(&s); /* whose fault it was shows when each row is applied alone */
    rows = cm_arena_copy(feed->arena, feed->batch, (size_t)count * sizeof *rows);
    for (int i = 0; i < count; i++)
        apply_alone(feed, rows + i);
}

void feed_take(cm_feed *feed, const cm_row *row, bool whole, int64_t next_offset)
{
    feed_part *part = &feed->parts[row->at.part];

    if (!part->ours || part->held || (part->fill && next_offset != FEED_OFFSET_NONE))
        return;
    if (row->at.seq <= part->queued_seq) {
        if (next_offset != FEED_OFFSET_NONE)
            part->queued_offset = next_offset;
        return;
    }
    if (row->at.seq != part->queued_seq + 1 || !whole) {
        part->fill = true; /* at once */
        return;
    }
    queue(feed, row, next_offset);
    if (feed->batched == feed->options.largest_batch)
        feed_flush(feed);
}
