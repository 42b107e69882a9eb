/* Several lanes, of one program and of several, on one database: they write side by side, and as one would. */
#include "journal_bed.h"

#include "journal/journal.h"

enum { PROCESSES = 3, THREADS = 4, EACH = 80, ROOTS = 20, KEYS = 12 };

static int random_below(int end)
{
    uint32_t number;

    cm_random(&number, sizeof number);
    return (int)(number % (uint32_t)end);
}

/* The first of cities/0, cities/1, … that lies in a partition. */
static char *city_of(int part)
{
    for (int i = 0;; i++) {
        char *name = cm_format("cities/%d", i);
        if (cm_journal_part(name, BED_PARTITIONS) == part)
            return name;
        free(name);
    }
}

/* ---- any mix of requests ---- */

/* A request that appends to some resources, of which it names some before, and touches keys that are no partition's, in
 * an order of its own. */
typedef struct mixed {
    char *roots[3];
    int count;
    int keys[2];
} mixed;

/* Asks how many, so that it is done when this returns. */
static cm_status touch_key(cm_db *db, int key)
{
    CM_FREE char *name = cm_format("key %d", key);
    int64_t touched;

    return cm_db_run_changed(
        db, "INSERT INTO names (name) VALUES ($1) ON CONFLICT (name) DO UPDATE SET name = excluded.name",
        CM_WITH(cm_v_text(name)), &touched);
}

static cm_status run_mixed(void *argument, void *lent)
{
    const mixed *m = argument;
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    for (int i = 0; i < m->count; i++) {
        if (i < 2 && m->keys[i] < KEYS)
            CM_TRY(touch_key(db, m->keys[i]));
        CM_TRY(cm_tx_append(lent, &(cm_change){.type = "t", .resource = m->roots[i], .payload = bed_bytes("said")},
                            NULL, NULL, NULL));
    }
    return cm_ok();
}

static cm_status write_mixed(cm_journal *journal)
{
    int named = random_below(5); /* 0: nothing is said, else so many are; some requests need more */
    mixed m = {.count = 1 + random_below(3), .keys = {random_below(4 * KEYS), random_below(4 * KEYS)}};

    for (int i = 0; i < m.count; i++)
        m.roots[i] = cm_format("cities/%d", random_below(ROOTS));
    cm_touched touched = {(const char *const *)m.roots, (size_t)(named < m.count ? named : m.count)};
    cm_status s = cm_run_touching(cm_journal_writer(journal), named ? touched : (cm_touched){0}, run_mixed, &m);
    for (int i = 0; i < m.count; i++)
        free(m.roots[i]);
    return s;
}

static void *call(void *argument)
{
    journal_bed *b = argument;

    for (int i = 0; i < EACH; i++) {
        cm_status s = write_mixed(b->journal);
        if (!cm_is_ok(s)) {
            print_error("%s\n", cm_status_message(s));
            abort();
        }
    }
    return NULL;
}

/* In a child: a program that opens the store and appends. */
static void be_a_replica(const char *url)
{
    journal_bed b = {.path = (char *)url};
    pthread_t threads[THREADS];

    bed_open(&b);
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, call, &b) != 0)
            abort();
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    uint64_t deadlocks = cm_store_deadlocks(b.store);
    bed_close(&b);
    _exit(deadlocks ? 1 : 0);
}

static void replicas_with_any_mix_of_requests_leave_no_gap_and_no_deadlock(void **state)
{
    journal_bed *b = *state;
    pid_t children[PROCESSES];
    int ended;

    for (int i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0)
            be_a_replica(b->path);
    }
    for (int i = 0; i < PROCESSES; i++) {
        assert_int_equal(waitpid(children[i], &ended, 0), children[i]);
        assert_int_equal(ended, 0);
    }
    bed_open(b);
    assert_int_equal(bed_verified_rows(b), bed_integer_at(b->path, "SELECT count(*) FROM journal"));
    assert_true(bed_verified_rows(b) >= (int64_t)PROCESSES * THREADS * EACH);
    assert_int_equal(bed_integer_at(b->path, "SELECT count(*) FROM (SELECT part FROM journal GROUP BY part HAVING "
                                             "max(seq) <> count(*)) AS gaps"),
                     0);
    assert_int_equal(bed_integer_at(b->path, "SELECT count(*) FROM (SELECT resource FROM journal GROUP BY resource "
                                             "HAVING max(revision) <> count(*)) AS gaps"),
                     0);
    assert_int_equal(bed_integer_at(b->path, "SELECT count(*) FROM journal a JOIN journal b ON a.part = b.part AND "
                                             "a.seq = b.seq + 1 WHERE a.recorded_at <= b.recorded_at"),
                     0);
    assert_int_equal(bed_integer_at(b->path, "SELECT sum(deadlocks) FROM pg_stat_database"), 0);
}

/* ---- side by side ---- */

/* A request that stays where it is, its changes made, until the gate is opened. */
typedef struct staying {
    bed_gate gate;
    bed_append append;
    const char *names[1];
    cm_status outcome;
} staying;

