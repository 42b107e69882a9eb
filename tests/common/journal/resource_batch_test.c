#include "resource_bed.h"

#define ID "0f8fad5b-d9cb-469f-a165-70867728950e"

static RegBatchUpdateMembershipsRequest *batch(resource_bed *b, const char *request_id)
{
    RegBatchUpdateMembershipsRequest *request = CM_NEW(b->arena, RegBatchUpdateMembershipsRequest);

    request->requests = cm_arena_take(b->arena, 1001 * sizeof *request->requests);
    request->request_id = bed_text(b, request_id);
    return request;
}

static RegMembership *add_to(resource_bed *b, RegBatchUpdateMembershipsRequest *request, const char *city,
                             const char *institution)
{
    RegUpdateMembershipRequest *one = CM_NEW(b->arena, RegUpdateMembershipRequest);

    one->membership = CM_NEW(b->arena, RegMembership);
    one->membership->name = cm_arena_format(b->arena, "cities/%s/memberships/one", city);
    one->membership->institution = bed_text(b, institution);
    one->allow_missing = true;
    request->requests[request->n_requests++] = one;
    return one->membership;
}

static cm_status send(resource_bed *b, const RegBatchUpdateMembershipsRequest *request,
                      RegBatchUpdateMembershipsResponse **answer)
{
    *answer = CM_NEW(b->arena, RegBatchUpdateMembershipsResponse);
    return bed_write(b, cm_resource_batch_update, &bed_membership, request, *answer);
}

static void add_actors(resource_bed *b)
{
    bed_add(b, "cities/kazan", "Kazan");
    bed_add(b, "cities/ufa", "Ufa");
    bed_add(b, "states/ru", "Russia");
}

static void a_batch_answers_in_order_and_counts_what_changed(void **state)
{
    resource_bed *b = *state;
    RegBatchUpdateMembershipsRequest *request = batch(b, "");
    RegBatchUpdateMembershipsResponse *answer;

    add_actors(b);
    add_to(b, request, "ufa", "states/ru");
    add_to(b, request, "kazan", "states/ru");
    assert_ok(send(b, request, &answer));
    assert_int_equal(answer->changed, 2);
    assert_int_equal(answer->n_memberships, 2);
    assert_string_equal(answer->memberships[0]->name, "cities/ufa/memberships/one");
    assert_string_equal(answer->memberships[1]->etag, "1");

    add_to(b, request, "kazan", "cities/ufa");
    assert_ok(send(b, request, &answer));
    assert_int_equal(answer->changed, 1);
    assert_string_equal(answer->memberships[0]->etag, "1");
    assert_string_equal(answer->memberships[2]->etag, "2");
    assert_int_equal(bed_rows(b), 3 + 3);
}

static void a_batch_is_all_or_nothing_and_tells_everything_that_is_wrong(void **state)
{
    resource_bed *b = *state;
    RegBatchUpdateMembershipsRequest *request = batch(b, "");
    RegBatchUpdateMembershipsResponse *answer;

    add_actors(b);
    add_to(b, request, "kazan", "states/ru");
    add_to(b, request, "atlantis", "states/xx");
    add_to(b, request, "ufa", "states/ru")->note = "refuse";
    add_to(b, request, "ufa", "states/ru")->name = "ufa";
    request->requests[request->n_requests++] = CM_NEW(b->arena, RegUpdateMembershipRequest);
    assert_string_equal(bed_fields(b, send(b, request, &answer)),
                        "requests[1].membership.name requests[1].membership.institution requests[2].membership.note "
                        "requests[3].membership.name requests[4].membership");
    assert_int_equal(bed_rows(b), 3);
    assert_int_equal(bed_count(b, "SELECT count(*) FROM memberships"), 0);
    assert_int_equal(bed_count(b, "SELECT count(*) FROM mentions"), 0);
}

static void an_unknown_actor_is_named(void **state)
{
    resource_bed *b = *state;
    RegBatchUpdateMembershipsRequest *request = batch(b, "");
    RegBatchUpdateMembershipsResponse *answer;

    add_actors(b);
    add_to(b, request, "kazan", "states/xx");
    assert_fails(send(b, request, &answer), CM_INVALID_ARGUMENT,
                 "requests[0].membership.institution: states/xx does not exist");
}

