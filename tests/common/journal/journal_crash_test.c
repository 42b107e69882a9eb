/* What was answered is on disk, whatever happens; what was not has left nothing half done. */
#include "journal_bed.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum { KILLS = 25, WRITERS = 4 };

/* What the child tells of each row that was answered. */
typedef struct acknowledged {
    cm_position at;
    int number;
} acknowledged;

typedef struct writing {
    cm_journal *journal;
    int pipe, first;
} writing;

static void *write_for_ever(void *argument)
{
    const writing *w = argument;

    for (int number = w->first;; number += WRITERS) {
        CM_FREE char *resource = cm_format("cities/%d", number);
        bed_append a = {.resource = resource, .payload = resource};
        cm_status s = cm_run_and_wait(cm_journal_writer(w->journal), bed_run_append, &a);
        acknowledged told = {a.at, number};
        if (!cm_is_ok(s) || write(w->pipe, &told, sizeof told) != sizeof told)
            _exit(1);
    }
    return NULL;
}

/* The child: several callers that write until they are killed. */
static void write_until_killed(journal_bed *b, int pipe, int first)
{
    pthread_t threads[WRITERS];
    writing writings[WRITERS];

    bed_open(b);
    for (int i = 0; i < WRITERS; i++) {
        writings[i] = (writing){b->journal, pipe, first + i};
        pthread_create(&threads[i], NULL, write_for_ever, &writings[i]);
    }
    pthread_join(threads[0], NULL);
    _exit(1);
}

typedef struct known {
    acknowledged *rows;
    size_t count, capacity;
} known;

static bool hear(int pipe, known *k)
{
    acknowledged told;

    if (read(pipe, &told, sizeof told) != sizeof told)
        return false;
    CM_GROW(k->rows, k->capacity, k->count + 1);
    k->rows[k->count++] = told;
    return true;
}

/* Lets a child write, kills it after so many answers, and hears what it answered up to the end. */
static void kill_after(journal_bed *b, int answers, int first, known *k)
{
    int pipes[2];

    assert_int_equal(pipe(pipes), 0);
    pid_t child = fork();
    if (child == 0) {
        close(pipes[0]);
        write_until_killed(b, pipes[1], first);
    }
    close(pipes[1]);
    for (int i = 0; i < answers; i++)
        assert_true(hear(pipes[0], k));
    kill(child, SIGKILL);
    while (hear(pipes[0], k))
        ;
    close(pipes[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void assert_all_there(journal_bed *b, const known *k)
{
    cm_db *db;
    cm_row *row;

    assert_ok(cm_store_reader(b->store, &db));
    for (size_t i = 0; i < k->count; i++) {
        CM_FREE char *resource = cm_format("cities/%d", k->rows[i].number);
        cm_arena_reset(b->arena);
        assert_ok(cm_journal_at(db, k->rows[i].at, b->arena, &row));
        assert_non_null(row);
        assert_string_equal(row->resource, resource);
        assert_memory_equal(row->payload.data, resource, row->payload.size);
    }
    cm_db_close(db);
}

static void no_answered_row_is_lost_however_often_the_process_is_killed(void **state)
{
    journal_bed *b = *state;
    known k = {0};
    uint32_t chance;

    for (int i = 0; i < KILLS; i++) {
        cm_random(&chance, sizeof chance);
        kill_after(b, (int)(chance % 300), i * 10000000, &k);
        bed_open(b);
        assert_all_there(b, &k);
        assert_true(bed_verified_rows(b) >= (int64_t)k.count);
        bed_close(b);
    }
    free(k.rows);
    bed_open(b);
}

typedef struct many {
    int count;
    const char *payload;
} many;

static cm_status append_many(void *argument, void *lent)
{
    const many *m = argument;

    for (int i = 0; i < m->count; i++) {
        CM_FREE char *name = cm_format("cities/%d", i);
        CM_TRY(cm_tx_append(lent, &(cm_change){.type = "t", .resource = name, .payload = bed_bytes(m->payload)}, NULL,
                            NULL, NULL));
    }
    return cm_ok();
}

/* Three requests in one batch, and one that only waits: it may be in the batch too. */
static void submit_three(journal_bed *b, bed_request *r)
{
    bed_gate gate;
    cm_status waited;

    bed_gate_enter(&gate, cm_journal_writer(b->journal));
    for (int i = 0; i < 3; i++)
        bed_request_submit(b, &r[i]);
    bed_gate_open(&gate);
    waited = cm_run_and_wait(cm_journal_writer(b->journal), bed_nothing, NULL);
    cm_status_clear(&waited);
}

/* The child, whose files may not grow: the commit cannot be written. */
static int fail_a_commit(journal_bed *b)
{
    bed_request failing[3], working[3];
    int wrong = 0;

    for (int i = 0; i < 3; i++)
        failing[i] = working[i] = (bed_request){.append = {.resource = "cities/a", .outcome = i == 1 ? CM_ABORTED : 0}};
    signal(SIGXFSZ, SIG_IGN);
    bed_open(b);
    bed_add(b, "cities/a", "before");
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, RLIM_INFINITY});
    submit_three(b, failing);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
    submit_three(b, working);
    for (int i = 0; i < 3; i++) {
        wrong += failing[i].outcome.code != CM_UNAVAILABLE;
        wrong += working[i].outcome.code != (i == 1 ? CM_ABORTED : CM_OK);
        cm_status_clear(&failing[i].outcome);
        cm_status_clear(&working[i].outcome);
    }
    wrong += working[0].append.at.seq != 2;
    wrong += working[2].append.at.seq != 3;
    wrong += cm_journal_head(b->journal, working[0].append.at.part) != 3;
    bed_close(b);
    return wrong;
}

static void a_commit_that_fails_fails_what_it_held_and_the_journal_goes_on(void **state)
{
    journal_bed *b = *state;
    pid_t child = fork();
    int outcome;

    if (child == 0)
        _exit(fail_a_commit(b));
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_true(WIFEXITED(outcome));
    assert_int_equal(WEXITSTATUS(outcome), 0);
    bed_open(b);
    assert_int_equal(bed_verified_rows(b), 3);
}

static cm_status bound_pages(void *argument, void *lent)
{
    return cm_db_script(cm_tx_db(lent), argument);
}

static void a_full_disk_is_told_and_the_journal_goes_on_when_there_is_room(void **state)
{
    journal_bed *b = *state;
    char *payload = cm_alloc(100001);
    many m = {10, payload};

    bed_open(b);
    memset(payload, 'x', 100000);
    bed_add(b, "cities/a", "before");
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), bound_pages, "PRAGMA max_page_count = 50"));
    assert_fails(cm_run_and_wait(cm_journal_writer(b->journal), append_many, &m), CM_RESOURCE_EXHAUSTED, "full");
    assert_int_equal(bed_verified_rows(b), 1); /* reading goes on */
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), bound_pages, "PRAGMA max_page_count = 5000"));
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), append_many, &m));
    bed_close(b);
    bed_open(b);
    assert_int_equal(bed_verified_rows(b), 11);
    free(payload);
}

