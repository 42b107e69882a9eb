/* What is deleted: read with when and why, and named by nothing new; hidden from lists, searches and what is derived;
 * and brought back as it was. */
#include "reg_bed.h"

static cm_status remove_actor(reg_bed *b, const char *name, const char *etag, bool force, RegActor **answer)
{
    RegDeleteActorRequest request = CITYNEG__REGISTRY__V1__DELETE_ACTOR_REQUEST__INIT;

    request.name = (char *)name;
    request.etag = (char *)etag;
    request.reason = "entered twice";
    request.force = force;
    return bed_call(b, "DeleteActor", &request, answer);
}

static cm_status undelete(reg_bed *b, const char *name, const char *etag, RegActor **answer)
{
    RegUndeleteActorRequest request = CITYNEG__REGISTRY__V1__UNDELETE_ACTOR_REQUEST__INIT;

    request.name = (char *)name;
    request.etag = (char *)etag;
    return bed_call(b, "UndeleteActor", &request, answer);
}

static RegActor *get(reg_bed *b, const char *name)
{
    RegGetActorRequest request = CITYNEG__REGISTRY__V1__GET_ACTOR_REQUEST__INIT;
    RegActor *actor;

    request.name = (char *)name;
    assert_ok(bed_call(b, "GetActor", &request, &actor));
    return actor;
}

static size_t listed(reg_bed *b, bool show_deleted)
{
    RegListActorsRequest request = CITYNEG__REGISTRY__V1__LIST_ACTORS_REQUEST__INIT;
    RegListActorsResponse *page;

    request.show_deleted = show_deleted;
    assert_ok(bed_call(b, "ListActors", &request, &page));
    return page->n_actors;
}

static size_t found(reg_bed *b, const char *query)
{
    RegSearchActorsRequest request = CITYNEG__REGISTRY__V1__SEARCH_ACTORS_REQUEST__INIT;
    RegSearchActorsResponse *answer;

    assert_ok(reg_follow_catch_up(b->follow));
    request.query = (char *)query;
    assert_ok(bed_call(b, "SearchActors", &request, &answer));
    return answer->n_matches;
}

static RegActor *named_city(reg_bed *b)
{
    RegActor *city = bed_actor(b, "cities/kazan-ru", "states/ru"), *made;

    bed_add_actor(b, "states/ru", "");
    city->display_name = "Kazan";
    city->note = "on the Volga";
    assert_ok(bed_create_actor(b, city, &made));
    return made;
}

static void what_is_deleted_is_hidden_and_told(void **state)
{
    reg_bed *b = *state;
    RegActor *answer, *read;

    named_city(b);
    assert_int_equal(found(b, "Kazan"), 1);
    assert_ok(remove_actor(b, "cities/kazan-ru", "1", false, &answer));
    assert_string_equal(answer->etag, "2");
    assert_string_equal(answer->retraction->reason, "entered twice");
    read = get(b, "cities/kazan-ru");
    assert_true(cm_message_equal(&answer->base, &read->base));
    assert_string_equal(read->note, "on the Volga");
    assert_true(cm_message_equal(&read->delete_time->base, &read->update_time->base));
    assert_int_equal(listed(b, false), 1);
    assert_int_equal(listed(b, true), 2);
    assert_int_equal(found(b, "Kazan"), 0);
    assert_fails(remove_actor(b, "cities/kazan-ru", "", false, &answer), CM_FAILED_PRECONDITION, "is deleted");
    assert_fails(bed_update_actor(b, bed_actor(b, "cities/kazan-ru", "states/ru"), &answer), CM_FAILED_PRECONDITION,
                 "undelete it first");
    assert_fails(bed_create_actor(b, bed_actor(b, "cities/kazan-ru", "states/ru"), &answer), CM_ALREADY_EXISTS,
                 "kazan");
}

