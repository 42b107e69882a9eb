/* The one loop in which requests become durable: take what waits, run each in one transaction, commit once, answer. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "journal/journal.h"

enum { LOOK_MS = 20, LOOK_MS_MAX = 1000, CAREFUL = 64 };

typedef struct batch {
    cm_task **tasks;
    cm_status *outcomes;
    int count;
    bool again; /* where it fails, its tasks may be tried one by one */
} batch;

static void submit(cm_executor *executor, cm_task *task)
{
    cm_journal *journal = (cm_journal *)((char *)executor - offsetof(cm_journal, writer));

    task->next = NULL;
    pthread_mutex_lock(&journal->lock);
    journal_queue *q = journal->stopping ? &journal->late : &journal->waiting;
    *q->end = task;
    q->end = &task->next;
    pthread_cond_signal(&journal->something);
    pthread_mutex_unlock(&journal->lock);
}

static cm_task *pop(journal_queue *q)
{
    cm_task *task = q->first;

    if (task) {
        q->first = task->next;
        if (!q->first)
            q->end = &q->first;
    }
    return task;
}

static void wait_for_tasks(cm_journal *journal)
{
    struct timespec end;

    if (!journal->shared && !journal->scrub) {
        pthread_cond_wait(&journal->something, &journal->lock);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += journal->look_ms * 1000000L;
    end.tv_sec += end.tv_nsec / 1000000000L;
    end.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&journal->something, &journal->lock, &end);
}

/* Takes as many tasks as wait and a batch may hold, once there are any; none where it is time to look at the heads.
 * False where the journal closes. */
static bool take(cm_journal *journal, batch *b)
{
    b->count = 0;
    pthread_mutex_lock(&journal->lock);
    if (!journal->waiting.first && !journal->stopping)
        wait_for_tasks(journal);
    while (b->count < journal->largest_batch && journal->waiting.first)
        b->tasks[b->count++] = pop(&journal->waiting);
    bool goes_on = b->count || !journal->stopping;
    pthread_mutex_unlock(&journal->lock);
    return goes_on;
}

/* Ends a task's savepoint: kept, or undone together with what it appended. */
static cm_status settle(cm_journal *journal, cm_status outcome)
{
    bool kept = cm_is_ok(outcome) && !journal->tx.undo;

    if (journal->tx.bare && !journal->tx.undo) {
        journal->tx.spoilt = !kept;
        return outcome;
    }
    if (kept)
        outcome = cm_db_release(journal->db);
    if (kept && cm_is_ok(outcome))
        return outcome;
    cm_db_rollback_to(journal->db);
    memcpy(journal->heads, journal->tx.before, (size_t)journal->partitions * sizeof *journal->heads);
    journal->scrub = journal->tx.scrub;
    return outcome;
}

/* PostgreSQL refuses everything after a statement that failed, be it one that reads, until it is undone. */
static cm_status open_task(cm_journal *journal)
{
    cm_db *db;

    journal->tx.writes = journal->tx.undo = false;
    return journal->shared ? cm_tx_write(&journal->tx, &db) : cm_ok();
}

/* Where the engine has given up the transaction, the outcome is a failure and nothing is left to settle. */
static cm_status run_task(cm_journal *journal, cm_task *task)
{
    cm_status s;

    CM_TRY(open_task(journal));
    s = task->run(task, &journal->tx);
    if (cm_db_in_transaction(journal->db))
        return journal->tx.writes ? settle(journal, s) : s;
    if (cm_is_ok(s))
        return cm_fail(CM_UNAVAILABLE, "%s: the transaction was lost; try again", cm_store_name(journal->store));
    return s;
}

static cm_status run_tasks(cm_journal *journal, batch *b)
{
    for (int i = 0; i < b->count; i++) {
        b->outcomes[i] = run_task(journal, b->tasks[i]);
        if (!cm_db_in_transaction(journal->db) || journal->tx.spoilt)
            return cm_status_copy(b->outcomes[i]);
    }
    return cm_ok();
}

static cm_status commit_tasks(cm_journal *journal, batch *b)
{
    CM_TRY(journal_lock_heads(journal));
    CM_TRY(run_tasks(journal, b));
    CM_TRY(journal_save_heads(journal));
    CM_TRY(journal_forget_requests(journal, b->count));
    return cm_db_commit(journal->db);
}

static cm_status run_and_commit(cm_journal *journal, batch *b)
{
    cm_status s = cm_db_begin(journal->db, true);

    b->again = cm_is_ok(s);
    CM_TRY(s);
    s = commit_tasks(journal, b);
    if (!cm_is_ok(s))
        cm_db_rollback(journal->db);
    return s;
}

static void forget_outcomes(batch *b)
{
    for (int i = 0; i < b->count; i++)
        cm_status_clear(&b->outcomes[i]);
}

/* Most tasks that fail do so before they write. So none gets a savepoint, for which SQLite would copy each page that it
 * changes; and where one fails after it wrote, the batch runs again and they do, in the next batches too. PostgreSQL
 * refuses everything after a statement that failed, so there they always have one. */
