#include "reg_bed.h"

static void an_actor_gets_the_kind_of_its_collection(void **state)
{
    static const struct {
        const char *name;
        TypActorKind kind;
        const char *state;
    } actors[] = {
        {"states/ru", TYP_ACTOR_KIND_STATE, ""},
        {"regions/tatarstan-ru", TYP_ACTOR_KIND_REGION, "states/ru"},
        {"cities/kazan-ru", TYP_ACTOR_KIND_CITY, "states/ru"},
        {"institutions/uclg", TYP_ACTOR_KIND_INSTITUTION, ""},
        {"organisations/wri", TYP_ACTOR_KIND_ORGANISATION, ""},
        {"companies/cosco", TYP_ACTOR_KIND_COMPANY, "states/ru"},
    };

    for (size_t i = 0; i < sizeof actors / sizeof *actors; i++)
        assert_int_equal(bed_add_actor(*state, actors[i].name, actors[i].state)->kind, actors[i].kind);
}

static void a_state_is_its_own_state(void **state)
{
    assert_string_equal(bed_add_actor(*state, "states/ru", "")->state, "states/ru");
    assert_string_equal(bed_add_actor(*state, "states/cn", "states/ru")->state, "states/cn");
    assert_int_equal(bed_event(*state, "states/cn")->n_actors, 0);
}

static void a_state_has_two_letters(void **state)
{
    static const char *const wrong[] = {"states/rus", "states/r", "states/r1", "states/russia"};
    RegActor *made;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_string_equal(bed_fields(*state, bed_create_actor(*state, bed_actor(*state, wrong[i], ""), &made)),
                            "actor.name");
}

static void a_city_is_in_a_state_that_exists(void **state)
{
    reg_bed *b = *state;
    RegActor *made;

    assert_fails(bed_create_actor(b, bed_actor(b, "cities/kazan-ru", ""), &made), CM_INVALID_ARGUMENT,
                 "actor.state: is missing");
    assert_fails(bed_create_actor(b, bed_actor(b, "cities/kazan-ru", "states/ru"), &made), CM_INVALID_ARGUMENT,
                 "actor.state: states/ru does not exist");
    assert_fails(bed_create_actor(b, bed_actor(b, "regions/tatarstan-ru", "Russia"), &made), CM_INVALID_ARGUMENT,
                 "actor.state: \"Russia\" is no such name; give states/{state}");
    bed_add_actor(b, "states/ru", "");
    bed_add_actor(b, "cities/kazan-ru", "states/ru");
    EvtEvent *event = bed_event(b, "cities/kazan-ru");
    assert_int_equal(event->n_actors, 1);
    assert_string_equal(event->actors[0]->actor, "states/ru");
    assert_int_equal(event->actors[0]->kind, TYP_ACTOR_KIND_STATE);
    assert_string_equal(event->actors[0]->state, "states/ru");
    assert_int_equal(event->actors[0]->revision, 1);
    assert_string_equal(event->actors[0]->epoch, cm_journal_epoch_text(b->journal));
}

static void a_parent_is_a_region_of_the_same_state(void **state)
{
    reg_bed *b = *state;
    RegActor *made, *city = bed_actor(b, "cities/kazan-ru", "states/ru");
    RegActor *institution = bed_actor(b, "institutions/uclg", "");

    bed_add_actor(b, "states/ru", "");
    bed_add_actor(b, "states/cn", "");
    bed_add_actor(b, "regions/tatarstan-ru", "states/ru");
    bed_add_actor(b, "regions/hubei-cn", "states/cn");
    city->parent = "states/ru";
    assert_string_equal(bed_fields(b, bed_create_actor(b, city, &made)), "actor.parent");
    city->parent = "cities/kazan-ru";
    assert_fails(bed_create_actor(b, city, &made), CM_INVALID_ARGUMENT, "is the actor itself");
    city->parent = "regions/bashkortostan-ru";
    assert_fails(bed_create_actor(b, city, &made), CM_INVALID_ARGUMENT,
                 "actor.parent: regions/bashkortostan-ru does not exist");
    city->parent = "regions/hubei-cn";
    assert_fails(bed_create_actor(b, city, &made), CM_INVALID_ARGUMENT,
                 "actor.parent: regions/hubei-cn is in states/cn, not in states/ru");
    city->parent = "regions/tatarstan-ru";
    assert_ok(bed_create_actor(b, city, &made));
    institution->parent = "regions/tatarstan-ru";
    assert_fails(bed_create_actor(b, institution, &made), CM_INVALID_ARGUMENT, "only cities and regions have one");
}

