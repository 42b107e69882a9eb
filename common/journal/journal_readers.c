#include <stdlib.h>

#include "base/cm_memory.h"
#include "journal/journal.h"

/* A task that is lent its thread's connection within a read transaction. */
typedef struct reading {
    cm_task task; /* first, so that a task is its reading */
    cm_task *inner;
} reading;

static cm_status run(cm_task *task, void *lent)
{
    cm_task *inner = ((reading *)task)->inner;
    cm_db *db = lent;
    cm_status s;

    CM_TRY(cm_db_begin(db, false));
    s = inner->run(inner, db);
    cm_db_rollback(db);
    return s;
}

static void done(cm_task *task, cm_status outcome)
{
    cm_task *inner = ((reading *)task)->inner;

    free(task);
    inner->done(inner, outcome);
}

static void submit(cm_executor *executor, cm_task *inner)
{
    cm_journal *journal = (cm_journal *)((char *)executor - offsetof(cm_journal, readers));
    reading *r = cm_alloc(sizeof *r);

    *r = (reading){.task = {.run = run, .done = done}, .inner = inner};
    cm_submit(cm_pool_executor(journal->pool), &r->task);
}

static cm_status lend(void *context, void **lent)
{
    cm_journal *journal = context;
    cm_db *db;

    CM_TRY(cm_store_reader(journal->store, &db));
    *lent = db;
    return cm_ok();
}

static void take_back(void *context, void *lent)
{
    cm_db_close(lent);
}

cm_status journal_readers_start(cm_journal *journal, int threads)
{
    journal->readers.submit = submit;
    return cm_pool_new(
        &(cm_pool_options){
            .name = "reader", .threads = threads, .lend = lend, .take_back = take_back, .context = journal},
        &journal->pool);
}
