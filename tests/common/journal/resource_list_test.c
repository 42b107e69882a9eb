#include "resource_bed.h"

static RegListActorsRequest *listing(resource_bed *b, const char *parent, int32_t size, const char *filter)
{
    RegListActorsRequest *request = CM_NEW(b->arena, RegListActorsRequest);

    request->parent = bed_text(b, parent);
    request->page_size = size;
    request->filter = bed_text(b, filter);
    return request;
}

static cm_status list(resource_bed *b, RegListActorsRequest *request, RegListActorsResponse **page)
{
    *page = CM_NEW(b->arena, RegListActorsResponse);
    return bed_read(b, cm_resource_list, &bed_actor, request, *page);
}

/* The names on all pages: those of one page between spaces, pages between bars. Moves the request to the last page. */
static const char *pages(resource_bed *b, RegListActorsRequest *request)
{
    RegListActorsResponse *page;
    const char *names = "";

    do {
        assert_ok(list(b, request, &page));
        for (size_t i = 0; i < page->n_actors; i++)
            names = cm_arena_format(b->arena, "%s%s%s", names, i ? " " : "", strchr(page->actors[i]->name, '/') + 1);
        request->page_token = page->next_page_token;
        if (*page->next_page_token)
            names = cm_arena_format(b->arena, "%s | ", names);
    } while (*page->next_page_token);
    return names;
}

static void add_places(resource_bed *b)
{
    static const char *const places[] = {"cities/ufa",   "cities/omsk", "states/ru",
                                         "cities/kazan", "states/cn",   "cities/perm"};
    RegActor *answer;

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        RegActor *actor = bed_new_actor(b, places[i], places[i]);
        actor->collection = i % 2 ? "collections/b" : "collections/a";
        assert_ok(bed_create(b, actor, "", &answer));
    }
}

static void a_list_goes_by_name_page_by_page(void **state)
{
    add_places(*state);
    assert_string_equal(pages(*state, listing(*state, "", 0, "")), "kazan omsk perm ufa cn ru");
    assert_string_equal(pages(*state, listing(*state, "-", 4, "")), "kazan omsk perm ufa | cn ru");
    assert_string_equal(pages(*state, listing(*state, "cities", 3, "")), "kazan omsk perm | ufa");
    assert_string_equal(pages(*state, listing(*state, "cities", 4, "")), "kazan omsk perm ufa");
    assert_string_equal(pages(*state, listing(*state, "states", 1, "")), "cn | ru");
}

static void an_empty_store_lists_nothing(void **state)
{
    assert_string_equal(pages(*state, listing(*state, "cities", 0, "")), "");
}

static void pages_stay_right_while_rows_are_written(void **state)
{
    resource_bed *b = *state;
    RegListActorsRequest *request = listing(b, "cities", 2, "collection = \"collections/b\"");
    RegListActorsResponse *page;
    RegActor *answer, *change = bed_new_actor(b, "cities/perm", "Perm");

    add_places(b);
    assert_ok(list(b, request, &page)); /* kazan and omsk */
    request->page_token = page->next_page_token;
    change->collection = "collections/a"; /* fitted then, fits no more */
    assert_ok(bed_update(b, bed_updating(b, change, NULL), &answer));
    change = bed_new_actor(b, "cities/ufa", "Ufa");
    change->collection = "collections/b"; /* did not fit then, does now */
    assert_ok(bed_update(b, bed_updating(b, change, NULL), &answer));
    change = bed_new_actor(b, "cities/tula", "Tula");
    change->collection = "collections/b"; /* was not there then */
    assert_ok(bed_create(b, change, "", &answer));

    assert_ok(list(b, request, &page));
    assert_int_equal(page->n_actors, 1);
    assert_string_equal(page->actors[0]->name, "cities/perm");
    assert_string_equal(page->actors[0]->display_name, "cities/perm");
    assert_string_equal(page->actors[0]->etag, "1");
    assert_string_equal(page->next_page_token, "");
}

static void a_list_goes_on_after_a_restart(void **state)
{
    resource_bed *b = *state;
    RegListActorsRequest *request = listing(b, "cities", 3, "");
    RegListActorsResponse *page;

    add_places(b);
    assert_ok(list(b, request, &page));
    request->page_token = page->next_page_token;
    bed_reopen(b);
    assert_string_equal(pages(b, request), "ufa");
}

static void a_token_is_for_its_own_query(void **state)
{
    resource_bed *b = *state;
    RegListActorsRequest *request = listing(b, "cities", 2, "");
    RegListActorsResponse *page;

    add_places(b);
    assert_ok(list(b, request, &page));
    request->page_token = page->next_page_token;
    request->page_size = 3; /* may change */
    assert_ok(list(b, request, &page));
    request->parent = "states";
    assert_string_equal(bed_fields(b, list(b, request, &page)), "page_token");
    request->parent = "cities";
    request->filter = "kind = \"city\"";
    assert_fails(list(b, request, &page), CM_INVALID_ARGUMENT, "is of another query");
}

