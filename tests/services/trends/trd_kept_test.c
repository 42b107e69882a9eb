/* The kept report: one computes for all who ask for the same, others wait for nobody, and who is gone is no burden. */
#include "trd_bed.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "trends/trd_kept.h"

static void count_entries(trd_bed *b, int from, int to)
{
    for (int k = from; k < to; k++) {
        char *name = cm_arena_format(b->arena, "negotiations/n%d/entries/%d", k / 3, k);
        bed_count(b, name,
                  cm_arena_format(b->arena, "{'entry': {'name': '%s', 'date': '%d-%02d', 'channel': '%s'}}", name,
                                  2000 + k / 12, 1 + k % 12, k % 3 ? "virtual" : "in_person"));
    }
}

typedef struct caller {
    trd_kept *kept;
    cm_db *db;
    const trd_how how;
    TrdReport report;
    cm_arena *arena;
    cm_status outcome;
    pthread_t thread;
} caller;

static void *ask(void *argument)
{
    caller *c = argument;

    c->report = (TrdReport)CITYNEG__TRENDS__V1__REPORT__INIT;
    c->outcome = trd_kept_report(c->kept, c->db, &c->how, c->arena, &c->report);
    return NULL;
}

/* ---- a gate, at which whoever computes stays until it is opened ---- */

typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool reached, open, gone;
} gate;

static bool at_gate(void *lent)
{
    gate *g = lent;

    pthread_mutex_lock(&g->lock);
    g->reached = true;
    pthread_cond_broadcast(&g->moved);
    while (!g->open)
        pthread_cond_wait(&g->moved, &g->lock);
    bool gone = g->gone;
    pthread_mutex_unlock(&g->lock);
    return gone;
}

static void wait_until_reached(gate *g)
{
    pthread_mutex_lock(&g->lock);
    while (!g->reached)
        pthread_cond_wait(&g->moved, &g->lock);
    pthread_mutex_unlock(&g->lock);
}

static void open_gate(gate *g, bool gone)
{
    pthread_mutex_lock(&g->lock);
    g->open = true;
    g->gone = gone;
    pthread_cond_broadcast(&g->moved);
    pthread_mutex_unlock(&g->lock);
}

static void begin(caller *c)
{
    assert_ok(cm_db_begin(c->db, false));
    assert_int_equal(pthread_create(&c->thread, NULL, ask, c), 0);
}

static void end(caller *c)
{
    pthread_join(c->thread, NULL);
    cm_db_rollback(c->db);
    cm_db_close(c->db);
}

static size_t series_of(const TrdReport *report)
{
    for (size_t i = 0; i < report->n_questions; i++)
        if (strcmp(report->questions[i]->question, "channel-mix") == 0)
            return report->questions[i]->findings[0]->n_series;
    return 0;
}

/* Asked while it waits, and then while it computes anew. */
static bool counted(void *lent)
{
    atomic_fetch_add((atomic_int *)lent, 1);
    return false;
}

static void who_waits_shares_one_computation(void **state)
{
    trd_bed *b = *state;
    gate g = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false, false};
    trd_kept *kept = trd_kept_new();
    atomic_int asked = 0;

    count_entries(b, 0, 60);
    caller first = {kept, bed_reader(b), {1, {at_gate, &g}}, .arena = cm_arena_new()};
    caller second = {kept, bed_reader(b), {1, {counted, &asked}}, .arena = cm_arena_new()};
    begin(&first);
    wait_until_reached(&g);
    count_entries(b, 60, 72); /* past the feeds: the second sees another year, and yet the same positions */
    begin(&second);
    while (atomic_load(&asked) < 1)
        sched_yield();
    open_gate(&g, false);
    end(&first);
    end(&second);
    assert_ok(first.outcome);
    assert_ok(second.outcome);
    assert_int_equal(series_of(&first.report), 5);
    cm_bytes one = cm_message_pack(&first.report.base, b->arena), two = cm_message_pack(&second.report.base, b->arena);
    assert_int_equal(one.size, two.size);
    assert_memory_equal(one.data, two.data, one.size);
    cm_arena_free(first.arena);
    cm_arena_free(second.arena);
    trd_kept_free(kept);
}

