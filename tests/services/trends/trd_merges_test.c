/* Actors that were merged count under those that stay, as long as they are merged. */
#include "trd_bed.h"

#include "trends/trd_agreements.h"
#include "trends/trd_memberships.h"
#include "trends/trd_merges.h"

static void count_actor(trd_bed *b, const char *name, const char *state, const char *into, int64_t revision)
{
    const char *event =
        cm_arena_format(b->arena, "{'actor': {'name': '%s', 'state': '%s', 'mergedInto': '%s'}, 'changed': [%s]}", name,
                        state, into, revision > 1 ? "'merged_into'" : "");

    bed_count_row(b, (bed_row){"registry", name, bed_event(b->arena, event), revision, revision * 1000});
}

/* Leningrad, of which no state is known, and Saint Petersburg are both at one table, and in one institution each. */
static void count_facts(trd_bed *b)
{
    count_actor(b, "cities/spb", "states/ru", "", 1);
    count_actor(b, "cities/len", "", "", 1);
    bed_count(b, "negotiations/n",
              "{'negotiation': {'name': 'negotiations/n', 'start': '1991', 'participants': ["
              "{'actor': 'cities/len', 'capacity': 'own_right'}, {'actor': 'cities/oslo', 'capacity': 'own_right'},"
              "{'actor': 'cities/spb', 'capacity': 'network_member'}]}}");
    bed_count(b, "agreements/a",
              "{'agreement': {'name': 'agreements/a', 'parties': ['cities/len', 'cities/oslo', 'cities/spb']},"
              " 'actors': [{'actor': 'cities/len'}, {'actor': 'cities/oslo', 'state': 'states/no'}]}");
    bed_count(b, "cities/len/memberships/m",
              "{'membership': {'name': 'cities/len/memberships/m', 'institution': 'institutions/i', 'status': "
              "'member', 'from': '1990'}, 'actors': [{'actor': 'cities/len'}]}");
}

/* "negotiations/n cities/len own_right; …" */
static const char *units(trd_bed *b, const char *question)
{
    cm_db *db = bed_reader(b);
    const char *text = "";
    trd_unit *found;
    size_t count;

    assert_ok(trd_facts_units(trd_now(db), trd_question_find(question), &trd_filter_none, b->arena, &found, &count));
    for (size_t i = 0; i < count; i++)
        text = cm_arena_format(b->arena, "%s%s %s %s; ", text, found[i].resource, found[i].actor, found[i].category);
    cm_db_close(db);
    return text;
}

static void facts_count_under_the_one_that_stays(void **state)
{
    trd_bed *b = *state;

    count_facts(b);
    const char *before = units(b, "capacity-mix"), *accessions = units(b, "accessions");
    assert_string_equal(before, "negotiations/n cities/len own_right; negotiations/n cities/oslo own_right; "
                                "negotiations/n cities/spb network_member; ");
    count_actor(b, "cities/len", "", "cities/spb", 2);
    assert_string_equal(units(b, "capacity-mix"),
                        "negotiations/n cities/spb own_right; negotiations/n cities/oslo own_right; ");
    assert_string_equal(units(b, "accessions"),
                        "cities/len/memberships/m cities/spb ru; "); /* the row as it is called */
    count_actor(b, "cities/len", "", "", 3);
    assert_string_equal(units(b, "capacity-mix"), before);
    assert_string_equal(units(b, "accessions"), accessions);
}

static void parties_are_each_named_once(void **state)
{
    trd_bed *b = *state;
    trd_agreement *agreements;
    trd_membership *memberships;
    size_t count;

    count_facts(b);
    count_actor(b, "cities/len", "", "cities/spb", 2);
    cm_db *db = bed_reader(b);
    assert_ok(trd_agreements_read(trd_now(db), b->arena, &agreements, &count));
    assert_int_equal(count, 1);
    assert_int_equal(agreements[0].party_count, 2);
    assert_string_equal(agreements[0].parties[0], "cities/spb");
    assert_string_equal(agreements[0].states[0], "states/ru"); /* nothing was known of Leningrad's */
    assert_string_equal(agreements[0].parties[1], "cities/oslo");
    assert_ok(trd_memberships_read(trd_now(db), b->arena, &memberships, &count));
    assert_int_equal(count, 1);
    assert_string_equal(memberships[0].actor, "cities/spb");
    assert_string_equal(memberships[0].name, "cities/len/memberships/m");
    cm_db_close(db);
}

static void a_filter_by_either_institution_is_the_same(void **state)
{
    trd_bed *b = *state;
    TrdUnitFilter asked = CITYNEG__TRENDS__V1__UNIT_FILTER__INIT;
    trd_filter filter;

    count_actor(b, "institutions/old", "", "", 1);
    count_actor(b, "institutions/new", "", "", 1);
    count_actor(b, "institutions/old", "", "institutions/new", 2);
    cm_db *db = bed_reader(b);
    asked.institution = "institutions/old";
    assert_ok(trd_filter_read(db, &asked, b->arena, &filter));
    assert_string_equal(filter.institution, "institutions/new");
    cm_db_close(db);
}

static cm_status forget_registry(void *argument, void *lent)
{
    return trd_forget(lent, "registry", *(int *)argument);
}

static void what_is_forgotten_is_merged_no_more(void **state)
{
    trd_bed *b = *state;
    int part = bed_part("cities/len");

    count_facts(b);
    count_actor(b, "cities/len", "", "cities/spb", 2);
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), forget_registry, &part));
    assert_string_equal(units(b, "capacity-mix"),
                        "negotiations/n cities/len own_right; negotiations/n cities/oslo own_right; "
                        "negotiations/n cities/spb network_member; ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(facts_count_under_the_one_that_stays),
        BED_TEST(parties_are_each_named_once),
        BED_TEST(a_filter_by_either_institution_is_the_same),
        BED_TEST(what_is_forgotten_is_merged_no_more),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
