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

static void a_filter_that_is_none_says_what_is_wrong(void **state)
{
    static const char *const wrong[][2] = {{"mayor = \"x\"", "\"mayor\" is no field of Actor; it has name, "},
                                           {"kind", "there is no comparison"},
                                           {"kind = \"town\"", "\"town\" is not allowed; give one of city, state"},
                                           {"kind > \"city\"", "codes have no order"}};
    resource_bed *b = *state;
    RegListActorsResponse *page;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_fails(list(b, listing(b, "", 0, wrong[i][0]), &page), CM_INVALID_ARGUMENT, wrong[i][1]);
}

static void a_filter_joins_by_and_or_and_not(void **state)
{
    resource_bed *b = *state;

    add_places(b);
    assert_string_equal(pages(b, listing(b, "", 2, "kind = state OR collection = \"collections/b\"")),
                        "kazan omsk | perm cn | ru");
    assert_string_equal(pages(b, listing(b, "", 0, "NOT (kind = state OR collection = \"collections/b\")")), "ufa");
    assert_string_equal(pages(b, listing(b, "", 0, "name = \"cities/*\" -name = \"cities/p*\"")), "kazan omsk ufa");
    assert_string_equal(pages(b, listing(b, "", 0, "NOT state < \"z\" AND kind = city AND name > \"cities/l\"")),
                        "omsk perm ufa");
    assert_string_equal(pages(b, listing(b, "", 0, "update_time > 2020-01-01T00:00:00Z AND kind = state")), "cn ru");
    assert_string_equal(pages(b, listing(b, "", 0, "update_time < 2020-01-01T00:00:00Z")), "");
}

static void what_is_no_column_is_read_from_each_resource(void **state)
{
    resource_bed *b = *state;
    RegListActorsRequest *request = listing(b, "cities", 2, "display_name = \"*m*\"");
    RegListActorsResponse *page;

    add_places(b);
    assert_string_equal(pages(b, listing(b, "", 0, "display_name = \"*m*\" AND NOT display_name = \"*sk\"")), "perm");
    assert_ok(list(b, request, &page));
    assert_int_equal(page->n_actors, 2);
    assert_int_equal(page->query_plan->n_scanned, 1);
    assert_string_equal(page->query_plan->scanned[0], "display_name");
    assert_int_equal(page->query_plan->examined, 4);
    assert_string_equal(page->next_page_token, "");
    assert_ok(list(b, listing(b, "", 0, "kind = city"), &page));
    assert_null(page->query_plan);
}

/* The page ends, says where it goes on, and nothing is left out. */
static void a_scan_is_bounded(void **state)
{
    resource_bed *b = *state;
    RegListActorsRequest *request = listing(b, "cities", 10, "display_name = \"needle\"");
    RegListActorsResponse *page;
    int batches = 0;

    for (int batch = 0; batch < 11; batch++) {
        RegBatchCreateActorsRequest *create = CM_NEW(b->arena, RegBatchCreateActorsRequest);
        create->requests = cm_arena_take(b->arena, 1000 * sizeof *create->requests);
        for (int i = 0; i < 1000; i++) {
            create->requests[i] = CM_NEW(b->arena, RegCreateActorRequest);
            create->requests[i]->actor = bed_new_actor(b, cm_arena_format(b->arena, "cities/c%05d", batch * 1000 + i),
                                                       batch == 10 && i == 999 ? "needle" : "hay");
        }
        create->n_requests = 1000;
        assert_ok(
            bed_write(b, cm_resource_batch_create, &bed_actor, create, CM_NEW(b->arena, RegBatchCreateActorsResponse)));
    }
    for (request->page_token = ""; batches == 0 || *request->page_token; batches++) {
        assert_ok(list(b, request, &page));
        assert_in_range(page->query_plan->examined, 1, 10500);
        assert_int_equal(page->n_actors, *page->next_page_token ? 0 : 1);
        request->page_token = page->next_page_token;
    }
    assert_int_equal(batches, 2);
}

static void explaining_reads_nothing(void **state)
{
    resource_bed *b = *state;
    RegListActorsRequest *request = listing(b, "cities", 2, "kind = city AND display_name = x");
    RegListActorsResponse *page;

    add_places(b);
    request->explain = true;
    for (int i = 0; i < 2; i++) {
        request->order_by = i ? "collection desc" : "";
        assert_ok(list(b, request, &page));
        assert_int_equal(page->n_actors, 0);
        assert_string_equal(page->query_plan->indexed[0], "kind");
        assert_string_equal(page->query_plan->scanned[0], "display_name");
        assert_int_equal(page->query_plan->examined, 0);
        assert_true(page->query_plan->n_steps > 0);
    }
}

/* ---- order ---- */

