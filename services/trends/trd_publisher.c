#include "trends/trd_publisher.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "trends/trd_publish.h"

enum { MICRO = 1000000 };

struct trd_publisher {
    cm_journal *journal;
    trd_kept *kept;
    cm_db *db; /* the thread's */
    pthread_t thread;
    pthread_cond_t changed;
    pthread_mutex_t lock; /* guards what follows */
    bool stopping, moved;
    int64_t first, last; /* monotonic: of the moves since publishing began last */
};

int64_t trd_publisher_wait(int64_t first, int64_t last, int64_t now)
{
    int64_t quiet = last + TRD_QUIET_US - now, most = first + TRD_MOST_US - now;

    return quiet < most ? quiet : most;
}

void trd_publisher_moved(trd_publisher *publisher)
{
    int64_t now = cm_clock_monotonic_us();

    pthread_mutex_lock(&publisher->lock);
    if (!publisher->moved)
        publisher->first = now;
    publisher->moved = true;
    publisher->last = now;
    pthread_cond_signal(&publisher->changed);
    pthread_mutex_unlock(&publisher->lock);
}

static cm_status nothing(void *argument, void *lent)
{
    return cm_ok();
}

/* The report of nothing is not worth a record. */
static cm_status publish_report(trd_publisher *p, const TrdReport *report)
{
    int64_t appended;

    if (report->registry_rows + report->negotiations_rows == 0)
        return cm_ok();
    CM_TRY(trd_publish(p->journal, report, &appended));
    if (appended > 0) {
        CM_FREE char *count = cm_format("%lld", (long long)appended);
        CM_LOG(CM_INFO, "published", "trends", count);
    }
    return cm_ok();
}

static cm_status publish(trd_publisher *p)
{
    CM_ARENA(arena);
    TrdReport report = CITYNEG__TRENDS__V1__REPORT__INIT;

    /* A move is told before its commit: whatever was told by now is committed when this is done. */
    CM_TRY(cm_run_and_wait(cm_journal_writer(p->journal), nothing, NULL));
    CM_TRY(cm_db_begin(p->db, false));
    cm_status status = trd_kept_report(p->kept, p->db, arena, &report);
    cm_db_rollback(p->db);
    return cm_is_ok(status) ? publish_report(p, &report) : status;
}

/* With the lock held; it is let go while waiting. Answers false where the thread is to end. */
static bool wait_until_due(trd_publisher *p)
{
    while (!p->stopping) {
        if (!p->moved) {
            pthread_cond_wait(&p->changed, &p->lock);
            continue;
        }
        int64_t now = cm_clock_monotonic_us(), wait = trd_publisher_wait(p->first, p->last, now), until = now + wait;
        if (wait <= 0)
            return true;
        struct timespec at = {.tv_sec = until / MICRO, .tv_nsec = until % MICRO * 1000};
        pthread_cond_timedwait(&p->changed, &p->lock, &at);
    }
    return false;
}

static void *run(void *context)
{
    trd_publisher *p = context;

    pthread_mutex_lock(&p->lock);
    while (wait_until_due(p)) {
        p->moved = false;
        pthread_mutex_unlock(&p->lock);
        cm_status status = publish(p);
        if (!cm_is_ok(status)) {
            cm_log_failure(CM_WARN, "trends were not published; trying again", &status);
            trd_publisher_moved(p);
        }
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static void destroy(trd_publisher *p)
{
    cm_db_close(p->db);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free(p);
}

static int start_thread(trd_publisher *p)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    int error = pthread_create(&p->thread, NULL, run, p);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

cm_status trd_publisher_start(cm_journal *journal, trd_kept *kept, trd_publisher **publisher)
{
    pthread_condattr_t monotonic;
    cm_db *db;

    CM_TRY(cm_store_reader(cm_journal_store(journal), &db));
    trd_publisher *p = cm_alloc(sizeof *p);
    *p = (trd_publisher){.journal = journal, .kept = kept, .db = db};
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&p->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&p->lock, NULL);
    trd_publisher_moved(p);
    int error = start_thread(p);
    if (error) {
        destroy(p);
        return cm_fail(CM_RESOURCE_EXHAUSTED, "the publisher's thread could not be started: %s", strerror(error));
    }
    pthread_setname_np(p->thread, "publisher");
    *publisher = p;
    return cm_ok();
}

void trd_publisher_stop(trd_publisher *publisher)
{
    pthread_mutex_lock(&publisher->lock);
    publisher->stopping = true;
    pthread_cond_signal(&publisher->changed);
    pthread_mutex_unlock(&publisher->lock);
    pthread_join(publisher->thread, NULL);
    destroy(publisher);
}
