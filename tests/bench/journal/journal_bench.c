/* How many rows a second the journal makes durable: requests that each append some rows wait for the writer, so many at
 * a time, and each is followed by the next as soon as it is done. Each changes a resource of its own, and says so; as a
 * service's do, it looks for its request_id first and remembers it. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "bench/bench_main.h"
#include "journal/cm_tx.h"

typedef struct bench {
    cm_journal *journal;
    int64_t requests; /* in all */
    int rows;         /* a request */
    const char *name;
    bool alone;
    cm_bytes payload;
    atomic_llong begun;
    atomic_int running;
    pthread_mutex_t lock; /* guards ended */
    pthread_cond_t ended_now;
    bool ended;
    int64_t commits; /* counted on the writer's thread */
} bench;

typedef struct request {
    cm_task task; /* first, so that a task is its request */
    bench *bench;
    int64_t number;
    char id[64], root[80];
    const char *roots[1];
    cm_arena *arena;
} request;

static const cm_option options[] = {
    {"store", 's', CM_OPTION_TEXT, "URL", NULL, "where to write; a file must not exist", .choices = NULL},
    {"requests", 'n', CM_OPTION_INTEGER, "N", "200000", "requests in all", .least = 1, .most = 1e9},
    {"name", 'i', CM_OPTION_TEXT, "NAME", "a", "of this replica: part of its resources' names", .choices = NULL},
    {"alone", 'a', CM_OPTION_FLAG, NULL, NULL, "requests do not say what they change", .choices = NULL},
    {"rows", 'r', CM_OPTION_INTEGER, "N", "1", "rows that a request appends", .least = 1, .most = 10000},
    {"waiting", 'w', CM_OPTION_INTEGER, "N", "1024", "requests that wait at a time", .least = 1, .most = 100000},
    {"payload", 'p', CM_OPTION_INTEGER, "BYTES", "400", "of each row", .least = 0, .most = 1e6},
    {"batch", 'b', CM_OPTION_INTEGER, "N", "512", "requests in one commit, at most", .least = 1, .most = 100000},
    {NULL},
};

static cm_status append(cm_task *task, void *lent)
{
    static const uint8_t digest[CM_SHA256] = {1};
    const request *r = (request *)task;
    const bench *b = r->bench;
    char resource[112];
    cm_position *before, at;
    bool known;
    int count;

    CM_TRY(cm_tx_known(lent, "bench", r->id, "Create", digest, r->arena, &known, &before, &count));
    for (int i = 0; i < b->rows; i++) {
        snprintf(resource, sizeof resource, "%s/entries/%d", r->root, i);
        CM_TRY(cm_tx_append(lent,
                            &(cm_change){.type = "cityneg.negotiations.entry.created.v1",
                                         .resource = resource,
                                         .event_time = "2015-12-06",
                                         .actor = "bench",
                                         .request_id = r->id,
                                         .payload = b->payload},
                            &at, NULL, NULL));
    }
    return cm_tx_remember(lent, "bench", r->id, "Create", digest, &at, 1);
}

static void end(bench *b)
{
    pthread_mutex_lock(&b->lock);
    b->ended = true;
    pthread_cond_signal(&b->ended_now);
    pthread_mutex_unlock(&b->lock);
}

static void next(request *r)
{
    bench *b = r->bench;

    r->number = atomic_fetch_add(&b->begun, 1);
    snprintf(r->id, sizeof r->id, "%s-%lld", b->name, (long long)r->number);
    snprintf(r->root, sizeof r->root, "negotiations/%s", r->id);
    cm_arena_reset(r->arena);
    if (r->number < b->requests)
        cm_submit(cm_journal_writer(b->journal), &r->task);
    else if (atomic_fetch_sub(&b->running, 1) == 1)
        end(b);
}

static void done(cm_task *task, cm_status outcome)
{
    if (!cm_is_ok(outcome)) {
        fprintf(stderr, "%s\n", cm_status_message(outcome));
        exit(1);
    }
    next((request *)task);
}

static void count_commit(void *context)
{
    ((bench *)context)->commits++;
}

static void run(bench *b, int waiting)
{
    request *requests = cm_alloc((size_t)waiting * sizeof *requests);
    cm_watch *watch = cm_journal_watch(b->journal, count_commit, b);
    int64_t begin = cm_clock_monotonic_us();

    atomic_store(&b->running, waiting);
    for (int i = 0; i < waiting; i++) {
        requests[i] = (request){.task = {.run = append, .done = done}, .bench = b, .arena = cm_arena_new()};
        requests[i].roots[0] = requests[i].root;
        if (!b->alone)
            requests[i].task.touched = (cm_touched){requests[i].roots, 1};
        next(&requests[i]);
    }
    pthread_mutex_lock(&b->lock);
    while (!b->ended)
        pthread_cond_wait(&b->ended_now, &b->lock);
    pthread_mutex_unlock(&b->lock);
    double seconds = (double)(cm_clock_monotonic_us() - begin) / 1e6;
    double rows = (double)(b->requests * b->rows);
    printf("%.0f rows in %.2f s: %.0f rows/s, %lld commits, %.0f rows a commit\n", rows, seconds, rows / seconds,
           (long long)b->commits, rows / (double)b->commits);
    cm_journal_unwatch(b->journal, watch);
    for (int i = 0; i < waiting; i++)
        cm_arena_free(requests[i].arena);
    free(requests);
}

static cm_status bench_journal(const cm_arguments *arguments)
{
    const char *url = cm_arguments_text(arguments, "store");
    size_t size = (size_t)cm_arguments_integer(arguments, "payload");
    CM_FREE uint8_t *payload = cm_alloc(size);
    bench b = {.requests = cm_arguments_integer(arguments, "requests"),
               .rows = (int)cm_arguments_integer(arguments, "rows"),
               .name = cm_arguments_text(arguments, "name"),
               .alone = cm_arguments_flag(arguments, "alone"),
               .payload = {payload, size},
               .lock = PTHREAD_MUTEX_INITIALIZER,
               .ended_now = PTHREAD_COND_INITIALIZER};
    cm_journal_options o = {.service = "bench", .largest_batch = (int)cm_arguments_integer(arguments, "batch")};
    cm_store *store;

    if (!url)
        return cm_fail(CM_INVALID_ARGUMENT, "--store: is missing; give the path of a new file");
    cm_random(payload, size);
    CM_TRY(cm_store_open(url, &store));
    CM_TRY(cm_journal_open(store, &o, &b.journal));
    run(&b, (int)cm_arguments_integer(arguments, "waiting"));
    cm_journal_close(b.journal);
    cm_store_close(store);
    return cm_ok();
}

int main(int argc, char **argv)
{
    return bench_main(options, bench_journal, argc, argv);
}
