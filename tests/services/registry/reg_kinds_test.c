/* Memberships, groupings, influence, autonomy: what each refuses, and what its event tells. */
#include "reg_bed.h"

static void add_actors(reg_bed *b)
{
    bed_add_actor(b, "states/ru", "");
    bed_add_actor(b, "states/cn", "");
    bed_add_actor(b, "cities/kazan-ru", "states/ru");
    bed_add_actor(b, "institutions/uclg", "");
}

static RegMembership *membership(reg_bed *b, const char *name, const char *institution)
{
    RegMembership *one = CM_NEW(b->arena, RegMembership);

    one->name = bed_text(b, name);
    one->institution = bed_text(b, institution);
    one->status = REG_MEMBERSHIP_STATUS_MEMBER;
    return one;
}

static cm_status create_membership(reg_bed *b, RegMembership *one, RegMembership **made)
{
    RegCreateMembershipRequest request = CITYNEG__REGISTRY__V1__CREATE_MEMBERSHIP_REQUEST__INIT;

    request.membership = one;
    return bed_call(b, "CreateMembership", &request, made);
}

static void a_membership_tells_what_was_known_of_both(void **state)
{
    reg_bed *b = *state;
    RegMembership *made;

    add_actors(b);
    assert_ok(create_membership(b, membership(b, "cities/kazan-ru/memberships/uclg", "institutions/uclg"), &made));
    EvtEvent *event = bed_event(b, "cities/kazan-ru/memberships/uclg");
    assert_int_equal(event->n_actors, 2);
    assert_string_equal(event->actors[0]->actor, "cities/kazan-ru");
    assert_string_equal(event->actors[0]->state, "states/ru");
    assert_int_equal(event->actors[1]->kind, TYP_ACTOR_KIND_INSTITUTION);
}

static void a_membership_ends_after_it_begins(void **state)
{
    reg_bed *b = *state;
    RegMembership *made, *one = membership(b, "cities/kazan-ru/memberships/uclg", "institutions/uclg");

    add_actors(b);
    one->from = "2010-05";
    one->to = "2010-04-30";
    assert_fails(create_membership(b, one, &made), CM_INVALID_ARGUMENT,
                 "membership.to: 2010-04-30 is before from 2010-05");
    one->to = "2010"; /* may be after it, as far as is known */
    assert_ok(create_membership(b, one, &made));
}

static void everything_wrong_with_a_membership_is_told_at_once(void **state)
{
    reg_bed *b = *state;
    RegMembership *made, *one = membership(b, "cities/atlantis/memberships/uclg", "states/ru");

    add_actors(b);
    one->status = REG_MEMBERSHIP_STATUS_UNSPECIFIED;
    one->from = "May";
    one->to = "2015-02-29";
    assert_string_equal(bed_fields(b, create_membership(b, one, &made)),
                        "membership.institution membership.status membership.from membership.to membership.name");
    one = membership(b, "institutions/uclg/memberships/x", "institutions/uclg");
    assert_fails(create_membership(b, one, &made), CM_INVALID_ARGUMENT, "is the member itself");
    one = membership(b, "cities/kazan-ru/memberships/x", "institutions/none");
    assert_fails(create_membership(b, one, &made), CM_INVALID_ARGUMENT,
                 "membership.institution: institutions/none does not exist");
}

static void members_of_an_institution_are_found(void **state)
{
    reg_bed *b = *state;
    RegMembership *made;
    RegListMembershipsRequest request = CITYNEG__REGISTRY__V1__LIST_MEMBERSHIPS_REQUEST__INIT;
    RegListMembershipsResponse *page;

    add_actors(b);
    bed_add_actor(b, "institutions/metropolis", "");
    assert_ok(create_membership(b, membership(b, "cities/kazan-ru/memberships/a", "institutions/uclg"), &made));
    assert_ok(create_membership(b, membership(b, "cities/kazan-ru/memberships/b", "institutions/metropolis"), &made));
    request.filter = "institution = \"institutions/uclg\" AND status = \"member\"";
    assert_ok(bed_call(b, "ListMemberships", &request, &page));
    assert_int_equal(page->n_memberships, 1);
    assert_string_equal(page->memberships[0]->name, "cities/kazan-ru/memberships/a");
    request.filter = "";
    request.parent = "states/ru";
    assert_ok(bed_call(b, "ListMemberships", &request, &page));
    assert_int_equal(page->n_memberships, 0);
}

