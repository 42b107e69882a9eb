#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/cm_date.h"

static cm_date date(const char *text)
{
    cm_date d;

    check_ok(cm_date_parse(text, &d));
    return d;
}

static void what_is_written_is_what_is_known(void **state)
{
    static const struct {
        const char *text, *canonical;
        cm_precision precision;
    } rows[] = {
        {"", "", CM_PRECISION_NONE},
        {"2015", "2015", CM_PRECISION_YEAR},
        {"0001", "0001", CM_PRECISION_YEAR},
        {"2015-12", "2015-12", CM_PRECISION_MONTH},
        {"2016-02-29", "2016-02-29", CM_PRECISION_DAY},
        {"2000-02-29", "2000-02-29", CM_PRECISION_DAY},
        {"2015-12-06T10:00:00Z", "2015-12-06T10:00:00Z", CM_PRECISION_INSTANT},
        {"2015-12-06T10:00:00+03:00", "2015-12-06T07:00:00Z", CM_PRECISION_INSTANT},
        {"2015-12-06T01:00:00+03", "2015-12-05T22:00:00Z", CM_PRECISION_INSTANT},
        {"2015-12-31T23:30:00-01:30", "2016-01-01T01:00:00Z", CM_PRECISION_INSTANT},
        {"2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z", CM_PRECISION_INSTANT},
    };

    for (size_t i = 0; i < CHECK_COUNT(rows); i++) {
        char text[CM_DATE_TEXT];
        cm_date d = date(rows[i].text);
        assert_int_equal(d.precision, rows[i].precision);
        assert_string_equal(cm_date_format(d, text), rows[i].canonical);
    }
    assert_int_equal(date(NULL).precision, CM_PRECISION_NONE);
}

static void what_is_no_date_is_refused_by_its_value(void **state)
{
    static const char *const wrong[] = {"0000",
                                        "15",
                                        "2015-",
                                        "2015-1",
                                        "2015-13",
                                        "2015-00",
                                        "2015-02-29",
                                        "1900-02-29",
                                        "2015-04-31",
                                        "2015-12-00",
                                        "20151206",
                                        "2015/12/06",
                                        " 2015",
                                        "2015 ",
                                        "2015-12-06T",
                                        "2015-12-06T10",
                                        "2015-12-06T10:00Z",
                                        "2015-12-06T10:00:00",
                                        "2015-12-06T24:00:00Z",
                                        "2015-12-06T10:60:00Z",
                                        "2015-12-06T10:00:61Z",
                                        "2015-12-06T10:00:60Z",
                                        "2015-12-06T10:00:00.5Z",
                                        "2015-12-06T10:00:00+24:00",
                                        "2015-12-06T10:00:00+03:60",
                                        "2015-12-06T10:00:00z",
                                        "2015-12-06 10:00:00Z",
                                        "0001-01-01T00:00:00+01:00",
                                        "9999-12-31T23:59:59-01:00",
                                        "2015-12-06T10:00:00+03:",
                                        "2015~",
                                        "yesterday",
                                        "-2015",
                                        "+2015",
                                        "20150"};

    for (size_t i = 0; i < CHECK_COUNT(wrong); i++) {
        cm_date d = {.year = 7};
        cm_status s = cm_date_parse(wrong[i], &d);
        assert_int_equal(d.precision, CM_PRECISION_NONE);
        assert_null(s.error ? s.error->violations : (cm_violation *)state);
        check_fails(s, CM_INVALID_ARGUMENT, wrong[i]);
    }
}

static void partial_dates_span_their_days(void **state)
{
    assert_int_equal(cm_date_first_day(date("1970-01-01")), 0);
    assert_int_equal(cm_date_first_day(date("2015")), 16436);
    assert_int_equal(cm_date_last_day(date("2015")), 16800);
    assert_int_equal(cm_date_last_day(date("2016-02")) - cm_date_first_day(date("2016-02")), 28);
    assert_int_equal(cm_date_middle_day(date("2015")), cm_date_first_day(date("2015-07-02")));
    assert_int_equal(cm_date_middle_day(date("2015-02")), cm_date_first_day(date("2015-02-15")));
    assert_int_equal(cm_date_middle_day(date("2015-02-03T04:05:06Z")), cm_date_first_day(date("2015-02-03")));
}

