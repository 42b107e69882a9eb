#include "neg_bed.h"

#include "base/cm_table.h"
#include "negotiations/neg_agreement_status.h"

typedef struct given {
    const char *date;
    NegAgreementStatus status;
} given;

#define SIGNED NEG_AGREEMENT_STATUS_SIGNED
#define IN_FORCE NEG_AGREEMENT_STATUS_IN_FORCE
#define SUSPENDED NEG_AGREEMENT_STATUS_SUSPENDED
#define RESUMED NEG_AGREEMENT_STATUS_RESUMED
#define ENDED NEG_AGREEMENT_STATUS_ENDED

static NegStatusStep **history(cm_arena *arena, const given *steps, size_t count)
{
    NegStatusStep **list = cm_arena_take(arena, (count + 1) * sizeof *list);

    for (size_t i = 0; i < count; i++)
        list[i] = bed_step(arena, steps[i].date, steps[i].status);
    return list;
}

/* The steps, as given, are a possible life and stand in this order: indices of what was given. */
static void settles(cm_arena *arena, const given *steps, size_t count, const char *order)
{
    cm_violations wrong = {0};
    NegStatusStep **list = history(arena, steps, count);
    NegStatusStep **as_given = cm_arena_copy(arena, list, count * sizeof *list);

    neg_agreement_settle(list, count, arena, &wrong);
    bed_none_wrong(&wrong);
    for (size_t i = 0; i < count; i++)
        assert_ptr_equal(list[i], as_given[order[i] - '0']);
}
#define SETTLES(arena, order, ...)                                                                                     \
    settles((arena), (const given[]){__VA_ARGS__}, sizeof((const given[]){__VA_ARGS__}) / sizeof(given), (order))

/* What is wrong with them is this one thing. */
static void is_wrong(cm_arena *arena, const given *steps, size_t count, const char *field, const char *part)
{
    cm_violations wrong = {0};

    neg_agreement_settle(history(arena, steps, count), count, arena, &wrong);
    bed_one_wrong(&wrong, field, part);
}
#define IS_WRONG(arena, field, part, ...)                                                                              \
    is_wrong((arena), (const given[]){__VA_ARGS__}, sizeof((const given[]){__VA_ARGS__}) / sizeof(given), (field),     \
             (part))

static void steps_stand_in_the_order_of_their_dates(void **state)
{
    SETTLES(*state, "0231", {"2000-10", SIGNED}, {"2023-01-31", SUSPENDED}, {"2005", SUSPENDED}, {"2014-10", RESUMED});
    SETTLES(*state, "01", {"1931", IN_FORCE}, {"2006-09-26", SIGNED});
}

static void of_equal_dates_the_order_of_life_holds(void **state)
{
    SETTLES(*state, "210", {"1976-04", ENDED}, {"1976-04", IN_FORCE}, {"1976-04", SIGNED});
    SETTLES(*state, "012", {"2020", SIGNED}, {"2023-02-08", SUSPENDED}, {"2023-02-08", RESUMED});
}

static void dates_that_overlap_stay_as_they_were_given(void **state)
{
    SETTLES(*state, "012", {"1998", SIGNED}, {"2023-02-08", SUSPENDED}, {"2023", RESUMED});
}

static void without_a_date_signing_is_first_and_an_end_last(void **state)
{
    SETTLES(*state, "021", {"1995", SIGNED}, {"", ENDED}, {"2022-03-04", SUSPENDED});
    SETTLES(*state, "10", {"2016-03-01", ENDED}, {"", SIGNED});
    SETTLES(*state, "01", {"", SIGNED}, {"", SUSPENDED});
}

static void a_life_may_begin_with_all_but_resumed(void **state)
{
    SETTLES(*state, "0", {"2019-11", ENDED});
    SETTLES(*state, "0", {"1999", IN_FORCE});
    SETTLES(*state, "01", {"2020-05-17", SUSPENDED}, {"2023-02-15", RESUMED});
    IS_WRONG(*state, "status_history[0].status",
             "resumed cannot come first; the first step is signed, in_force, suspended or ended", {"2023", RESUMED});
}

