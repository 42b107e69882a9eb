/* What cannot be applied, whatever is tried, and what cannot be read: a letter in the store, written in the transaction
 * that moves the position past it. So nothing is passed over that no letter tells of, and no letter is written twice.
 */
#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "journal/feed.h"

enum { TRIES = 4, AGAIN_MS = 500 };

/* Reasons that lie in the row, and not in what is away, full, locked or not allowed just now. */
static bool lies_in_the_row(cm_code code)
{
    switch (code) {
        case CM_INVALID_ARGUMENT:
        case CM_NOT_FOUND:
        case CM_ALREADY_EXISTS:
        case CM_FAILED_PRECONDITION:
        case CM_OUT_OF_RANGE:
        case CM_UNIMPLEMENTED:
        case CM_INTERNAL:
        case CM_DATA_LOSS:
            return true;
        default:
            return false;
    }
}

/* An erasure is never put aside: what it is to remove would stay. */
bool feed_gives_up(feed_part *part, const cm_row *row, cm_code code)
{
    if (!lies_in_the_row(code) || cm_row_is_erased(row))
        return false;
    return ++part->failures >= TRIES;
}

typedef struct aside {
    cm_feed *feed;
    int part;
    int64_t seq; /* 0: a record */
    cm_uuid id, epoch;
    const char *type, *resource, *why;
    int64_t made_at;
    cm_bytes letter;
} aside;

static cm_status put(void *argument, void *lent)
{
    aside *a = argument;
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    CM_TRY(feed_move_position(a->feed, db, a->part));
    return cm_db_run(db,
                     "INSERT INTO letters (id, topic, part, seq, epoch, type, resource, why, made_at, record) "
                     "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
                     CM_WITH(cm_v_blob(a->id.bytes, sizeof a->id.bytes), cm_v_text(a->feed->options.topic),
                             cm_v_int(a->part), cm_v_int(a->seq), cm_v_blob(a->epoch.bytes, sizeof a->epoch.bytes),
                             cm_v_text(a->type), cm_v_text(a->resource), cm_v_text(a->why), cm_v_int(a->made_at),
                             cm_v_blob(a->letter.data, a->letter.size)));
}

/* The part's queued position is where it is moved to. */
static cm_status run(aside *a)
{
    feed_part *part = &a->feed->parts[a->part];
    cm_status s = cm_run_and_wait(cm_journal_writer(a->feed->options.into), put, a);

    if (!cm_is_ok(s)) {
        part->queued_seq = part->seq;
        part->queued_offset = part->offset;
        return s;
    }
    part->seq = part->queued_seq;
    part->offset = part->queued_offset;
    part->failures = 0;
    atomic_fetch_add(&a->feed->aside_total, 1);
    a->feed->letters_us = 0;
    feed_count_letters(a->feed);
    return s;
}

static const char *words_of(cm_status why, cm_arena *arena)
{
    return cm_arena_format(arena, "%s: %.400s", cm_code_name(why.code), cm_status_message(why));
}

cm_status feed_put_row_aside(cm_feed *feed, const cm_row *row, cm_status why)
{
    aside a = {.feed = feed,
               .part = row->at.part,
               .seq = row->at.seq,
               .id = cm_uuid_v7(cm_clock_wall_us()),
               .epoch = row->epoch,
               .type = row->type,
               .resource = row->resource,
               .why = words_of(why, feed->arena),
               .made_at = cm_clock_wall_us()};

    a.letter = feed_letter_of_row(feed, row, a.id, a.why, feed->arena);
    feed->parts[a.part].queued_seq = a.seq;
    CM_TRY(run(&a));
    feed_lag_say(feed);
    return cm_ok();
}

/* While the store does not take it, nothing else can be applied either. */
void feed_put_record_aside(cm_feed *feed, const cm_record *record, cm_status *why)
{
    aside a = {.feed = feed,
               .part = record->part,
               .id = cm_uuid_v7(cm_clock_wall_us()),
               .epoch = feed->epoch,
               .type = "",
               .resource = "",
               .why = words_of(*why, feed->arena),
               .made_at = cm_clock_wall_us()};
    cm_status s = cm_ok();

    cm_log_failure(CM_WARN, "a record cannot be read; it is put aside", why);
    feed_flush(feed); /* what came before it */
    if (record->part >= feed->partitions || !feed->parts[record->part].ours)
        return; /* another feed follows that partition by now, and reads it, too */
    a.letter = feed_letter_of_record(feed, record, a.id, a.why, feed->arena);
    do {
        cm_status_clear(&s);
        feed->parts[a.part].queued_offset = record->offset + 1;
        s = run(&a);
        if (!cm_is_ok(s) && s.code != CM_ABORTED)
            feed_wait(feed, AGAIN_MS);
    } while (!cm_is_ok(s) && s.code != CM_ABORTED && !feed_is_stopping(feed));
    if (s.code == CM_ABORTED)
        feed_reload(feed, s);
    else if (!cm_is_ok(s))
        cm_log_failure(CM_WARN, "the record is read again when the feed starts", &s);
}

cm_status feed_has_letters(cm_feed *feed, cm_db *db, bool *any)
{
    int64_t count;

    CM_TRY(cm_feed_aside(db, feed->options.topic, &count));
    *any = count > 0;
    return cm_ok();
}

/* An event holds the whole resource: once a newer one is applied, an older one would change nothing. */
cm_status feed_overtake(cm_feed *feed, cm_db *db, const cm_row *row)
{
    return cm_db_run(db,
                     "DELETE FROM letters WHERE topic = $1 AND part = $2 AND seq > 0 AND seq < $3 AND resource = $4",
                     CM_WITH(cm_v_text(feed->options.topic), cm_v_int(row->at.part), cm_v_int(row->at.seq),
                             cm_v_text(row->resource)));
}

cm_status feed_forget_letters(cm_feed *feed, cm_db *db)
{
    return cm_db_run(db, "DELETE FROM letters WHERE topic = $1 AND seq > 0", CM_WITH(cm_v_text(feed->options.topic)));
}

cm_status cm_feed_aside(cm_db *db, const char *topic, int64_t *rows)
{
    return cm_db_integer(db, "SELECT count(*) FROM letters WHERE topic = $1 AND seq > 0", CM_WITH(cm_v_text(topic)), 0,
                         rows);
}

static cm_status count(void *argument, void *lent)
{
    cm_feed *feed = argument;
    int64_t rows, waiting;

    CM_TRY(cm_feed_aside(lent, feed->options.topic, &rows));
    CM_TRY(cm_db_integer(lent, "SELECT count(*) FROM letters WHERE topic = $1 AND length(record) > 0",
                         CM_WITH(cm_v_text(feed->options.topic)), 0, &waiting));
    atomic_store(&feed->aside_rows, rows);
    atomic_store(&feed->aside_waiting, waiting);
    return cm_ok();
}

void feed_count_letters(cm_feed *feed)
{
    cm_status s = cm_run_and_wait(cm_journal_readers(feed->options.into), count, feed);

    cm_status_clear(&s); /* the numbers of before stay; that the store is away is told where rows are applied */
}