static void a_token_is_for_its_own_store(void **state)
{
    resource_bed *b = *state, *other;
    RegListActorsRequest *request = listing(b, "cities", 2, "");
    RegListActorsResponse *page;

    bed_set_up((void **)&other);
    add_places(b);
    add_places(other);
    assert_ok(list(b, request, &page));
    request->page_token = page->next_page_token;
    assert_fails(list(other, request, &page), CM_INVALID_ARGUMENT, "is of another store");
    bed_tear_down((void **)&other);
}

static void a_token_that_is_none_is_refused(void **state)
{
    resource_bed *b = *state;
    RegListActorsRequest *request = listing(b, "cities", 2, "");
    RegListActorsResponse *page;

    add_places(b);
    assert_ok(list(b, request, &page));
    char *token = bed_text(b, page->next_page_token);
    for (size_t i = 0; token[i]; i++) { /* another character anywhere */
        request->page_token = bed_text(b, token);
        request->page_token[i] = token[i] == 'A' ? 'B' : 'A';
        cm_status s = list(b, request, &page);
        if (!cm_is_ok(s)) /* another time that is past, or another name, is as good */
            assert_string_equal(bed_fields(b, s), "page_token");
    }
    for (size_t i = 1; token[i]; i++) { /* cut short */
        request->page_token = cm_arena_strndup(b->arena, token, i);
        cm_status s = list(b, request, &page);
        if (!cm_is_ok(s))
            assert_string_equal(bed_fields(b, s), "page_token");
    }
    request->page_token = "garbage!";
    assert_fails(list(b, request, &page), CM_INVALID_ARGUMENT, "\"garbage!\" is no token");
}

static void a_page_size_is_not_negative_and_has_a_limit(void **state)
{
    resource_bed *b = *state;
    RegListActorsResponse *page;

    assert_fails(list(b, listing(b, "", -1, ""), &page), CM_INVALID_ARGUMENT, "page_size: -1 is negative");
    for (int i = 0; i < 1002; i++)
        bed_add(b, cm_arena_format(b->arena, "cities/c%d", i), "C");
    assert_ok(list(b, listing(b, "", 0, ""), &page));
    assert_int_equal(page->n_actors, 100);
    assert_ok(list(b, listing(b, "", 5000, ""), &page));
    assert_int_equal(page->n_actors, 1000);
}

static void a_page_has_a_bounded_size_in_bytes(void **state)
{
    resource_bed *b = *state;
    RegListActorsResponse *page;
    RegListActorsRequest *request = listing(b, "", 1000, "");
    RegActor *answer;

    for (int i = 0; i < 40; i++) {
        RegActor *actor = bed_new_actor(b, cm_arena_format(b->arena, "cities/c%d", i), "C");
        actor->names = cm_arena_take(b->arena, 20 * sizeof *actor->names);
        for (; actor->n_names < 20; actor->n_names++) {
            actor->names[actor->n_names] = CM_NEW(b->arena, RegActorName);
            actor->names[actor->n_names]->text = cm_arena_zero(b->arena, 4097);
            memset(actor->names[actor->n_names]->text, 'x', 4096);
        }
        assert_ok(bed_create(b, actor, "", &answer));
    }
    assert_ok(list(b, request, &page));
    assert_in_range(page->n_actors, 1, 39);
    assert_true(*page->next_page_token);
    size_t first = page->n_actors;
    request->page_token = page->next_page_token;
    assert_ok(list(b, request, &page));
    assert_int_equal(first + page->n_actors, 40);
}

static void a_filter_compares_columns(void **state)
{
    resource_bed *b = *state;

    add_places(b);
    assert_string_equal(pages(b, listing(b, "", 0, "kind = \"state\"")), "cn ru");
    assert_string_equal(pages(b, listing(b, "", 0, "kind = ACTOR_KIND_STATE")), "cn ru");
    assert_string_equal(pages(b, listing(b, "", 0, "kind!=state  AND collection='collections/b'")), "kazan omsk perm");
    assert_string_equal(pages(b, listing(b, "states", 0, "collection > \"collections/a\"")), "");
    assert_string_equal(pages(b, listing(b, "states", 0, "collection >= \"collections/a\"")), "cn ru");
    assert_string_equal(pages(b, listing(b, "", 0, "state < \"z\"")), ""); /* what is missing is below nothing */
}

