#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cm_memory.h"
#include "base/cm_table.h"
#include "base/cm_text.h"

static char path[] = "cm_table_test.XXXXXX";

static int make_file(void **state)
{
    int fd = mkstemp(path);

    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    return unlink(path);
}

static void write_file(const void *bytes, size_t size)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

static cm_table *table_of(const char *text)
{
    cm_table *t;

    write_file(text, strlen(text));
    check_ok(cm_table_open(path, 0, &t));
    return t;
}

static void columns_are_found_by_name_in_any_order(void **state)
{
    cm_table *t = table_of("b\ta\tc\n1\t2\t3\n4\t\t\n");

    assert_int_equal(cm_table_columns(t), 3);
    assert_string_equal(cm_table_header(t, 1), "a");
    assert_int_equal(cm_table_column(t, "b"), 0);
    assert_int_equal(cm_table_column(t, "x"), -1);
    assert_true(cm_table_next(t));
    assert_string_equal(cm_table_field(t, "a"), "2");
    assert_string_equal(cm_table_get(t, cm_table_column(t, "c")), "3");
    assert_string_equal(cm_table_get(t, -1), "");
    assert_string_equal(cm_table_field(t, "x"), "");
    assert_int_equal(cm_table_line(t), 2);
    assert_null(cm_table_problem(t));
    assert_string_equal(cm_table_row(t), "1\t2\t3");
    assert_true(cm_table_next(t));
    assert_string_equal(cm_table_field(t, "b"), "4");
    assert_string_equal(cm_table_field(t, "c"), "");
    assert_null(cm_table_problem(t));
    assert_false(cm_table_next(t));
    assert_null(cm_table_problem(t));
    assert_int_equal(cm_table_offset(t), cm_table_size(t));
    cm_table_close(t);
}

static void marks_carriage_returns_empty_lines_and_a_missing_last_end_are_taken(void **state)
{
    cm_table *t = table_of("\xef\xbb\xbfname,year\r\n\r\nParis,2015\r\n\n\nGlasgow,2021");

    assert_int_equal(cm_table_column(t, "name"), 0);
    assert_true(cm_table_next(t));
    assert_string_equal(cm_table_field(t, "year"), "2015");
    assert_int_equal(cm_table_line(t), 3);
    assert_true(cm_table_next(t));
    assert_string_equal(cm_table_field(t, "year"), "2021");
    assert_int_equal(cm_table_line(t), 6);
    assert_false(cm_table_next(t));
    cm_table_close(t);
}

static void quotes_hold_separators_line_ends_and_quotes(void **state)
{
    cm_table *t = table_of("name,note,n\n\"Rio, \"\"the\"\" city\",\"two\r\nlines\",1\n\"\",,\"2\"\n5\" pipe,a\"b,3\n");

    assert_true(cm_table_next(t));
    assert_string_equal(cm_table_field(t, "name"), "Rio, \"the\" city");
    assert_string_equal(cm_table_field(t, "note"), "two\r\nlines");
    assert_string_equal(cm_table_row(t), "\"Rio, \"\"the\"\" city\",\"two\r\nlines\",1");
    assert_int_equal(cm_table_line(t), 2);
    assert_true(cm_table_next(t));
    assert_int_equal(cm_table_line(t), 4);
    assert_string_equal(cm_table_field(t, "n"), "2");
    assert_true(cm_table_next(t));
    assert_string_equal(cm_table_field(t, "name"), "5\" pipe");
    assert_null(cm_table_problem(t));
    assert_false(cm_table_next(t));
    cm_table_close(t);
}

static void tabs_know_no_quotes(void **state)
{
    cm_table *t = table_of("a\tb\n\"x\t\"y, z\"\n");

    assert_true(cm_table_next(t));
    assert_string_equal(cm_table_field(t, "a"), "\"x");
    assert_string_equal(cm_table_field(t, "b"), "\"y, z\"");
    cm_table_close(t);
}

static void check_problem(cm_table *t, long line, const char *part)
{
    assert_true(cm_table_next(t));
    assert_int_equal(cm_table_line(t), line);
    const char *problem = cm_table_problem(t);
    if (part ? !problem || !strstr(problem, part) : problem != NULL)
        fail_msg("line %ld: \"%s\" in place of \"%s\"", line, problem ? problem : "", part ? part : "");
}

