/* Where each partition ends: in memory, in the store, and what the two know of each other.
 *
 * Where only this program has the store open, the heads in memory are the truth and the store follows. Where others
 * append too, the store's are: a batch locks those that it needs before it does anything else, in the order of the
 * partitions, so that batches which need the same run one after the other, of whatever program and lane they are, and
 * none waits for one that waits for it. */
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "journal/journal.h"

#define HEADS "SELECT part, seq, hash, recorded_at, (SELECT epoch FROM store_info) FROM heads ORDER BY part"

#define LOCK_ALL "SELECT part FROM heads ORDER BY part FOR UPDATE"

/* Whatever else a task waits for is waited for so long at most, and then the task runs again with all heads held: so
 * two that wait for each other never do until the server has to choose one, which takes it a second. */
#define WAIT_AT_MOST "SET LOCAL lock_timeout = '200ms'"

static cm_status take_head(journal_lane *lane, const cm_rows *rows, int part)
{
    journal_head *head = &lane->heads[part];
    cm_bytes hash = cm_rows_blob(rows, 2);

    if (cm_rows_int(rows, 0) != part || hash.size != CM_SHA256)
        return cm_fail(CM_DATA_LOSS, "%s: the head of partition %d is missing or damaged; restore a backup",
                       cm_store_name(lane->journal->store), part);
    head->seq = cm_rows_int(rows, 1);
    memcpy(head->hash, hash.data, CM_SHA256);
    head->recorded_at = cm_rows_int(rows, 3);
    cm_bytes epoch = cm_rows_blob(rows, 4);
    if (epoch.size == sizeof lane->epoch.bytes)
        memcpy(lane->epoch.bytes, epoch.data, epoch.size);
    return cm_ok();
}

static cm_status read_heads(journal_lane *lane)
{
    int part = 0, partitions = lane->journal->partitions;
    cm_rows rows;
    cm_status s = cm_ok(), end;

    CM_TRY(cm_db_query(lane->db, HEADS, CM_NONE, &rows));
    while (cm_is_ok(s) && part < partitions && cm_rows_next(&rows))
        s = take_head(lane, &rows, part++);
    end = cm_rows_end(&rows);
    if (!cm_is_ok(s)) {
        cm_status_clear(&end);
        return s;
    }
    CM_TRY(end);
    if (part < partitions)
        return cm_fail(CM_DATA_LOSS, "%s: the heads of partitions %d to %d are missing; restore a backup",
                       cm_store_name(lane->journal->store), part, partitions - 1);
    return cm_ok();
}

void journal_undo_heads(journal_lane *lane)
{
    memcpy(lane->heads, lane->base, (size_t)lane->journal->partitions * sizeof *lane->heads);
}

/* ---- what everybody knows ---- */

static bool is_later(const journal_head *a, const journal_head *b)
{
    return a->seq > b->seq || (a->seq == b->seq && a->recorded_at > b->recorded_at);
}

/* Lanes may learn of heads in another order than they were committed in: the later one counts, within an epoch. */
static bool advance(journal_lane *lane, bool anew)
{
    cm_journal *journal = lane->journal;
    bool moved = false;

    for (int part = 0; part < journal->partitions; part++) {
        const journal_head *head = &lane->heads[part];
        if (!anew && !is_later(head, &journal->durable[part]))
            continue;
        journal->durable[part] = *head;
        atomic_store(&journal->committed[part], head->seq);
        moved = true;
    }
    return moved;
}

static void begin_from_here(journal_lane *lane)
{
    memcpy(lane->base, lane->heads, (size_t)lane->journal->partitions * sizeof *lane->base);
    for (int part = 0; part < lane->journal->partitions; part++)
        if (lane->newest < lane->heads[part].recorded_at)
            lane->newest = lane->heads[part].recorded_at;
}

void journal_publish(journal_lane *lane)
{
    cm_journal *journal = lane->journal;
    bool moved = false;

    begin_from_here(lane);
    pthread_mutex_lock(&journal->heading);
    if (!journal->shared || cm_uuid_equal(lane->epoch, cm_journal_epoch(journal)))
        moved = advance(lane, false);
    pthread_mutex_unlock(&journal->heading);
    if (moved)
        journal_notify(journal);
}

/* Heads first, so that nobody sees a former one in the new epoch. */
void journal_publish_read(journal_lane *lane, cm_uuid epoch)
{
    cm_journal *journal = lane->journal;
    bool moved = false;

    begin_from_here(lane);
    pthread_mutex_lock(&journal->heading);
    if (cm_uuid_equal(lane->known_epoch, cm_journal_epoch(journal))) {
        bool anew = !cm_uuid_equal(epoch, lane->known_epoch);
        moved = advance(lane, anew);
        if (anew)
            journal_set_epoch(journal, epoch);
    }
    pthread_mutex_unlock(&journal->heading);
    if (moved)
        journal_notify(journal);
}

/* Before the heads are read: what is committed later cannot be missing in them. */
static void know(journal_lane *lane)
{
    cm_journal *journal = lane->journal;

    pthread_mutex_lock(&journal->heading);
    memcpy(lane->known, journal->durable, (size_t)journal->partitions * sizeof *lane->known);
    lane->known_epoch = cm_journal_epoch(journal);
    pthread_mutex_unlock(&journal->heading);
}

