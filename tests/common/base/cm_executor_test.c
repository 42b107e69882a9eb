#include "check.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/cm_executor.h"
#include "base/cm_memory.h"

static cm_pool *new_pool(cm_pool_options options)
{
    cm_pool *pool;

    options.name = "test";
    check_ok(cm_pool_new(&options, &pool));
    return pool;
}

typedef struct counting {
    cm_task task;
    atomic_int *runs, *dones;
    int *order, *next; /* with one thread only */
    int number;
} counting;

static cm_status count_run(cm_task *task, void *lent)
{
    counting *c = (counting *)task;

    atomic_fetch_add(c->runs, 1);
    if (c->order)
        c->order[(*c->next)++] = c->number;
    return c->number % 10 == 3 ? cm_fail(CM_ABORTED, "%d", c->number) : cm_ok();
}

static void count_done(cm_task *task, cm_status outcome)
{
    counting *c = (counting *)task;

    if ((c->number % 10 == 3) == (outcome.code == CM_ABORTED))
        atomic_fetch_add(c->dones, 1);
    cm_status_clear(&outcome);
}

static void every_task_runs_once_and_is_done_once_before_the_pool_ends(void **state)
{
    enum { TASKS = 20000 };
    atomic_int runs = 0, dones = 0;
    counting *tasks = cm_alloc(TASKS * sizeof *tasks);
    cm_pool *pool = new_pool((cm_pool_options){.threads = 4});

    for (int i = 0; i < TASKS; i++) {
        tasks[i] = (counting){.task = {count_run, count_done}, .runs = &runs, .dones = &dones, .number = i};
        cm_submit(cm_pool_executor(pool), &tasks[i].task);
    }
    cm_pool_free(pool);
    assert_int_equal(runs, TASKS);
    assert_int_equal(dones, TASKS);
    free(tasks);
}

static void one_thread_serves_in_order(void **state)
{
    enum { TASKS = 500 };
    atomic_int runs = 0, dones = 0;
    int order[TASKS], next = 0;
    counting tasks[TASKS];
    cm_pool *pool = new_pool((cm_pool_options){.threads = 1});

    for (int i = 0; i < TASKS; i++) {
        tasks[i] = (counting){{count_run, count_done}, &runs, &dones, order, &next, i};
        cm_submit(cm_pool_executor(pool), &tasks[i].task);
    }
    cm_pool_free(pool);
    for (int i = 0; i < TASKS; i++)
        assert_int_equal(order[i], i);
}

typedef struct lending {
    atomic_int lent, taken_back;
    bool fails;
} lending;

static cm_status lend(void *context, void **lent)
{
    lending *l = context;

    atomic_fetch_add(&l->lent, 1);
    *lent = cm_strdup("a connection");
    if (!l->fails)
        return cm_ok();
    free(*lent);
    return cm_fail(CM_UNAVAILABLE, "no connection");
}

static void take_back(void *context, void *lent)
{
    lending *l = context;

    atomic_fetch_add(&l->taken_back, 1);
    free(lent);
}

static cm_status see_lent(void *argument, void *lent)
{
    const char **seen = argument;

    *seen = lent && strcmp(lent, "a connection") == 0 ? "it" : "something else";
    return cm_fail(CM_NOT_FOUND, "what run returned");
}

static void a_thread_lends_to_its_tasks_and_takes_back_at_the_end(void **state)
{
    lending l = {0};
    const char *seen = NULL;
    cm_pool *pool = new_pool((cm_pool_options){.threads = 3, .lend = lend, .take_back = take_back, .context = &l});

    check_fails(cm_run_and_wait(cm_pool_executor(pool), see_lent, &seen), CM_NOT_FOUND, "what run returned");
    assert_string_equal(seen, "it");
    cm_pool_free(pool);
    assert_int_equal(l.lent, 3);
    assert_int_equal(l.taken_back, 3);
}

