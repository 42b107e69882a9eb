/* Who writes what: the lanes, and the tasks that wait for each. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "journal/journal.h"

enum { LANES = 4 };

static void push(journal_queue *q, cm_task *task)
{
    task->next = NULL;
    *q->end = task;
    q->end = &task->next;
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

static int part_of(const cm_journal *journal, const cm_task *task, size_t i)
{
    return cm_journal_part(task->touched.names[i], journal->partitions);
}

/* Tasks that change the same wait for the same lane, so that they run in the order in which they came. */
static journal_lane *lane_for(cm_journal *journal, const cm_task *task)
{
    int others = journal->lane_count - 1;

    if (!others || !task->touched.names)
        return &journal->lanes[0];
    return &journal->lanes[1 + (task->touched.count ? part_of(journal, task, 0) % others : 0)];
}

static void submit(cm_executor *executor, cm_task *task)
{
    cm_journal *journal = (cm_journal *)((char *)executor - offsetof(cm_journal, writer));
    journal_lane *lane = lane_for(journal, task);

    pthread_mutex_lock(&journal->lock);
    push(journal->stopping ? &journal->late : &lane->waiting, task);
    pthread_cond_signal(&lane->something);
    pthread_mutex_unlock(&journal->lock);
}

void journal_hand_on(cm_journal *journal, cm_task *task)
{
    cm_count(&journal->again, 1);
    pthread_mutex_lock(&journal->lock);
    push(&journal->lanes[0].waiting, task);
    pthread_cond_signal(&journal->lanes[0].something);
    pthread_mutex_unlock(&journal->lock);
}

/* It is the first lane that looks at the heads, and that erases. */
static void wait_for_tasks(journal_lane *lane)
{
    cm_journal *journal = lane->journal;
    struct timespec end;

    if (!lane->holds_all || (!journal->shared && !lane->scrub)) {
        pthread_cond_wait(&lane->something, &journal->lock);
        return;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_nsec += lane->look_ms * 1000000L;
    end.tv_sec += end.tv_nsec / 1000000000L;
    end.tv_nsec %= 1000000000L;
    pthread_cond_timedwait(&lane->something, &journal->lock, &end);
}

/* Waits until there are tasks, or it is time to look at the heads. False where the journal closes. */
static bool wait_for_work(journal_lane *lane)
{
    cm_journal *journal = lane->journal;

    pthread_mutex_lock(&journal->lock);
    if (!lane->waiting.first && !lane->stopping)
        wait_for_tasks(lane);
    bool goes_on = lane->waiting.first || !lane->stopping;
    pthread_mutex_unlock(&journal->lock);
    return goes_on;
}

static bool holds(const journal_lane *lane, const cm_task *task)
{
    for (size_t k = 0; k < task->touched.count; k++)
        if (!lane->held[part_of(lane->journal, task, k)])
            return false;
    return true;
}

void journal_fill(journal_lane *lane, journal_batch *b)
{
    cm_journal *journal = lane->journal;

    pthread_mutex_lock(&journal->lock);
    while (b->count < b->room && lane->waiting.first && holds(lane, lane->waiting.first)) {
        b->outcomes[b->count] = cm_ok();
        b->again[b->count] = false;
        b->tasks[b->count++] = pop(&lane->waiting);
    }
    pthread_mutex_unlock(&journal->lock);
}

/* A lane holds its own partitions, whichever the tasks are of that come while it waits for them; and what else those
 * touch that wait now. */
static void hold(journal_lane *lane)
{
    cm_journal *journal = lane->journal;
    int others = journal->lane_count - 1, number = (int)(lane - journal->lanes) - 1, left = journal->largest_batch;

    for (int part = 0; part < journal->partitions; part++)
        lane->held[part] = lane->holds_all || part % others == number;
    pthread_mutex_lock(&journal->lock);
    for (const cm_task *task = lane->waiting.first; task && left--; task = task->next)
        for (size_t k = 0; k < task->touched.count; k++)
            lane->held[part_of(journal, task, k)] = true;
    pthread_mutex_unlock(&journal->lock);
}

static void *work(void *argument)
{
    journal_lane *lane = argument;
    size_t most = (size_t)lane->journal->largest_batch;
    journal_batch b = {.tasks = cm_alloc(most * sizeof *b.tasks),
                       .outcomes = cm_alloc(most * sizeof *b.outcomes),
                       .again = cm_alloc(most * sizeof *b.again),
                       .room = (int)most};

    while (wait_for_work(lane)) {
        hold(lane);
        b.count = 0;
        journal_fill(lane, &b);
        if (b.count)
            journal_lane_write(lane, &b);
        else if (lane->holds_all)
            journal_lane_look(lane);
    }
    free(b.tasks);
    free(b.outcomes);
    free(b.again);
    return NULL;
}

/* ---- lanes ---- */

static cm_status open_lane(cm_journal *journal)
{
    journal_lane *lane = &journal->lanes[journal->lane_count++];

    lane->journal = journal;
    lane->holds_all = journal->lane_count == 1;
    lane->waiting.end = &lane->waiting.first;
    lane->look_ms = 1;
    lane->tx.lane = lane;
    cm_condition_init(&lane->something);
    return cm_store_writer(journal->store, &lane->db);
}

cm_status journal_lanes_open(cm_journal *journal)
{
    journal->lanes = cm_alloc((1 + LANES) * sizeof *journal->lanes);
    CM_TRY(open_lane(journal));
    journal->shared = cm_db_dialect(journal->lanes[0].db) == CM_POSTGRES;
    return cm_ok();
}

static void make_heads(journal_lane *lane)
{
    size_t count = (size_t)lane->journal->partitions;

    lane->held = cm_alloc(count * sizeof *lane->held);
    lane->heads = cm_alloc(count * sizeof *lane->heads);
    lane->base = cm_alloc(count * sizeof *lane->base);
    lane->known = cm_alloc(count * sizeof *lane->known);
    lane->tx.before = cm_alloc(count * sizeof *lane->tx.before);
}

cm_status journal_lanes_fill(cm_journal *journal)
{
    size_t count = (size_t)journal->partitions;

    journal->durable = cm_alloc(count * sizeof *journal->durable);
    journal->committed = cm_alloc(count * sizeof *journal->committed);
    make_heads(&journal->lanes[0]);
    for (int i = 0; journal->shared && i < LANES && i < journal->partitions; i++) {
        CM_TRY(open_lane(journal));
        make_heads(&journal->lanes[journal->lane_count - 1]);
    }
    return cm_ok();
}

static cm_status start_lane(journal_lane *lane)
{
    int error = pthread_create(&lane->thread, NULL, work, lane);

    if (error)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "a writer's thread could not be started: %s", strerror(error));
    pthread_setname_np(lane->thread, "writer");
    lane->started = true;
    return cm_ok();
}

