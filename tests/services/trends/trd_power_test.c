/* Ranks and the index of power: pure, then from recorded facts to findings. */
#include <math.h>

#include "trd_bed.h"

#include "trends/trd_answer.h"
#include "trends/trd_influences.h"
#include "trends/trd_power.h"

static trd_power_value value(const char *owner, const char *state, const char *unit, int year, double number)
{
    return (trd_power_value){.resource = owner,
                             .owner = owner,
                             .state = state,
                             .unit = unit,
                             .text = "",
                             .year = year,
                             .value = number,
                             .collection = ""};
}

/* "owner share rank/n year" of each, a line each. */
static void assert_ranks(trd_power_value *values, size_t count, int year, bool within_state, const char *expected)
{
    CM_ARENA(arena);
    trd_power_rank *ranks;
    size_t n;
    cm_text text = {0};

    trd_power_sort(values, count, within_state);
    trd_power_ranks(values, count, year, within_state, arena, &ranks, &n);
    for (size_t i = 0; i < n; i++)
        cm_text_format(&text, "%s %.4g %g/%zu %d\n", ranks[i].value->owner, ranks[i].share, ranks[i].rank, ranks[i].n,
                       ranks[i].value->year);
    assert_string_equal(cm_text_get(&text), expected);
    cm_text_clear(&text);
}

static void equal_values_share_the_mean_of_their_ranks(void **state)
{
    trd_power_value values[] = {value("d", "", "u", 2020, 9), value("b", "", "u", 2020, 5),
                                value("c", "", "u", 2020, 5), value("a", "", "u", 2020, 1)};

    assert_ranks(values, 4, 2020, false, "a 0.125 1/4 2020\nb 0.5 2.5/4 2020\nc 0.5 2.5/4 2020\nd 0.875 4/4 2020\n");
}

static void two_values_make_no_ranking(void **state)
{
    trd_power_value values[] = {value("a", "", "u", 2020, 1), value("b", "", "u", 2020, 2),
                                value("c", "", "other", 2020, 3)};

    assert_ranks(values, 3, 2020, false, "");
}

static void a_value_carries_ten_years_and_no_longer(void **state)
{
    trd_power_value values[] = {value("a", "", "u", 2010, 1), value("b", "", "u", 2014, 2),
                                value("b", "", "u", 2016, 7), value("c", "", "u", 2020, 3), value("d", "", "u", 0, 4)};

    assert_ranks(values, 5, 2020, false, "a 0.1667 1/3 2010\nb 0.8333 3/3 2016\nc 0.5 2/3 2020\n");
    assert_ranks(values, 5, 2021, false, "");
    assert_ranks(values, 5, 2015, false, "");
}

static void within_a_state_only_its_own_are_ranked(void **state)
{
    trd_power_value values[] = {value("a", "x", "u", 2020, 1), value("b", "y", "u", 2020, 2),
                                value("c", "x", "u", 2020, 3), value("d", "x", "u", 2020, 2),
                                value("e", "", "u", 2020, 2),  value("f", "", "u", 2020, 2),
                                value("g", "", "u", 2020, 2)};

    assert_ranks(values, 7, 2020, true, "a 0.1667 1/3 2020\nc 0.8333 3/3 2020\nd 0.5 2/3 2020\n");
}

static void of_several_units_the_newest_value_counts_then_the_longer_list(void **state)
{
    trd_power_value values[] = {value("a", "", "city", 2018, 1),  value("b", "", "city", 2018, 2),
                                value("c", "", "city", 2018, 3),  value("a", "", "metro", 2019, 9),
                                value("b", "", "metro", 2018, 8), value("c", "", "metro", 2018, 7),
                                value("d", "", "metro", 2018, 6)};

    assert_ranks(values, 7, 2020, false, "a 0.875 4/4 2019\nb 0.625 3/4 2018\nc 0.375 2/4 2018\nd 0.125 1/4 2018\n");
}

static void a_missing_part_leaves_no_index(void **state)
{
    const trd_power_rank low = {.share = 0.2}, high = {.share = 0.6};

    assert_true(trd_power_part(&low, &high) == 0.4);
    assert_true(trd_power_part(NULL, &high) == 0.6);
    assert_true(trd_power_part(&low, NULL) == 0.2);
    assert_true(isnan(trd_power_part(NULL, NULL)));
    assert_true(fabs(trd_power_index((double[]){0.5, 0.25, 0.125}) - 0.25) < 1e-15);
    assert_true(isnan(trd_power_index((double[]){0.5, NAN, 0.125})));
}

/* ---- from facts ---- */

