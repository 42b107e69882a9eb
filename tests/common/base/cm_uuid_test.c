#include "check.h"

#include "base/cm_uuid.h"

static const char dns[] = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"; /* RFC 9562, the namespace of names in the DNS */

static cm_uuid parsed(const char *text)
{
    cm_uuid uuid;

    check_ok(cm_uuid_parse(text, &uuid));
    return uuid;
}

static void version_5_gives_the_value_of_the_standard(void **state)
{
    char text[CM_UUID_TEXT];
    cm_uuid uuid = cm_uuid_v5(parsed(dns), "www.example.com", 15);

    assert_string_equal(cm_uuid_format(uuid, text), "2ed6657d-e927-568b-95e1-2665a8aea6a2");
    assert_true(cm_uuid_equal(uuid, cm_uuid_v5(parsed(dns), "www.example.com", 15)));
    assert_false(cm_uuid_equal(uuid, cm_uuid_v5(parsed(dns), "www.example.org", 15)));
}

static void version_7_begins_with_the_milliseconds(void **state)
{
    char text[CM_UUID_TEXT];
    cm_uuid_format(cm_uuid_v7(INT64_C(0x017f22e279b0) * 1000 + 999), text); /* the time of the standard's example */

    assert_memory_equal(text, "017f22e2-79b0-7", 15);
    assert_non_null(strchr("89ab", text[19]));
    cm_uuid_format(cm_uuid_v7(-5), text);
    assert_memory_equal(text, "00000000-0000-7", 15);
}

static void version_7_sorts_by_time_and_is_never_the_same(void **state)
{
    cm_uuid before = cm_uuid_v7(1000);

    for (int64_t ms = 2; ms < 2000; ms++) {
        cm_uuid uuid = cm_uuid_v7(ms * 1000), other = cm_uuid_v7(ms * 1000);
        assert_true(memcmp(before.bytes, uuid.bytes, 16) < 0);
        assert_false(cm_uuid_equal(uuid, other));
        before = uuid;
    }
}

static void random_ones_are_version_4(void **state)
{
    char text[CM_UUID_TEXT];

    for (int i = 0; i < 100; i++) {
        cm_uuid_format(cm_uuid_random(), text);
        assert_int_equal(text[14], '4');
        assert_non_null(strchr("89ab", text[19]));
    }
}

static void text_comes_back_and_capitals_are_taken(void **state)
{
    char text[CM_UUID_TEXT];

    assert_string_equal(cm_uuid_format(parsed(dns), text), dns);
    assert_true(cm_uuid_equal(parsed("6BA7B810-9DAD-11D1-80B4-00C04FD430C8"), parsed(dns)));
}

static void what_is_no_uuid_is_refused_by_its_value(void **state)
{
    static const char *const wrong[] = {"",
                                        "6ba7b810",
                                        "6ba7b8109dad11d180b400c04fd430c8",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd430c",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd430c8a",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
                                        "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
                                        "6ba7b810+9dad-11d1-80b4-00c04fd430c8",
                                        "6ba7b81-09dad-11d1-80b4-00c04fd430c8"};

    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        cm_uuid uuid;
        check_fails(cm_uuid_parse(wrong[i], &uuid), CM_INVALID_ARGUMENT, wrong[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_5_gives_the_value_of_the_standard),
        cmocka_unit_test(version_7_begins_with_the_milliseconds),
        cmocka_unit_test(version_7_sorts_by_time_and_is_never_the_same),
        cmocka_unit_test(random_ones_are_version_4),
        cmocka_unit_test(text_comes_back_and_capitals_are_taken),
        cmocka_unit_test(what_is_no_uuid_is_refused_by_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
