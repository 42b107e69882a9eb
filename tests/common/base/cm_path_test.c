#include "check.h"

#include "base/cm_memory.h"
#include "base/cm_path.h"

static void a_path_is_written_with_dots_indexes_and_keys(void **state)
{
    cm_path participants = {NULL, "participants", NULL, 3}, names = {&participants, "names", "en", -1},
            text = CM_PATH(&names, "text");
    CM_FREE char *written = cm_path_text(&text), *nothing = cm_path_text(NULL);

    assert_string_equal(written, "participants[3].names[\"en\"].text");
    assert_string_equal(nothing, "");
}

static void what_is_invalid_there_carries_the_path_as_its_field(void **state)
{
    cm_path actor = CM_PATH(NULL, "actor");
    cm_status s = cm_path_invalid(&actor, "\"%s\" is no name", "x");

    check_field(s, "actor");
    check_fails(s, CM_INVALID_ARGUMENT, "actor: \"x\" is no name");
    s = cm_path_invalid(NULL, "no %s", "object");
    assert_null(s.error->violations);
    check_fails(s, CM_INVALID_ARGUMENT, "no object");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_written_with_dots_indexes_and_keys),
        cmocka_unit_test(what_is_invalid_there_carries_the_path_as_its_field),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
