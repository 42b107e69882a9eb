/* Actors found by what was typed, and what texts from elsewhere mean. */
#include "reg_bed.h"

static RegActor *city(reg_bed *b, const char *name, const char *display, const char *state, int64_t population)
{
    RegActor *actor = bed_actor(b, name, state);

    actor->display_name = bed_text(b, display);
    if (population)
        BED_ADD(b, actor, populations, RegPopulation)->count = population;
    return actor;
}

static void add(reg_bed *b, RegActor *actor)
{
    RegActor *made;

    assert_ok(bed_create_actor(b, actor, &made));
}

static RegActorName *named(reg_bed *b, RegActor *actor, const char *text, const char *language)
{
    RegActorName *name = BED_ADD(b, actor, names, RegActorName);

    name->text = bed_text(b, text);
    name->language = bed_text(b, language);
    return name;
}

static void add_some(reg_bed *b)
{
    bed_add_actor(b, "states/ru", "");
    bed_add_actor(b, "states/us", "");
    RegActor *kazan = city(b, "cities/kazan-ru", "Kazan", "states/ru", 1104738);
    RegActorName *russian = named(b, kazan, "Казань", "ru");
    russian->kind = REG_NAME_KIND_OFFICIAL;
    add(b, kazan);
    RegActor *petersburg = city(b, "cities/saint-petersburg-ru", "Saint Petersburg", "states/ru", 5028000);
    RegActorName *leningrad = named(b, petersburg, "Leningrad", "en");
    leningrad->kind = REG_NAME_KIND_FORMER;
    leningrad->from = bed_text(b, "1924");
    leningrad->to = bed_text(b, "1991-09");
    add(b, petersburg);
    add(b, city(b, "cities/saint-petersburg-us", "St. Petersburg", "states/us", 257083));
    add(b, city(b, "cities/kazanka-ru", "Kazanka", "states/ru", 9000));
    add(b, city(b, "cities/moscow-us", "Moscow", "states/us", 25435));
    add(b, city(b, "cities/moscow-ru", "Moscow", "states/ru", 10381222));
    assert_ok(reg_follow_catch_up(b->follow));
}

static RegSearchActorsResponse *search(reg_bed *b, RegSearchActorsRequest *request)
{
    RegSearchActorsResponse *response;

    assert_ok(bed_call(b, "SearchActors", request, &response));
    return response;
}

static const char *found(reg_bed *b, const char *query)
{
    RegSearchActorsRequest request = CITYNEG__REGISTRY__V1__SEARCH_ACTORS_REQUEST__INIT;
    const char *names = "";

    request.query = bed_text(b, query);
    RegSearchActorsResponse *response = search(b, &request);
    for (size_t i = 0; i < response->n_matches; i++)
        names = cm_arena_format(b->arena, "%s%s%s", names, i ? " " : "", response->matches[i]->name);
    return names;
}

static void whole_names_come_first_then_the_populous(void **state)
{
    add_some(*state);
    assert_string_equal(found(*state, "kazan"), "cities/kazan-ru cities/kazanka-ru");
    assert_string_equal(found(*state, "mos"), "cities/moscow-ru cities/moscow-us");
    assert_string_equal(found(*state, "MOSCOW"), "cities/moscow-ru cities/moscow-us");
    assert_string_equal(found(*state, "zzz"), "");
    assert_string_equal(found(*state, "!?"), "");
}

static void names_are_found_in_any_script_and_with_typos(void **state)
{
    static const struct {
        const char *query;
        RegMatch match;
        int edits;
        const char *matched;
    } queries[] = {
        {"Казань", REG_MATCH_EXACT, 0, "Казань"},        {"казань", REG_MATCH_FOLDED, 0, "Казань"},
        {"Kazan", REG_MATCH_EXACT, 0, "Kazan"},          {"KÁZAN", REG_MATCH_FOLDED, 0, "Kazan"},
        {"Καζάν", REG_MATCH_TRANSLITERATED, 0, "Kazan"}, {"Kazann", REG_MATCH_TYPO, 1, "Kazan"},
        {"Kzaan", REG_MATCH_TYPO, 1, "Kazan"},           {"Lenigrda", REG_MATCH_TYPO, 2, "Leningrad"},
    };
    reg_bed *b = *state;

    add_some(b);
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        RegSearchActorsRequest request = CITYNEG__REGISTRY__V1__SEARCH_ACTORS_REQUEST__INIT;
        request.query = bed_text(b, queries[i].query);
        RegSearchActorsResponse *response = search(b, &request);
        assert_true(response->n_matches > 0);
        assert_string_equal(response->matches[0]->matched, queries[i].matched);
        assert_int_equal(response->matches[0]->match, queries[i].match);
        assert_int_equal(response->matches[0]->edits, queries[i].edits);
    }
    assert_string_equal(found(b, "kzn"), ""); /* three letters allow no typo */
}