cm_status journal_writer_start(cm_journal *journal)
{
    sigset_t all, before;
    cm_status s = cm_ok();

    journal->writer.submit = submit;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    for (int i = 0; cm_is_ok(s) && i < journal->lane_count; i++)
        s = start_lane(&journal->lanes[i]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return s;
}

static cm_task *take_late(cm_journal *journal)
{
    pthread_mutex_lock(&journal->lock);
    cm_task *task = pop(&journal->late);
    pthread_mutex_unlock(&journal->lock);
    return task;
}

static void stop_lane(journal_lane *lane)
{
    if (!lane->started)
        return;
    pthread_mutex_lock(&lane->journal->lock);
    lane->stopping = true;
    pthread_cond_signal(&lane->something);
    pthread_mutex_unlock(&lane->journal->lock);
    pthread_join(lane->thread, NULL);
}

/* The first lane last, since the others hand tasks on to it. */
void journal_writer_stop(cm_journal *journal)
{
    cm_task *task;

    pthread_mutex_lock(&journal->lock);
    journal->stopping = true;
    pthread_mutex_unlock(&journal->lock);
    for (int i = journal->lane_count - 1; i >= 0; i--)
        stop_lane(&journal->lanes[i]);
    while ((task = take_late(journal)))
        task->done(task, cm_fail(CM_UNAVAILABLE, "%s is shutting down; try again", journal->service));
}

void journal_lanes_close(cm_journal *journal)
{
    for (int i = 0; i < journal->lane_count; i++) {
        journal_lane *lane = &journal->lanes[i];
        cm_db_close(lane->db);
        pthread_cond_destroy(&lane->something);
        free(lane->held);
        free(lane->heads);
        free(lane->base);
        free(lane->known);
        free(lane->tx.before);
    }
    free(journal->lanes);
    free(journal->durable);
    free(journal->committed);
}