static void a_list_goes_in_the_order_asked_for(void **state)
{
    static const struct {
        const char *by, *names;
    } orders[] = {
        {"name", "kazan omsk | perm ufa | cn ru"},
        {"name desc", "ru cn | ufa perm | omsk kazan"},
        {"collection", "ufa cn | ru kazan | omsk perm"},
        {"collection desc, name desc", "perm omsk | kazan ru | cn ufa"},
        {" kind desc ,collection asc", "cn ru | ufa kazan | omsk perm"},
    };
    resource_bed *b = *state;

    add_places(b);
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        RegListActorsRequest *request = listing(b, "", 2, "");
        request->order_by = bed_text(b, orders[i].by);
        assert_string_equal(pages(b, request), orders[i].names);
    }
}

static void an_order_that_is_none_says_what_is_allowed(void **state)
{
    static const char *const wrong[] = {
        "mayor", "kind down", "kind,", ",kind", "kind,,name", "kind desc desc", "name,kind,state,collection,name"};
    resource_bed *b = *state;
    RegListActorsResponse *page;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        RegListActorsRequest *request = listing(b, "", 2, "");
        request->order_by = bed_text(b, wrong[i]);
        assert_fails(list(b, request, &page), CM_INVALID_ARGUMENT,
                     "is nothing to order by; give up to 4 of kind, state, collection, name and update_time");
    }
}

static void an_ordered_list_stays_right_while_rows_are_written(void **state)
{
    resource_bed *b = *state;
    RegListActorsRequest *request = listing(b, "cities", 2, "collection:*");
    RegListActorsResponse *page;
    RegActor *answer, *change = bed_new_actor(b, "cities/perm", "Perm");

    add_places(b);
    request->order_by = "collection desc, name";
    assert_ok(list(b, request, &page)); /* kazan and omsk; perm and ufa are to come */
    assert_string_equal(page->actors[0]->name, "cities/kazan");
    request->page_token = page->next_page_token;
    change->collection = "collections/z"; /* would now be before what was read */
    assert_ok(bed_update(b, bed_updating(b, change, NULL), &answer));
    change = bed_new_actor(b, "cities/kazan", "Kazan");
    change->collection = "collections/0"; /* would now come again */
    assert_ok(bed_update(b, bed_updating(b, change, NULL), &answer));
    change = bed_new_actor(b, "cities/tula", "Tula");
    change->collection = "collections/b"; /* was not there then */
    assert_ok(bed_create(b, change, "", &answer));
    assert_string_equal(pages(b, request), "perm ufa");
    request->page_token = "";
    assert_string_equal(pages(b, request), "perm omsk | tula ufa | kazan");
}

static void missing_numbers_come_first(void **state)
{
    resource_bed *b = *state;
    RegListInfluencesRequest *request = CM_NEW(b->arena, RegListInfluencesRequest);
    RegListInfluencesResponse *page = CM_NEW(b->arena, RegListInfluencesResponse);

    for (int i = 0; i < 4; i++) {
        RegUpdateInfluenceRequest *update = CM_NEW(b->arena, RegUpdateInfluenceRequest);
        update->influence = CM_NEW(b->arena, RegInfluence);
        update->influence->name = cm_arena_format(b->arena, "cities/kazan/influences/%d", i);
        update->allow_missing = true;
        if (i % 2) {
            update->influence->number = CM_NEW(b->arena, GoogleDoubleValue);
            update->influence->number->value = -i;
        }
        assert_ok(bed_write(b, cm_resource_update, &bed_influence, update, CM_NEW(b->arena, RegInfluence)));
    }
    request->order_by = "number";
    request->page_size = 1;
    for (int i = 0; i < 4; i++) {
        static const char *const last[] = {"0", "2", "3", "1"};
        assert_ok(bed_read(b, cm_resource_list, &bed_influence, request, page));
        assert_string_equal(strrchr(page->influences[0]->name, '/') + 1, last[i]);
        request->page_token = page->next_page_token;
    }
    assert_string_equal(request->page_token, "");
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
        BED_TEST(a_filter_that_is_none_says_what_is_wrong),
        BED_TEST(a_filter_joins_by_and_or_and_not),
        BED_TEST(what_is_no_column_is_read_from_each_resource),
        BED_TEST(a_scan_is_bounded),
        BED_TEST(explaining_reads_nothing),
        BED_TEST(a_list_goes_in_the_order_asked_for),
        BED_TEST(an_order_that_is_none_says_what_is_allowed),
        BED_TEST(an_ordered_list_stays_right_while_rows_are_written),
        BED_TEST(missing_numbers_come_first),
        BED_TEST(numbers_compare_as_numbers_and_what_is_missing_does_not),
        BED_TEST(parents_are_collections_resources_or_all),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