static void kinds_and_states_narrow_a_search(void **state)
{
    RegSearchActorsRequest request = CITYNEG__REGISTRY__V1__SEARCH_ACTORS_REQUEST__INIT;
    TypActorKind kinds[] = {TYP_ACTOR_KIND_STATE};
    char *states[] = {"states/us"};
    reg_bed *b = *state;

    add_some(b);
    request.query = "s";
    request.kinds = kinds;
    request.n_kinds = 1;
    assert_string_equal(search(b, &request)->matches[0]->name, "states/ru");
    request.n_kinds = 0;
    request.states = states;
    request.n_states = 1;
    request.page_size = 1;
    assert_string_equal(search(b, &request)->matches[0]->name, "cities/saint-petersburg-us");
    assert_int_equal(search(b, &request)->n_matches, 1);
}

static void the_index_follows_what_is_recorded(void **state)
{
    RegEraseRequest erase = CITYNEG__REGISTRY__V1__ERASE_REQUEST__INIT;
    RegEraseResponse *erased;
    RegActor *made;
    reg_bed *b = *state;

    add_some(b);
    assert_ok(bed_update_actor(b, city(b, "cities/kazan-ru", "Qazan", "states/ru", 5000), &made));
    assert_string_equal(found(b, "qazan"), "cities/kazan-ru"); /* by a typo of Kazan */
    assert_ok(reg_follow_catch_up(b->follow));
    assert_string_equal(found(b, "qaz"), "cities/kazan-ru");
    assert_string_equal(found(b, "kazan"), "cities/kazan-ru cities/kazanka-ru"); /* by its Russian name */
    erase.name = "cities/kazan-ru";
    erase.reason = "request 17";
    assert_ok(bed_call(b, "Erase", &erase, &erased));
    assert_ok(reg_follow_catch_up(b->follow));
    assert_string_equal(found(b, "qaz"), "");
    assert_string_equal(found(b, "kazan"), "cities/kazanka-ru");
}

static void an_index_made_anew_is_the_same(void **state)
{
    reg_bed *b = *state;
    RegEraseRequest erase = CITYNEG__REGISTRY__V1__ERASE_REQUEST__INIT;
    RegEraseResponse *erased;

    add_some(b);
    erase.name = "cities/moscow-us";
    erase.reason = "request 17";
    assert_ok(bed_call(b, "Erase", &erase, &erased));
    reg_follow_free(b->follow);
    reg_index_free(b->index);
    assert_ok(reg_index_new(&b->index));
    b->follow = reg_follow_new(b->journal, b->index);
    b->service = reg_service(b->index);
    assert_ok(reg_follow_catch_up(b->follow));
    assert_int_equal(reg_index_actors(b->index), 7);
    assert_string_equal(found(b, "moscow"), "cities/moscow-ru");
}

static void a_search_is_checked_and_waits_for_the_index(void **state)
{
    RegSearchActorsRequest request = CITYNEG__REGISTRY__V1__SEARCH_ACTORS_REQUEST__INIT;
    TypActorKind kinds[] = {(TypActorKind)77};
    char *states[] = {"Russia"};
    RegSearchActorsResponse *response;
    reg_bed *b = *state;

    request.kinds = kinds;
    request.states = states;
    request.n_kinds = request.n_states = 1;
    request.page_size = 101;
    assert_string_equal(bed_fields(b, bed_call(b, "SearchActors", &request, &response)),
                        "query kinds[0] states[0] page_size");
    request = (RegSearchActorsRequest)CITYNEG__REGISTRY__V1__SEARCH_ACTORS_REQUEST__INIT;
    request.query = "kazan";
    assert_fails(bed_call(b, "SearchActors", &request, &response), CM_UNAVAILABLE, "being built");
}

/* ---- what texts mean ---- */