static cm_status stay(cm_task *task, void *lent)
{
    staying *s = (staying *)task;

    CM_TRY(bed_run_append(&s->append, lent));
    return bed_gate_run(task, lent);
}

static void left(cm_task *task, cm_status outcome)
{
    ((staying *)task)->outcome = outcome;
    bed_gate_done(task, cm_ok());
}

static void begin_to_stay(staying *s, journal_bed *b, const char *resource)
{
    *s = (staying){.append = {.resource = resource, .name = "taken"}, .names = {resource}};
    s->gate = (bed_gate){.task = {.run = stay, .done = left, .touched = {s->names, 1}},
                         .lock = PTHREAD_MUTEX_INITIALIZER,
                         .opened = PTHREAD_COND_INITIALIZER};
    cm_submit(cm_journal_writer(b->journal), &s->gate.task);
    bed_gate_wait(&s->gate, &s->gate.entered);
}

static cm_status append_to(journal_bed *b, bed_append *a)
{
    const char *names[] = {a->resource};

    return cm_run_touching(cm_journal_writer(b->journal), (cm_touched){names, 1}, bed_run_append, a);
}

static void a_request_is_written_while_one_of_another_partition_is_under_way(void **state)
{
    journal_bed *b = *state;
    CM_FREE char *one = city_of(0), *other = city_of(1);
    staying s;
    bed_append a = {.resource = other};

    begin_to_stay(&s, b, one);
    assert_ok(append_to(b, &a));
    assert_int_equal(cm_journal_head(b->journal, 1), 1);
    assert_int_equal(cm_journal_head(b->journal, 0), 0);
    bed_gate_open(&s.gate);
    assert_ok(s.outcome);
    assert_int_equal(cm_journal_head(b->journal, 0), 1);
    assert_int_equal(bed_verified_rows(b), 2);
}

/* ---- requests that run again ---- */

typedef struct surprising {
    const char *said, *unsaid;
    int runs;
} surprising;

static cm_status run_surprising(void *argument, void *lent)
{
    surprising *s = argument;
    bed_append said = {.resource = s->said}, unsaid = {.resource = s->unsaid};

    s->runs++;
    CM_TRY(bed_run_append(&said, lent));
    return bed_run_append(&unsaid, lent);
}

static void a_request_that_needs_more_than_it_said_runs_again_and_is_recorded_once(void **state)
{
    journal_bed *b = *state;
    CM_FREE char *one = city_of(0), *other = city_of(1);
    surprising s = {one, other, 0};
    const char *names[] = {one};

    assert_ok(cm_run_touching(cm_journal_writer(b->journal), (cm_touched){names, 1}, run_surprising, &s));
    assert_int_equal(s.runs, 2);
    assert_int_equal(cm_counted(&b->journal->again), 1);
    assert_int_equal(bed_verified_rows(b), 2);
}

static cm_status run_holding(void *argument, void *lent)
{
    surprising *s = argument;
    bed_append said = {.resource = s->said};

    s->runs++;
    CM_TRY(cm_journal_hold(cm_tx_db(lent), s->said));
    CM_TRY(cm_journal_hold(cm_tx_db(lent), s->unsaid));
    return bed_run_append(&said, lent);
}

static void what_a_rule_depends_on_is_held(void **state)
{
    journal_bed *b = *state;
    CM_FREE char *one = city_of(0), *other = city_of(1);
    surprising s = {one, other, 0};
    const char *names[] = {one, other};

    assert_ok(cm_run_touching(cm_journal_writer(b->journal), (cm_touched){names, 2}, run_holding, &s));
    assert_int_equal(s.runs, 1);
    assert_ok(cm_run_touching(cm_journal_writer(b->journal), (cm_touched){names, 1}, run_holding, &s));
    assert_int_equal(s.runs, 3);
    assert_int_equal(bed_verified_rows(b), 2);
}

typedef struct rival {
    journal_bed *bed;
    bed_append append;
    pthread_t thread;
    cm_status outcome;
    bed_gate begun; /* used as a flag alone */
} rival;

static cm_status run_rival(void *argument, void *lent)
{
    rival *r = argument;

    bed_gate_set(&r->begun, &r->begun.entered);
    return bed_run_append(&r->append, lent);
}

static void *be_a_rival(void *argument)
{
    rival *r = argument;
    const char *names[] = {r->append.resource};

    r->outcome = cm_run_touching(cm_journal_writer(r->bed->journal), (cm_touched){names, 1}, run_rival, r);
    return NULL;
}

static void two_lanes_that_want_the_same_key_get_what_they_would_get_in_turn(void **state)
{
    journal_bed *b = *state;
    CM_FREE char *one = city_of(0), *other = city_of(1);
    staying s;
    rival r = {.bed = b,
               .append = {.resource = other, .name = "taken"},
               .begun = {.lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER}};

    begin_to_stay(&s, b, one);
    assert_int_equal(pthread_create(&r.thread, NULL, be_a_rival, &r), 0);
    bed_gate_wait(&r.begun, &r.begun.entered);
    bed_gate_open(&s.gate);
    pthread_join(r.thread, NULL);
    assert_ok(s.outcome);
    assert_fails(r.outcome, CM_ALREADY_EXISTS, "");
    assert_int_equal(cm_counted(&b->journal->again), 1);
    assert_int_equal(bed_verified_rows(b), 1);
}