static void so_many_violations_are_told_as_a_call_can_carry(void **state)
{
    resource_bed *b = *state;
    RegBatchUpdateMembershipsRequest *request = batch(b, "");
    RegBatchUpdateMembershipsResponse *answer;

    for (int i = 0; i < 1000; i++)
        add_to(b, request, "atlantis", "states/xx");
    cm_status s = send(b, request, &answer);
    size_t count = 0;
    for (const cm_violation *v = s.error->violations; v; v = v->next)
        count++;
    assert_int_equal(count, 32);
    cm_status_clear(&s);
}

static void another_failure_says_which_request(void **state)
{
    resource_bed *b = *state;
    RegBatchUpdateMembershipsRequest *request = batch(b, "");
    RegBatchUpdateMembershipsResponse *answer;

    add_actors(b);
    add_to(b, request, "kazan", "states/ru");
    add_to(b, request, "ufa", "states/ru");
    request->requests[1]->allow_missing = false;
    cm_status s = send(b, request, &answer);
    assert_string_equal(s.error->violations->field, "requests[1].membership.name");
    assert_fails(s, CM_NOT_FOUND, "requests[1]: cities/ufa/memberships/one does not exist");
    assert_int_equal(bed_rows(b), 3);
}

static void an_old_etag_in_a_batch_is_named(void **state)
{
    resource_bed *b = *state;
    RegBatchUpdateMembershipsRequest *request = batch(b, "");
    RegBatchUpdateMembershipsResponse *answer;

    add_actors(b);
    add_to(b, request, "kazan", "states/ru");
    assert_ok(send(b, request, &answer));
    request->requests[0]->membership->etag = "7";
    cm_status s = send(b, request, &answer);
    assert_string_equal(s.error->violations->field, "requests[0].membership.etag");
    assert_string_equal(s.error->reason, "ETAG_MISMATCH");
    assert_fails(s, CM_ABORTED, "requests[0]: etag: 7 is not the newest");
}

static void a_batch_has_1_to_1000_requests(void **state)
{
    resource_bed *b = *state;
    RegBatchUpdateMembershipsRequest *request = batch(b, "");
    RegBatchUpdateMembershipsResponse *answer;

    assert_fails(send(b, request, &answer), CM_INVALID_ARGUMENT, "requests: 0 requests; give 1 to 1000");
    for (int i = 0; i < 1001; i++)
        add_to(b, request, "kazan", "states/ru");
    assert_fails(send(b, request, &answer), CM_INVALID_ARGUMENT, "requests: 1001 requests; give 1 to 1000");
}

static void a_repeated_batch_gets_its_first_answer_after_a_restart(void **state)
{
    resource_bed *b = *state;
    RegBatchUpdateMembershipsRequest *request = batch(b, "");
    RegBatchUpdateMembershipsResponse *first, *again;

    add_actors(b);
    add_to(b, request, "kazan", "states/ru");
    assert_ok(send(b, request, &first));
    add_to(b, request, "ufa", "states/ru");
    add_to(b, request, "ufa", "states/ru"); /* changes nothing */
    request->request_id = ID;
    assert_ok(send(b, request, &first));
    assert_int_equal(first->changed, 1);
    bed_reopen(b);
    assert_ok(send(b, request, &again));
    assert_true(cm_message_equal(&first->base, &again->base));
    assert_int_equal(again->changed, 1);
    assert_int_equal(bed_rows(b), 3 + 2);
}

static void events_carry_what_was_known_of_each_actor(void **state)
{
    resource_bed *b = *state;
    RegBatchUpdateMembershipsRequest *request = batch(b, "");
    RegBatchUpdateMembershipsResponse *answer;
    RegActor *changed;
    cm_row *row;

    add_actors(b);
    assert_ok(bed_update(b, bed_updating(b, bed_new_actor(b, "states/ru", "Russian Federation"), NULL), &changed));
    add_to(b, request, "kazan", "states/ru")->from = "1999-05";
    add_to(b, request, "ufa", "states/ru");
    bed_snapshots = 0;
    assert_ok(send(b, request, &answer));
    assert_int_equal(bed_snapshots, 3); /* each actor once, however often it is named */

    EvtEvent *event = bed_event(b, "cities/kazan/memberships/one", &row);
    assert_string_equal(row->event_time, "1999-05");
    assert_int_equal(event->n_actors, 2);
    assert_string_equal(event->actors[0]->actor, "cities/kazan");
    assert_int_equal(event->actors[0]->kind, TYP_ACTOR_KIND_CITY);
    assert_string_equal(event->actors[1]->actor, "states/ru");
    assert_int_equal(event->actors[1]->revision, 2);
}

