/* Where each partition ends: in memory, in the store, and what the two know of each other.
 *
 * Where only this program has the store open, the heads in memory are the truth and the store follows. Where others
 * append too, the store's are: a batch locks them all before it does anything else, in the order of the partitions, so
 * that batches of any number of programs run one after the other and none waits for one that waits for it. */
#include <string.h>

#include "base/cm_memory.h"
#include "journal/journal.h"

#define HEADS "SELECT part, seq, hash, recorded_at, (SELECT epoch FROM store_info) FROM heads ORDER BY part"

static cm_status take_head(cm_journal *journal, const cm_rows *rows, int part)
{
    journal_head *head = &journal->heads[part];
    cm_bytes hash = cm_rows_blob(rows, 2);

    if (cm_rows_int(rows, 0) != part || hash.size != CM_SHA256)
        return cm_fail(CM_DATA_LOSS, "%s: the head of partition %d is missing or damaged; restore a backup",
                       cm_store_name(journal->store), part);
    head->seq = cm_rows_int(rows, 1);
    memcpy(head->hash, hash.data, CM_SHA256);
    head->recorded_at = cm_rows_int(rows, 3);
    cm_bytes epoch = cm_rows_blob(rows, 4);
    if (epoch.size == sizeof journal->read_epoch.bytes)
        memcpy(journal->read_epoch.bytes, epoch.data, epoch.size);
    return cm_ok();
}

static cm_status read_heads(cm_journal *journal, const char *sql)
{
    cm_rows rows;
    cm_status s = cm_ok(), end;
    int part = 0;

    CM_TRY(cm_db_query(journal->db, sql, CM_NONE, &rows));
    while (cm_is_ok(s) && part < journal->partitions && cm_rows_next(&rows))
        s = take_head(journal, &rows, part++);
    end = cm_rows_end(&rows);
    if (!cm_is_ok(s)) {
        cm_status_clear(&end);
        return s;
    }
    CM_TRY(end);
    if (part < journal->partitions)
        return cm_fail(CM_DATA_LOSS, "%s: the heads of partitions %d to %d are missing; restore a backup",
                       cm_store_name(journal->store), part, journal->partitions - 1);
    return cm_ok();
}

void journal_undo_heads(cm_journal *journal)
{
    memcpy(journal->heads, journal->durable, (size_t)journal->partitions * sizeof *journal->heads);
}

void journal_publish(cm_journal *journal)
{
    bool moved = false;

    for (int part = 0; part < journal->partitions; part++) {
        moved |= memcmp(&journal->heads[part], &journal->durable[part], sizeof *journal->heads) != 0;
        journal->durable[part] = journal->heads[part];
        atomic_store(&journal->committed[part], journal->heads[part].seq);
        if (journal->newest < journal->heads[part].recorded_at)
            journal->newest = journal->heads[part].recorded_at;
    }
    if (moved)
        journal_notify(journal);
}

/* Heads first, so that nobody sees a former one in the new epoch. */
void journal_publish_epoch(cm_journal *journal, cm_uuid epoch)
{
    journal_publish(journal);
    journal_set_epoch(journal, epoch);
    journal_notify(journal);
}

static cm_status has_row(cm_db *db, int part, const journal_head *head, int64_t *has)
{
    return cm_db_integer(db, "SELECT count(*) FROM journal WHERE part = $1 AND seq = $2 AND hash = $3",
                         CM_WITH(cm_v_int(part), cm_v_int(head->seq), cm_v_blob(head->hash, sizeof head->hash)), 0,
                         has);
}

/* On another connection than before, the newest row that was known of each partition has to be there, and be the same.
 * On the same one, at least no partition may have become shorter. */
static cm_status check_past(cm_journal *journal)
{
    bool anew = cm_db_session(journal->db) != journal->session;

    for (int part = 0; part < journal->partitions; part++) {
        const journal_head *known = &journal->durable[part];
        int64_t has = journal->heads[part].seq >= known->seq;

        if (has && anew && known->seq)
            CM_TRY(has_row(journal->db, part, known, &has));
        if (!has) {
            journal->lost = true;
            return cm_fail(CM_UNAVAILABLE,
                           "%s: partition %d had seq %lld, and has it no more; a new epoch begins; try again",
                           cm_store_name(journal->store), part, (long long)known->seq);
        }
    }
    journal->session = cm_db_session(journal->db);
    return cm_ok();
}

/* Heads that were read are committed, whoever appended. Where another program has begun an epoch, they are the truth
 * whatever was known before. */
static cm_status follow(cm_journal *journal, const char *sql)
{
    cm_status s = read_heads(journal, sql);
    bool same = cm_uuid_equal(journal->read_epoch, cm_journal_epoch(journal));

    if (cm_is_ok(s) && same)
        s = check_past(journal);
    if (!cm_is_ok(s)) {
        journal_undo_heads(journal);
        return s;
    }
    journal->session = cm_db_session(journal->db);
    if (same)
        journal_publish(journal);
    else
        journal_publish_epoch(journal, journal->read_epoch);
    return cm_ok();
}

cm_status journal_take_heads(cm_journal *journal)
{
    CM_TRY(read_heads(journal, HEADS " FOR UPDATE"));
    journal->session = cm_db_session(journal->db);
    return cm_ok();
}

cm_status journal_load_heads(cm_journal *journal)
{
    size_t count = (size_t)journal->partitions;

    journal->heads = cm_alloc(count * sizeof *journal->heads);
    journal->durable = cm_alloc(count * sizeof *journal->durable);
    journal->tx.before = cm_alloc(count * sizeof *journal->tx.before);
    journal->committed = cm_alloc(count * sizeof *journal->committed);
    return follow(journal, HEADS);
}

cm_status journal_lock_heads(cm_journal *journal)
{
    return journal->shared ? follow(journal, HEADS " FOR UPDATE") : cm_ok();
}

cm_status journal_look_at_heads(cm_journal *journal)
{
    return follow(journal, HEADS);
}

cm_status journal_save_heads(cm_journal *journal)
{
    for (int part = 0; part < journal->partitions; part++) {
        const journal_head *head = &journal->heads[part];
        if (head->seq != journal->durable[part].seq || head->recorded_at != journal->durable[part].recorded_at)
            CM_TRY(cm_db_run(journal->db, "UPDATE heads SET seq = $2, hash = $3, recorded_at = $4 WHERE part = $1",
                             CM_WITH(cm_v_int(part), cm_v_int(head->seq), cm_v_blob(head->hash, sizeof head->hash),
                                     cm_v_int(head->recorded_at))));
    }
    return cm_ok();
}

/* A partition that the batch has appended to; partitions where there is none. */
static int appended_part(const cm_journal *journal)
{
    int part = 0;

    while (part < journal->partitions && journal->heads[part].seq == journal->durable[part].seq)
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

cm_status journal_find_out(cm_journal *journal, bool *committed)
{
    int part = appended_part(journal);
    int64_t found = 0;
    cm_status s;

    *committed = false;
    if (part == journal->partitions)
        return cm_fail(CM_UNKNOWN, "%s: the connection was lost during COMMIT; try again with the same request_id",
                       cm_store_name(journal->store));
    CM_TRY(cm_db_begin(journal->db, true));
    s = look_for(journal->db, part, &journal->heads[part], &found);
    cm_db_rollback(journal->db);
    *committed = found > 0;
    return s;
}