static cm_status run_boldly(cm_journal *journal, batch *b)
{
    journal->tx.spoilt = false;
    journal->tx.bare = !journal->shared && !journal->careful;
    forget_outcomes(b);
    cm_status s = run_and_commit(journal, b);
    if (journal->careful)
        journal->careful--;
    if (!journal->tx.spoilt)
        return s;
    cm_status_clear(&s);
    journal_undo_heads(journal);
    journal->tx.spoilt = journal->tx.bare = false;
    journal->careful = CAREFUL;
    forget_outcomes(b);
    return run_and_commit(journal, b);
}

/* A COMMIT that nobody answered is looked up; where that is not possible, nobody guesses, not even by trying again. */
static cm_status know(cm_journal *journal, batch *b, cm_status s)
{
    bool committed;

    if (s.code != CM_UNKNOWN)
        return s;
    b->again = false;
    cm_status found = journal_find_out(journal, &committed);
    if (!cm_is_ok(found)) {
        cm_status_clear(&found);
        return s;
    }
    cm_status_clear(&s);
    b->again = !committed;
    return committed ? cm_ok()
                     : cm_fail(CM_UNAVAILABLE, "%s: the connection was lost, and nothing written; try again",
                               cm_store_name(journal->store));
}

/* Whatever a task of the batch found was found in a state that is no more. */
static void fail_all(cm_journal *journal, batch *b, cm_status failure)
{
    journal_undo_heads(journal);
    for (int i = 0; i < b->count; i++) {
        cm_status_clear(&b->outcomes[i]);
        b->outcomes[i] = cm_status_copy(failure);
    }
    cm_status_clear(&failure);
}

/* One transaction; answers whether it was committed. Every task has its outcome then. */
static bool try_batch(cm_journal *journal, batch *b)
{
    cm_status s;

    s = know(journal, b, run_boldly(journal, b));
    if (cm_is_ok(s))
        journal_publish(journal);
    else
        fail_all(journal, b, s);
    return cm_is_ok(s);
}

/* What made a batch fail may be one task that asks too much of the disk: alone, the others get what they came for. */
static void try_singly(cm_journal *journal, batch *b)
{
    for (int i = 0; i < b->count && b->again; i++) {
        batch one = {b->tasks + i, b->outcomes + i, 1, false};
        try_batch(journal, &one);
        b->again = one.again;
    }
}

/* A store that lost what was committed gets a new epoch, and then the batch. */
static void mend(cm_journal *journal)
{
    cm_status s = journal_mend(journal);

    if (!cm_is_ok(s))
        cm_log_failure(CM_ERROR, "the store lost what was committed, and cannot begin a new epoch yet", &s);
}

static bool try_batch_or_mend(cm_journal *journal, batch *b)
{
    if (try_batch(journal, b))
        return true;
    if (!journal->lost)
        return false;
    mend(journal);
    return !journal->lost && try_batch(journal, b);
}

static void write_batch(cm_journal *journal, batch *b)
{
    for (int i = 0; i < b->count; i++)
        b->outcomes[i] = cm_ok();
    if (!try_batch_or_mend(journal, b) && b->count > 1)
        try_singly(journal, b);
    journal_scrub(journal);
    for (int i = 0; i < b->count; i++)
        b->tasks[i]->done(b->tasks[i], b->outcomes[i]);
}

/* Whoever waits for rows waits for those of other programs too. While the store is away it is asked less often. */
static void look(cm_journal *journal)
{
    cm_status s = journal->shared ? journal_look_at_heads(journal) : cm_ok();

    journal_scrub(journal);

    journal->look_ms = cm_is_ok(s) ? LOOK_MS : journal->look_ms * 2 < LOOK_MS_MAX ? journal->look_ms * 2 : LOOK_MS_MAX;
    cm_status_clear(&s);
    if (journal->lost)
        mend(journal);
}

static void *work(void *argument)
{
    cm_journal *journal = argument;
    size_t most = (size_t)journal->largest_batch;
    batch b = {cm_alloc(most * sizeof *b.tasks), cm_alloc(most * sizeof *b.outcomes), 0, false};

    journal->look_ms = LOOK_MS;
    while (take(journal, &b)) {
        if (b.count)
            write_batch(journal, &b);
        else
            look(journal);
    }
    free(b.tasks);
    free(b.outcomes);
    return NULL;
}

cm_status journal_writer_start(cm_journal *journal)
{
    sigset_t all, before;
    int error;

    journal->writer.submit = submit;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    error = pthread_create(&journal->thread, NULL, work, journal);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "the writer's thread could not be started: %s", strerror(error));
    pthread_setname_np(journal->thread, "writer");
    journal->started = true;
    return cm_ok();
}

static cm_task *take_late(cm_journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    cm_task *task = pop(&journal->late);
    pthread_mutex_unlock(&journal->lock);
    return task;
}

void journal_writer_stop(cm_journal *journal)
{
    cm_task *task;

    if (!journal->started)
        return;
    pthread_mutex_lock(&journal->lock);
    journal->stopping = true;
    pthread_cond_signal(&journal->something);
    pthread_mutex_unlock(&journal->lock);
    pthread_join(journal->thread, NULL);
    while ((task = take_late(journal)))
        task->done(task, cm_fail(CM_UNAVAILABLE, "%s is shutting down; try again", journal->service));
}
