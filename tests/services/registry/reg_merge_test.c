/* Actors that are the same: both names stay good, and what named either is found. */
#include "reg_bed.h"

static cm_status merge(reg_bed *b, const char *actor, const char *into, RegActor **merged)
{
    RegMergeActorsRequest request = CITYNEG__REGISTRY__V1__MERGE_ACTORS_REQUEST__INIT;

    request.actor = bed_text(b, actor);
    request.into = bed_text(b, into);
    return bed_call(b, "MergeActors", &request, merged);
}

static cm_status split(reg_bed *b, const char *name, RegActor **made)
{
    RegSplitActorRequest request = CITYNEG__REGISTRY__V1__SPLIT_ACTOR_REQUEST__INIT;

    request.name = bed_text(b, name);
    return bed_call(b, "SplitActor", &request, made);
}

static RegActor *get(reg_bed *b, const char *name)
{
    RegGetActorRequest request = CITYNEG__REGISTRY__V1__GET_ACTOR_REQUEST__INIT;
    RegActor *actor;

    request.name = bed_text(b, name);
    assert_ok(bed_call(b, "GetActor", &request, &actor));
    return actor;
}

static void join(reg_bed *b, const char *name, const char *institution)
{
    RegCreateMembershipRequest request = CITYNEG__REGISTRY__V1__CREATE_MEMBERSHIP_REQUEST__INIT;
    RegMembership *made;

    request.membership = CM_NEW(b->arena, RegMembership);
    request.membership->name = bed_text(b, name);
    request.membership->institution = bed_text(b, institution);
    request.membership->status = REG_MEMBERSHIP_STATUS_MEMBER;
    assert_ok(bed_call(b, "CreateMembership", &request, &made));
}

static void add_some(reg_bed *b)
{
    bed_add_actor(b, "states/ru", "");
    bed_add_actor(b, "cities/kazan-ru", "states/ru");
    bed_add_actor(b, "institutions/iula", "");
    bed_add_actor(b, "institutions/uto", "");
    bed_add_actor(b, "institutions/uclg", "");
    join(b, "cities/kazan-ru/memberships/a", "institutions/iula");
    join(b, "cities/kazan-ru/memberships/b", "institutions/uclg");
    join(b, "cities/kazan-ru/memberships/c", "institutions/uto");
}

/* The last letters of the memberships that a filter finds. */
static const char *found(reg_bed *b, const char *filter, GoogleTimestamp *as_of)
{
    RegListMembershipsRequest request = CITYNEG__REGISTRY__V1__LIST_MEMBERSHIPS_REQUEST__INIT;
    RegListMembershipsResponse *page;
    const char *names = "";

    request.filter = bed_text(b, filter);
    request.as_of = as_of;
    assert_ok(bed_call(b, "ListMemberships", &request, &page));
    for (size_t i = 0; i < page->n_memberships; i++)
        names = cm_arena_format(b->arena, "%s%s", names, strrchr(page->memberships[i]->name, '/') + 1);
    return names;
}

#define UCLG "institution = \"institutions/uclg\""

static void what_named_either_is_found(void **state)
{
    reg_bed *b = *state;
    RegActor *merged;

    add_some(b);
    GoogleTimestamp *before = get(b, "institutions/uclg")->update_time;
    before = cm_message_copy(&before->base, b->arena);
    assert_string_equal(found(b, UCLG, NULL), "b");
    assert_ok(merge(b, "institutions/iula", "institutions/uclg", &merged));
    assert_string_equal(merged->name, "institutions/iula");
    assert_string_equal(merged->merged_into, "institutions/uclg");
    assert_string_equal(get(b, "institutions/iula")->merged_into, "institutions/uclg");
    assert_int_equal(get(b, "institutions/uclg")->n_merged_from, 1);
    assert_string_equal(found(b, UCLG, NULL), "ab");
    assert_string_equal(found(b, "institution = \"institutions/iula\"", NULL), "a");
    assert_string_equal(found(b, "institution != \"institutions/uclg\"", NULL), "c");
    assert_string_equal(found(b, "NOT (" UCLG ")", NULL), "c");
    assert_string_equal(bed_event(b, "institutions/iula")->actor->merged_into, "institutions/uclg");
    GoogleTimestamp *then = get(b, "institutions/uclg")->update_time;
    assert_ok(split(b, "institutions/iula", &merged));
    assert_string_equal(merged->merged_into, "");
    assert_string_equal(found(b, UCLG, NULL), "b");
    assert_string_equal(found(b, UCLG, then), "ab"); /* as it was recorded then */
    assert_int_equal(get(b, "institutions/uclg")->n_merged_from, 0);
}

