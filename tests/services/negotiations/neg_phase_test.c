#include "neg_bed.h"

#include <stdio.h>

#include "negotiations/neg_phase.h"

enum { PHASES = NEG_PHASE_LAPSED + 1 };

static cm_date day(const char *text)
{
    cm_date date;

    check_ok(cm_date_parse(text, &date));
    return date;
}

static NegNegotiation *in_phase(cm_arena *arena, NegPhase phase)
{
    NegNegotiation *n = CM_NEW(arena, NegNegotiation);

    n->name = "negotiations/n";
    n->phase = phase;
    n->start = "2015-01";
    neg_phase_begin(n, arena);
    return n;
}

static void the_whole_course_is_walked_step_by_step(void **state)
{
    NegNegotiation *n = in_phase(*state, NEG_PHASE_PRENEGOTIATION);

    check_ok(neg_phase_advance(n, NEG_PHASE_FORMULA, day("2015-02"), *state));
    check_ok(neg_phase_advance(n, NEG_PHASE_DETAIL, day("2015-02-10"), *state));
    check_ok(neg_phase_advance(n, NEG_PHASE_AGREED, day("2015"), *state));
    check_ok(neg_phase_advance(n, NEG_PHASE_IMPLEMENTATION, day("2016-01-01"), *state));
    check_ok(neg_phase_advance(n, NEG_PHASE_LAPSED, day("2020"), *state));
    assert_int_equal(n->n_phase_history, 6);
    assert_string_equal(n->phase_history[0]->date, "2015-01");
    assert_string_equal(n->phase_history[2]->date, "2015-02-10");
    assert_int_equal(n->phase_history[5]->phase, NEG_PHASE_LAPSED);
    assert_int_equal(n->phase, NEG_PHASE_LAPSED);
}

/* The machine once more, as it is told to people: which phase may follow which. */
static void each_pair_of_phases_is_allowed_or_refused_as_the_machine_says(void **state)
{
    static const char *const rows[PHASES] = {
        /* to: -, prenegotiation, formula, detail, agreed, implementation, suspended, terminated, lapsed */
        [NEG_PHASE_PRENEGOTIATION] = "-.x...xxx", [NEG_PHASE_FORMULA] = "-..x..xxx",
        [NEG_PHASE_DETAIL] = "-...x.xxx",         [NEG_PHASE_AGREED] = "-....xxxx",
        [NEG_PHASE_IMPLEMENTATION] = "-.....xxx", [NEG_PHASE_SUSPENDED] = "-xxxxx.xx",
        [NEG_PHASE_TERMINATED] = "-........",     [NEG_PHASE_LAPSED] = "-........",
    };

    for (int from = 1; from < PHASES; from++)
        for (int to = 1; to < PHASES; to++) {
            NegNegotiation *n = in_phase(*state, (NegPhase)from);
            cm_status s = neg_phase_advance(n, (NegPhase)to, day("2016"), *state);
            assert_int_equal(cm_is_ok(s), rows[from][to] == 'x');
            assert_int_equal(n->phase, cm_is_ok(s) ? to : from);
            assert_int_equal(n->n_phase_history, cm_is_ok(s) ? 2 : 1);
            cm_status_clear(&s);
        }
}

static void an_impossible_step_names_both_phases_and_the_steps_that_are_allowed(void **state)
{
    NegNegotiation *n = in_phase(*state, NEG_PHASE_FORMULA);
    cm_status s = neg_phase_advance(n, NEG_PHASE_AGREED, day("2016"), *state);

    check_field(s, "phase");
    assert_string_equal(s.error->reason, "PHASE_STEP_NOT_ALLOWED");
    check_fails(
        s, CM_FAILED_PRECONDITION,
        "phase: negotiations/n cannot move from formula to agreed; from formula it may move to detail, suspended, "
        "terminated or lapsed");
    n = in_phase(*state, NEG_PHASE_LAPSED);
    check_fails(neg_phase_advance(n, NEG_PHASE_AGREED, day("2016"), *state), CM_FAILED_PRECONDITION,
                "cannot move from lapsed to agreed; from lapsed nothing follows");
    check_fails(neg_phase_advance(n, (NegPhase)77, day("2016"), *state), CM_FAILED_PRECONDITION, "from lapsed to 77");
}

