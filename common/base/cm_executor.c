#include "base/cm_executor.h"

#include <pthread.h>

typedef struct errand {
    cm_task task; /* first, so that a task is its errand */
    cm_status (*run)(void *argument, void *lent);
    void *argument;
    pthread_mutex_t lock; /* guards what follows */
    pthread_cond_t ended;
    bool is_done;
    cm_status outcome;
} errand;

static cm_status run_errand(cm_task *task, void *lent)
{
    errand *e = (errand *)task;

    return e->run(e->argument, lent);
}

static void end_errand(cm_task *task, cm_status outcome)
{
    errand *e = (errand *)task;

    pthread_mutex_lock(&e->lock);
    e->outcome = outcome;
    e->is_done = true;
    pthread_cond_signal(&e->ended);
    pthread_mutex_unlock(&e->lock);
}

cm_status cm_run_and_wait(cm_executor *executor, cm_status (*run)(void *argument, void *lent), void *argument)
{
    return cm_run_touching(executor, (cm_touched){0}, run, argument);
}

cm_status cm_run_touching(cm_executor *executor, cm_touched touched, cm_status (*run)(void *argument, void *lent),
                          void *argument)
{
    errand e = {.task = {.run = run_errand, .done = end_errand, .touched = touched}, .run = run, .argument = argument};

    pthread_mutex_init(&e.lock, NULL);
    pthread_cond_init(&e.ended, NULL);
    cm_submit(executor, &e.task);
    pthread_mutex_lock(&e.lock);
    while (!e.is_done)
        pthread_cond_wait(&e.ended, &e.lock);
    pthread_mutex_unlock(&e.lock);
    pthread_cond_destroy(&e.ended);
    pthread_mutex_destroy(&e.lock);
    return e.outcome;
}
