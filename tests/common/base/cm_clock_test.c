#include "check.h"

#include "base/cm_clock.h"

static int64_t parsed(const char *text)
{
    int64_t us = -1;

    check_ok(cm_time_parse(text, &us));
    return us;
}

static void time_is_written_in_utc_with_six_decimals(void **state)
{
    char text[CM_TIME_TEXT];

    assert_string_equal(cm_time_format(0, text), "1970-01-01T00:00:00.000000Z");
    assert_string_equal(cm_time_format(INT64_C(1795511652000001), text), "2026-11-24T09:14:12.000001Z");
    assert_string_equal(cm_time_format(-1, text), "1969-12-31T23:59:59.999999Z");
    assert_string_equal(cm_time_format(INT64_C(-62135596800000000), text), "0001-01-01T00:00:00.000000Z");
    assert_string_equal(cm_time_format(INT64_C(253402300799999999), text), "9999-12-31T23:59:59.999999Z");
}

static void rfc_3339_is_read_with_any_offset_and_fraction(void **state)
{
    assert_int_equal(parsed("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(parsed("1970-01-01t03:00:00+03:00"), 0);
    assert_int_equal(parsed("1969-12-31 18:30:00-05:30"), 0);
    assert_int_equal(parsed("1970-01-01T00:00:00.5z"), 500000);
    assert_int_equal(parsed("1970-01-01T00:00:00.123456789Z"), 123456);
    assert_int_equal(parsed("1969-12-31T23:59:59.999999Z"), -1);
    assert_int_equal(parsed("2016-12-31T23:59:60Z"), parsed("2017-01-01T00:00:00Z"));
}

static void what_is_no_time_is_refused_by_its_value(void **state)
{
    static const char *const wrong[] = {"",
                                        "2026-11-24",
                                        "2026-11-24T09:14:12",
                                        "2026-11-24T09:14:12.Z",
                                        "2026-11-24T09:14:12.1234567890Z",
                                        "2026-11-24T09:14:12.5",
                                        "2026-11-24T09:14:12+01",
                                        "2026-11-24T09:14:12+0100",
                                        "2026-11-24T09:14:12Zx",
                                        "2026-11-31T09:14:12Z",
                                        "2026-11-24T25:14:12Z",
                                        "2026-11-24T09:14:12.5Z.5Z",
                                        "now"};

    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        int64_t us;
        check_fails(cm_time_parse(wrong[i], &us), CM_INVALID_ARGUMENT, wrong[i]);
    }
}

static void every_time_comes_back(void **state)
{
    uint64_t seed = 3339;
    char text[CM_TIME_TEXT];

    for (int i = 0; i < 100000; i++) {
        int64_t range = INT64_C(315537897600000000), first = INT64_C(-62135596800000000);
        int64_t us = first + (int64_t)(check_random(&seed) % (uint64_t)range);
        assert_int_equal(parsed(cm_time_format(us, text)), us);
    }
}

static void random_text_never_becomes_a_time_by_accident(void **state)
{
    uint64_t seed = 77;
    char text[48], again[CM_TIME_TEXT];

    for (int i = 0; i < 100000; i++) {
        int64_t us;
        strcpy(text, "2026-11-24T09:14:12.123456Z");
        text[check_random(&seed) % strlen(text)] = "0123456789-:TZ+. "[check_random(&seed) % 17];
        text[check_random(&seed) % strlen(text)] = (char)check_random(&seed);
        cm_status s = cm_time_parse(text, &us);
        if (cm_is_ok(s))
            assert_int_equal(parsed(cm_time_format(us, again)), us);
        cm_status_clear(&s);
    }
}

static void the_monotonic_clock_never_runs_backwards(void **state)
{
    int64_t before = cm_clock_monotonic_us();

    for (int i = 0; i < 10000; i++) {
        int64_t now = cm_clock_monotonic_us();
        assert_true(now >= before);
        before = now;
    }
    assert_true(cm_clock_wall_us() > parsed("2024-01-01T00:00:00Z"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(time_is_written_in_utc_with_six_decimals),
        cmocka_unit_test(rfc_3339_is_read_with_any_offset_and_fraction),
        cmocka_unit_test(what_is_no_time_is_refused_by_its_value),
        cmocka_unit_test(every_time_comes_back),
        cmocka_unit_test(random_text_never_becomes_a_time_by_accident),
        cmocka_unit_test(the_monotonic_clock_never_runs_backwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