static cm_status move_feed(void *argument, void *lent)
{
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    return cm_db_run(db, "INSERT INTO feeds(topic, part, epoch, seq, kafka_offset) VALUES('cityneg.test', 0, $1, 7, 0)",
                     CM_WITH(cm_v_blob("0123456789abcdef", 16)));
}

static void other_bins_and_other_states_wait_for_nobody(void **state)
{
    trd_bed *b = *state;
    gate g = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false, false};
    trd_kept *kept = trd_kept_new();

    count_entries(b, 0, 60);
    caller slow = {kept, bed_reader(b), {1, {at_gate, &g}}, .arena = cm_arena_new()};
    begin(&slow);
    wait_until_reached(&g);
    caller quarters = {kept, bed_reader(b), {.per = 4}, .arena = cm_arena_new()};
    begin(&quarters);
    end(&quarters); /* while the gate is shut */
    assert_ok(quarters.outcome);
    assert_int_equal(series_of(&quarters.report), 20);
    count_entries(b, 60, 72);
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), move_feed, NULL));
    caller later = {kept, bed_reader(b), {.per = 4}, .arena = cm_arena_new()};
    begin(&later);
    end(&later);
    assert_ok(later.outcome);
    assert_int_equal(series_of(&later.report), 24);
    open_gate(&g, false);
    end(&slow);
    assert_ok(slow.outcome);
    assert_int_equal(series_of(&slow.report), 5);
    cm_arena_free(slow.arena);
    cm_arena_free(quarters.arena);
    cm_arena_free(later.arena);
    trd_kept_free(kept);
}

static void where_the_one_who_computes_goes_another_one_computes(void **state)
{
    trd_bed *b = *state;
    gate g = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false, false};
    trd_kept *kept = trd_kept_new();
    atomic_int asked = 0;

    count_entries(b, 0, 60);
    caller first = {kept, bed_reader(b), {1, {at_gate, &g}}, .arena = cm_arena_new()};
    caller second = {kept, bed_reader(b), {1, {counted, &asked}}, .arena = cm_arena_new()};
    begin(&first);
    wait_until_reached(&g);
    begin(&second);
    while (atomic_load(&asked) < 1)
        sched_yield();
    open_gate(&g, true);
    end(&first);
    end(&second);
    assert_fails(first.outcome, CM_CANCELLED, "gone");
    assert_ok(second.outcome);
    assert_int_equal(series_of(&second.report), 5);
    cm_arena_free(first.arena);
    cm_arena_free(second.arena);
    trd_kept_free(kept);
}

static void who_waits_and_goes_waits_no_longer(void **state)
{
    trd_bed *b = *state;
    gate g = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false, false};
    gate gone = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, true, true};
    trd_kept *kept = trd_kept_new();

    count_entries(b, 0, 60);
    caller slow = {kept, bed_reader(b), {1, {at_gate, &g}}, .arena = cm_arena_new()};
    caller goes = {kept, bed_reader(b), {1, {at_gate, &gone}}, .arena = cm_arena_new()};
    begin(&slow);
    wait_until_reached(&g);
    begin(&goes);
    end(&goes); /* while the gate is shut */
    assert_fails(goes.outcome, CM_CANCELLED, "gone");
    open_gate(&g, false);
    end(&slow);
    assert_ok(slow.outcome);
    cm_arena_free(slow.arena);
    cm_arena_free(goes.arena);
    trd_kept_free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(who_waits_shares_one_computation),
        BED_TEST(other_bins_and_other_states_wait_for_nobody),
        BED_TEST(where_the_one_who_computes_goes_another_one_computes),
        BED_TEST(who_waits_and_goes_waits_no_longer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
