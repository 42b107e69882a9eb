#include <string.h>

#include "journal/journal.h"

/* Rows between two reports of progress, and between two resets of memory. */
enum { PROGRESS_ROWS = 10000, ARENA_ROWS = 256 };

/* How far a partition was verified. */
typedef struct chain {
    int part;
    int64_t seq;
    uint8_t hash[CM_SHA256];
} chain;

static cm_status wrong(const chain *c, int64_t seq, const char *what)
{
    return cm_fail(CM_DATA_LOSS, "partition %d, seq %lld: %s", c->part, (long long)seq, what);
}

static cm_status check_row(const chain *c, const cm_row *row, int64_t precision)
{
    uint8_t digest[CM_SHA256], hash[CM_SHA256];
    cm_date date;
    cm_status s;

    if (row->at.seq != c->seq + 1)
        return cm_fail(CM_DATA_LOSS, "partition %d, seq %lld: is missing; %lld follows %lld", c->part,
                       (long long)c->seq + 1, (long long)row->at.seq, (long long)c->seq);
    journal_payload_digest(row->salt, row->payload, digest);
    if (memcmp(digest, row->payload_digest, CM_SHA256) != 0)
        return wrong(c, row->at.seq, "payload or salt is not what was recorded: the digest is another");
    cm_row_hash(row, c->hash, hash);
    if (memcmp(hash, row->hash, CM_SHA256) != 0)
        return wrong(c, row->at.seq, "a column is not what was recorded: the hash is another");
    s = cm_date_parse(row->event_time, &date);
    if (!cm_is_ok(s) || date.precision != (cm_precision)precision) {
        cm_status_clear(&s);
        return wrong(c, row->at.seq, "event_precision is not that of event_time");
    }
    return cm_ok();
}

static cm_status next_row(cm_rows *rows, cm_arena *arena, chain *c)
{
    cm_row row;

    CM_TRY(journal_row(rows, (cm_uuid){{0}}, arena, &row));
    CM_TRY(check_row(c, &row, cm_rows_int(rows, JOURNAL_COLUMN_COUNT)));
    c->seq = row.at.seq;
    memcpy(c->hash, row.hash, CM_SHA256);
    return cm_ok();
}

static cm_status check_rows(cm_rows *rows, chain *c, void (*progress)(void *context, int part, int64_t rows),
                            void *context)
{
    CM_ARENA(arena);

    while (cm_rows_next(rows)) {
        CM_TRY(next_row(rows, arena, c));
        if (c->seq % ARENA_ROWS == 0)
            cm_arena_reset(arena);
        if (progress && c->seq % PROGRESS_ROWS == 0)
            progress(context, c->part, c->seq);
    }
    return cm_ok();
}

static cm_status check_chain(cm_db *db, chain *c, void (*progress)(void *context, int part, int64_t rows),
                             void *context)
{
    cm_rows rows;
    cm_status s, ended;

    CM_TRY(cm_db_query(db, "SELECT " JOURNAL_COLUMNS ", event_precision FROM journal WHERE part = $1 ORDER BY seq",
                       CM_WITH(cm_v_int(c->part)), &rows));
    s = check_rows(&rows, c, progress, context);
    ended = cm_rows_end(&rows);
    if (cm_is_ok(s))
        return ended;
    cm_status_clear(&ended);
    return s;
}

static cm_status take_head(cm_db *db, int part, chain *head)
{
    cm_rows rows;

    CM_TRY(cm_db_query(db, "SELECT seq, hash FROM heads WHERE part = $1", CM_WITH(cm_v_int(part)), &rows));
    *head = (chain){.part = part};
    if (cm_rows_next(&rows)) {
        cm_bytes hash = cm_rows_blob(&rows, 1);
        head->seq = cm_rows_int(&rows, 0);
        memcpy(head->hash, hash.data, hash.size < CM_SHA256 ? hash.size : CM_SHA256);
    }
    return cm_rows_end(&rows);
}

/* The chain alone would not miss rows that were cut off its end. */
static cm_status check_end(cm_db *db, const chain *c)
{
    chain head;

    CM_TRY(take_head(db, c->part, &head));
    if (head.seq > c->seq)
        return cm_fail(CM_DATA_LOSS, "partition %d, seq %lld: is missing; the partition's head says that there are %lld "
                       "rows", c->part, (long long)c->seq + 1, (long long)head.seq);
    if (head.seq < c->seq)
        return wrong(c, head.seq + 1, "is not known to the partition's head");
    if (memcmp(head.hash, c->hash, CM_SHA256) != 0)
        return wrong(c, c->seq, "its hash is not the one in the partition's head");
    return cm_ok();
}

cm_status cm_journal_verify(cm_db *db, int part, void (*progress)(void *context, int part, int64_t rows), void *context,
                            cm_position *newest, uint8_t hash[CM_SHA256])
{
    chain c = {.part = part};

    CM_TRY(check_chain(db, &c, progress, context));
    CM_TRY(check_end(db, &c));
    *newest = (cm_position){part, c.seq};
    memcpy(hash, c.hash, CM_SHA256);
    return cm_ok();
}
