#include "check.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cm_log.h"

/* What `write` puts on stderr, as text in `into`. */
static void capture(void (*write)(void), char *into, size_t size)
{
    FILE *file = tmpfile();
    int before = dup(STDERR_FILENO);

    assert_non_null(file);
    dup2(fileno(file), STDERR_FILENO);
    write();
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(file);
    into[fread(into, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void write_hostile(void)
{
    cm_log_start("registry", CM_INFO);
    CM_LOG(CM_WARN, "row refused", "name", "a\"b\\c\nd\x01", "wrong", "x\xffy\xd0", "empty", "");
}

static void json_lines_are_json_whatever_is_in_them(void **state)
{
    char line[1024];
    json_error_t error;

    setenv("CITYNEG_LOG", "json", 1);
    capture(write_hostile, line, sizeof line);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    json_t *json = json_loads(line, 0, &error);
    if (!json)
        fail_msg("%s: %s", error.text, line);
    assert_string_equal(json_string_value(json_object_get(json, "service")), "registry");
    assert_string_equal(json_string_value(json_object_get(json, "level")), "warn");
    assert_string_equal(json_string_value(json_object_get(json, "msg")), "row refused");
    assert_string_equal(json_string_value(json_object_get(json, "name")), "a\"b\\c\nd\x01");
    assert_string_equal(json_string_value(json_object_get(json, "wrong")), "x\xef\xbf\xbdy\xef\xbf\xbd");
    assert_string_equal(json_string_value(json_object_get(json, "empty")), "");
    assert_int_equal(strlen(json_string_value(json_object_get(json, "ts"))), 27);
    json_decref(json);
}

static void write_traced(void)
{
    cm_log_start("registry", CM_INFO);
    cm_log_trace("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    CM_LOG(CM_INFO, "within a call");
    cm_log_trace(NULL);
    CM_LOG(CM_INFO, "after it");
}

static void json_lines_of_a_call_have_its_trace(void **state)
{
    char lines[1024];

    setenv("CITYNEG_LOG", "json", 1);
    capture(write_traced, lines, sizeof lines);
    char *second = strchr(lines, '\n') + 1;
    second[-1] = '\0';
    json_t *within = json_loads(lines, 0, NULL), *after = json_loads(second, 0, NULL);
    assert_string_equal(json_string_value(json_object_get(within, "trace_id")), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_string_equal(json_string_value(json_object_get(within, "span_id")), "00f067aa0ba902b7");
    assert_string_equal(json_string_value(json_object_get(after, "msg")), "after it");
    assert_null(json_object_get(after, "trace_id"));
    json_decref(within);
    json_decref(after);
}

static void write_plain(void)
{
    cm_log_start("trends", CM_INFO);
    CM_LOG(CM_DEBUG, "too small to be told");
    CM_LOG(CM_INFO, "listening", "address", "127.0.0.1:7003", "note", "two words");
}

static void text_lines_are_readable_and_small_events_are_left_out(void **state)
{
    char line[1024];

    setenv("CITYNEG_LOG", "text", 1);
    capture(write_plain, line, sizeof line);
    assert_null(strstr(line, "too small"));
    assert_non_null(strstr(line, "info  trends: listening address=127.0.0.1:7003 note=\"two words\"\n"));
}

static void write_failure(void)
{
    cm_status s = cm_fail(CM_UNAVAILABLE, "the broker is away");

    cm_log_start("trends", CM_INFO);
    cm_log_failure(CM_ERROR, "not started", &s);
    assert_true(cm_is_ok(s));
}

static void a_failure_is_told_with_code_and_message_and_ended(void **state)
{
    char line[1024];

    setenv("CITYNEG_LOG", "text", 1);
    capture(write_failure, line, sizeof line);
    assert_non_null(strstr(line, "code=UNAVAILABLE message=\"the broker is away\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_lines_are_json_whatever_is_in_them),
        cmocka_unit_test(json_lines_of_a_call_have_its_trace),
        cmocka_unit_test(text_lines_are_readable_and_small_events_are_left_out),
        cmocka_unit_test(a_failure_is_told_with_code_and_message_and_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
