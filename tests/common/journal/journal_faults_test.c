/* A disk that is full or fails: what was answered stays, what was not is nowhere, and the journal goes on by itself. */
#include "../store/fault_vfs.h"
#include "journal_bed.h"

#include <sys/wait.h>

enum { PAYLOAD = 20000, WRITES_MOST = 60, POWER_CUTS = 60 };

static cm_status checkpoint_often(void *argument, void *lent)
{
    return cm_db_script(cm_tx_db(lent), "PRAGMA wal_autocheckpoint = 10");
}

/* A row whose payload takes several pages. */
static cm_status add_big(journal_bed *b)
{
    char *payload = cm_alloc(PAYLOAD + 1);
    bed_append a = {.resource = "cities/a", .payload = payload};

    memset(payload, 'x', PAYLOAD);
    cm_status s = cm_run_and_wait(cm_journal_writer(b->journal), bed_run_append, &a);
    free(payload);
    return s;
}

/* A row after row, each of whose writes fails in its turn; answers how many rows failed. */
static int fail_at_each_write(journal_bed *b, const char *files, int error, cm_code code)
{
    int failed = 0;

    for (int writes = 0; writes < WRITES_MOST; writes++) {
        int64_t rows = bed_verified_rows(b);
        fault_after(files, writes, -1, error);
        cm_status s = add_big(b);
        bool refused = !cm_is_ok(s);
        if (refused && s.code != code)
            print_error("%s instead of %s: %s\n", cm_code_name(s.code), cm_code_name(code), cm_status_message(s));
        assert_true(!refused || s.code == code);
        cm_status_clear(&s);
        assert_int_equal(bed_verified_rows(b), rows + !refused); /* reading goes on while the disk fails */
        fault_none();
        assert_ok(add_big(b));
        assert_int_equal(bed_verified_rows(b), rows + 1 + !refused);
        failed += refused;
    }
    return failed;
}

static void wherever_the_disk_is_full_the_request_is_refused_and_the_next_goes_through(void **state)
{
    journal_bed *b = *state;

    int failed = fail_at_each_write(b, "wal", SQLITE_FULL, CM_RESOURCE_EXHAUSTED);
    assert_true(failed > 5 && failed < WRITES_MOST); /* so that every write of a commit was met */
    int64_t rows = bed_verified_rows(b);
    bed_close(b);
    bed_open(b);
    assert_int_equal(bed_verified_rows(b), rows);
}

static void wherever_a_write_fails_the_outcome_is_unavailable_and_nothing_is_left(void **state)
{
    journal_bed *b = *state;

    assert_true(fail_at_each_write(b, "wal", SQLITE_IOERR_WRITE, CM_UNAVAILABLE) > 5);
    int64_t rows = bed_verified_rows(b);
    bed_close(b);
    bed_open(b);
    assert_int_equal(bed_verified_rows(b), rows);
}

static void a_commit_whose_fsync_fails_is_not_answered_as_done(void **state)
{
    journal_bed *b = *state;

    for (int i = 0; i < 5; i++) {
        fault_after("wal", -1, 0, SQLITE_FULL);
        assert_fails(add_big(b), CM_UNAVAILABLE, "");
        assert_int_equal(bed_verified_rows(b), i);
        fault_none();
        assert_ok(add_big(b));
        assert_int_equal(bed_verified_rows(b), i + 1);
    }
    bed_close(b);
    bed_open(b);
    assert_int_equal(bed_verified_rows(b), 5);
}

/* A request with an id, as a client repeats it. */
typedef struct identified {
    bool known;
    cm_position at;
} identified;

static cm_status add_identified(void *argument, void *lent)
{
    identified *i = argument;
    static const uint8_t digest[CM_SHA256] = {1};
    cm_position *rows;
    int count;
    CM_ARENA(arena);

    CM_TRY(cm_tx_known(lent, "ann", "r1", "Create", digest, arena, &i->known, &rows, &count));
    if (i->known) {
        i->at = rows[0];
        return cm_ok();
    }
    CM_TRY(
        cm_tx_append(lent, &(cm_change){.type = "t", .resource = "cities/a", .request_id = "r1"}, &i->at, NULL, NULL));
    return cm_tx_remember(lent, "ann", "r1", "Create", digest, &i->at, 1);
}

/* So that the next commit is not the first of the log, whose header is synced before the commit is written. */
static cm_status remember_another(void *argument, void *lent)
{
    static const uint8_t digest[CM_SHA256] = {1};

    return cm_tx_remember(lent, "bob", "r0", "Create", digest, NULL, 0);
}

/* The child: its commit is written, but not known to be on disk when the process dies. */
static void die_with_a_commit_of_unknown_outcome(journal_bed *b)
{
    identified first = {false};

    bed_open(b);
    cm_status s = cm_run_and_wait(cm_journal_writer(b->journal), remember_another, NULL);
    if (!cm_is_ok(s))
        _exit(2);
    fault_after("wal", -1, 0, SQLITE_FULL);
    s = cm_run_and_wait(cm_journal_writer(b->journal), add_identified, &first);
    _exit(s.code == CM_UNAVAILABLE ? 0 : 1);
}

