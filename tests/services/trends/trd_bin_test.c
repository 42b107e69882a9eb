/* Years, quarters and months as numbers: which bin a date lies in, which days a bin lasts, what it is called. */
#include "trd_bed.h"

#include "trends/trd_bin.h"

static void a_date_lies_in_the_bin_that_it_names(void **state)
{
    static const struct {
        int per;
        const char *date, *bin;
    } cases[] = {
        {1, "2015", "2015"},          {1, "2015-12-31", "2015"},     {4, "2015-01", "2015-Q1"},
        {4, "2015-03-31", "2015-Q1"}, {4, "2015-04-01", "2015-Q2"},  {4, "2015-12", "2015-Q4"},
        {12, "2015-01", "2015-01"},   {12, "2015-12-31", "2015-12"}, {12, "2016-02-29", "2016-02"},
        {0, "2015-07", "2015"},
    };
    trd_bed *b = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int bin = trd_bin_of(cases[i].per, bed_date(cases[i].date));
        assert_string_equal(trd_bin_text(b->arena, cases[i].per, 1, bin), cases[i].bin);
    }
    assert_int_equal(trd_bin_of(4, bed_date("2015")), TRD_BIN_COARSE);
    assert_int_equal(trd_bin_of(12, bed_date("2015")), TRD_BIN_COARSE);
    assert_int_equal(trd_bin_of(12, bed_date("")), TRD_BIN_UNDATED);
    assert_int_equal(trd_bin_date(TRD_BIN_COARSE).precision, CM_PRECISION_NONE);
    assert_int_equal(trd_bin_date(TRD_BIN_UNDATED).precision, CM_PRECISION_NONE);
}

/* Every day of some years lies in one bin, and bins follow each other without a gap. */
static void bins_part_the_days(void **state)
{
    static const int pers[] = {1, 4, 12};

    for (int i = 0; i < 3; i++) {
        int first = trd_bin_of(pers[i], bed_date("1999-01-01")), last = trd_bin_of(pers[i], bed_date("2004-12-31"));
        assert_int_equal(last - first + 1, 6 * pers[i]);
        for (int bin = first; bin <= last; bin++) {
            assert_int_equal(trd_bin_last_day(pers[i], bin) + 1, trd_bin_first_day(pers[i], bin + 1));
            for (int32_t day = trd_bin_first_day(pers[i], bin); day <= trd_bin_last_day(pers[i], bin); day++)
                assert_int_equal(trd_bin_of(pers[i], cm_date_of_day(day)), bin);
        }
    }
}

static void what_is_no_bin_is_refused_by_its_field(void **state)
{
    int per;

    assert_ok(trd_bin_per("bin", TRD_BIN_UNSPECIFIED, &per));
    assert_int_equal(per, 1);
    assert_ok(trd_bin_per("bin", TRD_BIN_MONTH, &per));
    assert_int_equal(per, 12);
    assert_fails(trd_bin_per("question.bin", (TrdBin)9, &per), CM_INVALID_ARGUMENT, "question.bin: 9 is no bin; give");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_date_lies_in_the_bin_that_it_names),
        BED_TEST(bins_part_the_days),
        BED_TEST(what_is_no_bin_is_refused_by_its_field),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