static RegActorResolution *resolve(reg_bed *b, const char *text, const char *country, const char *date)
{
    RegResolveActorsRequest *request = CM_NEW(b->arena, RegResolveActorsRequest);
    RegRawActor *raw = BED_ADD(b, request, actors, RegRawActor);
    RegResolveActorsResponse *response;

    raw->text = bed_text(b, text);
    raw->country = bed_text(b, country);
    raw->date = bed_text(b, date);
    assert_ok(bed_call(b, "ResolveActors", request, &response));
    assert_int_equal(response->n_resolutions, 1);
    return response->resolutions[0];
}

static void a_country_tells_homonyms_apart(void **state)
{
    reg_bed *b = *state;

    add_some(b);
    assert_string_equal(resolve(b, "Moscow", "", "")->candidates[0]->match->name, "cities/moscow-ru");
    assert_string_equal(resolve(b, "Moscow", "US", "")->candidates[0]->match->name, "cities/moscow-us");
    assert_string_equal(resolve(b, "Moscow", "states/us", "")->candidates[0]->match->name, "cities/moscow-us");
    RegActorResolution *both = resolve(b, "Moscow, Idaho, US", "", "");
    assert_int_equal(both->n_candidates, 2);
    assert_string_equal(both->candidates[0]->match->name, "cities/moscow-us");
    assert_int_equal(both->candidates[0]->n_evidence, 3);
    assert_int_equal(both->candidates[0]->evidence[2]->kind, REG_EVIDENCE_KIND_COUNTRY);
    assert_string_equal(both->candidates[0]->evidence[2]->detail, "in states/us");
    assert_string_equal(both->candidates[1]->evidence[2]->detail, "in states/ru, not in states/us");
    assert_true(both->candidates[0]->score > both->candidates[1]->score);
}

static void a_score_is_the_sum_of_its_evidence(void **state)
{
    reg_bed *b = *state;

    add_some(b);
    RegActorCandidate *candidate = resolve(b, "Leningrad", "RU", "1950")->candidates[0];
    double sum = 0;
    for (size_t i = 0; i < candidate->n_evidence; i++)
        sum += candidate->evidence[i]->points;
    assert_string_equal(candidate->match->name, "cities/saint-petersburg-ru");
    assert_float_equal(candidate->score, sum, 1e-12);
    assert_float_equal(candidate->evidence[0]->points, 0.60, 1e-12);
    assert_float_equal(candidate->evidence[3]->points, 0, 1e-12);
    RegActorCandidate *late = resolve(b, "Leningrad", "RU", "2015")->candidates[0];
    assert_float_equal(candidate->score - late->score, 0.20, 1e-12);
    assert_int_equal(resolve(b, "Nowhere at all", "", "")->n_candidates, 0);
}

static void texts_come_in_bounded_batches(void **state)
{
    RegResolveActorsRequest request = CITYNEG__REGISTRY__V1__RESOLVE_ACTORS_REQUEST__INIT;
    RegResolveActorsResponse *response;
    RegRawActor raw = CITYNEG__REGISTRY__V1__RAW_ACTOR__INIT, *raws[1001];
    reg_bed *b = *state;

    assert_string_equal(bed_fields(b, bed_call(b, "ResolveActors", &request, &response)), "actors");
    for (size_t i = 0; i < 1001; i++)
        raws[i] = &raw;
    request.actors = raws;
    request.n_actors = 1001;
    assert_string_equal(bed_fields(b, bed_call(b, "ResolveActors", &request, &response)), "actors");
    request.n_actors = 1;
    request.candidates = 11;
    raw.date = "tomorrow";
    assert_string_equal(bed_fields(b, bed_call(b, "ResolveActors", &request, &response)),
                        "actors[0].text actors[0].date candidates");
    add_some(b);
    raw.text = "Kazan";
    raw.date = "";
    request.n_actors = 1000;
    request.candidates = 0;
    assert_ok(bed_call(b, "ResolveActors", &request, &response));
    assert_int_equal(response->n_resolutions, 1000);
    assert_string_equal(response->resolutions[999]->candidates[0]->match->name, "cities/kazan-ru");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(whole_names_come_first_then_the_populous),
        BED_TEST(names_are_found_in_any_script_and_with_typos),
        BED_TEST(kinds_and_states_narrow_a_search),
        BED_TEST(the_index_follows_what_is_recorded),
        BED_TEST(an_index_made_anew_is_the_same),
        BED_TEST(a_search_is_checked_and_waits_for_the_index),
        BED_TEST(a_country_tells_homonyms_apart),
        BED_TEST(a_score_is_the_sum_of_its_evidence),
        BED_TEST(texts_come_in_bounded_batches),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