static void a_filter_that_is_none_says_what_is_allowed(void **state)
{
    static const char *const wrong[] = {"mayor = \"x\"",
                                        "kind",
                                        "kind =",
                                        "kind = \"city",
                                        "kind = \"city\" OR x",
                                        "kind = \"city\" AND",
                                        "= \"city\"",
                                        "(kind = \"city\")",
                                        "kind ~ \"city\""};
    resource_bed *b = *state;
    RegListActorsResponse *page;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_fails(list(b, listing(b, "", 0, wrong[i]), &page), CM_INVALID_ARGUMENT, "of kind, state, collection");
    assert_fails(list(b, listing(b, "", 0, "kind = \"town\""), &page), CM_INVALID_ARGUMENT,
                 "\"town\" is not allowed; give one of city, state");
    assert_fails(list(b, listing(b, "", 0, "kind > \"city\""), &page), CM_INVALID_ARGUMENT, "codes have no order");
}

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void any_text_is_a_filter_or_is_refused_as_one(void **state)
{
    static const char *const words[] = {"kind", "state", "collection", "=", "!=", "<", ">=", "\"city\"", "'x'",  "\"",
                                        "\\",   "AND",   "OR",         "(", " ",  ")", "-",  "17",       "city", "ф"};
    resource_bed *b = *state;
    RegListActorsResponse *page;
    uint64_t random = 4;

    for (int i = 0; i < 5000; i++) {
        const char *filter = "";
        for (uint64_t length = next_random(&random) % 9; length > 0; length--)
            filter =
                cm_arena_format(b->arena, "%s%s", filter, words[next_random(&random) % (sizeof words / sizeof *words)]);
        cm_status s = list(b, listing(b, "", 0, filter), &page);
        if (!cm_is_ok(s))
            assert_string_equal(bed_fields(b, s), "filter");
    }
}

static void numbers_compare_as_numbers_and_what_is_missing_does_not(void **state)
{
    resource_bed *b = *state;
    static const char *const filters[] = {"number > 9", "number >= 10 AND year = 2024", "number < 10", "year != 2024",
                                          "number = 2.5"};
    static const size_t found[] = {1, 1, 1, 1, 1};

    for (int i = 0; i < 3; i++) {
        RegUpdateInfluenceRequest *request = CM_NEW(b->arena, RegUpdateInfluenceRequest);
        request->influence = CM_NEW(b->arena, RegInfluence);
        request->influence->name = cm_arena_format(b->arena, "cities/kazan/influences/%d", i);
        request->influence->year = 2023 + (i > 0);
        request->allow_missing = true;
        if (i) {
            request->influence->number = CM_NEW(b->arena, GoogleDoubleValue);
            request->influence->number->value = i == 1 ? 2.5 : 10;
        }
        assert_ok(bed_write(b, cm_resource_update, &bed_influence, request, CM_NEW(b->arena, RegInfluence)));
    }
    for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
        RegListInfluencesRequest *request = CM_NEW(b->arena, RegListInfluencesRequest);
        RegListInfluencesResponse *page = CM_NEW(b->arena, RegListInfluencesResponse);
        request->parent = "cities/kazan";
        request->filter = bed_text(b, filters[i]);
        assert_ok(bed_read(b, cm_resource_list, &bed_influence, request, page));
        assert_int_equal(page->n_influences, found[i]);
    }
}

static void parents_are_collections_resources_or_all(void **state)
{
    static const struct {
        const char *parent;
        size_t found;
    } parents[] = {{"", 3}, {"-", 3}, {"cities/-", 2}, {"states/-", 1}, {"cities/ufa", 1}, {"cities/uf", 0}};
    static const char *const wrong[] = {"cities", "towns/-", "cities/Ufa", "cities/ufa/memberships", "states/-/x"};
    resource_bed *b = *state;
    RegListMembershipsRequest *request = CM_NEW(b->arena, RegListMembershipsRequest);
    RegListMembershipsResponse *page = CM_NEW(b->arena, RegListMembershipsResponse);

    add_places(b);
    for (int i = 0; i < 3; i++) {
        static const char *const owners[] = {"cities/ufa", "cities/kazan", "states/ru"};
        RegCreateMembershipRequest *create = CM_NEW(b->arena, RegCreateMembershipRequest);
        create->membership = CM_NEW(b->arena, RegMembership);
        create->membership->name = cm_arena_format(b->arena, "%s/memberships/one", owners[i]);
        assert_ok(bed_write(b, cm_resource_create, &bed_membership, create, CM_NEW(b->arena, RegMembership)));
    }
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        request->parent = bed_text(b, parents[i].parent);
        assert_ok(bed_read(b, cm_resource_list, &bed_membership, request, page));
        assert_int_equal(page->n_memberships, parents[i].found);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        request->parent = bed_text(b, wrong[i]);
        assert_fails(bed_read(b, cm_resource_list, &bed_membership, request, page), CM_INVALID_ARGUMENT,
                     "has no memberships; give cities/{city}, states/{state}, or - for all");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_list_goes_by_name_page_by_page),
        BED_TEST(an_empty_store_lists_nothing),
        BED_TEST(pages_stay_right_while_rows_are_written),
        BED_TEST(a_list_goes_on_after_a_restart),
        BED_TEST(a_token_is_for_its_own_query),
        BED_TEST(a_token_is_for_its_own_store),
        BED_TEST(a_token_that_is_none_is_refused),
        BED_TEST(a_page_size_is_not_negative_and_has_a_limit),
        BED_TEST(a_page_has_a_bounded_size_in_bytes),
        BED_TEST(a_filter_compares_columns),
        BED_TEST(a_filter_that_is_none_says_what_is_allowed),
        BED_TEST(any_text_is_a_filter_or_is_refused_as_one),
        BED_TEST(numbers_compare_as_numbers_and_what_is_missing_does_not),
        BED_TEST(parents_are_collections_resources_or_all),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