static void of_the_same_two_one_membership_holds_at_a_time(void **state)
{
    reg_bed *b = *state;
    RegMembership *made, *one = membership(b, "cities/kazan-ru/memberships/uclg", "institutions/uclg"), *two;

    add_actors(b);
    one->from = "2010";
    one->to = "2015-06";
    assert_ok(create_membership(b, one, &made));
    two = membership(b, "cities/kazan-ru/memberships/uclg-again", "institutions/uclg");
    two->from = "2015-05";
    assert_fails(create_membership(b, two, &made), CM_INVALID_ARGUMENT,
                 "membership.from: overlaps with cities/kazan-ru/memberships/uclg, from 2010 to 2015-06");
    two->from = "";
    assert_fails(create_membership(b, two, &made), CM_INVALID_ARGUMENT, "membership.from: overlaps");
    two->status = REG_MEMBERSHIP_STATUS_LEFT; /* says when the other ended */
    assert_ok(create_membership(b, two, &made));
    two = membership(b, "cities/kazan-ru/memberships/uclg-associate", "institutions/uclg");
    two->status = REG_MEMBERSHIP_STATUS_ASSOCIATE;
    two->from = "2015-06";
    assert_ok(create_membership(b, two, &made));
    one->to = "2015-07"; /* may end before June is over, as far as is known of the other; this cannot */
    RegUpdateMembershipRequest update = CITYNEG__REGISTRY__V1__UPDATE_MEMBERSHIP_REQUEST__INIT;
    update.membership = one;
    assert_fails(bed_call(b, "UpdateMembership", &update, &made), CM_INVALID_ARGUMENT,
                 "overlaps with cities/kazan-ru/memberships/uclg-associate, from 2015-06 to now");
}

static const char *members(reg_bed *b, const char *date, RegMembershipStatus status)
{
    RegListMembersRequest request = CITYNEG__REGISTRY__V1__LIST_MEMBERS_REQUEST__INIT;
    RegListMembersResponse *page;
    const char *names = "";

    request.institution = "institutions/uclg";
    request.date = bed_text(b, date);
    request.statuses = &status;
    request.n_statuses = status != REG_MEMBERSHIP_STATUS_UNSPECIFIED;
    request.page_size = 1;
    do {
        assert_ok(bed_call(b, "ListMembers", &request, &page));
        if (page->n_memberships)
            names = cm_arena_format(b->arena, "%s%s ", names, page->memberships[0]->name);
        request.page_token = page->next_page_token;
    } while (*request.page_token);
    return names;
}

static void members_are_told_as_of_a_date(void **state)
{
    static const struct {
        const char *name, *from, *to;
        RegMembershipStatus status;
    } all[] = {
        {"cities/kazan-ru/memberships/a", "2004-05", "2012", REG_MEMBERSHIP_STATUS_MEMBER},
        {"cities/kazan-ru/memberships/b", "2012", "", REG_MEMBERSHIP_STATUS_SUSPENDED},
        {"states/ru/memberships/c", "", "2010-03-01", REG_MEMBERSHIP_STATUS_MEMBER},
        {"states/ru/memberships/d", "2010-03-01", "", REG_MEMBERSHIP_STATUS_LEFT},
    };
    RegListMembersRequest wrong = CITYNEG__REGISTRY__V1__LIST_MEMBERS_REQUEST__INIT;
    RegListMembersResponse *page;
    reg_bed *b = *state;
    RegMembership *made;

    add_actors(b);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        RegMembership *one = membership(b, all[i].name, "institutions/uclg");
        one->from = bed_text(b, all[i].from);
        one->to = bed_text(b, all[i].to);
        one->status = all[i].status;
        assert_ok(create_membership(b, one, &made));
    }
    assert_string_equal(members(b, "2004-04", 0), "states/ru/memberships/c ");
    assert_string_equal(members(b, "2004", 0), "cities/kazan-ru/memberships/a states/ru/memberships/c ");
    assert_string_equal(members(b, "2010-03-02", 0), "cities/kazan-ru/memberships/a ");
    assert_string_equal(members(b, "2020", 0), "cities/kazan-ru/memberships/b ");
    assert_string_equal(members(b, "2020", REG_MEMBERSHIP_STATUS_MEMBER), "");
    assert_string_equal(members(b, "2020", REG_MEMBERSHIP_STATUS_LEFT), "states/ru/memberships/d ");
    wrong.institution = "cities/kazan-ru";
    assert_string_equal(bed_fields(b, bed_call(b, "ListMembers", &wrong, &page)), "institution date");
    wrong.institution = "institutions/uclg";
    wrong.date = "2015";
    wrong.filter = "note =";
    assert_string_equal(bed_fields(b, bed_call(b, "ListMembers", &wrong, &page)), "filter");
}