static void impossible_steps_name_both_states_and_what_is_allowed(void **state)
{
    IS_WRONG(*state, "status_history[1].status",
             "in_force cannot follow suspended; after suspended comes resumed or ended", {"2000", SUSPENDED},
             {"2001", IN_FORCE});
    IS_WRONG(*state, "status_history[1].status", "suspended cannot follow suspended", {"2000", SUSPENDED},
             {"2001", SUSPENDED});
    IS_WRONG(*state, "status_history[1].status", "resumed cannot follow signed", {"2000", SIGNED}, {"2001", RESUMED});
    IS_WRONG(*state, "status_history[0].status", "signed cannot follow ended, which is final", {"2010", SIGNED},
             {"2001", ENDED});
}

static void a_life_is_changed_by_one_step_at_a_time(void **state)
{
    cm_arena *arena = *state;
    NegAgreement *a = bed_agreement(arena, "agreements/a");

    check_ok(neg_agreement_advance(a, bed_step(arena, "2022-03", SUSPENDED), arena));
    assert_int_equal(a->status, SUSPENDED);
    cm_status s = neg_agreement_advance(a, bed_step(arena, "2023", SIGNED), arena);
    check_field(s, "step.status");
    assert_string_equal(s.error->reason, "STATUS_STEP_NOT_ALLOWED");
    check_fails(s, CM_FAILED_PRECONDITION, "signed cannot follow suspended; after suspended comes resumed or ended");
    s = neg_agreement_advance(a, bed_step(arena, "2022-02-28", ENDED), arena);
    check_field(s, "step.date");
    check_fails(s, CM_FAILED_PRECONDITION, "2022-02-28 is before suspended on 2022-03");
    assert_int_equal(a->n_status_history, 2);
    check_ok(neg_agreement_advance(a, bed_step(arena, "", ENDED), arena));
    assert_int_equal(a->n_status_history, 3);
    check_fails(neg_agreement_advance(a, bed_step(arena, "2030", RESUMED), arena), CM_FAILED_PRECONDITION,
                "resumed cannot follow ended, which is final");
}

/* Every agreement of the samples has a life that is possible. */
static void every_real_life_is_possible(void **state)
{
    enum { MOST = 2000 };
    struct life {
        char *agreement;
        NegStatusStep *steps[16];
        size_t count;
    } *lives = cm_arena_zero(*state, MOST * sizeof *lives);
    size_t count = 0, rows = 0;
    cm_table *table;

    check_ok(cm_table_open(CITYNEG_SOURCE_DIR "/samples/facts/agreement_status.tsv", '\t', &table));
    while (cm_table_next(table)) {
        int status;
        size_t at = 0;
        check_ok(cm_enum_parse(&NegAgreementStatus_descriptor, cm_table_field(table, "status"), &status));
        while (at < count && strcmp(lives[at].agreement, cm_table_field(table, "agreement")) != 0)
            at++;
        if (at == count) {
            assert_true(count < MOST);
            lives[count++].agreement = cm_arena_strdup(*state, cm_table_field(table, "agreement"));
        }
        assert_true(lives[at].count < 16);
        lives[at].steps[lives[at].count++] =
            bed_step(*state, cm_table_field(table, "date"), (NegAgreementStatus)status);
        rows++;
    }
    cm_table_close(table);
    assert_true(rows > 800 && count > 600);
    for (size_t i = 0; i < count; i++) {
        cm_violations wrong = {0};
        neg_agreement_settle(lives[i].steps, lives[i].count, *state, &wrong);
        if (wrong.count)
            fail_msg("%s: %s", lives[i].agreement, wrong.first->description);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(steps_stand_in_the_order_of_their_dates),
        BED_TEST(of_equal_dates_the_order_of_life_holds),
        BED_TEST(dates_that_overlap_stay_as_they_were_given),
        BED_TEST(without_a_date_signing_is_first_and_an_end_last),
        BED_TEST(a_life_may_begin_with_all_but_resumed),
        BED_TEST(impossible_steps_name_both_states_and_what_is_allowed),
        BED_TEST(a_life_is_changed_by_one_step_at_a_time),
        BED_TEST(every_real_life_is_possible),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