/* ---- two that would wait for each other ---- */

typedef struct meeting {
    pthread_barrier_t both;
    journal_bed *bed;
} meeting;

typedef struct crossing {
    meeting *meeting;
    const char *resource;
    int keys[2];
    int runs;
    pthread_t thread;
    cm_status outcome;
} crossing;

/* The second key only once both have their first. */
static cm_status run_crossing(void *argument, void *lent)
{
    crossing *c = argument;
    bed_append a = {.resource = c->resource};
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    CM_TRY(touch_key(db, c->keys[0]));
    if (c->runs++ == 0)
        pthread_barrier_wait(&c->meeting->both);
    CM_TRY(touch_key(db, c->keys[1]));
    return bed_run_append(&a, lent);
}

static void *cross(void *argument)
{
    crossing *c = argument;
    const char *names[] = {c->resource};

    c->outcome = cm_run_touching(cm_journal_writer(c->meeting->bed->journal), (cm_touched){names, 1}, run_crossing, c);
    return NULL;
}

static void two_that_would_wait_for_each_other_are_both_written(void **state)
{
    journal_bed *b = *state;
    CM_FREE char *one = city_of(0), *other = city_of(1);
    meeting m = {.bed = b};
    crossing crossings[2] = {{.meeting = &m, .resource = one, .keys = {1, 2}},
                             {.meeting = &m, .resource = other, .keys = {2, 1}}};

    pthread_barrier_init(&m.both, NULL, 2);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&crossings[i].thread, NULL, cross, &crossings[i]), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(crossings[i].thread, NULL);
        assert_ok(crossings[i].outcome);
    }
    pthread_barrier_destroy(&m.both);
    assert_true(cm_counted(&b->journal->again) >= 1);
    assert_int_equal(cm_store_deadlocks(b->store), 0);
    assert_int_equal(bed_verified_rows(b), 2);
}

/* ---- one request_id, two requests ---- */

typedef struct reuse {
    journal_bed *bed;
    const char *resource, *request_id;
    uint8_t digest[CM_SHA256];
    cm_arena *arena;
    pthread_t thread;
    cm_status outcome;
} reuse;

static cm_status run_reuse(void *argument, void *lent)
{
    reuse *r = argument;
    cm_position *rows, at;
    bool known;
    int count;

    CM_TRY(cm_tx_known(lent, "anna", r->request_id, "Create", r->digest, r->arena, &known, &rows, &count));
    CM_TRY(cm_tx_append(lent, &(cm_change){.type = "t", .resource = r->resource}, &at, NULL, NULL));
    return cm_tx_remember(lent, "anna", r->request_id, "Create", r->digest, &at, 1);
}

static void *use(void *argument)
{
    reuse *r = argument;
    const char *names[] = {r->resource};

    r->outcome = cm_run_touching(cm_journal_writer(r->bed->journal), (cm_touched){names, 1}, run_reuse, r);
    return NULL;
}

static void a_request_id_that_two_requests_use_at_once_is_of_one_of_them(void **state)
{
    enum { TIMES = 20 };
    journal_bed *b = *state;
    CM_FREE char *one = city_of(0), *other = city_of(1);

    for (int i = 0; i < TIMES; i++) {
        CM_FREE char *id = cm_format("request-%d", i);
        reuse both[2] = {{b, one, id, {1}, cm_arena_new(), 0, {0}}, {b, other, id, {2}, cm_arena_new(), 0, {0}}};
        for (int k = 0; k < 2; k++)
            assert_int_equal(pthread_create(&both[k].thread, NULL, use, &both[k]), 0);
        for (int k = 0; k < 2; k++)
            pthread_join(both[k].thread, NULL);
        bool first = cm_is_ok(both[0].outcome);
        assert_ok(both[first ? 0 : 1].outcome);
        assert_fails(both[first ? 1 : 0].outcome, CM_ABORTED, id);
        cm_arena_free(both[0].arena);
        cm_arena_free(both[1].arena);
    }
    assert_int_equal(bed_verified_rows(b), TIMES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST_CLOSED(replicas_with_any_mix_of_requests_leave_no_gap_and_no_deadlock),
        BED_TEST(a_request_is_written_while_one_of_another_partition_is_under_way),
        BED_TEST(a_request_that_needs_more_than_it_said_runs_again_and_is_recorded_once),
        BED_TEST(what_a_rule_depends_on_is_held),
        BED_TEST(two_lanes_that_want_the_same_key_get_what_they_would_get_in_turn),
        BED_TEST(two_that_would_wait_for_each_other_are_both_written),
        BED_TEST(a_request_id_that_two_requests_use_at_once_is_of_one_of_them),
    };

    return pg_server_run_suite(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
