/* Many callers at once: order without gaps, watches that end when they are told. */
#include "journal_bed.h"

#include <stdatomic.h>

enum { THREADS = 8, EACH = 300 };

typedef struct caller {
    journal_bed *bed;
    int number;
    bed_append appends[EACH];
    pthread_t thread;
} caller;

static void *call(void *argument)
{
    caller *c = argument;

    for (int i = 0; i < EACH; i++) {
        CM_FREE char *resource = cm_format("cities/%d", (c->number * 7 + i) % 50);
        bed_append *a = &c->appends[i];
        *a = (bed_append){.resource = resource, .outcome = i % 10 == 9 ? CM_ABORTED : CM_OK};
        cm_status s = cm_run_and_wait(cm_journal_writer(c->bed->journal), bed_run_append, a);
        if (s.code != a->outcome)
            abort();
        cm_status_clear(&s);
    }
    return NULL;
}

static void start(journal_bed *b, caller *callers)
{
    for (int i = 0; i < THREADS; i++) {
        callers[i].bed = b;
        callers[i].number = i;
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
    }
}

static void finish(caller *callers)
{
    for (int i = 0; i < THREADS; i++)
        pthread_join(callers[i].thread, NULL);
}

static void eight_racing_callers_leave_no_gap_and_no_duplicate(void **state)
{
    enum { KEPT = THREADS * EACH / 10 * 9 };
    journal_bed *b = *state;
    caller *callers = cm_alloc(THREADS * sizeof *callers);
    bool *taken = cm_alloc(BED_PARTITIONS * (KEPT + 1) * sizeof *taken);
    int64_t heads = 0;

    start(b, callers);
    finish(callers);
    for (int i = 0; i < THREADS * EACH; i++) {
        const bed_append *a = &callers[i / EACH].appends[i % EACH];
        if (a->outcome)
            continue;
        assert_in_range(a->at.seq, 1, cm_journal_head(b->journal, a->at.part));
        assert_false(taken[a->at.part * KEPT + a->at.seq]);
        taken[a->at.part * KEPT + a->at.seq] = true;
    }
    for (int part = 0; part < BED_PARTITIONS; part++)
        heads += cm_journal_head(b->journal, part);
    assert_int_equal(heads, KEPT);
    assert_int_equal(bed_verified_rows(b), KEPT);
    free(taken);
    free(callers);
}

typedef struct watcher {
    atomic_bool ended;
    atomic_int wrong;
} watcher;

static void notified(void *context)
{
    watcher *w = context;

    if (atomic_load(&w->ended))
        atomic_fetch_add(&w->wrong, 1);
}

static void a_watch_that_has_ended_is_never_called(void **state)
{
    journal_bed *b = *state;
    caller *callers = cm_alloc(THREADS * sizeof *callers);
    watcher w[200] = {0};

    start(b, callers);
    for (int i = 0; i < 200; i++) {
        cm_watch *watch = cm_journal_watch(b->journal, notified, &w[i]);
        bed_add(b, "cities/a", "one more");
        cm_journal_unwatch(b->journal, watch);
        atomic_store(&w[i].ended, true);
    }
    finish(callers);
    for (int i = 0; i < 200; i++)
        assert_int_equal(atomic_load(&w[i].wrong), 0);
    free(callers);
}

static void *read_for_a_while(void *argument)
{
    journal_bed *b = argument;

    for (int i = 0; i < 20; i++) {
        int64_t rows = 0;
        cm_status s = cm_run_and_wait(cm_journal_readers(b->journal), bed_verify_all, &rows);
        if (!cm_is_ok(s))
            abort();
    }
    return NULL;
}

static void what_is_read_verifies_at_every_moment_of_writing(void **state)
{
    journal_bed *b = *state;
    caller *callers = cm_alloc(THREADS * sizeof *callers);
    pthread_t reader;

    start(b, callers);
    assert_int_equal(pthread_create(&reader, NULL, read_for_a_while, b), 0);
    pthread_join(reader, NULL);
    finish(callers);
    free(callers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(eight_racing_callers_leave_no_gap_and_no_duplicate),
        BED_TEST(a_watch_that_has_ended_is_never_called),
        BED_TEST(what_is_read_verifies_at_every_moment_of_writing),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
