#include "check.h"

#include "base/cm_memory.h"

static void a_failure_keeps_code_and_message(void **state)
{
    cm_status s = cm_fail(CM_NOT_FOUND, "no %s in %d", "Paris", 2015);

    assert_int_equal(s.code, CM_NOT_FOUND);
    assert_string_equal(cm_status_message(s), "no Paris in 2015");
    assert_true(s.error->retry_ms < 0);
    cm_status_clear(&s);
    assert_true(cm_is_ok(s));
    assert_string_equal(cm_status_message(s), "");
}

static void invalid_names_the_field_twice(void **state)
{
    cm_status s = cm_invalid("population", "%d is negative", -5);

    check_field(s, "population");
    assert_string_equal(s.error->violations->description, "-5 is negative");
    check_fails(s, CM_INVALID_ARGUMENT, "population: -5 is negative");
}

static void not_found_and_already_exists_name_the_resource(void **state)
{
    cm_status s = cm_not_found("cityneg/City", "cities/x");

    assert_string_equal(s.error->resource_type, "cityneg/City");
    assert_string_equal(s.error->resource_name, "cities/x");
    check_fails(s, CM_NOT_FOUND, "cities/x does not exist");
    check_fails(cm_already_exists("cityneg/City", "cities/x"), CM_ALREADY_EXISTS, "cities/x exists already");
}

static void a_prefix_comes_before_the_message_and_details_do_nothing_to_ok(void **state)
{
    cm_status s = cm_fail(CM_ABORTED, "etag 3"), fine = cm_ok();

    cm_status_prefix(&s, "row %d", 7);
    cm_status_prefix(&fine, "row %d", 7);
    cm_status_reason(&fine, "X");
    cm_status_retry(&fine, 5);
    cm_status_violation(&fine, "a", "b");
    assert_true(cm_is_ok(fine));
    check_fails(s, CM_ABORTED, "row 7: etag 3");
}

static void a_copy_is_deep_and_whole(void **state)
{
    cm_status s = cm_invalid("a", "first");
    cm_status_violation(&s, "b", "second");
    cm_status_reason(&s, "TOO_BAD");
    cm_status_retry(&s, 250);
    cm_status copy = cm_status_copy(s);

    cm_status_clear(&s);
    assert_string_equal(copy.error->reason, "TOO_BAD");
    assert_int_equal(copy.error->retry_ms, 250);
    assert_string_equal(copy.error->violations->next->field, "b");
    assert_null(copy.error->violations->next->next);
    check_fails(copy, CM_INVALID_ARGUMENT, "a: first");
    assert_true(cm_is_ok(cm_status_copy(cm_ok())));
}

static void violations_are_collected_in_order(void **state)
{
    cm_violations v = {0};

    assert_true(cm_is_ok(cm_violations_status(&v)));
    cm_violations_add(&v, "a", "%d", 1);
    check_fails(cm_violations_status(&v), CM_INVALID_ARGUMENT, "a: 1");
    assert_int_equal(v.count, 0);
    cm_violations_add(&v, "a", "1");
    cm_violations_add(&v, "b", "2");
    cm_violations_add(&v, "c", "3");
    cm_status s = cm_violations_status(&v);
    assert_string_equal(s.error->violations->next->next->field, "c");
    check_fails(s, CM_INVALID_ARGUMENT, "a: 1 (and 2 more)");
    cm_violations_add(&v, "a", "1");
    cm_violations_clear(&v);
    assert_null(v.first);
}

static cm_status third_step(int *steps)
{
    CM_TRY(cm_ok());
    ++*steps;
    CM_TRY(cm_fail(CM_INTERNAL, "second"));
    ++*steps;
    return cm_ok();
}

static void try_returns_at_the_first_failure(void **state)
{
    int steps = 0;

    check_fails(third_step(&steps), CM_INTERNAL, "second");
    assert_int_equal(steps, 1);
}

static void codes_have_their_canonical_names(void **state)
{
    assert_string_equal(cm_code_name(CM_OK), "OK");
    assert_string_equal(cm_code_name(CM_FAILED_PRECONDITION), "FAILED_PRECONDITION");
    assert_string_equal(cm_code_name(CM_UNAUTHENTICATED), "UNAUTHENTICATED");
    assert_string_equal(cm_code_name((cm_code)42), "CODE_42");
    assert_string_equal(cm_code_name((cm_code)-1), "CODE_-1");
}

static void violations_move_behind_others_with_their_prefix(void **state)
{
    cm_violations all = {0}, more = {0};

    cm_violations_add(&all, "requests[0].name", "first");
    cm_violations_add(&more, "name", "second");
    cm_violations_add(&more, "note", "third");
    cm_violations_add(&more, "note", "fourth"); /* the first thing wrong with a field is told */
    cm_violations_move(&all, "requests[1].", &more);
    assert_null(more.first);
    assert_int_equal(all.count, 3);
    assert_string_equal(all.first->next->field, "requests[1].name");
    assert_string_equal(all.last->field, "requests[1].note");
    assert_string_equal(all.last->description, "third");
    cm_violations_clear(&all);
}

static void violations_are_taken_out_of_a_status(void **state)
{
    cm_status s = cm_invalid("note", "is wrong"), other = cm_fail(CM_NOT_FOUND, "nothing"), fine = cm_ok();
    cm_violations taken = cm_violations_take(&s);

    assert_true(cm_is_ok(s));
    assert_int_equal(taken.count, 1);
    assert_string_equal(taken.last->field, "note");
    cm_violations_clear(&taken);
    assert_null(cm_violations_take(&other).first);
    assert_true(cm_is_ok(other));
    assert_null(cm_violations_take(&fine).first);
}

static void what_is_told_within_a_part_has_its_path(void **state)
{
    cm_status s = cm_invalid("filter", "is wrong"), other = cm_fail(CM_NOT_FOUND, "nothing"), fine = cm_ok();

    cm_status_within(&s, "question.");
    assert_string_equal(cm_status_message(s), "question.filter: is wrong");
    assert_string_equal(s.error->violations->field, "question.filter");
    cm_status_within(&other, "question.");
    assert_string_equal(cm_status_message(other), "nothing");
    cm_status_within(&fine, "question.");
    assert_true(cm_is_ok(fine));
    cm_status_clear(&s);
    cm_status_clear(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_keeps_code_and_message),
        cmocka_unit_test(invalid_names_the_field_twice),
        cmocka_unit_test(not_found_and_already_exists_name_the_resource),
        cmocka_unit_test(a_prefix_comes_before_the_message_and_details_do_nothing_to_ok),
        cmocka_unit_test(a_copy_is_deep_and_whole),
        cmocka_unit_test(violations_are_collected_in_order),
        cmocka_unit_test(try_returns_at_the_first_failure),
        cmocka_unit_test(codes_have_their_canonical_names),
        cmocka_unit_test(violations_move_behind_others_with_their_prefix),
        cmocka_unit_test(violations_are_taken_out_of_a_status),
        cmocka_unit_test(what_is_told_within_a_part_has_its_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