static void every_day_of_ten_thousand_years_comes_back(void **state)
{
    int32_t first = cm_date_first_day(date("0001-01-01")), last = cm_date_last_day(date("9999"));
    cm_date before = cm_date_of_day(first - 1);

    assert_int_equal(last - first + 1, 3652059);
    assert_int_equal(before.year, 0);
    for (int32_t day = first; day <= last; day++) {
        cm_date d = cm_date_of_day(day);
        if (cm_date_first_day(d) != day || cm_date_compare(before, d) >= 0)
            fail_msg("day %d is %04d-%02d-%02d", day, d.year, d.month, d.day);
        before = d;
    }
}

static void days_agree_with_the_c_library(void **state)
{
    for (int32_t day = -200000; day <= 200000; day += 37) {
        time_t seconds = (time_t)day * 86400;
        struct tm t;
        gmtime_r(&seconds, &t);
        cm_date d = cm_date_of_day(day);
        assert_int_equal(d.year, t.tm_year + 1900);
        assert_int_equal(d.month, t.tm_mon + 1);
        assert_int_equal(d.day, t.tm_mday);
    }
}

static void dates_are_in_order_of_beginning_then_instant_then_precision(void **state)
{
    static const char *const order[] = {
        "",           "2014-12-31", "2015", "2015-01", "2015-01-01", "2015-01-01T00:00:00Z", "2015-01-01T00:00:01Z",
        "2015-01-02", "2015-02",    "2016"};

    for (size_t i = 0; i < CHECK_COUNT(order); i++)
        for (size_t j = 0; j < CHECK_COUNT(order); j++) {
            int c = cm_date_compare(date(order[i]), date(order[j]));
            assert_int_equal((c > 0) - (c < 0), (i > j) - (i < j));
        }
}

static void only_what_cannot_overlap_is_certainly_after(void **state)
{
    assert_true(cm_date_certainly_after(date("2016"), date("2015")));
    assert_true(cm_date_certainly_after(date("2016-01"), date("2015-12-31T23:59:59Z")));
    assert_true(cm_date_certainly_after(date("2015-06-02T00:00:01Z"), date("2015-06-02T00:00:00Z")));
    assert_false(cm_date_certainly_after(date("2015-06"), date("2015")));
    assert_false(cm_date_certainly_after(date("2015"), date("2015-06")));
    assert_false(cm_date_certainly_after(date("2015"), date("2015")));
    assert_false(cm_date_certainly_after(date("2015-06-02T10:00:00Z"), date("2015-06-02")));
    assert_false(cm_date_certainly_after(date("2015-06-02T10:00:00Z"), date("2015-06-02T10:00:00Z")));
    assert_false(cm_date_certainly_after(date(""), date("2015")));
    assert_false(cm_date_certainly_after(date("2015"), date("")));
}

static void random_text_is_refused_or_comes_back_canonical(void **state)
{
    uint64_t seed = 2015;
    int accepted = 0;

    for (int round = 0; round < 200000; round++) {
        char text[32], canonical[CM_DATE_TEXT], again[CM_DATE_TEXT];
        size_t length = check_random(&seed) % 26;
        cm_date d;
        check_random_text(&seed, "0123456789-T:Z+", text, length);
        if (round % 2) /* near to right, so that some are */
            snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d%+03d", (int)(check_random(&seed) % 10000),
                     (int)(check_random(&seed) % 14), (int)(check_random(&seed) % 33), (int)(check_random(&seed) % 25),
                     (int)(check_random(&seed) % 61), (int)(check_random(&seed) % 62),
                     (int)(check_random(&seed) % 49) - 24);
        cm_status s = cm_date_parse(text, &d);
        if (cm_is_ok(s)) {
            accepted++;
            cm_date_format(d, canonical);
            assert_string_equal(cm_date_format(date(canonical), again), canonical);
        }
        cm_status_clear(&s);
    }
    assert_in_range(accepted, 1000, 199000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_what_is_known),
        cmocka_unit_test(what_is_no_date_is_refused_by_its_value),
        cmocka_unit_test(partial_dates_span_their_days),
        cmocka_unit_test(every_day_of_ten_thousand_years_comes_back),
        cmocka_unit_test(days_agree_with_the_c_library),
        cmocka_unit_test(dates_are_in_order_of_beginning_then_instant_then_precision),
        cmocka_unit_test(only_what_cannot_overlap_is_certainly_after),
        cmocka_unit_test(random_text_is_refused_or_comes_back_canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