static void where_lending_fails_tasks_are_done_with_that(void **state)
{
    lending l = {.fails = true};
    const char *seen = NULL;
    cm_pool *pool = new_pool((cm_pool_options){.threads = 2, .lend = lend, .take_back = take_back, .context = &l});

    for (int i = 0; i < 10; i++)
        check_fails(cm_run_and_wait(cm_pool_executor(pool), see_lent, &seen), CM_UNAVAILABLE, "no connection");
    assert_null(seen);
    cm_pool_free(pool);
    assert_int_equal(l.taken_back, 0);
}

/* A task that comes when the pool has stopped: it is submitted by what a thread does last, taking back what it lent. */
typedef struct latecomer {
    cm_task task;
    cm_executor *executor;
    bool ran, in_submit, done_in_submit;
    int dones;
    cm_code code;
} latecomer;

static cm_status run_late(cm_task *task, void *lent)
{
    ((latecomer *)task)->ran = true;
    return cm_ok();
}

static void done_late(cm_task *task, cm_status outcome)
{
    latecomer *l = (latecomer *)task;

    l->dones++;
    l->done_in_submit = l->in_submit;
    l->code = outcome.code;
    cm_status_clear(&outcome);
}

static cm_status lend_nothing(void *context, void **lent)
{
    return cm_ok();
}

static void submit_late(void *context, void *lent)
{
    latecomer *l = context;

    l->in_submit = true;
    cm_submit(l->executor, &l->task);
    l->in_submit = false;
}

static void what_is_submitted_after_the_stop_is_done_with_unavailable(void **state)
{
    latecomer l = {.task = {run_late, done_late}};
    cm_pool *pool =
        new_pool((cm_pool_options){.threads = 1, .lend = lend_nothing, .take_back = submit_late, .context = &l});

    l.executor = cm_pool_executor(pool);
    cm_pool_free(pool);
    assert_false(l.ran);
    assert_false(l.done_in_submit);
    assert_int_equal(l.dones, 1);
    assert_int_equal(l.code, CM_UNAVAILABLE);
}

static void a_pool_of_no_threads_is_refused(void **state)
{
    cm_pool *pool;

    check_fails(cm_pool_new(&(cm_pool_options){.name = "none", .threads = 0}, &pool), CM_INVALID_ARGUMENT, "1 to 256");
    check_fails(cm_pool_new(&(cm_pool_options){.name = "many", .threads = 257}, &pool), CM_INVALID_ARGUMENT, "257");
    cm_pool_free(NULL);
}

typedef struct chain {
    cm_task task;
    cm_executor *executor;
    atomic_int *links;
    int left;
} chain;

static cm_status run_chain(cm_task *task, void *lent)
{
    atomic_fetch_add(((chain *)task)->links, 1);
    return cm_ok();
}

static void done_chain(cm_task *task, cm_status outcome)
{
    chain *c = (chain *)task;

    if (c->left-- > 0)
        cm_submit(c->executor, task); /* `done` has the task again */
    else
        cm_status_clear(&outcome);
}

static cm_status wait_turn(void *argument, void *lent)
{
    return cm_ok();
}

static void done_may_submit_its_task_again(void **state)
{
    atomic_int links = 0;
    cm_pool *pool = new_pool((cm_pool_options){.threads = 1});
    chain c = {{run_chain, done_chain}, cm_pool_executor(pool), &links, 100};

    cm_submit(c.executor, &c.task);
    while (atomic_load(&links) < 101)
        check_ok(cm_run_and_wait(c.executor, wait_turn, NULL));
    cm_pool_free(pool);
    assert_int_equal(links, 101);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_task_runs_once_and_is_done_once_before_the_pool_ends),
        cmocka_unit_test(one_thread_serves_in_order),
        cmocka_unit_test(a_thread_lends_to_its_tasks_and_takes_back_at_the_end),
        cmocka_unit_test(where_lending_fails_tasks_are_done_with_that),
        cmocka_unit_test(what_is_submitted_after_the_stop_is_done_with_unavailable),
        cmocka_unit_test(a_pool_of_no_threads_is_refused),
        cmocka_unit_test(done_may_submit_its_task_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
