#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/cm_executor.h"
#include "base/cm_memory.h"

typedef struct queue {
    cm_task *first, **end;
} queue;

struct cm_pool {
    cm_executor executor; /* first, so that an executor is its pool */
    cm_pool_options options;
    char name[13];
    pthread_mutex_t lock; /* guards waiting, late, stopping */
    pthread_cond_t something;
    queue waiting;
    queue late; /* submitted after the stop: done with UNAVAILABLE */
    bool stopping;
    int started;
    pthread_t threads[];
};

static void queue_init(queue *q)
{
    *q = (queue){NULL, &q->first};
}

static void queue_push(queue *q, cm_task *task)
{
    task->next = NULL;
    *q->end = task;
    q->end = &task->next;
}

static cm_task *queue_pop(queue *q)
{
    cm_task *task = q->first;

    if (task) {
        q->first = task->next;
        if (!q->first)
            q->end = &q->first;
    }
    return task;
}

static void submit(cm_executor *executor, cm_task *task)
{
    cm_pool *pool = (cm_pool *)executor;

    pthread_mutex_lock(&pool->lock);
    queue_push(pool->stopping ? &pool->late : &pool->waiting, task);
    pthread_cond_signal(&pool->something);
    pthread_mutex_unlock(&pool->lock);
}

static void refuse(const cm_pool *pool, cm_task *task)
{
    task->done(task, cm_fail(CM_UNAVAILABLE, "%s is shutting down; try again", pool->name));
}

/* The next task and whether it came too late; NULL where the pool has stopped and none is left. */
static cm_task *take(cm_pool *pool, bool *is_late)
{
    cm_task *task;

    pthread_mutex_lock(&pool->lock);
    while (!pool->waiting.first && !pool->late.first && !pool->stopping)
        pthread_cond_wait(&pool->something, &pool->lock);
    *is_late = !pool->waiting.first;
    task = queue_pop(*is_late ? &pool->late : &pool->waiting);
    pthread_mutex_unlock(&pool->lock);
    return task;
}

static void serve(cm_pool *pool, void *lent, cm_status lending)
{
    cm_task *task;
    bool is_late;

    while ((task = take(pool, &is_late))) {
        if (is_late)
            refuse(pool, task);
        else if (!cm_is_ok(lending))
            task->done(task, cm_status_copy(lending));
        else
            task->done(task, task->run(task, lent));
    }
}

static void *work(void *argument)
{
    cm_pool *pool = argument;
    const cm_pool_options *o = &pool->options;
    void *lent = NULL;
    cm_status lending = o->lend ? o->lend(o->context, &lent) : cm_ok();

    serve(pool, lent, lending);
    if (o->take_back && cm_is_ok(lending))
        o->take_back(o->context, lent);
    cm_status_clear(&lending);
    return NULL;
}

/* Starts one thread, which leaves signals to the main thread. Returns the system's error number. */
static int start(cm_pool *pool)
{
    char name[16];
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&pool->threads[pool->started], NULL, work, pool);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return error;
    snprintf(name, sizeof name, "%.12s%u", pool->name, (uint8_t)pool->started);
    pthread_setname_np(pool->threads[pool->started], name);
    pool->started++;
    return 0;
}

cm_status cm_pool_new(const cm_pool_options *options, cm_pool **pool)
{
    int threads = options->threads, error = 0;

    if (threads < 1 || threads > 256)
        return cm_fail(CM_INVALID_ARGUMENT, "%s: a pool of %d threads; give 1 to 256", options->name, threads);
    cm_pool *p = cm_alloc(sizeof *p + (size_t)threads * sizeof *p->threads);
    p->executor.submit = submit;
    p->options = *options;
    snprintf(p->name, sizeof p->name, "%s", options->name);
    queue_init(&p->waiting);
    queue_init(&p->late);
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->something, NULL);
    while (!error && p->started < threads)
        error = start(p);
    if (error) {
        cm_status s = cm_fail(CM_RESOURCE_EXHAUSTED, "%s: thread %d of %d could not be started: %s", p->name,
                              p->started + 1, threads, strerror(error));
        cm_pool_free(p);
        return s;
    }
    *pool = p;
    return cm_ok();
}

cm_executor *cm_pool_executor(cm_pool *pool)
{
    return &pool->executor;
}

void cm_pool_free(cm_pool *pool)
{
    cm_task *task;
    bool is_late;

    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    pthread_cond_broadcast(&pool->something);
    pthread_mutex_unlock(&pool->lock);
    for (int i = 0; i < pool->started; i++)
        pthread_join(pool->threads[i], NULL);
    while ((task = take(pool, &is_late)))
        refuse(pool, task);
    pthread_cond_destroy(&pool->something);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
