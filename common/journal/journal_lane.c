/* How requests become durable: a lane runs those that wait in one transaction, commits once, and then they are done. */
#include <string.h>

#include "base/cm_log.h"
#include "journal/journal.h"

enum { LOOK_MS = 20, LOOK_MS_MAX = 1000, CAREFUL = 64 };

/* Whether the batch has to run again for a task's sake: nothing but the whole can undo what it did, or what failed of
 * it. */
static bool spoils(const journal_lane *lane, bool kept)
{
    const cm_tx *tx = &lane->tx;

    return tx->bare && (cm_db_failed(lane->db) || (tx->writes && !tx->undo && !kept));
}

/* Ends what a task wrote: kept, or undone together with what it appended. */
static cm_status settle(journal_lane *lane, cm_status outcome, bool *again)
{
    cm_tx *tx = &lane->tx;
    bool kept = cm_is_ok(outcome) && !tx->undo && !lane->outside;

    *again = lane->outside || cm_tx_raced(tx);
    tx->spoilt = spoils(lane, kept);
    if (tx->spoilt || !tx->writes || (kept && tx->bare))
        return outcome;
    if (kept)
        outcome = cm_db_release(lane->db);
    if (kept && cm_is_ok(outcome))
        return outcome;
    *again = lane->outside || cm_tx_raced(tx);
    cm_db_rollback_to(lane->db);
    memcpy(lane->heads, tx->before, (size_t)lane->journal->partitions * sizeof *lane->heads);
    lane->scrub = tx->scrub;
    return outcome;
}

/* PostgreSQL refuses everything after a statement that failed, be it one that reads, until it is undone. */
static cm_status open_task(journal_lane *lane)
{
    cm_db *db;

    lane->tx.writes = lane->tx.undo = false;
    lane->outside = false;
    return lane->journal->shared && !lane->tx.bare ? cm_tx_write(&lane->tx, &db) : cm_ok();
}

/* Where the engine has given up the transaction, the outcome is a failure and nothing is left to settle. */
static cm_status run_task(journal_lane *lane, cm_task *task, bool *again)
{
    cm_status s;

    CM_TRY(open_task(lane));
    s = task->run(task, &lane->tx);
    if (cm_db_in_transaction(lane->db))
        return settle(lane, s, again);
    if (cm_is_ok(s))
        return cm_fail(CM_UNAVAILABLE, "%s: the transaction was lost; try again", cm_store_name(lane->journal->store));
    return s;
}

/* What was found to run again in the first lane is not tried here once more. */
static cm_status run_tasks(journal_lane *lane, journal_batch *b)
{
    for (int i = 0; i < b->count; i++) {
        if (b->again[i])
            continue;
        b->outcomes[i] = run_task(lane, b->tasks[i], &b->again[i]);
        if (lane->tx.spoilt)
            return cm_fail(CM_ABORTED, "the batch runs again");
        if (!cm_db_in_transaction(lane->db))
            return cm_status_copy(b->outcomes[i]);
    }
    return cm_ok();
}

/* Others may have had the heads for long: whatever has come meanwhile is written with the rest. */
static cm_status commit_tasks(journal_lane *lane, journal_batch *b)
{
    CM_TRY(journal_lock_heads(lane));
    journal_fill(lane, b);
    CM_TRY(run_tasks(lane, b));
    CM_TRY(journal_save_heads(lane));
    CM_TRY(journal_forget_requests(lane, b->count));
    return cm_db_commit(lane->db);
}

/* A COMMIT whose outcome is not known is no reason to run again. */
static cm_status run_and_commit(journal_lane *lane, journal_batch *b)
{
    cm_status s = cm_db_begin(lane->db, true);

    b->singly = cm_is_ok(s);
    CM_TRY(s);
    if (lane->tx.bare)
        cm_db_run_ahead(lane->db);
    s = commit_tasks(lane, b);
    if (cm_is_ok(s))
        return s;
    lane->tx.spoilt = s.code != CM_UNKNOWN && (lane->tx.spoilt || (lane->tx.bare && cm_db_failed(lane->db)));
    cm_db_rollback(lane->db);
    return s;
}

static void forget_outcomes(journal_batch *b)
{
    for (int i = 0; i < b->count; i++)
        cm_status_clear(&b->outcomes[i]);
}

static bool any_again(const journal_batch *b)
{
    for (int i = 0; i < b->count; i++)
        if (b->again[i])
            return true;
    return false;
}

