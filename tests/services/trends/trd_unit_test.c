/* What each question takes from an event: units, their dates, categories, collections and weights. */
#include "trd_bed.h"

#include "trends/trd_unit.h"

static const char SUMMIT[] =
    "{'negotiation': {'name': 'negotiations/summit', 'format': 'multilevel', 'start': '2015-12', 'collection':"
    " 'collections/climate', 'topics': ['climate', 'energy', 'health'], 'sources': [{'source': 'sources/a', "
    "'certainty':"
    " 'reported'}, {'source': 'sources/b', 'certainty': 'checked'}], 'participants': ["
    "{'actor': 'cities/paris', 'role': 'host', 'capacity': 'own_right'},"
    "{'actor': 'cities/paris', 'role': 'party', 'capacity': 'network_member'},"
    "{'actor': 'states/fr', 'role': 'party', 'capacity': 'state_authority'},"
    "{'actor': 'institutions/c40', 'role': 'party', 'capacity': 'own_right'},"
    "{'actor': 'regions/idf', 'role': 'party', 'capacity': 'state_authority'},"
    "{'actor': 'cities/rome', 'role': 'party'}]}}";

static const char SCRAP[] = "{'negotiation': {'name': 'negotiations/scrap'}}";

static const char ENTRY[] = "{'entry': {'name': 'negotiations/summit/entries/3', 'date': '2015-12-06', 'channel':"
                            " 'hybrid', 'collection': 'collections/climate'}}";

static const char MEMBERSHIP[] =
    "{'membership': {'name': 'cities/paris/memberships/c40', 'institution': 'institutions/c40', 'status': 'member',"
    " 'from': '2005', 'collection': 'collections/institutions'},"
    " 'actors': [{'actor': 'institutions/c40'}, {'actor': 'cities/paris', 'state': 'states/fr'}]}";

static void a_negotiation_counts_once_in_its_format(void **state)
{
    assert_units(trd_format_units, SUMMIT, "negotiations/summit||multilevel|2015-12|climate|3|1/1\n");
}

static void a_negotiation_without_a_format_is_unknown_and_without_a_start_undated(void **state)
{
    assert_units(trd_format_units, SCRAP, "negotiations/scrap|||undated||0|1/1\n");
}

static void a_city_in_two_roles_is_one_pair_and_states_and_institutions_are_none(void **state)
{
    assert_units(trd_capacity_units, SUMMIT,
                 "negotiations/summit||own_right|2015-12|climate|3|1/1\n"
                 "negotiations/summit||state_authority|2015-12|climate|3|1/1\n"
                 "negotiations/summit|||2015-12|climate|3|1/1\n");
}

static void topics_share_a_negotiation_evenly(void **state)
{
    assert_units(trd_topic_units, SUMMIT,
                 "negotiations/summit|other|climate|2015-12|climate|3|1/3\n"
                 "negotiations/summit|other|energy|2015-12|climate|3|1/3\n"
                 "negotiations/summit|other|health|2015-12|climate|3|1/3\n");
    assert_units(
        trd_topic_units,
        "{'negotiation': {'name': 'negotiations/n', 'format': 'bilateral', 'start': '2001', 'topics': ['culture']}}",
        "negotiations/n|bilateral|culture|2001||0|1/1\n");
}

static void a_negotiation_without_topics_or_with_more_than_20_is_unknown(void **state)
{
    static const char twenty_one[] =
        "{'negotiation': {'name': 'negotiations/n', 'start': '2001', 'topics': ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h',"
        " 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't', 'u']}}";

    assert_units(trd_topic_units, SCRAP, "negotiations/scrap|other||undated||0|1/1\n");
    assert_units(trd_topic_units, twenty_one, "negotiations/n|other||2001||0|1/1\n");
}

static void every_number_of_topics_up_to_20_splits_a_whole_exactly(void **state)
{
    for (int k = 1; k <= TRD_SPLIT_MAX; k++)
        assert_int_equal(TRD_WHOLE % k, 0);
}

static void an_entry_hangs_together_with_its_negotiation(void **state)
{
    assert_units(trd_channel_units, ENTRY, "negotiations/summit||hybrid|2015-12-06|climate|0|1/1\n");
}

static void a_channel_that_was_looked_for_and_not_found_is_unknown(void **state)
{
    assert_units(trd_channel_units,
                 "{'entry': {'name': 'negotiations/n/entries/1', 'date': '2001', 'channel': 'unknown'}}",
                 "negotiations/n|||2001||0|1/1\n");
    assert_units(trd_channel_units, "{'entry': {'name': 'negotiations/n/entries/1', 'date': '2001'}}",
                 "negotiations/n|||2001||0|1/1\n");
}

static void a_membership_is_an_accession_of_the_members_state(void **state)
{
    assert_units(trd_accession_units, MEMBERSHIP, "cities/paris|institutions/c40|fr|2005|institutions|0|1/1\n");
}

static void who_left_acceded_once_but_is_no_accession_any_more(void **state)
{
    assert_units(trd_accession_units,
                 "{'membership': {'name': 'cities/paris/memberships/c40', 'institution': 'institutions/c40', 'status':"
                 " 'left', 'from': '2005', 'to': '2009'}}",
                 "");
}

static void a_member_whose_state_is_not_known_is_unknown_and_one_without_a_beginning_undated(void **state)
{
    assert_units(trd_accession_units,
                 "{'membership': {'name': 'cities/x/memberships/c40', 'institution': 'institutions/c40', 'status':"
                 " 'associate'}}",
                 "cities/x|institutions/c40||undated||0|1/1\n");
}

static void events_of_other_kinds_yield_nothing(void **state)
{
    static const trd_units all[] = {trd_format_units, trd_capacity_units, trd_topic_units, trd_channel_units,
                                    trd_accession_units};
    static const char *const events[] = {SUMMIT, SUMMIT, SUMMIT, ENTRY, MEMBERSHIP};

    for (size_t i = 0; i < 5; i++)
        for (size_t k = 0; k < 5; k++)
            if (events[i] != events[k])
                assert_units(all[i], events[k], "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_negotiation_counts_once_in_its_format),
        cmocka_unit_test(a_negotiation_without_a_format_is_unknown_and_without_a_start_undated),
        cmocka_unit_test(a_city_in_two_roles_is_one_pair_and_states_and_institutions_are_none),
        cmocka_unit_test(topics_share_a_negotiation_evenly),
        cmocka_unit_test(a_negotiation_without_topics_or_with_more_than_20_is_unknown),
        cmocka_unit_test(every_number_of_topics_up_to_20_splits_a_whole_exactly),
        cmocka_unit_test(an_entry_hangs_together_with_its_negotiation),
        cmocka_unit_test(a_channel_that_was_looked_for_and_not_found_is_unknown),
        cmocka_unit_test(a_membership_is_an_accession_of_the_members_state),
        cmocka_unit_test(who_left_acceded_once_but_is_no_accession_any_more),
        cmocka_unit_test(a_member_whose_state_is_not_known_is_unknown_and_one_without_a_beginning_undated),
        cmocka_unit_test(events_of_other_kinds_yield_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