static RegGroupingEdition *edition(reg_bed *b, const char *name)
{
    RegGroupingEdition *one = CM_NEW(b->arena, RegGroupingEdition);

    one->name = bed_text(b, name);
    one->display_name = "BRICS";
    return one;
}

static cm_status create_edition(reg_bed *b, RegGroupingEdition *one, RegGroupingEdition **made)
{
    RegCreateGroupingEditionRequest request = CITYNEG__REGISTRY__V1__CREATE_GROUPING_EDITION_REQUEST__INIT;

    request.grouping_edition = one;
    return bed_call(b, "CreateGroupingEdition", &request, made);
}

static void an_edition_names_states_once_each(void **state)
{
    reg_bed *b = *state;
    RegGroupingEdition *made, *one = edition(b, "groupings/brics/editions/2009-06");

    add_actors(b);
    assert_string_equal(bed_fields(b, create_edition(b, one, &made)), "grouping_edition.members");
    BED_ADD(b, one, members, RegGroupingMember)->state = "states/ru";
    BED_ADD(b, one, members, RegGroupingMember)->state = "states/cn";
    assert_ok(create_edition(b, one, &made));
    assert_int_equal(bed_event(b, one->name)->n_actors, 2);

    one = edition(b, "groupings/brics/editions/2010-13");
    one->display_name = "";
    BED_ADD(b, one, members, RegGroupingMember)->state = "states/ru";
    BED_ADD(b, one, members, RegGroupingMember)->state = "states/ru";
    BED_ADD(b, one, members, RegGroupingMember)->state = "states/xx";
    BED_ADD(b, one, members, RegGroupingMember)->state = "cities/kazan-ru";
    assert_string_equal(bed_fields(b, create_edition(b, one, &made)),
                        "grouping_edition.name grouping_edition.display_name grouping_edition.members[1].state "
                        "grouping_edition.members[3].state grouping_edition.members[2].state");
}

static void nobody_joins_after_the_edition(void **state)
{
    reg_bed *b = *state;
    RegGroupingEdition *made, *one = edition(b, "groupings/brics/editions/2009-06");
    RegGroupingMember *member = BED_ADD(b, one, members, RegGroupingMember);

    add_actors(b);
    member->state = "states/ru";
    member->since = "2010";
    assert_fails(create_edition(b, one, &made), CM_INVALID_ARGUMENT,
                 "grouping_edition.members[0].since: 2010 is after the edition");
    member->since = "2009";
    assert_ok(create_edition(b, one, &made));
}

static cm_status put_influence(reg_bed *b, RegInfluence *one)
{
    RegBatchUpdateInfluencesRequest *request = CM_NEW(b->arena, RegBatchUpdateInfluencesRequest);
    RegBatchUpdateInfluencesResponse *answer;
    RegUpdateInfluenceRequest *update = BED_ADD(b, request, requests, RegUpdateInfluenceRequest);

    update->influence = one;
    update->allow_missing = true;
    return bed_call(b, "BatchUpdateInfluences", request, &answer);
}