static void malformed_rows_are_given_with_what_is_wrong_and_reading_goes_on(void **state)
{
    cm_table *t = table_of("a,b\n1\n1,2,3\nx\xff,2\n\"open,2\n3,4\n\"5\"x,6\n7,8\n");

    check_problem(t, 2, "the row has 1 columns, the header has 2");
    check_problem(t, 3, "the row has 3 columns, the header has 2");
    assert_string_equal(cm_table_row(t), "1,2,3");
    check_problem(t, 4, "byte 2 of the row (0xff) is not UTF-8");
    check_problem(t, 5, "a quote is not closed");
    assert_string_equal(cm_table_row(t), "\"open,2");
    check_problem(t, 6, NULL);
    check_problem(t, 7, "between a closing quote and the comma");
    check_problem(t, 8, NULL);
    assert_string_equal(cm_table_field(t, "b"), "8");
    assert_false(cm_table_next(t));
    cm_table_close(t);
}

static void a_nul_in_a_row_is_a_problem(void **state)
{
    cm_table *t;

    write_file("a\tb\n1\0\t2\n3\t4\n", 13);
    check_ok(cm_table_open(path, 0, &t));
    check_problem(t, 2, "byte 2 of the row is NUL");
    check_problem(t, 3, NULL);
    cm_table_close(t);
}

static void a_row_of_megabytes_is_a_problem_and_holds_no_megabytes(void **state)
{
    cm_text text = {0};
    cm_table *t;

    cm_text_add(&text, "a,b\n1,2\n\"");
    for (int i = 0; i < 3 << 20; i++)
        cm_text_char(&text, i % 1000 == 999 ? ',' : 'x');
    cm_text_add(&text, "\n3,4\n");
    write_file(text.data, text.size);
    cm_text_clear(&text);
    check_ok(cm_table_open(path, 0, &t));
    check_problem(t, 2, NULL);
    check_problem(t, 3, "the row is longer than 262144 bytes");
    assert_true(strlen(cm_table_row(t)) <= 256 << 10);
    check_problem(t, 4, NULL);
    assert_string_equal(cm_table_field(t, "b"), "4");
    assert_false(cm_table_next(t));
    cm_table_close(t);
}

static void many_rows_come_one_by_one_with_their_lines(void **state)
{
    enum { ROWS = 200000 };
    cm_text text = {0};
    cm_table *t;
    long rows = 0;

    cm_text_add(&text, "n,square\n");
    for (long i = 0; i < ROWS; i++)
        cm_text_format(&text, i % 3 ? "%ld,%ld\n" : "\"%ld\",\"%ld\"\r\n", i, i * i);
    write_file(text.data, text.size);
    check_ok(cm_table_open(path, 0, &t));
    for (size_t before = 0; cm_table_next(t); rows++) {
        assert_int_equal(cm_table_line(t), rows + 2);
        assert_int_equal(strtol(cm_table_get(t, 0), NULL, 10), rows);
        assert_int_equal(strtol(cm_table_get(t, 1), NULL, 10), rows * rows);
        assert_true(cm_table_offset(t) > before);
        before = cm_table_offset(t);
    }
    assert_int_equal(rows, ROWS);
    assert_int_equal(cm_table_offset(t), text.size);
    cm_table_close(t);
    cm_text_clear(&text);
}

static void files_without_a_header_line_are_read_with_one_that_is_given(void **state)
{
    cm_table *t;

    write_file("2988507\tParis\n524901\tMoscow\n", 28);
    check_ok(cm_table_open_bare(path, '\t', "geonameid\tname", &t));
    check_problem(t, 1, NULL);
    assert_string_equal(cm_table_field(t, "name"), "Paris");
    check_problem(t, 2, NULL);
    assert_string_equal(cm_table_field(t, "geonameid"), "524901");
    assert_false(cm_table_next(t));
    cm_table_close(t);
    write_file("", 0);
    check_ok(cm_table_open_bare(path, '\t', "geonameid\tname", &t));
    assert_false(cm_table_next(t));
    cm_table_close(t);
}