static void count_city(trd_bed *b, const char *id, const char *state, const char *tier, int memberships)
{
    char *name = cm_arena_format(b->arena, "cities/%s/influences/tier", id);
    const char *actors =
        cm_arena_format(b->arena, "'actors': [{'actor': 'cities/%s', 'state': 'states/%s'}]", id, state);

    bed_count_row(b, (bed_row){"registry", name,
                               bed_event(b->arena, cm_arena_format(b->arena,
                                                                   "{'influence': {'name': '%s', 'measure': "
                                                                   "'gawc_2024', 'year': 2024, 'tier': '%s'}, %s}",
                                                                   name, tier, actors)),
                               1});
    for (int i = 0; i < memberships; i++) {
        char *membership = cm_arena_format(b->arena, "cities/%s/memberships/m%d", id, i);
        bed_count(b, membership,
                  cm_arena_format(b->arena,
                                  "{'membership': {'name': '%s', 'institution': 'institutions/i%d', 'status': 'member',"
                                  " 'from': '2001', 'collection': 'collections/institutions'}, %s}",
                                  membership, i, actors));
    }
}

static void count_profile(trd_bed *b, const char *state, int year, double index)
{
    char *name = cm_arena_format(b->arena, "states/%s/autonomyProfiles/%d", state, year);

    bed_count_row(b, (bed_row){"registry", name,
                               bed_event(b->arena, cm_arena_format(b->arena,
                                                                   "{'autonomy_profile': {'name': '%s', "
                                                                   "'index': %g}}",
                                                                   name, index)),
                               1});
}

static const TrdFinding *find(const trd_findings *findings, const char *category)
{
    for (size_t i = 0; i < findings->count; i++)
        if (strcmp(findings->items[i]->category, category) == 0)
            return findings->items[i];
    return NULL;
}

static double detail(const TrdFinding *finding, const char *name)
{
    for (size_t i = 0; i < finding->n_details; i++)
        if (strcmp(finding->details[i]->name, name) == 0)
            return finding->details[i]->value ? finding->details[i]->value->value : NAN;
    fail_msg("%s has no detail %s", finding->category, name);
    return NAN;
}

static void cities_are_ranked_by_what_is_recorded_of_them(void **state)
{
    trd_bed *b = *state;
    trd_report report = {.db = bed_reader(b), .arena = b->arena, .filter = &trd_filter_none};
    trd_findings findings = {0};
    int family = 0;

    count_city(b, "a", "x", "Alpha+", 3);
    count_city(b, "b", "x", "Gamma-", 1);
    count_city(b, "c", "y", "Beta", 2);
    count_city(b, "d", "z", "Sufficiency", 0);
    count_profile(b, "w", 2014, 10);
    count_profile(b, "x", 2014, 50);
    count_profile(b, "y", 2013, 40);
    count_profile(b, "z", 2014, 60);
    assert_ok(trd_answer_power(&report, &findings, &family));

    const TrdFinding *a = find(&findings, "a"), *none = find(&findings, "no_index");
    assert_non_null(a);
    assert_true(a->n == 1 && a->total == 12); /* 2013 … 2024, since memberships and profiles reach back */
    assert_string_equal(a->from, "2013");
    assert_string_equal(a->to, "2024");
    assert_string_equal(a->estimate_of, "index");
    double autonomy = 1.5 / 3, economic = 3.5 / 4, political = 2.5 / 3; /* y's profile of 2013 is too old in 2024 */
    assert_true(fabs(detail(a, "autonomy") - autonomy) < 1e-12);
    assert_true(fabs(detail(a, "economic") - economic) < 1e-12);
    assert_true(fabs(detail(a, "political") - political) < 1e-12);
    assert_true(isnan(detail(a, "economic_within_state")));
    assert_true(fabs(a->estimate->value - cbrt(autonomy * economic * political)) < 1e-12);
    assert_true(a->estimate->value == detail(a, "index_2024"));
    assert_non_null(none);
    assert_true(none->n == 2 && none->total == 4); /* c: autonomy too old; d: no membership */
    assert_true(detail(none, "without_autonomy") == 1 && detail(none, "without_political") == 1);
    free(findings.items);
    cm_db_close(report.db);
}

static void nothing_recorded_gives_no_finding(void **state)
{
    trd_bed *b = *state;
    trd_report report = {.db = bed_reader(b), .arena = b->arena, .filter = &trd_filter_none};
    trd_findings findings = {0};
    int family = 0;

    assert_ok(trd_answer_power(&report, &findings, &family));
    assert_int_equal(findings.count, 0);
    cm_db_close(report.db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_values_share_the_mean_of_their_ranks),
        cmocka_unit_test(two_values_make_no_ranking),
        cmocka_unit_test(a_value_carries_ten_years_and_no_longer),
        cmocka_unit_test(within_a_state_only_its_own_are_ranked),
        cmocka_unit_test(of_several_units_the_newest_value_counts_then_the_longer_list),
        cmocka_unit_test(a_missing_part_leaves_no_index),
        BED_TEST(cities_are_ranked_by_what_is_recorded_of_them),
        BED_TEST(nothing_recorded_gives_no_finding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
