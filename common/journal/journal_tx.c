#include <string.h>

#include "journal/journal.h"

enum { SALT = 16 };

cm_db *cm_tx_db(cm_tx *tx)
{
    return tx->lane->db;
}

cm_journal *cm_tx_journal(const cm_tx *tx)
{
    return tx->lane->journal;
}

cm_status cm_tx_write(cm_tx *tx, cm_db **db)
{
    journal_lane *lane = tx->lane;

    if (!tx->writes) {
        if (!tx->bare || tx->undo)
            CM_TRY(cm_db_savepoint(lane->db));
        memcpy(tx->before, lane->heads, (size_t)lane->journal->partitions * sizeof *tx->before);
        tx->scrub = lane->scrub;
        tx->writes = true;
    }
    *db = lane->db;
    return cm_ok();
}

void cm_tx_undo(cm_tx *tx)
{
    tx->undo = true;
}

/* The lane that the connection is of, NULL: it is a reader's. */
static journal_lane *lane_of(const cm_db *db)
{
    cm_journal *journal = cm_db_owner(db);

    for (int i = 0; i < journal->lane_count; i++)
        if (journal->lanes[i].db == db)
            return &journal->lanes[i];
    return NULL;
}

/* What is told of it is told to nobody: the task runs again. */
static cm_status hold(journal_lane *lane, int part)
{
    if (lane->held[part])
        return cm_ok();
    lane->outside = true;
    return cm_fail(CM_ABORTED, "partition %d is needed, and was not named before", part);
}

cm_status cm_journal_hold(cm_db *db, const char *resource)
{
    journal_lane *lane = lane_of(db);

    return lane ? hold(lane, cm_journal_part(resource, lane->journal->partitions)) : cm_ok();
}

bool cm_tx_raced(const cm_tx *tx)
{
    return !tx->lane->holds_all && cm_db_failed(tx->lane->db);
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* Whatever the clock says: after the partition's last row, and after every row of any partition that was committed when
 * the batch began, so that what somebody does after an answer is recorded after what was answered. */
static int64_t next_time(const journal_lane *lane, const journal_head *head)
{
    return later(lane->journal->clock(), later(head->recorded_at, lane->newest) + 1);
}

static cm_status next_revision(cm_db *db, const char *resource, int64_t *revision)
{
    bool erased = false;
    cm_rows rows;

    CM_TRY(cm_db_query(db,
                       "SELECT max(revision), (SELECT 1 FROM erased WHERE name = $1) FROM journal WHERE resource = $1",
                       CM_WITH(cm_v_text(resource)), &rows));
    *revision = 1;
    if (cm_rows_next(&rows)) {
        *revision = cm_rows_int(&rows, 0) + 1;
        erased = !cm_rows_null(&rows, 1);
    }
    CM_TRY(cm_rows_end(&rows));
    if (!erased)
        return cm_ok();
    cm_status s = cm_fail(CM_FAILED_PRECONDITION, "%s was erased; choose another name", resource);
    cm_status_reason(&s, "ERASED");
    return s;
}

static cm_status revision_of(cm_tx *tx, const cm_change *change, int64_t *revision)
{
    *revision = 1;
    return change->fresh && !tx->lane->journal->erases ? cm_ok()
                                                       : next_revision(cm_tx_db(tx), change->resource, revision);
}

static cm_status parse_event_time(const char *text, cm_date *date)
{
    cm_status s = cm_date_parse(text, date);

    cm_status_prefix(&s, "event_time");
    return s;
}

#define INSERT                                                                                                         \
    "INSERT INTO journal (part, seq, id, type, resource, revision, event_time, event_precision, recorded_at, actor, "  \
    "request_id, traceparent, payload, salt, payload_digest, hash) "                                                   \
    "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) "

/* Where the store is shared, the partition is held and the revision was looked for: nothing is in the row's way, and
 * nobody waits to hear so. */
static cm_status insert(const journal_lane *lane, const cm_row *row, cm_precision precision, int64_t *inserted)
{
    const cm_value values[] = {
        cm_v_int(row->at.part),
        cm_v_int(row->at.seq),
        cm_v_blob(row->id.bytes, sizeof row->id.bytes),
        cm_v_text(row->type),
        cm_v_text(row->resource),
        cm_v_int(row->revision),
        cm_v_text(row->event_time),
        cm_v_int(precision),
        cm_v_int(row->recorded_at),
        cm_v_text(row->actor),
        cm_v_text(row->request_id),
        cm_v_text(row->traceparent),
        cm_v_blob(row->payload.data, row->payload.size),
        cm_v_blob(row->salt.data, row->salt.size),
        cm_v_blob(row->payload_digest, sizeof row->payload_digest),
        cm_v_blob(row->hash, sizeof row->hash),
    };
    int count = sizeof values / sizeof *values;

    *inserted = 1;
    if (lane->journal->shared)
        return cm_db_run(lane->db, INSERT, values, count);
    return cm_db_run_changed(lane->db, INSERT "ON CONFLICT (resource, revision) DO NOTHING", values, count, inserted);
}

cm_status cm_tx_append(cm_tx *tx, const cm_change *change, cm_position *at, int64_t *revision, int64_t *recorded_at)
{
    journal_lane *lane = tx->lane;
    int part = cm_journal_part(change->resource, lane->journal->partitions);
    journal_head *head = &lane->heads[part];
    uint8_t salt[SALT];
    int64_t inserted;
    cm_date date;
    cm_db *db;
    cm_row row = {
        .at = {part, head->seq + 1},
        .type = change->type,
        .resource = change->resource,
        .event_time = or_empty(change->event_time),
        .recorded_at = next_time(lane, head),
        .actor = or_empty(change->actor),
        .request_id = or_empty(change->request_id),
        .traceparent = or_empty(change->traceparent),
        .payload = change->payload,
        .salt = {salt, sizeof salt},
    };

    CM_TRY(parse_event_time(row.event_time, &date));
    CM_TRY(hold(lane, part));
    CM_TRY(cm_tx_write(tx, &db));
    CM_TRY(revision_of(tx, change, &row.revision));
    if (change->fresh && row.revision > 1)
        return cm_already_exists("resource", row.resource);
    row.id = cm_uuid_v7(row.recorded_at);
    cm_random(salt, sizeof salt);
    journal_payload_digest(row.salt, row.payload, row.payload_digest);
    cm_row_hash(&row, head->hash, row.hash);
    CM_TRY(insert(lane, &row, date.precision, &inserted));
    if (!inserted)
        return cm_already_exists("resource", row.resource);

    head->seq = row.at.seq;
    head->recorded_at = row.recorded_at;
    memcpy(head->hash, row.hash, sizeof head->hash);
    if (at)
        *at = row.at;
    if (revision)
        *revision = row.revision;
    if (recorded_at)
        *recorded_at = row.recorded_at;
    return cm_ok();
}

cm_status cm_tx_set_sent(cm_tx *tx, int part, int64_t seq)
{
    cm_db *db;

    CM_TRY(cm_tx_write(tx, &db));
    return cm_db_run(db, "UPDATE sent SET seq = $2 WHERE part = $1", CM_WITH(cm_v_int(part), cm_v_int(seq)));
}
