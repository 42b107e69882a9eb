#include "trends/trd_publisher.h"

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <time.h>

#include "base/cm_clock.h"
#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "store/cm_claims.h"
#include "trends/trd_own_answer.h"
#include "trends/trd_publish.h"

enum { MICRO = 1000000, LEASE_MS = 30000, LOOK_US = 1000000 };

struct trd_publisher {
    cm_journal *journal;
    trd_kept *kept;
    cm_db *db; /* this and what follows: the thread's */
    cm_claims *claims;
    bool shared;     /* replicas count into the same store, and one of them publishes */
    char *seen;      /* the inputs that were looked at last; NULL: none since it publishes */
    int64_t look_us; /* when they are looked at again */
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
    CM_TRY(trd_publish(p->journal, p->claims, report, &appended));
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
    cm_status status = trd_kept_report(p->kept, p->db, &trd_by_year, arena, &report);
    if (cm_is_ok(status))
        status = trd_own_answers(p->db, arena, NULL, &report);
    cm_db_rollback(p->db);
    return cm_is_ok(status) ? publish_report(p, &report) : status;
}

/* What other replicas counted is not told, but shows in the positions. */
static cm_status look(trd_publisher *p)
{
    CM_ARENA(arena);
    char *inputs = NULL;

    p->look_us = cm_clock_monotonic_us() + LOOK_US;
    CM_TRY(cm_claims_renew(p->claims));
    if (cm_claims_held(p->claims, 0))
        CM_TRY(trd_kept_inputs(p->db, arena, &inputs));
    if (inputs && (!p->seen || strcmp(p->seen, inputs) != 0))
        trd_publisher_moved(p);
    free(p->seen);
    p->seen = inputs ? cm_strdup(inputs) : NULL;
    return cm_ok();
}

/* With the lock held, which is let go meanwhile. That the store is away is told by those who write. */
static void look_around(trd_publisher *p)
{
    pthread_mutex_unlock(&p->lock);
    cm_status s = look(p);
    cm_status_clear(&s);
    pthread_mutex_lock(&p->lock);
}

static void wait_until(trd_publisher *p, int64_t until)
{
    struct timespec at = {.tv_sec = until / MICRO, .tv_nsec = until % MICRO * 1000};

    if (until == INT64_MAX)
        pthread_cond_wait(&p->changed, &p->lock);
    else
        pthread_cond_timedwait(&p->changed, &p->lock, &at);
}

/* With the lock held; it is let go while waiting. Answers false where the thread is to end. */
static bool wait_until_due(trd_publisher *p)
{
    while (!p->stopping) {
        int64_t now = cm_clock_monotonic_us(), until = p->shared ? p->look_us : INT64_MAX;
        int64_t due = p->moved ? now + trd_publisher_wait(p->first, p->last, now) : INT64_MAX;

        if (until <= now)
            look_around(p);
        else if (due <= now)
            return true;
        else
            wait_until(p, due < until ? due : until);
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
        cm_status status = cm_claims_held(p->claims, 0) ? publish(p) : cm_ok();
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
    cm_claims_close(p->claims);
    if (p->db)
        cm_db_close(p->db);
    free(p->seen);
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

static trd_publisher *new_publisher(cm_journal *journal, trd_kept *kept)
{
    trd_publisher *p = cm_alloc(sizeof *p);

    *p = (trd_publisher){.journal = journal, .kept = kept};
    cm_condition_init(&p->changed);
    pthread_mutex_init(&p->lock, NULL);
    return p;
}

static cm_status start(trd_publisher *p)
{
    cm_store *store = cm_journal_store(p->journal);

    CM_TRY(cm_store_reader(store, &p->db));
    CM_TRY(cm_claims_open(store, "publisher", 1, LEASE_MS, &p->claims));
    p->shared = cm_db_dialect(p->db) == CM_POSTGRES;
    if (!p->shared)
        CM_TRY(cm_claims_renew(p->claims)); /* once and for ever */
    trd_publisher_moved(p);
    int error = start_thread(p);
    if (error)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "the publisher's thread could not be started: %s", strerror(error));
    pthread_setname_np(p->thread, "publisher");
    return cm_ok();
}

cm_status trd_publisher_start(cm_journal *journal, trd_kept *kept, trd_publisher **publisher)
{
    trd_publisher *p = new_publisher(journal, kept);
    cm_status s = start(p);

    if (cm_is_ok(s))
        *publisher = p;
    else
        destroy(p);
    return s;
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