static void what_is_brought_back_is_as_it_was(void **state)
{
    reg_bed *b = *state;
    RegActor *made = named_city(b), *answer;

    assert_fails(undelete(b, "cities/kazan-ru", "", &answer), CM_FAILED_PRECONDITION, "is not deleted");
    assert_ok(remove_actor(b, "cities/kazan-ru", "", false, &answer));
    const char *deletion = cm_arena_format(b->arena, "%s", answer->etag);
    assert_fails(undelete(b, "cities/kazan-ru", "1", &answer), CM_ABORTED, "etag");
    assert_ok(undelete(b, "cities/kazan-ru", deletion, &answer));
    assert_null(answer->retraction);
    assert_null(answer->delete_time);
    assert_string_equal(bed_event(b, "cities/kazan-ru")->changed[0], "retraction");
    assert_int_equal(strlen(bed_event(b, "cities/kazan-ru")->corrects), 36);
    answer->etag = made->etag;
    answer->update_time = made->update_time;
    assert_true(cm_message_equal(&made->base, &answer->base));
    assert_int_equal(listed(b, false), 2);
    assert_int_equal(found(b, "Kazan"), 1);
}

static void nothing_new_refers_to_what_is_deleted(void **state)
{
    reg_bed *b = *state;
    RegActor *answer, *other = bed_actor(b, "cities/moscow-ru", "states/ru");

    named_city(b);
    assert_fails(remove_actor(b, "states/fi", "", false, &answer), CM_NOT_FOUND, "states/fi");
    assert_ok(remove_actor(b, "states/ru", "", false, &answer));
    assert_string_equal(bed_fields(b, bed_create_actor(b, other, &answer)), "actor.state");
    assert_string_equal(get(b, "cities/kazan-ru")->state, "states/ru"); /* what refers to it leads to it */
    assert_non_null(get(b, "states/ru")->delete_time);
}

static void what_lies_below_goes_with_it(void **state)
{
    reg_bed *b = *state;
    RegCreateMembershipRequest create = CITYNEG__REGISTRY__V1__CREATE_MEMBERSHIP_REQUEST__INIT;
    RegGetMembershipRequest read = CITYNEG__REGISTRY__V1__GET_MEMBERSHIP_REQUEST__INIT;
    RegMembership membership = CITYNEG__REGISTRY__V1__MEMBERSHIP__INIT, *made;
    RegActor *answer;

    named_city(b);
    bed_add_actor(b, "institutions/c40", "");
    membership.name = "cities/kazan-ru/memberships/c40";
    membership.institution = "institutions/c40";
    membership.status = REG_MEMBERSHIP_STATUS_MEMBER;
    create.membership = &membership;
    assert_ok(bed_call(b, "CreateMembership", &create, &made));
    assert_fails(remove_actor(b, "cities/kazan-ru", "", false, &answer), CM_FAILED_PRECONDITION, "force");
    assert_ok(remove_actor(b, "cities/kazan-ru", "", true, &answer));
    read.name = membership.name;
    assert_ok(bed_call(b, "GetMembership", &read, &made));
    assert_non_null(made->delete_time);
}

static void an_edition_that_is_deleted_is_no_edition(void **state)
{
    static char *const names[] = {"groupings/brics/editions/2010-12", "groupings/brics/editions/2024-01-01"};
    reg_bed *b = *state;
    RegGetGroupingAsOfRequest request = CITYNEG__REGISTRY__V1__GET_GROUPING_AS_OF_REQUEST__INIT;
    RegDeleteGroupingEditionRequest gone = CITYNEG__REGISTRY__V1__DELETE_GROUPING_EDITION_REQUEST__INIT;
    RegGroupingEdition *made;

    bed_add_actor(b, "states/ru", "");
    for (int i = 0; i < 2; i++) {
        RegCreateGroupingEditionRequest create = CITYNEG__REGISTRY__V1__CREATE_GROUPING_EDITION_REQUEST__INIT;
        create.grouping_edition = CM_NEW(b->arena, RegGroupingEdition);
        create.grouping_edition->name = names[i];
        create.grouping_edition->display_name = "BRICS";
        BED_ADD(b, create.grouping_edition, members, RegGroupingMember)->state = "states/ru";
        assert_ok(bed_call(b, "CreateGroupingEdition", &create, &made));
    }
    gone.name = names[1];
    assert_ok(bed_call(b, "DeleteGroupingEdition", &gone, &made));
    request.grouping = "groupings/brics";
    request.date = "2025";
    assert_ok(bed_call(b, "GetGroupingAsOf", &request, &made));
    assert_string_equal(made->name, names[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(what_is_deleted_is_hidden_and_told),       BED_TEST(what_is_brought_back_is_as_it_was),
        BED_TEST(nothing_new_refers_to_what_is_deleted),    BED_TEST(what_lies_below_goes_with_it),
        BED_TEST(an_edition_that_is_deleted_is_no_edition),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