/* Most tasks that fail do so before they write. So none gets a savepoint, for which SQLite would copy each page that it
 * changes, and nobody waits for what PostgreSQL says of it. Where one fails after it wrote, or a statement does, the
 * batch runs again, each task with a savepoint and each statement waited for; in the next batches too, unless it was
 * for another lane's sake. */
static cm_status run_boldly(journal_lane *lane, journal_batch *b)
{
    lane->tx.spoilt = false;
    lane->tx.bare = !lane->careful;
    forget_outcomes(b);
    cm_status s = run_and_commit(lane, b);
    if (lane->careful)
        lane->careful--;
    if (!lane->tx.spoilt)
        return s;
    cm_status_clear(&s);
    journal_undo_heads(lane);
    lane->tx.spoilt = lane->tx.bare = false;
    lane->careful = any_again(b) ? 0 : CAREFUL;
    forget_outcomes(b);
    return run_and_commit(lane, b);
}

/* A COMMIT that nobody answered is looked up; where that is not possible, nobody guesses, not even by trying again. */
static cm_status find_out(journal_lane *lane, journal_batch *b, cm_status s)
{
    bool committed;

    if (s.code != CM_UNKNOWN)
        return s;
    b->singly = false;
    cm_status found = journal_find_out(lane, &committed);
    if (!cm_is_ok(found)) {
        cm_status_clear(&found);
        return s;
    }
    cm_status_clear(&s);
    b->singly = !committed;
    return committed ? cm_ok()
                     : cm_fail(CM_UNAVAILABLE, "%s: the connection was lost, and nothing written; try again",
                               cm_store_name(lane->journal->store));
}

/* Whatever a task of the batch found was found in a state that is no more. */
static void fail_all(journal_lane *lane, journal_batch *b, cm_status failure)
{
    journal_undo_heads(lane);
    for (int i = 0; i < b->count; i++) {
        cm_status_clear(&b->outcomes[i]);
        b->outcomes[i] = cm_status_copy(failure);
        b->again[i] = false;
    }
    cm_status_clear(&failure);
}

/* One transaction; answers whether it was committed. Every task has its outcome then. */
static bool try_batch(journal_lane *lane, journal_batch *b)
{
    cm_status s;

    s = find_out(lane, b, run_boldly(lane, b));
    if (cm_is_ok(s))
        journal_publish(lane);
    else
        fail_all(lane, b, s);
    return cm_is_ok(s);
}

/* What made a batch fail may be one task that asks too much of the disk: alone, the others get what they came for. */
static void try_singly(journal_lane *lane, journal_batch *b)
{
    for (int i = 0; i < b->count && b->singly; i++) {
        journal_batch one = {b->tasks + i, b->outcomes + i, b->again + i, 1, 1, false};
        try_batch(lane, &one);
        b->singly = one.singly;
    }
}

/* A store that lost what was committed gets a new epoch, and then the batch. */
static void mend(journal_lane *lane)
{
    cm_status s = journal_mend(lane);

    if (!cm_is_ok(s))
        cm_log_failure(CM_ERROR, "the store lost what was committed, and cannot begin a new epoch yet", &s);
}

static bool try_batch_or_mend(journal_lane *lane, journal_batch *b)
{
    if (try_batch(lane, b))
        return true;
    if (!lane->lost)
        return false;
    mend(lane);
    return !lane->lost && try_batch(lane, b);
}

static void end_task(journal_lane *lane, cm_task *task, cm_status outcome, bool again)
{
    if (!again) {
        task->done(task, outcome);
        return;
    }
    cm_status_clear(&outcome);
    journal_hand_on(lane->journal, task);
}

void journal_lane_write(journal_lane *lane, journal_batch *b)
{
    if (!try_batch_or_mend(lane, b) && b->count > 1)
        try_singly(lane, b);
    journal_scrub(lane);
    for (int i = 0; i < b->count; i++)
        end_task(lane, b->tasks[i], b->outcomes[i], b->again[i]);
}

/* Whoever waits for rows waits for those of other programs too. While the store is away it is asked less often. */
void journal_lane_look(journal_lane *lane)
{
    cm_status s = lane->journal->shared ? journal_look_at_heads(lane) : cm_ok();

    journal_scrub(lane);

    lane->look_ms = cm_is_ok(s) ? LOOK_MS : lane->look_ms * 2 < LOOK_MS_MAX ? lane->look_ms * 2 : LOOK_MS_MAX;
    cm_status_clear(&s);
    if (lane->lost)
        mend(lane);
}
