/* A store's epoch names its history. It changes where the history does: another past than the one that was told to
 * others is never taken for a continuation of it. */
#include <stdlib.h>

#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "journal/journal.h"

void journal_set_epoch(cm_journal *journal, cm_uuid epoch)
{
    pthread_mutex_lock(&journal->lock);
    journal_epoch_name *former = atomic_load(&journal->epoch);
    if (!former || !cm_uuid_equal(former->epoch, epoch)) {
        journal_epoch_name *name = cm_alloc(sizeof *name);
        name->epoch = epoch;
        name->former = former;
        name->source = cm_format("/cityneg/%s/%s", journal->service, cm_uuid_format(epoch, name->text));
        atomic_store(&journal->epoch, name);
    }
    pthread_mutex_unlock(&journal->lock);
}

void journal_free_epochs(cm_journal *journal)
{
    for (journal_epoch_name *name = atomic_load(&journal->epoch), *former; name; name = former) {
        former = name->former;
        free(name->source);
        free(name);
    }
}

/* What Kafka has is another epoch's, so the watermark of what was sent begins anew. */
static cm_status change(cm_db *db, cm_uuid epoch)
{
    CM_TRY(cm_db_run(db, "UPDATE store_info SET epoch = $1", CM_WITH(cm_v_blob(epoch.bytes, sizeof epoch.bytes))));
    return cm_db_run(db, "UPDATE sent SET seq = 0", CM_NONE);
}

/* Of several that want another epoch than the same former one, the first one makes it. */
static cm_status change_from(cm_db *db, cm_uuid former, cm_uuid *epoch)
{
    CM_TRY(journal_epoch(db, epoch));
    if (!cm_uuid_equal(*epoch, former))
        return cm_ok();
    *epoch = cm_uuid_random();
    return change(db, *epoch);
}

static void tell(const cm_journal *journal, const char *why)
{
    CM_LOG(CM_WARN, "a new epoch begins", "store", cm_store_name(journal->store), "epoch",
           cm_journal_epoch_text(journal), "why", why);
}

/* ---- as somebody outside has found ---- */

typedef struct beginning {
    cm_uuid former, epoch;
} beginning;

static cm_status begin(void *argument, void *lent)
{
    beginning *b = argument;
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    return change_from(db, b->former, &b->epoch);
}

cm_status cm_journal_begin_epoch(cm_journal *journal, cm_uuid former, const char *why)
{
    beginning b = {.former = former};

    CM_TRY(cm_run_and_wait(&journal->writer, begin, &b));
    journal_set_epoch(journal, b.epoch);
    tell(journal, why);
    journal_notify(journal);
    return cm_ok();
}

/* ---- as the writer has found ---- */

/* What was lost, was lost of the epoch in which the lane knew it. */
static cm_status mend(journal_lane *lane, cm_uuid *epoch)
{
    CM_TRY(journal_take_heads(lane));
    return change_from(lane->db, lane->known_epoch, epoch);
}

cm_status journal_mend(journal_lane *lane)
{
    cm_uuid epoch;
    cm_status s;

    CM_TRY(cm_db_begin(lane->db, true));
    s = mend(lane, &epoch);
    if (cm_is_ok(s))
        s = cm_db_commit(lane->db);
    else
        cm_db_rollback(lane->db);
    if (!cm_is_ok(s)) {
        journal_undo_heads(lane);
        return s;
    }
    lane->lost = false;
    journal_publish_read(lane, epoch);
    tell(lane->journal, "the store has not all that was committed: it was restored, or failed over");
    return cm_ok();
}
