#include "neg_bed.h"

#include "journal/cm_actor.h"
#include "negotiations/neg_format.h"
#include "negotiations/neg_topic.h"

/* The format that these actors make, and why. */
static void is(cm_arena *arena, NegFormat format, const char *why, size_t count, const char *const *actors)
{
    TypActorKind *kinds = cm_arena_take(arena, (count + 1) * sizeof *kinds);
    const char *told;

    for (size_t i = 0; i < count; i++)
        kinds[i] = cm_actor_kind(actors[i]);
    assert_int_equal(neg_format_derive(kinds, count, arena, &told), format);
    assert_string_equal(told, why);
}
#define IS(arena, format, why, ...)                                                                                    \
    is((arena), NEG_FORMAT_##format, (why), sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *),               \
       (const char *const[]){__VA_ARGS__})

static void two_of_one_level_are_bilateral(void **state)
{
    IS(*state, BILATERAL, "two actors of one level take part", "cities/a", "cities/b");
    IS(*state, BILATERAL, "two actors of one level take part", "regions/a", "regions/b");
    IS(*state, BILATERAL, "two actors of one level take part", "cities/a", "companies/b");
}

static void more_of_one_level_are_multilateral(void **state)
{
    IS(*state, MULTILATERAL, "3 actors of one level take part", "cities/a", "cities/b", "cities/c");
    IS(*state, MULTILATERAL, "4 actors of one level take part", "cities/a", "cities/b", "cities/c", "companies/d");
}

static void several_levels_of_government_are_multilevel_however_many_take_part(void **state)
{
    IS(*state, MULTILEVEL, "cities and states are at the table", "cities/a", "states/fr");
    IS(*state, MULTILEVEL, "cities, regions and states are at the table", "states/fr", "cities/a", "regions/b");
    IS(*state, MULTILEVEL, "cities and regions are at the table", "cities/a", "cities/b", "regions/c");
}

static void an_international_organisation_makes_it_multilevel(void **state)
{
    IS(*state, MULTILEVEL, "an institution is at the table", "cities/a", "cities/b", "institutions/c40");
    IS(*state, MULTILEVEL, "an organisation is at the table", "cities/a", "organisations/o");
}

static void fewer_than_two_have_no_format(void **state)
{
    const char *why;

    assert_int_equal(neg_format_derive(NULL, 0, *state, &why), NEG_FORMAT_UNSPECIFIED);
    IS(*state, UNSPECIFIED, "fewer than two different actors take part", "cities/a");
}

static void kinds_follow_from_names(void **state)
{
    assert_int_equal(cm_actor_kind("companies/x"), TYP_ACTOR_KIND_COMPANY);
    assert_int_equal(cm_actor_kind("persons/x"), TYP_ACTOR_KIND_UNSPECIFIED);
    assert_int_equal(cm_actor_kind(""), TYP_ACTOR_KIND_UNSPECIFIED);
}

static void topics_are_of_the_code_list(void **state)
{
    cm_violations wrong = {0};
    char **topics;
    size_t count;

    bed_strings(*state, &topics, &count, "climate", "urban_innovation", "environment", NULL);
    neg_topics_check(topics, count, *state, &wrong);
    bed_none_wrong(&wrong);
    topics[1] = "Climate";
    neg_topics_check(topics, count, *state, &wrong);
    bed_one_wrong(&wrong, "topics[1]", "\"Climate\" is no topic; give one of climate, disasters, migration, ");
    topics[1] = "climate";
    neg_topics_check(topics, count, *state, &wrong);
    bed_one_wrong(&wrong, "topics[1]", "climate is given at topics[0] already");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(two_of_one_level_are_bilateral),
        BED_TEST(more_of_one_level_are_multilateral),
        BED_TEST(several_levels_of_government_are_multilevel_however_many_take_part),
        BED_TEST(an_international_organisation_makes_it_multilevel),
        BED_TEST(fewer_than_two_have_no_format),
        BED_TEST(kinds_follow_from_names),
        BED_TEST(topics_are_of_the_code_list),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
