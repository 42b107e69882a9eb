#include <string.h>

#include "journal/journal.h"

static bool copy_exactly(cm_bytes from, void *to, size_t size)
{
    if (from.size != size)
        return false;
    memcpy(to, from.data, size);
    return true;
}

static cm_bytes copy_bytes(cm_bytes from, cm_arena *arena)
{
    return (cm_bytes){cm_arena_copy(arena, from.data, from.size), from.size};
}

cm_status journal_row(const cm_rows *rows, cm_uuid epoch, cm_arena *arena, cm_row *row)
{
    *row = (cm_row){
        .at = {(int32_t)cm_rows_int(rows, 0), cm_rows_int(rows, 1)},
        .epoch = epoch,
        .type = cm_arena_strdup(arena, cm_rows_text(rows, 3)),
        .resource = cm_arena_strdup(arena, cm_rows_text(rows, 4)),
        .revision = cm_rows_int(rows, 5),
        .event_time = cm_arena_strdup(arena, cm_rows_text(rows, 6)),
        .recorded_at = cm_rows_int(rows, 7),
        .actor = cm_arena_strdup(arena, cm_rows_text(rows, 8)),
        .request_id = cm_arena_strdup(arena, cm_rows_text(rows, 9)),
        .traceparent = cm_arena_strdup(arena, cm_rows_text(rows, 10)),
        .payload = copy_bytes(cm_rows_blob(rows, 11), arena),
        .salt = copy_bytes(cm_rows_blob(rows, 12), arena),
    };
    if (!copy_exactly(cm_rows_blob(rows, 2), row->id.bytes, sizeof row->id.bytes) ||
        !copy_exactly(cm_rows_blob(rows, 13), row->payload_digest, CM_SHA256) ||
        !copy_exactly(cm_rows_blob(rows, 14), row->hash, CM_SHA256))
        return cm_fail(CM_DATA_LOSS, "partition %d, seq %lld: its id, digest or hash has a wrong size", row->at.part,
                       (long long)row->at.seq);
    return cm_ok();
}

static cm_status take_epoch(const cm_rows *rows, cm_uuid *epoch)
{
    if (!copy_exactly(cm_rows_blob(rows, 0), epoch->bytes, sizeof epoch->bytes))
        return cm_fail(CM_DATA_LOSS, "the store's epoch is not a UUID of 16 bytes; restore a backup");
    return cm_ok();
}

/* Ends the rows; the first failure is the one to tell. */
static cm_status end(cm_rows *rows, cm_status s)
{
    cm_status ended = cm_rows_end(rows);

    if (cm_is_ok(s))
        return ended;
    cm_status_clear(&ended);
    return s;
}

cm_status journal_epoch(cm_db *db, cm_uuid *epoch)
{
    cm_rows rows;

    *epoch = (cm_uuid){{0}};
    CM_TRY(cm_db_query(db, "SELECT epoch FROM store_info", CM_NONE, &rows));
    return end(&rows, cm_rows_next(&rows) ? take_epoch(&rows, epoch) : cm_ok());
}

static cm_status take_rows(cm_rows *from, cm_uuid epoch, size_t bytes, cm_arena *arena, cm_row *rows, int *count)
{
    size_t taken = 0;

    while ((!bytes || taken < bytes) && cm_rows_next(from)) {
        CM_TRY(journal_row(from, epoch, arena, &rows[*count]));
        taken += rows[(*count)++].payload.size;
    }
    return cm_ok();
}

cm_status cm_journal_read(cm_db *db, int part, int64_t after, int limit, size_t bytes, cm_arena *arena, cm_row **rows,
                          int *count)
{
    cm_rows from;
    cm_uuid epoch;

    *count = 0;
    *rows = cm_arena_take(arena, (size_t)limit * sizeof **rows);
    CM_TRY(journal_epoch(db, &epoch));
    CM_TRY(cm_db_query(db, "SELECT " JOURNAL_COLUMNS " FROM journal WHERE part = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                       CM_WITH(cm_v_int(part), cm_v_int(after), cm_v_int(limit)), &from));
    return end(&from, take_rows(&from, epoch, bytes, arena, *rows, count));
}

/* The first row of a query, NULL where there is none. */
static cm_status one_row(cm_db *db, const char *sql, const cm_value *values, int value_count, cm_arena *arena,
                         cm_row **row)
{
    cm_status s = cm_ok();
    cm_rows rows;
    cm_uuid epoch;

    *row = NULL;
    CM_TRY(journal_epoch(db, &epoch));
    CM_TRY(cm_db_query(db, sql, values, value_count, &rows));
    if (cm_rows_next(&rows)) {
        *row = cm_arena_take(arena, sizeof **row);
        s = journal_row(&rows, epoch, arena, *row);
    }
    return end(&rows, s);
}

cm_status cm_journal_newest(cm_db *db, const char *resource, int64_t as_of, cm_arena *arena, cm_row **row)
{
    return one_row(db,
                   "SELECT " JOURNAL_COLUMNS " FROM journal WHERE resource = $1 AND recorded_at <= $2 "
                   "ORDER BY revision DESC LIMIT 1",
                   CM_WITH(cm_v_text(resource), cm_v_int(as_of ? as_of : INT64_MAX)), arena, row);
}

cm_status cm_journal_at(cm_db *db, cm_position at, cm_arena *arena, cm_row **row)
{
    return one_row(db, "SELECT " JOURNAL_COLUMNS " FROM journal WHERE part = $1 AND seq = $2",
                   CM_WITH(cm_v_int(at.part), cm_v_int(at.seq)), arena, row);
}

cm_status cm_journal_sent(cm_db *db, int part, int64_t *seq)
{
    return cm_db_integer(db, "SELECT seq FROM sent WHERE part = $1", CM_WITH(cm_v_int(part)), 0, seq);
}
