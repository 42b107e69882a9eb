/* Which stances of city and state are compared: the nearest in time, of equals the later. */
#include "trd_bed.h"

#include "trends/trd_positions.h"

static trd_position stance(const char *name, const char *actor, const char *issue, int value, const char *date)
{
    bool paris = strcmp(actor, "cities/paris") == 0 || strcmp(actor, "states/fr") == 0;

    return (trd_position){.name = name,
                          .actor = actor,
                          .issue = issue,
                          .state = paris ? "states/fr" : "",
                          .stance = value,
                          .date = bed_date(date),
                          .collection = "climate"};
}

/* The pairs as text: "city's name/state's name" each, "-" where no state's stance is near. */
static void assert_pairs(const trd_position *positions, size_t count, const char *expected)
{
    CM_ARENA(arena);
    trd_divergence *pairs;
    size_t n;
    cm_text text = {0};

    trd_positions_pair(positions, count, arena, &pairs, &n);
    for (size_t i = 0; i < n; i++)
        cm_text_format(&text, "%s%s/%s", i ? " " : "", pairs[i].city->name,
                       pairs[i].state ? pairs[i].state->name : "-");
    assert_string_equal(cm_text_get(&text), expected);
    cm_text_clear(&text);
}

static void the_nearest_pair_counts_either_way_in_time(void **state)
{
    const trd_position p[] = {
        stance("a", "cities/paris", "x", 2, "2003-01-01"),
        stance("b", "cities/paris", "x", -2, "2006-01-01"),
        stance("s", "states/fr", "x", 1, "2004-01-01"),
        stance("t", "states/fr", "x", 1, "2005-11-01"),
    };

    assert_pairs(p, 4, "b/t"); /* 61 days; a and s lie 365 apart */
}

static void of_equally_near_pairs_the_later_city_date_counts_then_the_later_state_date(void **state)
{
    const trd_position cities[] = {
        stance("a", "cities/paris", "x", 2, "2003-01-01"),
        stance("b", "cities/paris", "x", -2, "2003-01-05"),
        stance("s", "states/fr", "x", 1, "2003-01-03"),
    };
    const trd_position states[] = {
        stance("a", "cities/paris", "x", 2, "2003-01-03"),
        stance("t", "states/fr", "x", 1, "2003-01-05"),
        stance("s", "states/fr", "x", 1, "2003-01-01"),
    };

    assert_pairs(cities, 3, "b/s");
    assert_pairs(states, 3, "a/t");
}

static void a_partial_date_counts_from_its_first_day(void **state)
{
    const trd_position p[] = {
        stance("a", "cities/paris", "x", 2, "2004"), /* 2004-01-01: 31 days after s, 335 before t */
        stance("s", "states/fr", "x", 1, "2003-12-01"),
        stance("t", "states/fr", "x", 1, "2004-12-01"),
    };

    assert_pairs(p, 3, "a/s");
}

static void pairs_are_at_most_1826_days_apart(void **state)
{
    const trd_position near[] = {
        stance("a", "cities/paris", "x", 2, "2003-01-01"),
        stance("s", "states/fr", "x", 1, "2008-01-01"), /* 1826 days: 5 × 365.25 = 1826.25 */
    };
    const trd_position far[] = {
        stance("a", "cities/paris", "x", 2, "2003-01-01"),
        stance("s", "states/fr", "x", 1, "2008-01-02"),
    };

    assert_pairs(near, 2, "a/s");
    assert_pairs(far, 2, "a/-");
}

static void without_a_pair_the_citys_latest_stance_stands_alone(void **state)
{
    const trd_position p[] = {
        stance("b", "cities/paris", "x", 1, "2005"), stance("a", "cities/paris", "x", 2, "2003"),
        stance("s", "states/fr", "y", 1, "2005"),   /* another issue */
        stance("u", "states/de", "x", 1, "2005"),   /* another state */
        stance("c", "cities/lost", "x", 1, "2005"), /* of no state */
        stance("r", "regions/idf", "x", 1, "2005"), /* regions take no part */
    };

    assert_pairs(p, 6, "c/- b/-");
}

static void each_city_has_one_pair_an_issue(void **state)
{
    const trd_position p[] = {
        stance("a", "cities/paris", "y", 2, "2003"), stance("b", "cities/paris", "x", 2, "2003"),
        stance("c", "cities/paris", "x", 1, "2004"), stance("s", "states/fr", "x", 1, "2004"),
        stance("t", "states/fr", "y", 1, "2004"),
    };

    assert_pairs(p, 5, "c/s a/t");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_pair_counts_either_way_in_time),
        cmocka_unit_test(of_equally_near_pairs_the_later_city_date_counts_then_the_later_state_date),
        cmocka_unit_test(a_partial_date_counts_from_its_first_day),
        cmocka_unit_test(pairs_are_at_most_1826_days_apart),
        cmocka_unit_test(without_a_pair_the_citys_latest_stance_stands_alone),
        cmocka_unit_test(each_city_has_one_pair_an_issue),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
