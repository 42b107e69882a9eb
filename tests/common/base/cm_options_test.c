#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cm_options.h"

static const cm_option options[] = {
    {"data", 'd', CM_OPTION_TEXT, "DIR", NULL, "Where the stores lie"},
    {"output", 'o', CM_OPTION_TEXT, "FORMAT", "table", "How to print", "table|json|csv"},
    {"port", 0, CM_OPTION_INTEGER, "PORT", "7001", "Where to listen", NULL, 0, 65535},
    {"level", 0, CM_OPTION_NUMBER, "SHARE", "0.95", "How sure", NULL, 0.5, 0.999},
    {"broker", 'b', CM_OPTION_LIST, "HOST:PORT", NULL, "Kafka's addresses"},
    {"format", 0, CM_OPTION_LIST, "NAME", "html,text", "What to write", "html|text|pdf"},
    {"set", 's', CM_OPTION_REPEATED, "FIELD=VALUE", NULL, "A field"},
    {"once", 0, CM_OPTION_FLAG, NULL, NULL, "End after the report"},
    {NULL},
};

enum { MOST_WORDS = 16 };

static cm_status parse(cm_arguments **arguments, const char *const *words)
{
    char *argv[MOST_WORDS + 2] = {"program"};
    int argc = 1;

    for (; words[argc - 1]; argc++)
        argv[argc] = (char *)(uintptr_t)words[argc - 1];
    return cm_arguments_parse(options, argc, argv, arguments);
}

#define PARSE(arguments, ...) parse(&(arguments), (const char *const[MOST_WORDS + 1]){__VA_ARGS__})

static void what_is_not_given_has_its_preset(void **state)
{
    cm_arguments *a;
    const char *const *values;

    check_ok(PARSE(a, NULL));
    assert_null(cm_arguments_text(a, "data"));
    assert_string_equal(cm_arguments_text(a, "output"), "table");
    assert_int_equal(cm_arguments_integer(a, "port"), 7001);
    assert_true(cm_arguments_number(a, "level") == 0.95);
    assert_int_equal(cm_arguments_list(a, "broker", &values), 0);
    assert_int_equal(cm_arguments_list(a, "format", &values), 2);
    assert_string_equal(values[1], "text");
    assert_false(cm_arguments_flag(a, "once"));
    assert_false(cm_arguments_given(a, "output"));
    assert_false(cm_arguments_help(a));
    cm_arguments_free(a);
}

static void values_are_taken_in_every_form(void **state)
{
    cm_arguments *a;
    const char *const *words, *const *values;

    check_ok(PARSE(a, "first", "--data", "/var/x", "-ojson", "--port=80", "-", "--level", "0.5", "--once", "-b", "a:1",
                   "--broker=b:2,c:3"));
    assert_string_equal(cm_arguments_text(a, "data"), "/var/x");
    assert_string_equal(cm_arguments_text(a, "output"), "json");
    assert_int_equal(cm_arguments_integer(a, "port"), 80);
    assert_true(cm_arguments_number(a, "level") == 0.5);
    assert_true(cm_arguments_flag(a, "once"));
    assert_int_equal(cm_arguments_list(a, "broker", &values), 3);
    assert_string_equal(values[0], "a:1");
    assert_string_equal(values[2], "c:3");
    assert_int_equal(cm_arguments_words(a, &words), 2);
    assert_string_equal(words[0], "first");
    assert_string_equal(words[1], "-");
    cm_arguments_free(a);
}

static void what_is_repeated_keeps_its_commas(void **state)
{
    cm_arguments *a;
    const char *const *values;

    check_ok(PARSE(a, "-s", "a=1,2", "--set", "b=,", NULL));
    assert_int_equal(cm_arguments_list(a, "set", &values), 2);
    assert_string_equal(values[0], "a=1,2");
    assert_string_equal(values[1], "b=,");
    cm_arguments_free(a);
}

static void the_last_one_counts_and_a_given_list_replaces_its_preset(void **state)
{
    cm_arguments *a;
    const char *const *values;

    check_ok(PARSE(a, "-o", "csv", "-o=json", "--format", "pdf", "--format", "text"));
    assert_string_equal(cm_arguments_text(a, "output"), "json");
    assert_true(cm_arguments_given(a, "output"));
    assert_int_equal(cm_arguments_list(a, "format", &values), 2);
    assert_string_equal(values[0], "pdf");
    cm_arguments_free(a);
}

static void two_hyphens_end_options_and_negative_numbers_are_words(void **state)
{
    cm_arguments *a;
    const char *const *words;

    check_ok(PARSE(a, "-5", "--", "--once", "-o", "--"));
    assert_int_equal(cm_arguments_words(a, &words), 4);
    assert_string_equal(words[0], "-5");
    assert_string_equal(words[1], "--once");
    assert_string_equal(words[3], "--");
    assert_false(cm_arguments_flag(a, "once"));
    cm_arguments_free(a);
}

static void help_is_asked_for_by_word_and_letter(void **state)
{
    cm_arguments *a;

    check_ok(PARSE(a, "--once", "--help", "--nonsense"));
    assert_true(cm_arguments_help(a));
    cm_arguments_free(a);
    check_ok(PARSE(a, "-h"));
    assert_true(cm_arguments_help(a));
    cm_arguments_free(a);
}

