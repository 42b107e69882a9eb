/* cm_executor.h: where work runs. A task is handed to an executor, which runs it on a thread of its own and lends it
 * what that lane has: a transaction on the writer, a read-only connection in the reader pool, nothing elsewhere.
 * Reach for it to move work off a thread that must not block.
 *
 * The two steps are the whole contract of durability: `run` does the work, and may run again from the start where a
 * batch had to be repeated, so it touches nothing but the task and what was lent; `done` is called exactly once, after
 * the work is durable (or has failed), and may end the task. */
#ifndef CM_EXECUTOR_H
#define CM_EXECUTOR_H

#include "base/cm_status.h"

/* The resources that a task changes, by name: an executor that can, runs it beside tasks that change others. NULL: it
 * may touch anything, and runs alone. */
typedef struct cm_touched {
    const char *const *names; /* valid until the task is done */
    size_t count;
} cm_touched;

typedef struct cm_task cm_task;
struct cm_task {
    cm_status (*run)(cm_task *task, void *lent);
    void (*done)(cm_task *task, cm_status outcome); /* owns `outcome` */
    cm_touched touched;
    cm_task *next; /* the executor's, while it has the task */
};

typedef struct cm_executor cm_executor;
struct cm_executor {
    /* Takes the task from any thread; never blocks, never refuses. After its executor was stopped a task is done with
     * UNAVAILABLE. `done` is never called from within `submit`. */
    void (*submit)(cm_executor *executor, cm_task *task);
};

static inline void cm_submit(cm_executor *executor, cm_task *task)
{
    executor->submit(executor, task);
}

/* Runs one task and waits for it: the outcome is the answer. Not from a thread of that executor. */
cm_status cm_run_and_wait(cm_executor *executor, cm_status (*run)(void *argument, void *lent),
                          void *argument) CM_MUST_USE;

/* The same with a task that changes what `touched` names. */
cm_status cm_run_touching(cm_executor *executor, cm_touched touched, cm_status (*run)(void *argument, void *lent),
                          void *argument) CM_MUST_USE;

/* A pool of threads, first come first served. `lend` (may be NULL) makes what one thread lends to each of its tasks,
 * `take_back` ends it; both run on that thread. Where lending fails, tasks of that thread are done with that failure.
 */
typedef struct cm_pool cm_pool;
typedef struct cm_pool_options {
    const char *name; /* of its threads, ≤ 12 bytes */
    int threads;      /* 1 … 256 */
    cm_status (*lend)(void *context, void **lent);
    void (*take_back)(void *context, void *lent);
    void *context;
} cm_pool_options;

cm_status cm_pool_new(const cm_pool_options *options, cm_pool **pool) CM_MUST_USE;
cm_executor *cm_pool_executor(cm_pool *pool);

/* Finishes what was submitted, then ends the threads. */
void cm_pool_free(cm_pool *pool);

#endif
