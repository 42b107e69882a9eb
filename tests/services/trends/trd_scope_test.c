/* Units by year within groups and collections: when sources were looking, and what a test may see of it. */
#include "trd_bed.h"

#include "trends/trd_mix.h"

static trd_collection_info known[] = {
    {.id = "early", .label = "early", .from = 2000, .to = 2010},
    {.id = "late", .label = "late", .from = 2005, .to = 2012, .to_the_end = true},
    {.id = "never", .label = "never"}, /* no coverage is stated */
    {.id = "memberships", .label = "memberships", .from = 1990, .to = 2020},
};

static trd_report report_of(cm_arena *arena)
{
    return (trd_report){.arena = arena, .filter = &trd_filter_none, .coverage = {known, sizeof known / sizeof *known}};
}

/* A whole unit, or a fraction 1/parts of one. */
static trd_unit unit(const char *date, const char *category, const char *collection, int parts)
{
    return (trd_unit){.resource = "r",
                      .cluster = "r",
                      .date = bed_date(date),
                      .group = "",
                      .category = category,
                      .collection = collection,
                      .certainty = TYP_CERTAINTY_CHECKED,
                      .weight = TRD_WHOLE / parts};
}

static trd_tally tally_of(const trd_unit *units, size_t count)
{
    return (trd_tally){.counts = units, .count = count, .step = 1};
}

/* The covered bins as text: "2005 2006". */
static char *covered(const trd_series *series)
{
    cm_text text = {0};

    for (size_t i = 0; i < trd_series_bins(series); i++)
        if (series->covered[i])
            cm_text_format(&text, "%s%d", text.size ? " " : "", series->from + (int)i * series->step);
    return text.data ? text.data : cm_strdup("");
}

static void assert_covered(const trd_unit *units, size_t count, const char *collection, const char *expected)
{
    CM_ARENA(arena);
    trd_report report = report_of(arena);
    trd_tally tally = tally_of(units, count);
    trd_scope scope = trd_scope_of(&report, &tally, "", collection);
    trd_series series = trd_scope_series(&report, &scope, &(trd_category){.name = "a"});
    CM_FREE char *years = covered(&series);

    assert_string_equal(years, expected);
}

static void all_together_are_covered_where_every_contributing_collection_looks(void **state)
{
    const trd_unit units[] = {
        unit("2003", "a", "early", 1),
        unit("2007", "b", "late", 1),
        unit("2013", "a", "early", 1),
    };

    assert_covered(units, 3, "", "2005 2006 2007 2008 2009 2010");
    assert_covered(units, 3, "early", "2003 2004 2005 2006 2007 2008 2009 2010");
}

static void a_collection_contributes_by_a_dated_unit_that_is_known_and_not_otherwise(void **state)
{
    const trd_unit units[] = {
        unit("2003", "a", "early", 1),
        unit("2005", "a", "early", 1),
        unit("2004", "", "late", 1),
        unit("", "a", "late", 1),
    };

    assert_covered(units, 4, "", "2003 2004 2005");
}

static void a_collection_without_coverage_decides_nothing_and_covers_nothing(void **state)
{
    const trd_unit units[] = {unit("2009", "a", "early", 1), unit("2010", "a", "never", 1)};

    assert_covered(units, 2, "", "2009 2010");
    assert_covered(units, 2, "never", "");
}

static void decades_are_covered_where_all_their_years_within_the_period_are(void **state)
{
    CM_ARENA(arena);
    trd_report report = report_of(arena);
    const trd_unit units[] = {unit("1999", "a", "early", 1), unit("2002", "a", "early", 1),
                              unit("2012", "a", "early", 1)};
    trd_tally tally = {.counts = units, .count = 3, .step = 10};
    trd_scope scope = trd_scope_of(&report, &tally, "", "");
    trd_series series = trd_scope_series(&report, &scope, &(trd_category){.name = "a"});
    CM_FREE char *decades = covered(&series);

    assert_int_equal(series.from, 1990);
    assert_int_equal(trd_series_bins(&series), 3);
    assert_string_equal(decades, "2000"); /* of the 2010s, 2011 and 2012 are not */
}

static void memberships_stand_under_the_coverage_of_their_file(void **state)
{
    CM_ARENA(arena);
    trd_report report = report_of(arena);
    const trd_unit units[] = {unit("1995", "a", "early", 1)};
    trd_tally tally = {.counts = units, .count = 1, .step = 1, .memberships = true};
    trd_scope scope = trd_scope_of(&report, &tally, "", "");
    trd_series series = trd_scope_series(&report, &scope, &(trd_category){.name = "a"});

    assert_true(series.covered[0]);
}