static void add_member(reg_bed *b, RegGroupingEdition *one, const char *state)
{
    BED_ADD(b, one, members, RegGroupingMember)->state = bed_text(b, state);
}

static void add_editions(reg_bed *b)
{
    RegGroupingEdition *first = edition(b, "groupings/brics/editions/2010-12-24"), *made;
    RegGroupingEdition *second = edition(b, "groupings/brics/editions/2024");

    add_actors(b);
    bed_add_actor(b, "states/br", "");
    bed_add_actor(b, "states/eg", "");
    bed_add_actor(b, "states/za", "");
    add_member(b, first, "states/ru");
    add_member(b, first, "states/br");
    assert_ok(create_edition(b, first, &made));
    add_member(b, second, "states/ru");
    add_member(b, second, "states/eg");
    assert_ok(create_edition(b, second, &made));
}

static void a_grouping_is_told_as_of_a_date(void **state)
{
    static const struct {
        const char *date, *edition;
    } dates[] = {{"2010-12-24", "2010-12-24"},
                 {"2010", "2010-12-24"},
                 {"2023-12-31", "2010-12-24"},
                 {"2024-01-01", "2024"},
                 {"2030", "2024"}};
    RegGetGroupingAsOfRequest request = CITYNEG__REGISTRY__V1__GET_GROUPING_AS_OF_REQUEST__INIT;
    RegGroupingEdition *found;
    reg_bed *b = *state;

    add_editions(b);
    request.grouping = "groupings/brics";
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        request.date = bed_text(b, dates[i].date);
        assert_ok(bed_call(b, "GetGroupingAsOf", &request, &found));
        assert_string_equal(strrchr(found->name, '/') + 1, dates[i].edition);
    }
    request.date = "2009";
    assert_fails(bed_call(b, "GetGroupingAsOf", &request, &found), CM_NOT_FOUND,
                 "has no edition by 2009; the first is groupings/brics/editions/2010-12-24");
    request.grouping = "groupings/g77";
    assert_fails(bed_call(b, "GetGroupingAsOf", &request, &found), CM_NOT_FOUND, "groupings/g77");
    request.date = "soon";
    request.grouping = "brics";
    assert_string_equal(bed_fields(b, bed_call(b, "GetGroupingAsOf", &request, &found)), "grouping date");
}

static const char *joined(reg_bed *b, char *const *texts, size_t count)
{
    const char *all = "";

    for (size_t i = 0; i < count; i++)
        all = cm_arena_format(b->arena, "%s%s ", all, texts[i]);
    return all;
}

static void editions_are_compared_and_complemented(void **state)
{
    RegCompareGroupingEditionsRequest compare = CITYNEG__REGISTRY__V1__COMPARE_GROUPING_EDITIONS_REQUEST__INIT;
    RegGetGroupingComplementRequest outside = CITYNEG__REGISTRY__V1__GET_GROUPING_COMPLEMENT_REQUEST__INIT;
    RegCompareGroupingEditionsResponse *differences;
    RegGetGroupingComplementResponse *others;
    reg_bed *b = *state;

    add_editions(b);
    compare.before = "groupings/brics/editions/2010-12-24";
    compare.after = "groupings/brics/editions/2024";
    assert_ok(bed_call(b, "CompareGroupingEditions", &compare, &differences));
    assert_string_equal(joined(b, differences->joined, differences->n_joined), "states/eg ");
    assert_string_equal(joined(b, differences->left, differences->n_left), "states/br ");
    assert_string_equal(joined(b, differences->common, differences->n_common), "states/ru ");
    outside.name = compare.after;
    assert_ok(bed_call(b, "GetGroupingComplement", &outside, &others));
    assert_string_equal(joined(b, others->states, others->n_states), "states/br states/cn states/za ");
    compare.after = "groupings/brics/editions/2030";
    assert_fails(bed_call(b, "CompareGroupingEditions", &compare, &differences), CM_NOT_FOUND, "editions/2030");
    compare.before = "brics";
    assert_string_equal(bed_fields(b, bed_call(b, "CompareGroupingEditions", &compare, &differences)), "before");
}