static void what_cannot_be_opened_says_why(void **state)
{
    cm_table *t;

    check_fails(cm_table_open("/nowhere/x.csv", 0, &t), CM_NOT_FOUND, "/nowhere/x.csv");
    check_fails(cm_table_open("/", 0, &t), CM_INVALID_ARGUMENT, "directory");
    write_file("", 0);
    check_fails(cm_table_open(path, 0, &t), CM_INVALID_ARGUMENT, "the file is empty");
    write_file("\n\n", 2);
    check_fails(cm_table_open(path, 0, &t), CM_INVALID_ARGUMENT, "name the columns");
    write_file("a,\xff\n", 5);
    check_fails(cm_table_open(path, 0, &t), CM_INVALID_ARGUMENT, "not UTF-8");
    write_file("a,\"b\n", 5);
    check_fails(cm_table_open(path, 0, &t), CM_INVALID_ARGUMENT, "a quote is not closed");
}

static void a_file_without_rights_is_permission_denied(void **state)
{
    cm_table *t;

    if (geteuid() == 0)
        skip(); /* root may read everything */
    chmod(path, 0);
    cm_status s = cm_table_open(path, 0, &t);
    chmod(path, 0600);
    check_fails(s, CM_PERMISSION_DENIED, path);
}

static void add_quoted(cm_text *text, const char *value)
{
    cm_text_char(text, '"');
    for (; *value; value++) {
        if (*value == '"')
            cm_text_char(text, '"');
        cm_text_char(text, *value);
    }
    cm_text_char(text, '"');
}

static void random_values_come_back_from_quotes(void **state)
{
    enum { ROWS = 5000, WIDTH = 40 };
    uint64_t seed = 4180;
    cm_text text = {0};
    char(*values)[2][WIDTH] = cm_alloc(ROWS * sizeof *values);
    cm_table *t;

    cm_text_add(&text, "a,b\n");
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < 2; j++) {
            check_random_text(&seed, "ab,\"\n\r\t ", values[i][j], check_random(&seed) % (WIDTH - 1));
            add_quoted(&text, values[i][j]);
            cm_text_char(&text, j ? '\n' : ',');
        }
    write_file(text.data, text.size);
    cm_text_clear(&text);
    check_ok(cm_table_open(path, ',', &t));
    for (int i = 0; i < ROWS; i++) {
        assert_true(cm_table_next(t));
        assert_null(cm_table_problem(t));
        assert_string_equal(cm_table_get(t, 0), values[i][0]);
        assert_string_equal(cm_table_get(t, 1), values[i][1]);
    }
    assert_false(cm_table_next(t));
    cm_table_close(t);
    free(values);
}

static void random_bytes_are_rows_or_problems_and_end(void **state)
{
    uint64_t seed = 99;

    for (int round = 0; round < 300; round++) {
        char bytes[2000];
        size_t size = check_random(&seed) % sizeof bytes, rows = 0;
        cm_table *t;
        for (size_t i = 0; i < size; i++)
            bytes[i] = round % 2 ? "a\"\n,\r\t"[check_random(&seed) % 6] : (char)check_random(&seed);
        write_file(bytes, size);
        cm_status s = cm_table_open(path, ",\t"[round / 2 % 2], &t);
        if (!cm_is_ok(s)) {
            assert_int_equal(s.code, CM_INVALID_ARGUMENT);
            cm_status_clear(&s);
            continue;
        }
        for (; cm_table_next(t); rows++) {
            assert_true(rows < size);
            for (int i = -1; i <= cm_table_columns(t); i++)
                assert_non_null(cm_table_get(t, i));
        }
        assert_int_equal(cm_table_offset(t), size);
        cm_table_close(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_found_by_name_in_any_order),
        cmocka_unit_test(marks_carriage_returns_empty_lines_and_a_missing_last_end_are_taken),
        cmocka_unit_test(quotes_hold_separators_line_ends_and_quotes),
        cmocka_unit_test(tabs_know_no_quotes),
        cmocka_unit_test(malformed_rows_are_given_with_what_is_wrong_and_reading_goes_on),
        cmocka_unit_test(a_nul_in_a_row_is_a_problem),
        cmocka_unit_test(a_row_of_megabytes_is_a_problem_and_holds_no_megabytes),
        cmocka_unit_test(many_rows_come_one_by_one_with_their_lines),
        cmocka_unit_test(files_without_a_header_line_are_read_with_one_that_is_given),
        cmocka_unit_test(what_cannot_be_opened_says_why),
        cmocka_unit_test(a_file_without_rights_is_permission_denied),
        cmocka_unit_test(random_values_come_back_from_quotes),
        cmocka_unit_test(random_bytes_are_rows_or_problems_and_end),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
