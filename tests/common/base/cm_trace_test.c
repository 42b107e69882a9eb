#include "check.h"

#include "base/cm_trace.h"

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"

static void a_header_is_read_and_written_as_it_was(void **state)
{
    static const char header[] = "00-" TRACE "-" SPAN "-01";
    char text[CM_TRACE_TEXT];
    cm_trace trace;

    assert_true(cm_trace_parse(header, &trace));
    assert_int_equal(trace.trace_id[0], 0x0a);
    assert_int_equal(trace.trace_id[15], 0x9c);
    assert_int_equal(trace.span_id[0], 0xb7);
    assert_int_equal(trace.flags, CM_TRACE_SAMPLED);
    assert_string_equal(cm_trace_format(&trace, text), header);
}

static void later_versions_are_read_as_far_as_they_are_the_same(void **state)
{
    char text[CM_TRACE_TEXT];
    cm_trace trace;

    assert_true(cm_trace_parse("01-" TRACE "-" SPAN "-03", &trace));
    assert_true(cm_trace_parse("cc-" TRACE "-" SPAN "-00-what-comes-later", &trace));
    assert_string_equal(cm_trace_format(&trace, text), "00-" TRACE "-" SPAN "-00");
}

static void what_is_no_header_is_not_taken(void **state)
{
    static const char *const wrong[] = {
        "",
        "00",
        "00-" TRACE "-" SPAN "-0",
        "00-" TRACE "-" SPAN "-011",
        "00-" TRACE "-" SPAN "-01-more",
        "01-" TRACE "-" SPAN "-01x",
        "ff-" TRACE "-" SPAN "-01",
        "0g-" TRACE "-" SPAN "-01",
        "00_" TRACE "-" SPAN "-01",
        "00-" TRACE "_" SPAN "-01",
        "00-" TRACE "-" SPAN "_01",
        "00-0AF7651916CD43DD8448EB211C80319C-" SPAN "-01",
        "00-00000000000000000000000000000000-" SPAN "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-" TRACE "-b7ad6b716920333\xff-01",
    };
    cm_trace trace;

    for (size_t i = 0; i < CHECK_COUNT(wrong); i++)
        if (cm_trace_parse(wrong[i], &trace))
            fail_msg("'%s' was taken", wrong[i]);
}

static void a_child_is_another_place_in_the_same_trace(void **state)
{
    cm_trace root = cm_trace_root(CM_TRACE_SAMPLED), other = cm_trace_root(0), child = cm_trace_child(&root), again;
    char text[CM_TRACE_TEXT];

    assert_memory_not_equal(root.trace_id, other.trace_id, sizeof root.trace_id);
    assert_int_equal(other.flags, 0);
    assert_memory_equal(child.trace_id, root.trace_id, sizeof root.trace_id);
    assert_memory_not_equal(child.span_id, root.span_id, sizeof root.span_id);
    assert_int_equal(child.flags, CM_TRACE_SAMPLED);
    assert_true(cm_trace_parse(cm_trace_format(&child, text), &again));
    assert_memory_equal(&again, &child, sizeof child);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_header_is_read_and_written_as_it_was),
        cmocka_unit_test(later_versions_are_read_as_far_as_they_are_the_same),
        cmocka_unit_test(what_is_no_header_is_not_taken),
        cmocka_unit_test(a_child_is_another_place_in_the_same_trace),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
