/* journal_bed.h: what tests of the journal stand on: a journal in a folder of its own, a clock that the test moves, and
 * requests that append rows. */
#ifndef JOURNAL_BED_H
#define JOURNAL_BED_H

#include "../store/pg_server.h"

#include <pthread.h>
#include <stdio.h>

#include "journal/cm_tx.h"

enum { BED_PARTITIONS = 4 };

typedef struct journal_bed {
    char *folder, *path;
    cm_arena *arena;
    cm_store *store;
    cm_journal *journal;
} journal_bed;

static int64_t bed_now = 1764000000000000;

static inline int64_t bed_clock(void)
{
    return bed_now;
}

static const cm_migration bed_steps[] = {{1, "names", "CREATE TABLE names (name TEXT PRIMARY KEY)"}};
static const cm_migrations bed_tables = {"bed", bed_steps, 1};

static pg_server bed_postgres; /* runs while the suite is run on PostgreSQL */

static inline void bed_open(journal_bed *b)
{
    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_journal_open(
        b->store,
        &(cm_journal_options){
            .service = "registry", .partitions = BED_PARTITIONS, .migrations = &bed_tables, .clock = bed_clock},
        &b->journal));
}

static inline void bed_close(journal_bed *b)
{
    cm_journal_close(b->journal);
    cm_store_close(b->store);
    b->journal = NULL;
    b->store = NULL;
}

static inline int bed_set_up_closed(void **state)
{
    journal_bed *b = cm_alloc(sizeof *b);

    b->folder = bed_folder_new();
    b->path = bed_postgres.pid ? pg_server_url(&bed_postgres) : cm_format("%s/registry.db", b->folder);
    b->arena = cm_arena_new();
    *state = b;
    return 0;
}

static inline int bed_set_up(void **state)
{
    bed_set_up_closed(state);
    bed_open(*state);
    return 0;
}

static inline int bed_tear_down(void **state)
{
    journal_bed *b = *state;

    bed_close(b);
    cm_arena_free(b->arena);
    bed_folder_free(b->folder);
    free(b->path);
    free(b);
    return 0;
}

static inline cm_bytes bed_bytes(const char *text)
{
    return (cm_bytes){(const uint8_t *)text, strlen(text)};
}

/* A request that appends one row, notes a name in the service's own table, and ends as it is told. */
typedef struct bed_append {
    const char *resource, *payload;
    const char *event_time;
    const char *name; /* NULL: none */
    cm_code outcome;
    cm_position at;
    int64_t revision, recorded_at;
} bed_append;

static inline cm_status bed_run_append(void *argument, void *lent)
{
    bed_append *a = argument;
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    if (a->name)
        CM_TRY(cm_db_run(db, "INSERT INTO names (name) VALUES ($1)", CM_WITH(cm_v_text(a->name))));
    CM_TRY(cm_tx_append(lent,
                        &(cm_change){.type = "cityneg.registry.actor.created.v1",
                                     .resource = a->resource,
                                     .event_time = a->event_time,
                                     .actor = "tester",
                                     .request_id = "request-1",
                                     .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                     .payload = bed_bytes(a->payload ? a->payload : "payload")},
                        &a->at, &a->revision, &a->recorded_at));
    return a->outcome ? cm_fail(a->outcome, "as it was told") : cm_ok();
}

static inline bed_append bed_add(journal_bed *b, const char *resource, const char *payload)
{
    bed_append a = {.resource = resource, .payload = payload};

    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), bed_run_append, &a));
    return a;
}

/* Runs `run` on a reader's connection. */
static inline void bed_read(journal_bed *b, cm_status (*run)(void *argument, void *lent), void *argument)
{
    assert_ok(cm_run_and_wait(cm_journal_readers(b->journal), run, argument));
}

/* All partitions verify; answers the number of rows. */
static inline cm_status bed_verify_all(void *argument, void *lent)
{
    cm_position newest;
    uint8_t hash[CM_SHA256];

    for (int part = 0; part < BED_PARTITIONS; part++) {
        CM_TRY(cm_journal_verify(lent, part, NULL, NULL, &newest, hash));
        *(int64_t *)argument += newest.seq;
    }
    return cm_ok();
}

static inline int64_t bed_verified_rows(journal_bed *b)
{
    int64_t rows = 0;

    bed_read(b, bed_verify_all, &rows);
    return rows;
}

/* Keeps the writer busy until it is told, so that what is submitted meanwhile becomes one batch. */
typedef struct bed_gate {
    cm_task task;
    pthread_mutex_t lock;
    pthread_cond_t opened;
    bool entered, open, left;
} bed_gate;

static inline void bed_gate_wait(bed_gate *gate, const bool *flag)
{
    pthread_mutex_lock(&gate->lock);
    while (!*flag)
        pthread_cond_wait(&gate->opened, &gate->lock);
    pthread_mutex_unlock(&gate->lock);
}

static inline void bed_gate_set(bed_gate *gate, bool *flag)
{
    pthread_mutex_lock(&gate->lock);
    *flag = true;
    pthread_cond_broadcast(&gate->opened);
    pthread_mutex_unlock(&gate->lock);
}

static inline cm_status bed_gate_run(cm_task *task, void *lent)
{
    bed_gate *gate = (bed_gate *)task;

    bed_gate_set(gate, &gate->entered);
    bed_gate_wait(gate, &gate->open);
    return cm_ok();
}

static inline void bed_gate_done(cm_task *task, cm_status outcome)
{
    cm_status_clear(&outcome);
    bed_gate_set((bed_gate *)task, &((bed_gate *)task)->left);
}

static inline void bed_gate_enter(bed_gate *gate, cm_executor *executor)
{
    *gate = (bed_gate){.task = {.run = bed_gate_run, .done = bed_gate_done},
                       .lock = PTHREAD_MUTEX_INITIALIZER,
                       .opened = PTHREAD_COND_INITIALIZER};
    cm_submit(executor, &gate->task);
    bed_gate_wait(gate, &gate->entered);
}

static inline void bed_gate_open(bed_gate *gate)
{
    bed_gate_set(gate, &gate->open);
    bed_gate_wait(gate, &gate->left);
}

/* A bed_append that is submitted without waiting. The outcome is read after a later task of the lane was waited for. */
typedef struct bed_request {
    cm_task task;
    bed_append append;
    cm_status outcome;
} bed_request;

static inline cm_status bed_request_run(cm_task *task, void *lent)
{
    return bed_run_append(&((bed_request *)task)->append, lent);
}

static inline void bed_request_done(cm_task *task, cm_status outcome)
{
    ((bed_request *)task)->outcome = outcome;
}

static inline void bed_request_submit(journal_bed *b, bed_request *request)
{
    request->task = (cm_task){.run = bed_request_run, .done = bed_request_done};
    cm_submit(cm_journal_writer(b->journal), &request->task);
}

static inline cm_status bed_nothing(void *argument, void *lent)
{
    return cm_ok();
}

/* Everything submitted so far is done. */
static inline void bed_settle(journal_bed *b)
{
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), bed_nothing, NULL));
}

static inline int64_t bed_names(journal_bed *b)
{
    cm_db *db;
    int64_t count;

    assert_ok(cm_store_reader(b->store, &db));
    assert_ok(cm_db_integer(db, "SELECT count(*) FROM names", CM_NONE, -1, &count));
    cm_db_close(db);
    return count;
}

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)
#define BED_TEST_CLOSED(name) cmocka_unit_test_setup_teardown(name, bed_set_up_closed, bed_tear_down)

#endif