static void mentions_follow_the_resource(void **state)
{
    resource_bed *b = *state;
    RegBatchUpdateMembershipsRequest *request = batch(b, "");
    RegBatchUpdateMembershipsResponse *answer;

    add_actors(b);
    add_to(b, request, "kazan", "states/ru");
    assert_ok(send(b, request, &answer));
    assert_int_equal(bed_count(b, "SELECT count(*) FROM mentions WHERE name = 'cities/kazan/memberships/one'"), 2);
    request->requests[0]->membership->institution = "cities/ufa";
    assert_ok(send(b, request, &answer));
    assert_int_equal(bed_count(b, "SELECT count(*) FROM mentions WHERE actor = 'states/ru'"), 0);
    assert_int_equal(bed_count(b, "SELECT count(*) FROM mentions WHERE actor = 'cities/ufa'"), 1);
    assert_int_equal(bed_count(b, "SELECT count(*) FROM mentions"), 2);
}

static void many_are_read_in_the_order_asked_for(void **state)
{
    resource_bed *b = *state;
    char *names[] = {"states/ru", "cities/kazan", "states/ru"}, *lacking[] = {"states/ru", "cities/omsk"};
    RegBatchGetActorsRequest *request = CM_NEW(b->arena, RegBatchGetActorsRequest);
    RegBatchGetActorsResponse *answer = CM_NEW(b->arena, RegBatchGetActorsResponse);

    add_actors(b);
    request->names = names;
    request->n_names = 3;
    assert_ok(bed_read(b, cm_resource_batch_get, &bed_actor, request, answer));
    assert_int_equal(answer->n_actors, 3);
    assert_string_equal(answer->actors[1]->display_name, "Kazan");
    request->names = lacking;
    request->n_names = 2;
    assert_fails(bed_read(b, cm_resource_batch_get, &bed_actor, request, answer), CM_NOT_FOUND,
                 "names[1]: cities/omsk does not exist");
}

static void the_actors_of_a_batch_are_told_with_their_paths(void **state)
{
    resource_bed *b = *state;
    RegBatchUpdateMembershipsRequest *request = batch(b, "");
    cm_names names = {.arena = b->arena};

    add_to(b, request, "kazan", "states/ru");
    add_to(b, request, "ufa", "states/ru");
    cm_resource_actors(&bed_membership, &request->base, &names);
    assert_int_equal(names.count, 3);
    assert_string_equal(names.names[2], "cities/ufa");
    assert_string_equal(names.fields[2], "requests[1].membership.name");
}

static void names_are_kept_once_each(void **state)
{
    resource_bed *b = *state;
    cm_names names = {.arena = b->arena};

    for (int i = 0; i < 3000; i++)
        cm_names_add(&names, cm_arena_format(b->arena, "cities/c%d", i % 1000));
    cm_names_add(&names, "");
    assert_int_equal(names.count, 1000);
    assert_string_equal(names.names[999], "cities/c999");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_batch_answers_in_order_and_counts_what_changed),
        BED_TEST(a_batch_is_all_or_nothing_and_tells_everything_that_is_wrong),
        BED_TEST(an_unknown_actor_is_named),
        BED_TEST(so_many_violations_are_told_as_a_call_can_carry),
        BED_TEST(another_failure_says_which_request),
        BED_TEST(an_old_etag_in_a_batch_is_named),
        BED_TEST(a_batch_has_1_to_1000_requests),
        BED_TEST(a_repeated_batch_gets_its_first_answer_after_a_restart),
        BED_TEST(events_carry_what_was_known_of_each_actor),
        BED_TEST(mentions_follow_the_resource),
        BED_TEST(many_are_read_in_the_order_asked_for),
        BED_TEST(the_actors_of_a_batch_are_told_with_their_paths),
        BED_TEST(names_are_kept_once_each),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