static void nothing_is_within_itself(void **state)
{
    reg_bed *b = *state;
    RegActor *made, *outer = bed_actor(b, "regions/outer-ru", "states/ru"), *inner;

    bed_add_actor(b, "states/ru", "");
    bed_add_actor(b, "regions/outer-ru", "states/ru");
    inner = bed_actor(b, "regions/inner-ru", "states/ru");
    inner->parent = "regions/outer-ru";
    assert_ok(bed_create_actor(b, inner, &made));
    outer->parent = "regions/inner-ru";
    assert_fails(bed_update_actor(b, outer, &made), CM_INVALID_ARGUMENT,
                 "actor.parent: regions/inner-ru is itself within regions/outer-ru");
}

static void everything_wrong_with_an_actor_is_told_at_once(void **state)
{
    reg_bed *b = *state;
    RegActor *made, *actor = bed_actor(b, "cities/kazan-ru", "states/ru");
    RegActorName *name = BED_ADD(b, actor, names, RegActorName);

    bed_add_actor(b, "states/ru", "");
    actor->display_name = "";
    name->language = "Tatar!";
    name->from = "1991";
    name->to = "1990";
    BED_ADD(b, actor, external_ids, RegExternalId)->scheme = "passport";
    BED_ADD(b, actor, populations, RegPopulation)->count = 1;
    BED_ADD(b, actor, populations, RegPopulation)->count = 2;
    BED_ADD(b, actor, populations, RegPopulation)->count = -5;
    actor->populations[2]->year = 2020;
    actor->location = CM_NEW(b->arena, RegLatLng);
    actor->location->latitude = 90.5;
    actor->location->longitude = -181;
    actor->institution = CM_NEW(b->arena, RegInstitution);
    BED_ADD(b, actor, sources, TypCitation)->source = "kremlin.ru";
    actor->collection = "russia";
    assert_string_equal(bed_fields(b, bed_create_actor(b, actor, &made)),
                        "actor.display_name actor.names[0].text actor.names[0].language actor.names[0].to "
                        "actor.external_ids[0].scheme actor.location.latitude actor.location.longitude "
                        "actor.populations[1].year actor.populations[2].count actor.institution "
                        "actor.sources[0].source actor.collection");
}

static void a_violation_says_the_value_and_what_is_right(void **state)
{
    reg_bed *b = *state;
    RegActor *made, *actor = bed_actor(b, "cities/kazan-ru", "states/ru");

    bed_add_actor(b, "states/ru", "");
    BED_ADD(b, actor, populations, RegPopulation)->count = -5;
    assert_fails(bed_create_actor(b, actor, &made), CM_INVALID_ARGUMENT,
                 "actor.populations[0].count: -5 is negative; give a count ≥ 0 or leave it out");
}