static void influence_is_a_tier_or_a_number(void **state)
{
    reg_bed *b = *state;
    RegInfluence *one = CM_NEW(b->arena, RegInfluence);

    add_actors(b);
    one->name = "cities/kazan-ru/influences/gawc-2024";
    one->year = 2024;
    assert_string_equal(bed_fields(b, put_influence(b, one)), "requests[0].influence.measure");
    one->measure = REG_MEASURE_GAWC_2024;
    one->tier = "Delta";
    assert_string_equal(bed_fields(b, put_influence(b, one)), "requests[0].influence.tier");
    one->tier = "Sufficiency";
    assert_ok(put_influence(b, one));
    one->measure = REG_MEASURE_GDP_SHARE;
    one->year = -1;
    assert_string_equal(bed_fields(b, put_influence(b, one)), "requests[0].influence.tier requests[0].influence.number "
                                                              "requests[0].influence.year");
    one->name = "cities/kazan-ru/influences/gdp-share";
    one->year = 0;
    one->tier = "";
    one->number = CM_NEW(b->arena, GoogleDoubleValue);
    one->number->value = 100.5;
    assert_fails(put_influence(b, one), CM_INVALID_ARGUMENT, "100.5 % is more than all");
    one->number->value = -1;
    assert_fails(put_influence(b, one), CM_INVALID_ARGUMENT, "-1 is negative");
    one->number->value = 15;
    assert_ok(put_influence(b, one));
    one->name = "cities/atlantis/influences/gdp-share";
    assert_fails(put_influence(b, one), CM_INVALID_ARGUMENT,
                 "requests[0].influence.name: cities/atlantis does not exist");
}

static cm_status put_profile(reg_bed *b, const char *name, double index)
{
    RegBatchUpdateAutonomyProfilesRequest *request = CM_NEW(b->arena, RegBatchUpdateAutonomyProfilesRequest);
    RegBatchUpdateAutonomyProfilesResponse *answer;
    RegUpdateAutonomyProfileRequest *update = BED_ADD(b, request, requests, RegUpdateAutonomyProfileRequest);

    update->autonomy_profile = CM_NEW(b->arena, RegAutonomyProfile);
    update->autonomy_profile->name = bed_text(b, name);
    update->autonomy_profile->index = CM_NEW(b->arena, GoogleDoubleValue);
    update->autonomy_profile->index->value = index;
    update->allow_missing = true;
    return bed_call(b, "BatchUpdateAutonomyProfiles", request, &answer);
}

static void autonomy_is_of_a_state_and_a_year(void **state)
{
    reg_bed *b = *state;

    add_actors(b);
    assert_ok(put_profile(b, "states/ru/autonomyProfiles/2014", 47.89));
    assert_ok(put_profile(b, "states/ru/autonomyProfiles/2010", 0));
    assert_fails(put_profile(b, "states/ru/autonomyProfiles/latest", 40), CM_INVALID_ARGUMENT, "\"latest\" is none");
    assert_fails(put_profile(b, "states/ru/autonomyProfiles/0999", 40), CM_INVALID_ARGUMENT, "give four digits");
    assert_fails(put_profile(b, "states/ru/autonomyProfiles/2014", 100.1), CM_INVALID_ARGUMENT,
                 "100.1 is out of range");
    assert_fails(put_profile(b, "states/xx/autonomyProfiles/2014", 40), CM_INVALID_ARGUMENT,
                 "states/xx does not exist");
}

static RegAutonomyProfile *scored(reg_bed *b)
{
    RegAutonomyProfile *profile = CM_NEW(b->arena, RegAutonomyProfile);

    profile->name = bed_text(b, "states/ru/autonomyProfiles/2020");
    profile->scores = CM_NEW(b->arena, RegAutonomyScores);
    *profile->scores = (RegAutonomyScores){.base = profile->scores->base,
                                           .legal_protection = 3,
                                           .policy_scope = 2,
                                           .policy_discretion = 3,
                                           .effective_depth = 1.5,
                                           .fiscal_autonomy = 2,
                                           .financial_transfer = 2,
                                           .self_reliance = 1,
                                           .borrowing = 3,
                                           .organisational = 4,
                                           .supervision = 1,
                                           .access = 0};
    return profile;
}