static void a_commit_of_unknown_outcome_is_looked_up_by_the_repeat(void **state)
{
    journal_bed *b = *state;
    identified again = {false};
    int outcome;
    pid_t child = fork();

    if (child == 0)
        die_with_a_commit_of_unknown_outcome(b);
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_int_equal(outcome, 0);
    bed_open(b);
    assert_int_equal(bed_verified_rows(b), 1); /* it had come through, though nobody could know */
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), add_identified, &again));
    assert_true(again.known);
    assert_int_equal(again.at.seq, 1);
    assert_int_equal(bed_verified_rows(b), 1);
}

/* The log's pages cannot be carried into the file: commits go on in the log. */
static void a_checkpoint_that_fails_holds_up_nobody(void **state)
{
    journal_bed *b = *state;

    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), checkpoint_often, NULL));
    fault_after("database", 0, 0, SQLITE_FULL);
    for (int i = 0; i < 20; i++)
        assert_ok(add_big(b));
    assert_int_equal(bed_verified_rows(b), 20);
    assert_true(atomic_load(&fault.refused) > 0); /* some were tried */
    fault_none();
    assert_ok(add_big(b));
    bed_close(b);
    bed_open(b);
    assert_int_equal(bed_verified_rows(b), 21);
}

/* Three requests of one batch while the disk takes only so much, and what each was told. */
static void whatever_a_batch_was_told_is_what_is_there(void **state)
{
    journal_bed *b = *state;
    int64_t expected = 0, refused = 0;
    char *payload = cm_alloc(PAYLOAD + 1);

    memset(payload, 'x', PAYLOAD);
    for (int writes = 0; writes < WRITES_MOST; writes += 4) {
        bed_request r[3];
        bed_gate gate;
        bed_gate_enter(&gate, cm_journal_writer(b->journal));
        for (int i = 0; i < 3; i++) {
            r[i] = (bed_request){.append = {.resource = "cities/a", .payload = i == 1 ? payload : "small"}};
            bed_request_submit(b, &r[i]);
        }
        fault_after("wal", writes, -1, SQLITE_FULL);
        bed_gate_open(&gate);
        cm_status waited = cm_run_and_wait(cm_journal_writer(b->journal), bed_nothing, NULL);
        cm_status_clear(&waited);
        fault_none();
        for (int i = 0; i < 3; i++) {
            expected += cm_is_ok(r[i].outcome);
            refused += !cm_is_ok(r[i].outcome);
            assert_true(cm_is_ok(r[i].outcome) || r[i].outcome.code == CM_RESOURCE_EXHAUSTED);
            cm_status_clear(&r[i].outcome);
        }
        assert_int_equal(bed_verified_rows(b), expected);
    }
    assert_true(refused > 0 && expected > 0);
    free(payload);
}

/* The child: row after row, each told through the pipe once it is answered, until the power goes. */
static void write_until_the_power_goes(journal_bed *b, int after, int pipe)
{
    bed_open(b);
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), checkpoint_often, NULL));
    fault_power(after);
    for (;;) {
        assert_ok(add_big(b));
        assert_int_equal(write(pipe, "1", 1), 1);
    }
}

/* How many rows were answered before the power went at the so many-th write or fsync. */
static int answered_until_the_power_went(journal_bed *b, int after)
{
    int ends[2], answered = 0, outcome;
    char told;

    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0)
        write_until_the_power_goes(b, after, ends[1]);
    close(ends[1]);
    while (read(ends[0], &told, 1) == 1)
        answered++;
    close(ends[0]);
    assert_int_equal(waitpid(child, &outcome, 0), child);
    assert_int_equal(outcome, 0);
    return answered;
}

static void no_answered_row_is_lost_when_the_power_goes(void **state)
{
    journal_bed *b = *state;
    int64_t answered = 0;

    for (int after = 1; after <= POWER_CUTS; after++) {
        answered += answered_until_the_power_went(b, after);
        bed_open(b);
        int64_t there = bed_verified_rows(b);
        assert_true(there == answered || there == answered + 1); /* one was under way, or answered and not yet told */
        answered = there;
        bed_close(b);
    }
}

static int set_up_fault(void **state)
{
    fault_none();
    return bed_set_up(state);
}

static int set_up_fault_closed(void **state)
{
    fault_none();
    return bed_set_up_closed(state);
}

static int tear_down_fault(void **state)
{
    fault_none();
    return bed_tear_down(state);
}

#define FAULT_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_fault, tear_down_fault)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FAULT_TEST(wherever_the_disk_is_full_the_request_is_refused_and_the_next_goes_through),
        FAULT_TEST(wherever_a_write_fails_the_outcome_is_unavailable_and_nothing_is_left),
        FAULT_TEST(a_commit_whose_fsync_fails_is_not_answered_as_done),
        cmocka_unit_test_setup_teardown(a_commit_of_unknown_outcome_is_looked_up_by_the_repeat, set_up_fault_closed,
                                        tear_down_fault),
        cmocka_unit_test_setup_teardown(no_answered_row_is_lost_when_the_power_goes, set_up_fault_closed,
                                        tear_down_fault),
        FAULT_TEST(a_checkpoint_that_fails_holds_up_nobody),
        FAULT_TEST(whatever_a_batch_was_told_is_what_is_there),
    };

    fault_register();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