static void sums_tell_known_unknown_and_undated_apart_and_fractions_are_exact(void **state)
{
    CM_ARENA(arena);
    trd_report report = report_of(arena);
    const trd_unit units[] = {
        unit("2003", "a", "early", 3), unit("2003", "b", "early", 3), unit("2003", "c", "early", 3),
        unit("2004", "", "early", 1),  unit("", "a", "late", 2),      unit("", "", "late", 1),
        unit("2006", "a", "", 1),
    };
    trd_tally tally = tally_of(units, 7);
    trd_scope all = trd_scope_of(&report, &tally, "", ""), early = trd_scope_of(&report, &tally, "", "early");

    assert_near(all.total, 2, 1e-12);
    assert_near(all.unknown, 2, 0); /* unknown, dated or not */
    assert_near(all.undated, 0.5, 0);
    assert_int_equal(all.from, 2003);
    assert_int_equal(all.to, 2006);
    assert_near(early.total, 1, 1e-12);
    assert_near(trd_scope_sum(&all, &(trd_category){.name = "a"}), 4.0 / 3, 1e-12);
}

static void the_last_year_is_unfinished_unless_the_coverage_is_written_to_its_end(void **state)
{
    CM_ARENA(arena);
    trd_report report = report_of(arena);
    const trd_unit units[] = {unit("2007", "a", "early", 1), unit("2007", "a", "late", 1),
                              unit("2007", "a", "never", 1)};
    trd_tally tally = tally_of(units, 3);

    assert_int_equal(trd_scope_of(&report, &tally, "", "").unfinished, 2010);
    assert_int_equal(trd_scope_of(&report, &tally, "", "late").unfinished, 0);
    assert_int_equal(trd_scope_of(&report, &tally, "", "never").unfinished, 0);
}

static void tests_see_units_within_the_coverage_of_their_own_collection(void **state)
{
    CM_ARENA(arena);
    trd_report report = report_of(arena);
    const trd_unit units[] = {unit("2009", "a", "early", 1), unit("2009", "a", "never", 1),
                              unit("2009", "b", "early", 1)};
    trd_tally tally = tally_of(units, 3);
    trd_scope scope = trd_scope_of(&report, &tally, "", "");
    trd_series series = trd_scope_series(&report, &scope, &(trd_category){.name = "a"});

    assert_near(series.count[0], 2, 0);
    assert_near(series.total[0], 3, 0);
    assert_near(series.seen_count[0], 1, 0);
    assert_near(series.seen_total[0], 2, 0);
}

static void a_category_is_set_by_collection_where_each_holds_all_or_nothing_of_it(void **state)
{
    CM_ARENA(arena);
    trd_report report = report_of(arena);
    trd_unit units[] = {
        unit("2007", "a", "early", 1),
        unit("2008", "a", "early", 1),
        unit("2007", "b", "late", 1),
        unit("2008", "c", "late", 1),
    };
    trd_tally tally = tally_of(units, 4);
    const trd_category a = {.name = "a"}, b = {.name = "b"}, none = {.name = "none"};
    trd_scope all = trd_scope_of(&report, &tally, "", ""), early = trd_scope_of(&report, &tally, "", "early");

    assert_true(trd_scope_set_by_collection(&all, &a));
    assert_false(trd_scope_set_by_collection(&all, &b));    /* late holds both */
    assert_false(trd_scope_set_by_collection(&all, &none)); /* it never occurs */
    assert_false(trd_scope_set_by_collection(&early, &a));  /* one collection alone */
}

static void tests_take_covered_finished_bins_with_5_units_and_keep_their_place(void **state)
{
    CM_ARENA(arena);
    trd_series series = trd_series_new(arena, 2000, 2006, 1);
    static const double counts[] = {1, 2, 0, 4, 0, 6, 7}, totals[] = {5, 10, 5, 4, 0, 12, 9};

    for (int i = 0; i < 7; i++) {
        series.covered[i] = i != 1;
        trd_series_add(&series, 2000 + i, counts[i], totals[i], true);
    }
    trd_bins shares = trd_series_tested(&series, true, 2006, arena);
    assert_int_equal(shares.n, 3); /* without 2001 (not covered), 2003 and 2004 (below 5), 2006 (unfinished) */
    assert_near(shares.times[0], 2000, 0);
    assert_near(shares.times[1], 2002, 0);
    assert_near(shares.times[2], 2005, 0);
    assert_near(shares.shares[2], 0.5, 0);
    assert_int_equal(shares.from, 2000);
    assert_int_equal(shares.to, 2005);

    trd_bins numbers = trd_series_tested(&series, false, 2006, arena);
    assert_int_equal(numbers.n, 5); /* zeros included */
    assert_near(numbers.shares[3], 0, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_together_are_covered_where_every_contributing_collection_looks),
        cmocka_unit_test(a_collection_contributes_by_a_dated_unit_that_is_known_and_not_otherwise),
        cmocka_unit_test(a_collection_without_coverage_decides_nothing_and_covers_nothing),
        cmocka_unit_test(decades_are_covered_where_all_their_years_within_the_period_are),
        cmocka_unit_test(memberships_stand_under_the_coverage_of_their_file),
        cmocka_unit_test(sums_tell_known_unknown_and_undated_apart_and_fractions_are_exact),
        cmocka_unit_test(the_last_year_is_unfinished_unless_the_coverage_is_written_to_its_end),
        cmocka_unit_test(tests_see_units_within_the_coverage_of_their_own_collection),
        cmocka_unit_test(a_category_is_set_by_collection_where_each_holds_all_or_nothing_of_it),
        cmocka_unit_test(tests_take_covered_finished_bins_with_5_units_and_keep_their_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