static void what_rested_goes_on_where_it_rested(void **state)
{
    NegNegotiation *n = in_phase(*state, NEG_PHASE_DETAIL);

    check_ok(neg_phase_advance(n, NEG_PHASE_SUSPENDED, day("2016"), *state));
    check_fails(neg_phase_advance(n, NEG_PHASE_AGREED, day("2017"), *state), CM_FAILED_PRECONDITION,
                "from suspended it may move to detail, terminated or lapsed");
    check_ok(neg_phase_advance(n, NEG_PHASE_DETAIL, day("2017"), *state));
}

static void a_step_is_never_before_the_start_or_an_earlier_step(void **state)
{
    NegNegotiation *n = in_phase(*state, NEG_PHASE_DETAIL); /* undated */
    cm_status s = neg_phase_advance(n, NEG_PHASE_AGREED, day("2014-12-31"), *state);

    check_field(s, "date");
    check_fails(s, CM_FAILED_PRECONDITION, "2014-12-31 is before the start on 2015-01");
    check_ok(neg_phase_advance(n, NEG_PHASE_AGREED, day("2016-03-05"), *state));
    check_fails(neg_phase_advance(n, NEG_PHASE_IMPLEMENTATION, day("2016-02"), *state), CM_FAILED_PRECONDITION,
                "2016-02 is before the last step on 2016-03-05");
    assert_int_equal(n->n_phase_history, 2);
    check_ok(neg_phase_advance(n, NEG_PHASE_IMPLEMENTATION, day("2016"), *state)); /* may be later in that year */
}

static void a_history_begins_with_the_date_that_the_fact_gives(void **state)
{
    static const struct {
        NegPhase phase;
        const char *date;
    } cases[] = {
        {NEG_PHASE_PRENEGOTIATION, "2015-01"},
        {NEG_PHASE_FORMULA, ""},
        {NEG_PHASE_DETAIL, ""},
        {NEG_PHASE_AGREED, "2016"},
        {NEG_PHASE_IMPLEMENTATION, ""},
        {NEG_PHASE_SUSPENDED, "2016"},
        {NEG_PHASE_TERMINATED, "2016"},
        {NEG_PHASE_LAPSED, "2016"},
    };

    for (size_t i = 0; i < CHECK_COUNT(cases); i++) {
        NegNegotiation *n = CM_NEW((cm_arena *)*state, NegNegotiation);
        n->start = "2015-01";
        n->end = "2016";
        n->phase = cases[i].phase;
        neg_phase_begin(n, *state);
        assert_int_equal(n->n_phase_history, 1);
        assert_int_equal(n->phase_history[0]->phase, cases[i].phase);
        assert_string_equal(n->phase_history[0]->date, cases[i].date);
    }
}

static void the_picture_shows_every_step_of_the_table(void **state)
{
    const char *picture = neg_phase_picture(*state);
    int arrows = 0;

    assert_non_null(strstr(picture, "stateDiagram-v2\n"));
    assert_non_null(strstr(picture, "    formula --> detail\n"));
    assert_non_null(strstr(picture, "    suspended --> formula: where it rested\n"));
    assert_non_null(strstr(picture, "    lapsed --> [*]\n"));
    assert_null(strstr(picture, "suspended --> [*]"));
    for (const char *at = picture; (at = strstr(at, "-->")); at++)
        arrows++;
    assert_int_equal(arrows, 1 + 4 + 5 + 5 + 6 + 6 + 2);
}

/* The documentation shows the machine that runs. */
static void the_picture_in_the_documentation_is_this_one(void **state)
{
    const char *picture = cm_arena_format(*state, "```mermaid\n%s```\n", neg_phase_picture(*state));
    FILE *file = fopen(CITYNEG_SOURCE_DIR "/docs/negotiations.md", "r");
    enum { LONGEST = 64 << 10 };
    char *text = cm_arena_zero(*state, LONGEST + 1);

    assert_non_null(file);
    assert_true(fread(text, 1, LONGEST, file) > 0);
    fclose(file);
    assert_non_null(strstr(text, picture));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(the_whole_course_is_walked_step_by_step),
        BED_TEST(each_pair_of_phases_is_allowed_or_refused_as_the_machine_says),
        BED_TEST(an_impossible_step_names_both_phases_and_the_steps_that_are_allowed),
        BED_TEST(what_rested_goes_on_where_it_rested),
        BED_TEST(a_step_is_never_before_the_start_or_an_earlier_step),
        BED_TEST(a_history_begins_with_the_date_that_the_fact_gives),
        BED_TEST(the_picture_shows_every_step_of_the_table),
        BED_TEST(the_picture_in_the_documentation_is_this_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