static void ids_are_written_as_their_scheme_does(void **state)
{
    static const struct {
        const char *scheme, *value;
        bool right;
    } ids[] = {
        {"geonames", "551487", true},
        {"geonames", "Q900", false},
        {"geonames", "", false},
        {"wikidata", "Q900", true},
        {"wikidata", "900", false},
        {"wikidata", "Q", false},
        {"iso-3166-1-alpha-2", "RU", true},
        {"iso-3166-1-alpha-2", "ru", false},
        {"iso-3166-1-alpha-2", "RUS", false},
        {"iso-3166-1-alpha-3", "RUS", true},
        {"iso-3166-2", "RU-TA", true},
        {"iso-3166-2", "RUTA", false},
        {"un-m49", "643", true},
        {"un-locode", "RUKZN", true},
        {"un-locode", "RU KZN", false},
        {"gcom", "20368_med", true},
        {"gcom", "a b", false},
    };
    reg_bed *b = *state;
    RegActor *made;

    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        RegActor *actor = bed_actor(b, cm_arena_format(b->arena, "organisations/o%zu", i), "");
        RegExternalId *id = BED_ADD(b, actor, external_ids, RegExternalId);
        id->scheme = bed_text(b, ids[i].scheme);
        id->value = bed_text(b, ids[i].value);
        cm_status s = bed_create_actor(b, actor, &made);
        if (ids[i].right)
            assert_ok(s);
        else
            assert_string_equal(bed_fields(b, s), "actor.external_ids[0].value");
    }
}

static void an_id_elsewhere_is_of_one_actor(void **state)
{
    reg_bed *b = *state;
    RegActor *made, *first = bed_actor(b, "institutions/one", ""), *second = bed_actor(b, "institutions/two", "");
    RegExternalId *id = BED_ADD(b, first, external_ids, RegExternalId);

    id->scheme = "wikidata";
    id->value = "Q900";
    assert_ok(bed_create_actor(b, first, &made));
    second->external_ids = first->external_ids;
    second->n_external_ids = 1;
    assert_fails(bed_create_actor(b, second, &made), CM_INVALID_ARGUMENT,
                 "actor.external_ids[0]: wikidata Q900 is the id of institutions/one");
    first->external_ids = NULL;
    first->n_external_ids = 0;
    id = BED_ADD(b, first, external_ids, RegExternalId);
    id->scheme = "wikidata";
    id->value = "Q901"; /* gives the other one up */
    assert_ok(bed_update_actor(b, first, &made));
    assert_ok(bed_create_actor(b, second, &made));
}

static void dates_are_kept_in_their_canonical_form(void **state)
{
    reg_bed *b = *state;
    RegActor *made, *actor = bed_actor(b, "institutions/uclg", "");

    actor->institution = CM_NEW(b->arena, RegInstitution);
    actor->institution->founded = "2004-05-05T12:00:00+03:00";
    assert_ok(bed_create_actor(b, actor, &made));
    assert_string_equal(made->institution->founded, "2004-05-05T09:00:00Z");
    actor->institution->ended = "2003";
    assert_fails(bed_update_actor(b, actor, &made), CM_INVALID_ARGUMENT,
                 "actor.institution.ended: 2003 is before institution.founded 2004-05-05");
}

static void names_in_any_script_come_back_as_they_were(void **state)
{
    static const char *const texts[] = {"Казань", "قازان",     "קאזאן",   "喀山",
                                        "Kazań",  "e\xcc\x81", "🏙️", "ᠬᠥᠬᠡᠬᠣᠲᠠ"};
    reg_bed *b = *state;
    RegActor *made, *actor = bed_actor(b, "institutions/scripts", "");

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        BED_ADD(b, actor, names, RegActorName)->text = bed_text(b, texts[i]);
    assert_ok(bed_create_actor(b, actor, &made));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_string_equal(made->names[i]->text, texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(an_actor_gets_the_kind_of_its_collection),
        BED_TEST(a_state_is_its_own_state),
        BED_TEST(a_state_has_two_letters),
        BED_TEST(a_city_is_in_a_state_that_exists),
        BED_TEST(a_parent_is_a_region_of_the_same_state),
        BED_TEST(nothing_is_within_itself),
        BED_TEST(everything_wrong_with_an_actor_is_told_at_once),
        BED_TEST(a_violation_says_the_value_and_what_is_right),
        BED_TEST(ids_are_written_as_their_scheme_does),
        BED_TEST(an_id_elsewhere_is_of_one_actor),
        BED_TEST(dates_are_kept_in_their_canonical_form),
        BED_TEST(names_in_any_script_come_back_as_they_were),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