static void what_is_wrong_names_option_value_and_what_is_right(void **state)
{
    cm_arguments *a;

    check_fails(PARSE(a, "--dta", "x"), CM_INVALID_ARGUMENT, "--dta is no option; did you mean --data?");
    check_fails(PARSE(a, "--brokers=x"), CM_INVALID_ARGUMENT, "--brokers is no option; did you mean --broker?");
    check_fails(PARSE(a, "--quite-else"), CM_INVALID_ARGUMENT, "--quite-else is no option; --help lists all");
    check_fails(PARSE(a, "-x"), CM_INVALID_ARGUMENT, "-x is no option");
    check_fails(PARSE(a, "-o", "xml"), CM_INVALID_ARGUMENT, "--output: \"xml\" is not one of table|json|csv");
    check_fails(PARSE(a, "-o", "js"), CM_INVALID_ARGUMENT, "\"js\" is not one of");
    check_fails(PARSE(a, "--output="), CM_INVALID_ARGUMENT, "\"\" is not one of");
    check_fails(PARSE(a, "--format", "text,doc"), CM_INVALID_ARGUMENT, "--format: \"doc\"");
    check_fails(PARSE(a, "--port", "http"), CM_INVALID_ARGUMENT, "--port: \"http\" is no whole number");
    check_fails(PARSE(a, "--port", "80x"), CM_INVALID_ARGUMENT, "\"80x\"");
    check_fails(PARSE(a, "--port", "65536"), CM_INVALID_ARGUMENT, "--port: 65536 is out of range; give 0 to 65535");
    check_fails(PARSE(a, "--port", "99999999999999999999"), CM_INVALID_ARGUMENT, "no whole number");
    check_fails(PARSE(a, "--level", "nan"), CM_INVALID_ARGUMENT, "--level: \"nan\" is no number");
    check_fails(PARSE(a, "--level", "1"), CM_INVALID_ARGUMENT, "give 0.5 to 0.999");
    check_fails(PARSE(a, "--once=yes"), CM_INVALID_ARGUMENT, "--once takes no value, \"yes\"");
    check_fails(PARSE(a, "--data"), CM_INVALID_ARGUMENT, "--data needs a value: --data DIR");
    check_fails(PARSE(a, "--data", "--once"), CM_INVALID_ARGUMENT, "--data needs a value");
}

static void help_lists_every_option_with_choices_ranges_and_presets(void **state)
{
    char text[4096];
    FILE *file = tmpfile();
    int before = dup(STDOUT_FILENO);

    fflush(stdout);
    dup2(fileno(file), STDOUT_FILENO);
    cm_options_print(options);
    fflush(stdout);
    dup2(before, STDOUT_FILENO);
    close(before);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_non_null(strstr(text, "  -d, --data DIR          Where the stores lie\n"));
    assert_non_null(strstr(text, "  -o, --output FORMAT     How to print (table|json|csv; default table)\n"));
    assert_non_null(strstr(text, "      --port PORT         Where to listen (0 to 65535; default 7001)\n"));
    assert_non_null(strstr(text, "  -b, --broker HOST:PORT  Kafka's addresses (may be repeated)\n"));
    assert_non_null(strstr(text, "      --once              End after the report\n"));
    assert_non_null(strstr(text, "  -h, --help              Print this help\n"));
}

static void random_words_never_break_the_parser(void **state)
{
    static const char *const pieces[] = {
        "--data", "-o",  "json", "--", "-", "--port=",    "--port", "7", "-b,", "--once", "--format=html,,text",
        "=",      "--=", "--d",  "-5", "",  "--level=.7", "word"};
    uint64_t seed = 42;
    int fine = 0;

    for (int round = 0; round < 20000; round++) {
        const char *words[MOST_WORDS + 1] = {NULL};
        cm_arguments *a = NULL;
        for (size_t i = 0, n = check_random(&seed) % 6; i < n; i++)
            words[i] = pieces[check_random(&seed) % CHECK_COUNT(pieces)];
        cm_status s = parse(&a, words);
        fine += cm_is_ok(s);
        if (cm_is_ok(s))
            assert_in_range(cm_arguments_integer(a, "port"), 0, 65535);
        else
            assert_int_equal(s.code, CM_INVALID_ARGUMENT);
        cm_status_clear(&s);
        cm_arguments_free(a);
    }
    assert_in_range(fine, 1000, 19000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_given_has_its_preset),
        cmocka_unit_test(values_are_taken_in_every_form),
        cmocka_unit_test(what_is_repeated_keeps_its_commas),
        cmocka_unit_test(the_last_one_counts_and_a_given_list_replaces_its_preset),
        cmocka_unit_test(two_hyphens_end_options_and_negative_numbers_are_words),
        cmocka_unit_test(help_is_asked_for_by_word_and_letter),
        cmocka_unit_test(what_is_wrong_names_option_value_and_what_is_right),
        cmocka_unit_test(help_lists_every_option_with_choices_ranges_and_presets),
        cmocka_unit_test(random_words_never_break_the_parser),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