static void merges_of_merges_are_flattened(void **state)
{
    reg_bed *b = *state;
    RegActor *merged;

    add_some(b);
    assert_ok(merge(b, "institutions/iula", "institutions/uto", &merged));
    assert_ok(merge(b, "institutions/uto", "institutions/uclg", &merged));
    assert_string_equal(get(b, "institutions/iula")->merged_into, "institutions/uclg");
    assert_int_equal(get(b, "institutions/uto")->n_merged_from, 0);
    assert_int_equal(get(b, "institutions/uclg")->n_merged_from, 2);
    assert_string_equal(found(b, UCLG, NULL), "abc");
    bed_add_actor(b, "institutions/late", "");
    assert_ok(merge(b, "institutions/late", "institutions/uto", &merged));
    assert_string_equal(merged->merged_into, "institutions/uclg");
    assert_ok(split(b, "institutions/uto", &merged));
    assert_string_equal(found(b, UCLG, NULL), "ab");
}

static void a_merge_that_makes_no_sense_is_refused(void **state)
{
    reg_bed *b = *state;
    RegActor *merged;

    add_some(b);
    assert_fails(merge(b, "institutions/uclg", "institutions/uclg", &merged), CM_FAILED_PRECONDITION, "into itself");
    assert_fails(merge(b, "cities/kazan-ru", "institutions/uclg", &merged), CM_INVALID_ARGUMENT,
                 "into: institutions/uclg is of another kind");
    assert_fails(merge(b, "institutions/none", "institutions/uclg", &merged), CM_NOT_FOUND, "institutions/none");
    assert_fails(merge(b, "uclg", "institutions/uclg", &merged), CM_INVALID_ARGUMENT, "actor");
    assert_fails(split(b, "institutions/uclg", &merged), CM_FAILED_PRECONDITION, "was not merged");
    assert_ok(merge(b, "institutions/iula", "institutions/uclg", &merged));
    assert_fails(merge(b, "institutions/uclg", "institutions/iula", &merged), CM_FAILED_PRECONDITION, "into itself");
    assert_fails(merge(b, "institutions/iula", "institutions/uto", &merged), CM_FAILED_PRECONDITION,
                 "was merged into institutions/uclg already");
    assert_int_equal(get(b, "institutions/uclg")->n_merged_from, 1);
}

static void a_merge_is_repeated_safely_and_kept_by_updates(void **state)
{
    RegMergeActorsRequest request = CITYNEG__REGISTRY__V1__MERGE_ACTORS_REQUEST__INIT;
    RegActor *first, *again;
    reg_bed *b = *state;

    add_some(b);
    request.actor = "institutions/iula";
    request.into = "institutions/uclg";
    request.request_id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    assert_ok(bed_call(b, "MergeActors", &request, &first));
    assert_ok(bed_call(b, "MergeActors", &request, &again));
    assert_true(cm_message_equal(&first->base, &again->base));
    RegActor *actor = bed_actor(b, "institutions/iula", "");
    actor->display_name = "International Union of Local Authorities";
    assert_ok(bed_update_actor(b, actor, &again));
    assert_string_equal(again->merged_into, "institutions/uclg");
    assert_string_equal(found(b, UCLG, NULL), "ab");
}

static void searches_find_the_one_that_stays(void **state)
{
    RegSearchActorsRequest request = CITYNEG__REGISTRY__V1__SEARCH_ACTORS_REQUEST__INIT;
    RegSearchActorsResponse *response;
    reg_bed *b = *state;
    RegActor *merged;

    add_some(b);
    assert_ok(reg_follow_catch_up(b->follow));
    assert_ok(merge(b, "institutions/iula", "institutions/uclg", &merged));
    assert_ok(reg_follow_catch_up(b->follow));
    request.query = "institutions/iula";
    assert_ok(bed_call(b, "SearchActors", &request, &response));
    assert_int_equal(response->n_matches, 1);
    assert_string_equal(response->matches[0]->name, "institutions/uclg");
    assert_string_equal(response->matches[0]->display_name, "institutions/uclg");
    assert_string_equal(response->matches[0]->matched, "institutions/iula");
    RegRawActor *raw[] = {CM_NEW(b->arena, RegRawActor)};
    RegResolveActorsRequest ask = CITYNEG__REGISTRY__V1__RESOLVE_ACTORS_REQUEST__INIT;
    RegResolveActorsResponse *resolved;
    raw[0]->text = "Institutions IULA";
    ask.actors = raw;
    ask.n_actors = 1;
    assert_ok(bed_call(b, "ResolveActors", &ask, &resolved));
    assert_int_equal(resolved->resolutions[0]->n_candidates, 1);
    assert_string_equal(resolved->resolutions[0]->candidates[0]->match->name, "institutions/uclg");
    assert_ok(split(b, "institutions/iula", &merged));
    assert_ok(reg_follow_catch_up(b->follow));
    assert_ok(bed_call(b, "SearchActors", &request, &response));
    assert_string_equal(response->matches[0]->name, "institutions/iula");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(what_named_either_is_found),
        BED_TEST(merges_of_merges_are_flattened),
        BED_TEST(a_merge_that_makes_no_sense_is_refused),
        BED_TEST(a_merge_is_repeated_safely_and_kept_by_updates),
        BED_TEST(searches_find_the_one_that_stays),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
