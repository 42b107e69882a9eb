/* A repeated request is answered from the rows that it wrote the first time. */
#include "journal_bed.h"

enum { MANY = 1000 };

typedef struct attempt {
    journal_bed *bed;
    const char *identity, *request_id, *method, *body;
    int rows;
    bool fails;
    bool known;
    int count;
    cm_position positions[MANY];
} attempt;

static cm_status act(attempt *a, cm_tx *tx, const uint8_t digest[CM_SHA256])
{
    for (int i = 0; i < a->rows; i++) {
        CM_FREE char *name = cm_format("cities/%d", i);
        CM_TRY(cm_tx_append(tx, &(cm_change){.type = "t", .resource = name}, &a->positions[i], NULL, NULL));
    }
    a->count = a->rows;
    CM_TRY(cm_tx_remember(tx, a->identity, a->request_id, a->method, digest, a->positions, a->rows));
    return a->fails ? cm_fail(CM_ABORTED, "as it was told") : cm_ok();
}

static cm_status run(void *argument, void *lent)
{
    attempt *a = argument;
    uint8_t digest[CM_SHA256];
    cm_position *positions;
    cm_bytes body = bed_bytes(a->body);
    CM_ARENA(arena);

    cm_sha256(&body, 1, digest);
    CM_TRY(cm_tx_known(lent, a->identity, a->request_id, a->method, digest, arena, &a->known, &positions, &a->count));
    if (!a->known)
        return act(a, lent, digest);
    memcpy(a->positions, positions, (size_t)a->count * sizeof *positions);
    return cm_ok();
}

static cm_status attempt_of(attempt *a)
{
    return cm_run_and_wait(cm_journal_writer(a->bed->journal), run, a);
}

static void a_repeat_gets_the_positions_of_the_first_also_after_reopening(void **state)
{
    journal_bed *b = *state;
    attempt first = {b, "ann", "r1", "Create", "body", .rows = MANY}, again = first;

    assert_ok(attempt_of(&first));
    assert_false(first.known);
    bed_close(b);
    bed_open(b);
    assert_ok(attempt_of(&again));
    assert_true(again.known);
    assert_int_equal(again.count, MANY);
    for (int i = 0; i < MANY; i++) {
        assert_int_equal(again.positions[i].part, first.positions[i].part);
        assert_int_equal(again.positions[i].seq, first.positions[i].seq);
    }
    assert_int_equal(bed_verified_rows(b), MANY);
}

static void a_request_that_wrote_nothing_is_known_too(void **state)
{
    journal_bed *b = *state;
    attempt first = {b, "ann", "r1", "Update", "body", .rows = 0}, again = first;

    assert_ok(attempt_of(&first));
    assert_ok(attempt_of(&again));
    assert_true(again.known);
    assert_int_equal(again.count, 0);
}

static void another_body_under_the_same_id_is_aborted_with_both_digests(void **state)
{
    journal_bed *b = *state;
    attempt first = {b, "ann", "r1", "Create", "body", .rows = 1}, other = first;

    other.body = "another body";
    assert_ok(attempt_of(&first));
    cm_status s = attempt_of(&other);
    assert_int_equal(s.code, CM_ABORTED);
    /* printf body | sha256sum; printf 'another body' | sha256sum */
    assert_non_null(strstr(cm_status_message(s), "230d8358dc8e8890b4c58deeb62912ee2f20357ae92a5cc861b98e68fe31acb5"));
    assert_non_null(strstr(cm_status_message(s), "867ad8c10a26b2e9273f73e17e4d0005c77b54c85fdebe168b354dee49477d7e"));
    assert_string_equal(s.error->reason, "REQUEST_ID_REUSED");
    cm_status_clear(&s);
    assert_int_equal(bed_verified_rows(b), 1);
}

static void another_method_under_the_same_id_is_aborted(void **state)
{
    attempt first = {*state, "ann", "r1", "Create", "body", .rows = 1}, other = first;

    other.method = "Update";
    assert_ok(attempt_of(&first));
    assert_fails(attempt_of(&other), CM_ABORTED, "Create");
}

static void an_id_is_the_callers_own(void **state)
{
    attempt ann = {*state, "ann", "r1", "Create", "body", .rows = 1}, ben = ann;

    ben.identity = "ben";
    ben.body = "another body";
    assert_ok(attempt_of(&ann));
    assert_ok(attempt_of(&ben));
    assert_false(ben.known);
}

static void a_request_without_an_id_is_never_known(void **state)
{
    attempt first = {*state, "ann", "", "Create", "body", .rows = 1}, again = first;

    assert_ok(attempt_of(&first));
    assert_ok(attempt_of(&again));
    assert_false(again.known);
    assert_int_equal(bed_verified_rows(*state), 2);
}

static void a_request_that_failed_is_not_known(void **state)
{
    attempt first = {*state, "ann", "r1", "Create", "body", .rows = 1, .fails = true}, again = first;

    assert_fails(attempt_of(&first), CM_ABORTED, "as it was told");
    again.fails = false;
    assert_ok(attempt_of(&again));
    assert_false(again.known);
    assert_int_equal(bed_verified_rows(*state), 1);
}

static int64_t requests_kept(journal_bed *b)
{
    cm_db *db;
    int64_t count;

    assert_ok(cm_store_reader(b->store, &db));
    assert_ok(cm_db_integer(db, "SELECT count(*) FROM requests", CM_NONE, -1, &count));
    cm_db_close(db);
    return count;
}

static void a_request_is_known_for_24_hours_and_forgotten_later(void **state)
{
    static const int64_t day = (int64_t)24 * 3600 * 1000000;
    journal_bed *b = *state;
    attempt first = {b, "ann", "r1", "Create", "body", .rows = 1}, again = first, late = first;
    int64_t now = bed_now;

    assert_ok(attempt_of(&first));
    bed_now = now + day;
    bed_settle(b);
    assert_ok(attempt_of(&again));
    assert_true(again.known);
    bed_now = now + day + 1;
    bed_settle(b); /* any commit will do */
    assert_int_equal(requests_kept(b), 0);
    assert_ok(attempt_of(&late));
    assert_false(late.known);
    bed_now = now;
}

static void no_commit_forgets_more_than_a_few_and_all_are_forgotten_in_time(void **state)
{
    journal_bed *b = *state;
    int64_t now = bed_now, left = 100;

    for (int i = 0; i < 100; i++) {
        CM_FREE char *id = cm_format("r%d", i);
        attempt a = {b, "ann", id, "Create", "body", .rows = 0};
        assert_ok(attempt_of(&a));
    }
    bed_now = now + (int64_t)25 * 3600 * 1000000;
    while (left > 0) {
        bed_settle(b);
        int64_t kept = requests_kept(b);
        assert_true(kept < left && left - kept <= 18);
        left = kept;
    }
    bed_now = now;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_repeat_gets_the_positions_of_the_first_also_after_reopening),
        BED_TEST(a_request_that_wrote_nothing_is_known_too),
        BED_TEST(another_body_under_the_same_id_is_aborted_with_both_digests),
        BED_TEST(another_method_under_the_same_id_is_aborted),
        BED_TEST(an_id_is_the_callers_own),
        BED_TEST(a_request_without_an_id_is_never_known),
        BED_TEST(a_request_that_failed_is_not_known),
        BED_TEST(a_request_is_known_for_24_hours_and_forgotten_later),
        BED_TEST(no_commit_forgets_more_than_a_few_and_all_are_forgotten_in_time),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
