#include <string.h>

#include "journal/journal.h"

/* Rows between two reports of progress. */
enum { STEP_ROWS = 10000, ARENA_ROWS = 256 };

static cm_status wrong(const journal_chain *c, int64_t seq, const char *what)
{
    return cm_fail(CM_DATA_LOSS, "partition %d, seq %lld: %s", c->part, (long long)seq, what);
}

static bool is_tombstone(const cm_row *row)
{
    return !row->payload.size && !row->salt.size;
}

/* Who empties a row cannot pass it off as erased: the row that tells of an erasure has its place in the chain. */
static cm_status check_tombstone(const journal_chain *c, cm_db *db, const cm_row *row)
{
    int64_t told;

    CM_TRY(cm_db_integer(db, "SELECT count(*) FROM journal WHERE resource = $1 AND type LIKE '%.erased.v1'",
                         CM_WITH(cm_v_text(row->resource)), 0, &told));
    return told ? cm_ok() : wrong(c, row->at.seq, "payload and salt are gone, and nothing tells that they were erased");
}

static cm_status check_row(const journal_chain *c, const cm_row *row, int64_t precision)
{
    uint8_t digest[CM_SHA256], hash[CM_SHA256];
    cm_date date;
    cm_status s;

    if (row->at.part != c->part)
        return cm_fail(CM_DATA_LOSS, "partition %d, seq %lld: says that it is of partition %d", c->part,
                       (long long)c->seq + 1, row->at.part);
    if (row->at.seq != c->seq + 1)
        return cm_fail(CM_DATA_LOSS, "partition %d, seq %lld: is missing; %lld follows %lld", c->part,
                       (long long)c->seq + 1, (long long)row->at.seq, (long long)c->seq);
    journal_payload_digest(row->salt, row->payload, digest);
    if (!is_tombstone(row) && memcmp(digest, row->payload_digest, CM_SHA256) != 0)
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

static cm_status next_row(cm_rows *rows, cm_arena *arena, journal_chain *c)
{
    cm_row row;

    CM_TRY(journal_row(rows, (cm_uuid){{0}}, arena, &row));
    CM_TRY(check_row(c, &row, cm_rows_int(rows, JOURNAL_COLUMN_COUNT)));
    if (is_tombstone(&row))
        CM_TRY(check_tombstone(c, rows->db, &row));
    c->seq = row.at.seq;
    memcpy(c->hash, row.hash, CM_SHA256);
    return cm_ok();
}

static cm_status check_rows(cm_rows *rows, journal_chain *c)
{
    CM_ARENA(arena);

    while (cm_rows_next(rows)) {
        CM_TRY(next_row(rows, arena, c));
        if (c->seq % ARENA_ROWS == 0)
            cm_arena_reset(arena);
    }
    return cm_ok();
}

static cm_status take_head(cm_db *db, int part, journal_chain *head)
{
    cm_rows rows;

    CM_TRY(cm_db_query(db, "SELECT seq, hash FROM heads WHERE part = $1", CM_WITH(cm_v_int(part)), &rows));
    *head = (journal_chain){.part = part};
    if (cm_rows_next(&rows)) {
        cm_bytes hash = cm_rows_blob(&rows, 1);
        head->seq = cm_rows_int(&rows, 0);
        memcpy(head->hash, hash.data, hash.size < CM_SHA256 ? hash.size : CM_SHA256);
    }
    return cm_rows_end(&rows);
}

/* The chain alone would not miss rows that were cut off its end. */
static cm_status check_end(cm_db *db, const journal_chain *c)
{
    journal_chain head;

    CM_TRY(take_head(db, c->part, &head));
    if (head.seq > c->seq)
        return cm_fail(CM_DATA_LOSS,
                       "partition %d, seq %lld: is missing; the partition's head says that there are %lld "
                       "rows",
                       c->part, (long long)c->seq + 1, (long long)head.seq);
    if (head.seq < c->seq)
        return wrong(c, head.seq + 1, "is not known to the partition's head");
    if (memcmp(head.hash, c->hash, CM_SHA256) != 0)
        return wrong(c, c->seq, "its hash is not the one in the partition's head");
    return cm_ok();
}

/* In the order of the key's index, but with every column from the row itself: the index holds copies of part and seq,
 * which would hide that the row's own were changed. */
static const char chain_sqlite[] =
    "SELECT " JOURNAL_COLUMNS ", event_precision FROM"
    " (SELECT rowid AS place FROM journal WHERE part = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS placed"
    " CROSS JOIN journal ON journal.rowid = placed.place";
/* Here rows always come from where they lie. */
static const char chain_postgres[] = "SELECT " JOURNAL_COLUMNS ", event_precision FROM journal"
                                     " WHERE part = $1 AND seq > $2 ORDER BY seq LIMIT $3";

cm_status journal_chain_step(cm_db *db, journal_chain *c, int limit, bool *complete)
{
    int64_t before = c->seq;
    cm_rows rows;
    cm_status s, ended;

    CM_TRY(cm_db_query(db, cm_db_dialect(db) == CM_POSTGRES ? chain_postgres : chain_sqlite,
                       CM_WITH(cm_v_int(c->part), cm_v_int(before ? before : INT64_MIN), cm_v_int(limit)), &rows));
    s = check_rows(&rows, c);
    ended = cm_rows_end(&rows);
    if (!cm_is_ok(s)) {
        cm_status_clear(&ended);
        return s;
    }
    CM_TRY(ended);
    *complete = c->seq - before < limit;
    return *complete ? check_end(db, c) : cm_ok();
}

cm_status cm_journal_verify(cm_db *db, int part, void (*progress)(void *context, int part, int64_t rows), void *context,
                            cm_position *newest, uint8_t hash[CM_SHA256])
{
    journal_chain c = {.part = part};
    bool complete = false;

    while (!complete) {
        CM_TRY(journal_chain_step(db, &c, STEP_ROWS, &complete));
        if (progress && !complete)
            progress(context, part, c.seq);
    }
    *newest = (cm_position){part, c.seq};
    memcpy(hash, c.hash, CM_SHA256);
    return cm_ok();
}