static cm_status put_scored(reg_bed *b, RegAutonomyProfile *profile, RegAutonomyProfile **made)
{
    RegBatchUpdateAutonomyProfilesRequest *request = CM_NEW(b->arena, RegBatchUpdateAutonomyProfilesRequest);
    RegBatchUpdateAutonomyProfilesResponse *answer;
    RegUpdateAutonomyProfileRequest *update = BED_ADD(b, request, requests, RegUpdateAutonomyProfileRequest);

    update->autonomy_profile = profile;
    update->allow_missing = true;
    cm_status s = bed_call(b, "BatchUpdateAutonomyProfiles", request, &answer);
    if (cm_is_ok(s))
        *made = answer->autonomy_profiles[0];
    return s;
}

/* LA 100, PD 70, PS 50, FA 50, OA 100, NI 50, AC 0: (100 + 210 + 100 + 150 + 200 + 50 + 0) / 13. */
static void index_and_parts_follow_from_the_scores(void **state)
{
    reg_bed *b = *state;
    RegAutonomyProfile *made;

    add_actors(b);
    assert_ok(put_scored(b, scored(b), &made));
    assert_float_equal(made->index->value, 810.0 / 13, 1e-12);
    assert_float_equal(made->parts->political_discretion, 70, 1e-12);
    assert_float_equal(made->parts->financial_autonomy, 50, 1e-12);
    assert_float_equal(made->parts->non_interference, 50, 1e-12);
    assert_false(made->total_only);
    RegAutonomyProfile *wrong = scored(b);
    wrong->index = CM_NEW(b->arena, GoogleDoubleValue);
    wrong->index->value = 62;
    wrong->scores->self_reliance = 3.1;
    wrong->scores->access = -1;
    assert_string_equal(bed_fields(b, put_scored(b, wrong, &made)),
                        "requests[0].autonomy_profile.scores.self_reliance "
                        "requests[0].autonomy_profile.scores.access requests[0].autonomy_profile.index");
}

static void a_total_alone_says_so(void **state)
{
    reg_bed *b = *state;
    RegAutonomyProfile *profile = CM_NEW(b->arena, RegAutonomyProfile), *made;

    add_actors(b);
    profile->name = bed_text(b, "states/ru/autonomyProfiles/2020");
    profile->index = CM_NEW(b->arena, GoogleDoubleValue);
    profile->index->value = 47.89;
    profile->parts = CM_NEW(b->arena, RegAutonomyParts); /* output only: what a caller sends does not count */
    assert_ok(put_scored(b, profile, &made));
    assert_true(made->total_only);
    assert_null(made->parts);
    assert_ok(put_scored(b, scored(b), &made)); /* the scores become known, and the index with them */
    assert_float_equal(made->index->value, 810.0 / 13, 1e-12);
    assert_false(made->total_only);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_membership_tells_what_was_known_of_both),
        BED_TEST(a_membership_ends_after_it_begins),
        BED_TEST(everything_wrong_with_a_membership_is_told_at_once),
        BED_TEST(members_of_an_institution_are_found),
        BED_TEST(of_the_same_two_one_membership_holds_at_a_time),
        BED_TEST(members_are_told_as_of_a_date),
        BED_TEST(an_edition_names_states_once_each),
        BED_TEST(a_grouping_is_told_as_of_a_date),
        BED_TEST(editions_are_compared_and_complemented),
        BED_TEST(nobody_joins_after_the_edition),
        BED_TEST(influence_is_a_tier_or_a_number),
        BED_TEST(autonomy_is_of_a_state_and_a_year),
        BED_TEST(index_and_parts_follow_from_the_scores),
        BED_TEST(a_total_alone_says_so),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