/* One request of the batch asks for more than there is room for. */
static void a_request_too_big_for_the_disk_fails_alone(void **state)
{
    journal_bed *b = *state;
    char *payload = cm_alloc(1000001);
    bed_request r[3];

    memset(payload, 'x', 1000000);
    for (int i = 0; i < 3; i++)
        r[i] = (bed_request){.append = {.resource = "cities/a", .payload = i == 1 ? payload : "small"}};
    bed_open(b);
    bed_add(b, "cities/a", "before");
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), bound_pages, "PRAGMA max_page_count = 100"));
    submit_three(b, r);
    assert_ok(r[0].outcome);
    assert_fails(r[1].outcome, CM_RESOURCE_EXHAUSTED, "full");
    assert_ok(r[2].outcome);
    assert_int_equal(r[0].append.at.seq, 2);
    assert_int_equal(r[2].append.at.seq, 3);
    assert_int_equal(bed_verified_rows(b), 3);
    free(payload);
}

static void two_processes_never_have_one_journal(void **state)
{
    journal_bed *b = *state;
    pid_t child;
    int outcome;

    bed_open(b);
    child = fork();
    if (child == 0) {
        cm_store *second;
        cm_status s = cm_store_open(b->path, &second);
        _exit((int)s.code);
    }
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_int_equal(WEXITSTATUS(outcome), CM_UNAVAILABLE);
    bed_add(b, "cities/a", "goes on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST_CLOSED(no_answered_row_is_lost_however_often_the_process_is_killed),
        BED_TEST_CLOSED(a_commit_that_fails_fails_what_it_held_and_the_journal_goes_on),
        BED_TEST_CLOSED(a_full_disk_is_told_and_the_journal_goes_on_when_there_is_room),
        BED_TEST_CLOSED(a_request_too_big_for_the_disk_fails_alone),
        BED_TEST_CLOSED(two_processes_never_have_one_journal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
