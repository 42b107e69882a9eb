/* C11's threads by those of POSIX, for builds with the thread sanitizer: it sees pthread_create and pthread_mutex_lock,
 * but not glibc's thrd_create and mtx_lock, which librdkafka uses. A thread that it has not seen begin ends the process
 * at its first step into instrumented code; a lock that it does not see is taken for a race. glibc's types are the same
 * ones. */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

typedef struct start {
    thrd_start_t run;
    void *argument;
} start;

static int outcome(int error)
{
    return error == 0 ? thrd_success : thrd_error;
}

static void *begin(void *given)
{
    start s = *(start *)given;

    free(given);
    return (void *)(intptr_t)s.run(s.argument);
}

int thrd_create(thrd_t *thread, thrd_start_t run, void *argument)
{
    start *s = malloc(sizeof *s);

    if (!s)
        return thrd_nomem;
    *s = (start){run, argument};
    if (pthread_create(thread, NULL, begin, s) == 0)
        return thrd_success;
    free(s);
    return thrd_error;
}

int thrd_join(thrd_t thread, int *result)
{
    void *value;

    if (pthread_join(thread, &value) != 0)
        return thrd_error;
    if (result)
        *result = (int)(intptr_t)value;
    return thrd_success;
}

int mtx_init(mtx_t *mutex, int type)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    if (type & mtx_recursive)
        pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
    int error = pthread_mutex_init((pthread_mutex_t *)mutex, &attributes);
    pthread_mutexattr_destroy(&attributes);
    return outcome(error);
}

void mtx_destroy(mtx_t *mutex)
{
    pthread_mutex_destroy((pthread_mutex_t *)mutex);
}

int mtx_lock(mtx_t *mutex)
{
    return outcome(pthread_mutex_lock((pthread_mutex_t *)mutex));
}

int mtx_unlock(mtx_t *mutex)
{
    return outcome(pthread_mutex_unlock((pthread_mutex_t *)mutex));
}

int cnd_init(cnd_t *condition)
{
    return outcome(pthread_cond_init((pthread_cond_t *)condition, NULL));
}

void cnd_destroy(cnd_t *condition)
{
    pthread_cond_destroy((pthread_cond_t *)condition);
}

int cnd_signal(cnd_t *condition)
{
    return outcome(pthread_cond_signal((pthread_cond_t *)condition));
}

int cnd_broadcast(cnd_t *condition)
{
    return outcome(pthread_cond_broadcast((pthread_cond_t *)condition));
}

int cnd_wait(cnd_t *condition, mtx_t *mutex)
{
    return outcome(pthread_cond_wait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex));
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict until)
{
    int error = pthread_cond_timedwait((pthread_cond_t *)condition, (pthread_mutex_t *)mutex, until);

    return error == ETIMEDOUT ? thrd_timedout : outcome(error);
}
