/* The life of a partnership: where its steps lie in time, when it was open, where it stands. */
#include "trd_bed.h"

#include "trends/trd_fate.h"

enum { STEPS = 8 };

static int32_t day(const char *date)
{
    return cm_date_first_day(bed_date(date));
}

static NegAgreementStatus status_of(const char *word)
{
    int value;

    assert_ok(cm_enum_parse(&NegAgreementStatus_descriptor, word, &value));
    return (NegAgreementStatus)value;
}

/* The life of an agreement with these steps: "2001 signed, 2005-03 suspended, - ended", "-" being undated. */
static trd_life life(cm_arena *arena, const char *steps)
{
    trd_agreement a = {.name = "agreements/a", .steps = cm_arena_zero(arena, STEPS * sizeof(trd_step))};
    char *rest = cm_arena_strdup(arena, steps), *word;

    while ((word = strsep(&rest, ","))) {
        char date[32], status[32];
        assert_int_equal(sscanf(word, "%31s %31s", date, status), 2);
        a.steps[a.step_count++] =
            (trd_step){.date = bed_date(strcmp(date, "-") == 0 ? "" : date), .status = status_of(status)};
    }
    return trd_life_of(&a, arena);
}

static void partial_dates_lie_in_the_middle(void **state)
{
    CM_ARENA(arena);
    trd_life l = life(arena, "2001 signed, 2005-02 suspended, 2006-03-04 ended");

    assert_int_equal(l.step_count, 3);
    assert_int_equal(l.steps[0].day, day("2001-07-02"));
    assert_int_equal(l.steps[1].day, day("2005-02-15"));
    assert_int_equal(l.steps[2].day, day("2006-03-04"));
}

static void steps_of_one_day_come_in_the_order_of_a_life(void **state)
{
    CM_ARENA(arena);
    trd_life l = life(arena, "2001 ended, 2001 suspended, 2001 resumed, 2001 in_force, 2001 signed");
    static const char *const order[] = {"signed", "in_force", "resumed", "suspended", "ended"};

    for (size_t i = 0; i < 5; i++)
        assert_int_equal(l.steps[i].status, status_of(order[i]));
}

static void what_opens_is_closed_by_a_suspension_or_an_end_and_opens_again(void **state)
{
    CM_ARENA(arena);
    trd_life l = life(arena, "2001-01-01 signed, 2002-01-01 in_force, 2003-01-01 suspended, 2004-01-01 suspended,"
                             " 2005-01-01 resumed, 2006-01-01 ended, 2007-01-01 signed");

    assert_int_equal(l.interval_count, 3);
    assert_int_equal(l.intervals[0].from, day("2001-01-01"));
    assert_int_equal(l.intervals[0].to, day("2003-01-01"));
    assert_int_equal(l.intervals[0].closed, NEG_AGREEMENT_STATUS_SUSPENDED);
    assert_int_equal(l.intervals[1].from, day("2005-01-01"));
    assert_int_equal(l.intervals[1].closed, NEG_AGREEMENT_STATUS_ENDED);
    assert_int_equal(l.intervals[2].from, day("2007-01-01"));
    assert_int_equal(l.intervals[2].to, INT32_MAX);
    assert_int_equal(l.intervals[2].closed, 0);
}

static void an_undated_signature_opens_nothing(void **state)
{
    CM_ARENA(arena);
    trd_life l = life(arena, "- signed, 2022 ended");

    assert_true(l.dated);
    assert_int_equal(l.interval_count, 0);
    assert_int_equal(l.step_count, 1);
}

static void an_undated_stop_leaves_the_whole_life_undated(void **state)
{
    CM_ARENA(arena);

    assert_false(life(arena, "2001 signed, - ended").dated);
    assert_false(life(arena, "2001 signed, - suspended").dated);
    assert_false(life(arena, "2001 signed, - resumed").dated);
    assert_false(life(arena, "- signed").dated);
    assert_true(life(arena, "2001 signed, - in_force").dated);
}

static void where_it_stands_is_what_the_last_step_by_then_says(void **state)
{
    CM_ARENA(arena);
    trd_life l = life(arena, "2001-07-02 signed, 2003 suspended, 2005 resumed, 2007-12-31 ended");
    trd_standing at = TRD_STATES;

    assert_false(trd_life_at(&l, day("2001-07-01"), &at));
    assert_true(trd_life_at(&l, day("2001-07-02"), &at));
    assert_int_equal(at, TRD_RUNNING);
    assert_true(trd_life_at(&l, day("2003-12-31"), &at));
    assert_int_equal(at, TRD_SUSPENDED);
    assert_true(trd_life_at(&l, day("2005-12-31"), &at));
    assert_int_equal(at, TRD_RUNNING);
    assert_true(trd_life_at(&l, day("2007-12-31"), &at)); /* that day included */
    assert_int_equal(at, TRD_ENDED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(partial_dates_lie_in_the_middle),
        cmocka_unit_test(steps_of_one_day_come_in_the_order_of_a_life),
        cmocka_unit_test(what_opens_is_closed_by_a_suspension_or_an_end_and_opens_again),
        cmocka_unit_test(an_undated_signature_opens_nothing),
        cmocka_unit_test(an_undated_stop_leaves_the_whole_life_undated),
        cmocka_unit_test(where_it_stands_is_what_the_last_step_by_then_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
