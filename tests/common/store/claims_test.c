/* Work that replicas share: each piece is held by one at most, and by somebody as long as there is anybody. */
#include "pg_server.h"

#include <sched.h>

#include "store/cm_claims.h"

enum { PIECES = 8, LEASE_MS = 60000, SHORT_MS = 300 };

static pg_server server;

typedef struct member {
    cm_store *store;
    cm_claims *claims;
} member;

static member join(const char *url, int lease_ms)
{
    member m;

    assert_ok(cm_store_open(url, &m.store));
    assert_ok(cm_claims_open(m.store, "relay", PIECES, lease_ms, &m.claims));
    return m;
}

static void leave(member *m)
{
    cm_claims_close(m->claims);
    cm_store_close(m->store);
}

static int held(const member *m)
{
    int count = 0;

    for (int piece = 0; piece < PIECES; piece++)
        count += cm_claims_held(m->claims, piece);
    return count;
}

static void assert_none_held_twice(const member *members, int count)
{
    for (int piece = 0; piece < PIECES; piece++) {
        int holders = 0;
        for (int i = 0; i < count; i++)
            holders += cm_claims_held(members[i].claims, piece);
        assert_in_range(holders, 0, 1);
    }
}

static void give_spare(member *m)
{
    for (int piece = 0; piece < PIECES && cm_claims_spare(m->claims); piece++)
        assert_ok(cm_claims_give(m->claims, piece));
}

/* Some rounds of renewing and giving, as owners do it. */
static void share(member *members, int count)
{
    for (int i = 0; i < 2 * count; i++) {
        member *m = &members[i % count];
        assert_ok(cm_claims_renew(m->claims));
        give_spare(m);
        assert_none_held_twice(members, count);
    }
}

static void one_program_with_a_file_holds_everything(void **state)
{
    member m = join("sqlite::memory:", SHORT_MS);

    assert_int_equal(held(&m), 0);
    assert_ok(cm_claims_renew(m.claims));
    assert_int_equal(held(&m), PIECES);
    assert_int_equal(cm_claims_spare(m.claims), 0);
    leave(&m);
}

static void whoever_is_alone_holds_everything(void **state)
{
    member m = join(*state, LEASE_MS);

    assert_int_equal(held(&m), 0);
    assert_ok(cm_claims_renew(m.claims));
    assert_int_equal(held(&m), PIECES);
    leave(&m);
}

static void members_come_to_even_shares(void **state)
{
    member members[3] = {join(*state, LEASE_MS), join(*state, LEASE_MS), join(*state, LEASE_MS)};

    for (int count = 1; count <= 3; count++)
        share(members, count);
    while (held(&members[0]) + held(&members[1]) + held(&members[2]) < PIECES)
        share(members, 3);
    assert_int_equal(held(&members[0]) + held(&members[1]) + held(&members[2]), PIECES);
    for (int i = 0; i < 3; i++)
        assert_in_range(held(&members[i]), 2, 3);
    leave(&members[0]);
    while (held(&members[1]) != PIECES / 2 || held(&members[2]) != PIECES / 2)
        share(members + 1, 2); /* the server may be slow to see that a session has ended */
    leave(&members[1]);
    leave(&members[2]);
}

/* Whether it holds pieces from … to - 1, and no others. */
static bool holds(const member *m, int from, int to)
{
    for (int piece = 0; piece < PIECES; piece++)
        if (cm_claims_held(m->claims, piece) != (piece >= from && piece < to))
            return false;
    return true;
}

static void give_unwanted(member *m)
{
    for (int piece = 0; piece < PIECES && cm_claims_spare(m->claims); piece++)
        if (!cm_claims_wanted(m->claims, piece))
            assert_ok(cm_claims_give(m->claims, piece));
}

static void members_take_what_they_are_told_to(void **state)
{
    static const bool low[PIECES] = {true, true}, high[PIECES] = {false, false, true, true, true, true, true, true};
    member first = join(*state, LEASE_MS), second = join(*state, LEASE_MS);

    assert_ok(cm_claims_renew(first.claims));
    assert_true(holds(&first, 0, PIECES));
    cm_claims_want(first.claims, low);
    cm_claims_want(second.claims, high);
    assert_ok(cm_claims_renew(first.claims));
    assert_int_equal(cm_claims_spare(first.claims), PIECES - 2);
    give_unwanted(&first);
    assert_ok(cm_claims_renew(second.claims));
    assert_true(holds(&first, 0, 2));
    assert_true(holds(&second, 2, PIECES));
    cm_claims_want(second.claims, NULL); /* nobody tells any more */
    assert_ok(cm_claims_renew(second.claims));
    assert_int_equal(cm_claims_spare(second.claims), 2);
    leave(&first);
    leave(&second);
}