/* ---- what the store says ---- */

static cm_status has_row(cm_db *db, int part, const journal_head *head, int64_t *has)
{
    return cm_db_integer(db, "SELECT count(*) FROM journal WHERE part = $1 AND seq = $2 AND hash = $3",
                         CM_WITH(cm_v_int(part), cm_v_int(head->seq), cm_v_blob(head->hash, sizeof head->hash)), 0,
                         has);
}

/* On another connection than before, the newest row that was known of each partition has to be there, and be the same.
 * On the same one, at least no partition may have become shorter. */
static cm_status check_past(journal_lane *lane)
{
    bool anew = cm_db_session(lane->db) != lane->session;

    for (int part = 0; part < lane->journal->partitions; part++) {
        const journal_head *known = &lane->known[part];
        int64_t has = lane->heads[part].seq >= known->seq;

        if (has && anew && known->seq)
            CM_TRY(has_row(lane->db, part, known, &has));
        if (!has) {
            lane->lost = true;
            return cm_fail(CM_UNAVAILABLE,
                           "%s: partition %d had seq %lld, and has it no more; a new epoch begins; try again",
                           cm_store_name(lane->journal->store), part, (long long)known->seq);
        }
    }
    return cm_ok();
}

static cm_status lock(const journal_lane *lane)
{
    CM_AUTO(cm_text) parts = {0};

    if (lane->holds_all)
        return cm_db_run(lane->db, LOCK_ALL, CM_NONE);
    for (int part = 0; part < lane->journal->partitions; part++)
        if (lane->held[part])
            cm_text_format(&parts, "%s%d", *cm_text_get(&parts) ? "," : "", part);
    CM_TRY(cm_db_run(lane->db,
                     "SELECT part FROM heads WHERE part = ANY (string_to_array($1, ',')::bigint[]) ORDER BY part FOR "
                     "UPDATE",
                     CM_WITH(cm_v_text(cm_text_get(&parts)))));
    return cm_db_run(lane->db, WAIT_AT_MOST, CM_NONE);
}

/* Heads that were read are committed, whoever appended. Where another program has begun an epoch, they are the truth
 * whatever was known before. */
static cm_status follow(journal_lane *lane, bool locks)
{
    cm_status s;

    know(lane);
    s = locks ? lock(lane) : cm_ok();
    if (cm_is_ok(s))
        s = read_heads(lane);
    if (cm_is_ok(s) && cm_uuid_equal(lane->epoch, lane->known_epoch))
        s = check_past(lane);
    if (!cm_is_ok(s)) {
        journal_undo_heads(lane);
        return s;
    }
    lane->session = cm_db_session(lane->db);
    journal_publish_read(lane, lane->epoch);
    return cm_ok();
}

cm_status journal_take_heads(journal_lane *lane)
{
    CM_TRY(cm_db_run(lane->db, LOCK_ALL, CM_NONE));
    CM_TRY(read_heads(lane));
    lane->session = cm_db_session(lane->db);
    return cm_ok();
}

cm_status journal_load_heads(journal_lane *lane)
{
    return follow(lane, false);
}

cm_status journal_lock_heads(journal_lane *lane)
{
    return lane->journal->shared ? follow(lane, true) : cm_ok();
}

cm_status journal_look_at_heads(journal_lane *lane)
{
    return follow(lane, false);
}

cm_status journal_save_heads(journal_lane *lane)
{
    for (int part = 0; part < lane->journal->partitions; part++) {
        const journal_head *head = &lane->heads[part];
        if (head->seq != lane->base[part].seq || head->recorded_at != lane->base[part].recorded_at)
            CM_TRY(cm_db_run(lane->db, "UPDATE heads SET seq = $2, hash = $3, recorded_at = $4 WHERE part = $1",
                             CM_WITH(cm_v_int(part), cm_v_int(head->seq), cm_v_blob(head->hash, sizeof head->hash),
                                     cm_v_int(head->recorded_at))));
    }
    return cm_ok();
}

/* A partition that the batch has appended to; partitions where there is none. */
static int appended_part(const journal_lane *lane)
{
    int part = 0;

    while (part < lane->journal->partitions && lane->heads[part].seq == lane->base[part].seq)
        part++;
    return part;
}

/* A hash comes of a random salt, so a row that has it is the one that the batch has appended. The lock waits for a
 * COMMIT that the server may still be at. */
static cm_status look_for(cm_db *db, int part, const journal_head *head, int64_t *found)
{
    int64_t locked;

    CM_TRY(cm_db_integer(db, "SELECT part FROM heads WHERE part = $1 FOR UPDATE", CM_WITH(cm_v_int(part)), 0, &locked));
    return has_row(db, part, head, found);
}

cm_status journal_find_out(journal_lane *lane, bool *committed)
{
    int part = appended_part(lane);
    int64_t found = 0;
    cm_status s;

    *committed = false;
    if (part == lane->journal->partitions)
        return cm_fail(CM_UNKNOWN, "%s: the connection was lost during COMMIT; try again with the same request_id",
                       cm_store_name(lane->journal->store));
    CM_TRY(cm_db_begin(lane->db, true));
    s = look_for(lane->db, part, &lane->heads[part], &found);
    cm_db_rollback(lane->db);
    *committed = found > 0;
    return s;
}