static void what_nobody_comes_for_is_taken_after_a_lease(void **state)
{
    static const bool low[PIECES] = {true, true}, none[PIECES];
    member m = join(*state, SHORT_MS);

    cm_claims_want(m.claims, low);
    assert_ok(cm_claims_renew(m.claims));
    assert_true(holds(&m, 0, 2));
    do {
        sched_yield();
        assert_ok(cm_claims_renew(m.claims));
    } while (!holds(&m, 0, PIECES));
    assert_int_equal(cm_claims_spare(m.claims), 0);
    cm_claims_want(m.claims, low); /* as before: what was left stays */
    assert_ok(cm_claims_renew(m.claims));
    assert_int_equal(cm_claims_spare(m.claims), 0);
    cm_claims_want(m.claims, none);
    assert_ok(cm_claims_renew(m.claims));
    assert_int_equal(cm_claims_spare(m.claims), PIECES);
    leave(&m);
}

static void schemas_and_purposes_have_claims_of_their_own(void **state)
{
    char *other = pg_server_url(&server);
    member here = join(*state, LEASE_MS), there = join(other, LEASE_MS);
    cm_claims *feed;

    assert_ok(cm_claims_open(here.store, "feed", PIECES, LEASE_MS, &feed));
    assert_ok(cm_claims_renew(here.claims));
    assert_ok(cm_claims_renew(there.claims));
    assert_ok(cm_claims_renew(feed));
    assert_int_equal(held(&here), PIECES);
    assert_int_equal(held(&there), PIECES);
    assert_true(cm_claims_held(feed, 0));
    cm_claims_close(feed);
    leave(&here);
    leave(&there);
    free(other);
}

static void end_sessions(void)
{
    pg_server_execute(&server, "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND "
                               "objsubid = 2 AND objid = 1");
}

static void whoever_lost_its_session_finds_out_before_it_holds_again(void **state)
{
    member first = join(*state, LEASE_MS), second = join(*state, LEASE_MS);
    cm_status s;

    assert_ok(cm_claims_renew(first.claims));
    end_sessions();
    do {
        assert_ok(cm_claims_renew(second.claims));
        sched_yield();
    } while (held(&second) < PIECES);
    s = cm_claims_renew(first.claims); /* may tell that the session is gone, or have a new one */
    cm_status_clear(&s);
    assert_int_equal(held(&first), 0);
    while (held(&first) != PIECES / 2)
        share((member[]){second, first}, 2);
    leave(&first);
    leave(&second);
}

static void whoever_stands_still_loses_what_it_held_to_the_others(void **state)
{
    member still = join(*state, SHORT_MS), other = join(*state, LEASE_MS);

    assert_ok(cm_claims_renew(still.claims));
    do {
        assert_ok(cm_claims_renew(other.claims));
        assert_none_held_twice((member[]){still, other}, 2);
        sched_yield();
    } while (held(&other) < PIECES);
    assert_int_equal(held(&still), 0);
    leave(&still);
    leave(&other);
}

static void a_server_that_is_away_leaves_nothing_held(void **state)
{
    member m = join(*state, LEASE_MS);

    assert_ok(cm_claims_renew(m.claims));
    pg_server_crash(&server);
    assert_fails(cm_claims_renew(m.claims), CM_UNAVAILABLE, "");
    assert_int_equal(held(&m), 0);
    pg_server_run(&server);
    assert_ok(cm_claims_renew(m.claims));
    assert_int_equal(held(&m), PIECES);
    leave(&m);
}

static int set_up(void **state)
{
    *state = pg_server_url(&server);
    return 0;
}

static int tear_down(void **state)
{
    free(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest embedded[] = {cmocka_unit_test(one_program_with_a_file_holds_everything)};
    const struct CMUnitTest tests[] = {
        TEST(whoever_is_alone_holds_everything),
        TEST(members_come_to_even_shares),
        TEST(members_take_what_they_are_told_to),
        TEST(what_nobody_comes_for_is_taken_after_a_lease),
        TEST(schemas_and_purposes_have_claims_of_their_own),
        TEST(whoever_lost_its_session_finds_out_before_it_holds_again),
        TEST(whoever_stands_still_loses_what_it_held_to_the_others),
        TEST(a_server_that_is_away_leaves_nothing_held),
    };
    int failed = cmocka_run_group_tests_name("sqlite", embedded, NULL, NULL);

    return failed + pg_server_run_suite(&server, tests, sizeof tests / sizeof *tests);
}
