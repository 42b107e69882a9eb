#include "resource_bed.h"

#define ID_1 "0f8fad5b-d9cb-469f-a165-70867728950e"

static void a_created_resource_is_read_with_etag_and_time(void **state)
{
    resource_bed *b = *state;
    RegActor *read, *made = bed_add(b, "cities/kazan-ru", "Kazan");

    assert_ok(bed_get(b, "cities/kazan-ru", &read));
    assert_string_equal(read->display_name, "Kazan");
    assert_string_equal(read->etag, "1");
    assert_non_null(read->update_time);
    assert_true(read->update_time->seconds > 1700000000);
    assert_int_equal(read->kind, TYP_ACTOR_KIND_CITY);
    assert_true(cm_message_equal(&made->base, &read->base));
}

static void a_resource_is_created_once(void **state)
{
    resource_bed *b = *state;
    RegActor *answer;

    bed_add(b, "cities/kazan-ru", "Kazan");
    assert_fails(bed_create(b, bed_new_actor(b, "cities/kazan-ru", "Casan"), "", &answer), CM_ALREADY_EXISTS,
                 "cities/kazan-ru exists already");
    assert_int_equal(bed_rows(b), 1);
}

static void what_does_not_exist_is_not_found_by_name(void **state)
{
    RegActor *answer;

    assert_fails(bed_get(*state, "cities/atlantis", &answer), CM_NOT_FOUND, "cities/atlantis does not exist");
    assert_fails(bed_update(*state, bed_updating(*state, bed_new_actor(*state, "cities/atlantis", "A"), NULL), &answer),
                 CM_NOT_FOUND, "cities/atlantis does not exist");
}

static void a_name_that_fits_no_pattern_is_told_which_do(void **state)
{
    static const char *const wrong[] = {"",          "cities",         "cities/",     "cities/Kazan", "cities/-a",
                                        "cities/a-", "cities/kazan/x", "towns/kazan", "cities/a b"};
    RegActor *answer;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_fails(bed_get(*state, wrong[i], &answer), CM_INVALID_ARGUMENT, "give cities/{city}, states/{state}");
}

static void an_event_carries_the_resource_without_its_stamps(void **state)
{
    resource_bed *b = *state;
    cm_row *row;

    bed_add(b, "cities/kazan-ru", "Kazan");
    EvtEvent *event = bed_event(b, "cities/kazan-ru", &row);
    assert_string_equal(row->type, "cityneg.registry.actor.created.v1");
    assert_string_equal(row->actor, "anna");
    assert_int_equal(event->resource_case, EVT_EVENT_RESOURCE_ACTOR);
    assert_string_equal(event->actor->display_name, "Kazan");
    assert_string_equal(event->actor->etag, "");
    assert_null(event->actor->update_time);
    assert_int_equal(event->n_changed, 0);
}

static void an_update_without_a_mask_changes_what_is_set(void **state)
{
    resource_bed *b = *state;
    RegActor *answer, *change = bed_new_actor(b, "cities/kazan-ru", "");
    cm_row *row;

    bed_add(b, "cities/kazan-ru", "Kazan");
    change->note = "on the Volga";
    assert_ok(bed_update(b, bed_updating(b, change, NULL), &answer));
    assert_string_equal(answer->display_name, "Kazan");
    assert_string_equal(answer->note, "on the Volga");
    assert_string_equal(answer->etag, "2");
    EvtEvent *event = bed_event(b, "cities/kazan-ru", &row);
    assert_string_equal(row->type, "cityneg.registry.actor.updated.v1");
    assert_int_equal(event->n_changed, 1);
    assert_string_equal(event->changed[0], "note");
}

static void a_mask_clears_what_the_change_leaves_out(void **state)
{
    resource_bed *b = *state;
    RegActor *answer, *first = bed_new_actor(b, "cities/kazan-ru", "Kazan");

    first->note = "on the Volga";
    assert_ok(bed_create(b, first, "", &answer));
    assert_ok(bed_update(b, bed_updating(b, bed_new_actor(b, "cities/kazan-ru", ""), "note"), &answer));
    assert_string_equal(answer->note, "");
    assert_string_equal(answer->display_name, "Kazan");
    assert_fails(bed_update(b, bed_updating(b, bed_new_actor(b, "cities/kazan-ru", ""), "mayor"), &answer),
                 CM_INVALID_ARGUMENT, "\"mayor\" is no field of Actor");
}

static void fields_of_the_service_stay_whatever_the_caller_sends(void **state)
{
    resource_bed *b = *state;
    RegActor *answer, *change = bed_new_actor(b, "cities/kazan-ru", "Kazan");

    bed_add(b, "cities/kazan-ru", "Kazan");
    change->kind = TYP_ACTOR_KIND_STATE;
    change->update_time = CM_NEW(b->arena, GoogleTimestamp);
    change->update_time->seconds = 1;
    assert_ok(bed_update(b, bed_updating(b, change, "*"), &answer));
    assert_int_equal(answer->kind, TYP_ACTOR_KIND_CITY);
    assert_string_equal(answer->etag, "1");
    assert_true(answer->update_time->seconds > 1);
}

static void an_update_that_changes_nothing_writes_no_row(void **state)
{
    resource_bed *b = *state;
    RegActor *answer;

    bed_add(b, "cities/kazan-ru", "Kazan");
    assert_ok(bed_update(b, bed_updating(b, bed_new_actor(b, "cities/kazan-ru", "Kazan"), NULL), &answer));
    assert_string_equal(answer->etag, "1");
    assert_int_equal(bed_rows(b), 1);
}

static void an_old_etag_is_aborted_with_both(void **state)
{
    resource_bed *b = *state;
    RegActor *answer, *change = bed_new_actor(b, "cities/kazan-ru", "Casan");

    bed_add(b, "cities/kazan-ru", "Kazan");
    change->etag = "1";
    assert_ok(bed_update(b, bed_updating(b, change, NULL), &answer));
    change->display_name = "Qazan";
    assert_fails(bed_update(b, bed_updating(b, change, NULL), &answer), CM_ABORTED,
                 "etag: 1 is not the newest of cities/kazan-ru, which is 2");
    assert_int_equal(bed_rows(b), 2);
}

static void allow_missing_makes_the_whole_resource(void **state)
{
    resource_bed *b = *state;
    RegUpdateActorRequest *request = bed_updating(b, bed_new_actor(b, "cities/kazan-ru", "Kazan"), "note");
    RegActor *answer;
    cm_row *row;

    request->allow_missing = true;
    assert_ok(bed_update(b, request, &answer));
    assert_string_equal(answer->display_name, "Kazan");
    bed_event(b, "cities/kazan-ru", &row);
    assert_string_equal(row->type, "cityneg.registry.actor.created.v1");
}

static void everything_wrong_is_told_at_once(void **state)
{
    resource_bed *b = *state;
    RegActor *answer, *actor = bed_new_actor(b, "cities/kazan-ru", "");

    actor->populations = cm_arena_take(b->arena, 2 * sizeof *actor->populations);
    for (actor->n_populations = 0; actor->n_populations < 2; actor->n_populations++)
        actor->populations[actor->n_populations] = CM_NEW(b->arena, RegPopulation);
    actor->populations[1]->count = -5;
    actor->note = cm_arena_zero(b->arena, 5001);
    memset(actor->note, 'n', 5000);
    actor->location = CM_NEW(b->arena, RegLatLng);
    actor->location->latitude = 0.0 / 0.0;
    actor->names = cm_arena_take(b->arena, sizeof *actor->names);
    actor->names[0] = CM_NEW(b->arena, RegActorName);
    actor->names[0]->kind = (RegNameKind)99;
    actor->n_names = 1;
    assert_string_equal(bed_fields(b, bed_create(b, actor, "", &answer)),
                        "actor.names[0].kind actor.location.latitude actor.note actor.display_name "
                        "actor.populations[1].count");
    assert_int_equal(bed_rows(b), 0);
}

static void a_request_without_a_resource_is_refused(void **state)
{
    RegActor *answer;

    assert_fails(bed_create(*state, NULL, "", &answer), CM_INVALID_ARGUMENT, "actor: is missing");
}

static void a_repeated_request_gets_its_first_answer(void **state)
{
    resource_bed *b = *state;
    RegActor *first, *again;

    assert_ok(bed_create(b, bed_new_actor(b, "cities/kazan-ru", "Kazan"), ID_1, &first));
    assert_ok(bed_update(b, bed_updating(b, bed_new_actor(b, "cities/kazan-ru", "Casan"), NULL), &again));
    bed_reopen(b);
    assert_ok(bed_create(b, bed_new_actor(b, "cities/kazan-ru", "Kazan"), ID_1, &again));
    assert_true(cm_message_equal(&first->base, &again->base));
    assert_int_equal(bed_rows(b), 2);
}

static void a_request_id_is_for_one_request(void **state)
{
    resource_bed *b = *state;
    RegActor *answer;

    assert_ok(bed_create(b, bed_new_actor(b, "cities/kazan-ru", "Kazan"), ID_1, &answer));
    assert_fails(bed_create(b, bed_new_actor(b, "cities/ufa-ru", "Ufa"), ID_1, &answer), CM_ABORTED, "request_id");
    b->identity = "boris"; /* whose ids are his own */
    assert_ok(bed_create(b, bed_new_actor(b, "cities/ufa-ru", "Ufa"), ID_1, &answer));
    assert_fails(bed_create(b, bed_new_actor(b, "cities/omsk-ru", "Omsk"), "17", &answer), CM_INVALID_ARGUMENT,
                 "request_id: \"17\" is no UUID");
}

static void an_update_that_changed_nothing_is_repeated_as_it_was(void **state)
{
    resource_bed *b = *state;
    RegUpdateActorRequest *request = bed_updating(b, bed_new_actor(b, "cities/kazan-ru", "Kazan"), NULL);
    RegActor *answer;

    bed_add(b, "cities/kazan-ru", "Kazan");
    request->request_id = ID_1;
    assert_ok(bed_update(b, request, &answer));
    assert_ok(bed_update(b, bed_updating(b, bed_new_actor(b, "cities/kazan-ru", "Casan"), NULL), &answer));
    assert_ok(bed_update(b, request, &answer));
    assert_string_equal(answer->display_name, "Kazan");
    assert_string_equal(answer->etag, "1");
    assert_ok(bed_get(b, "cities/kazan-ru", &answer));
    assert_string_equal(answer->display_name, "Casan");
}

static cm_status relate_wrongly(cm_resource_context *context, ProtobufCMessage *resource,
                                const ProtobufCMessage *before)
{
    return cm_db_run(cm_tx_db(context->tx), "INSERT INTO nowhere (name) VALUES ('a')", CM_NONE);
}

static void a_create_tells_which_statement_failed(void **state)
{
    resource_bed *b = *state;
    RegCreateActorRequest *request = CM_NEW(b->arena, RegCreateActorRequest);
    RegActor *answer = CM_NEW(b->arena, RegActor);
    cm_resource_kind kind = bed_actor;

    kind.relate = relate_wrongly;
    request->actor = bed_new_actor(b, "cities/kazan-ru", "Kazan");
    assert_fails(bed_write(b, cm_resource_create, &kind, request, answer), CM_INTERNAL, "nowhere");
    bed_add(b, "cities/kazan-ru", "Kazan");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_created_resource_is_read_with_etag_and_time),
        BED_TEST(a_resource_is_created_once),
        BED_TEST(what_does_not_exist_is_not_found_by_name),
        BED_TEST(a_name_that_fits_no_pattern_is_told_which_do),
        BED_TEST(an_event_carries_the_resource_without_its_stamps),
        BED_TEST(an_update_without_a_mask_changes_what_is_set),
        BED_TEST(a_mask_clears_what_the_change_leaves_out),
        BED_TEST(fields_of_the_service_stay_whatever_the_caller_sends),
        BED_TEST(an_update_that_changes_nothing_writes_no_row),
        BED_TEST(an_old_etag_is_aborted_with_both),
        BED_TEST(allow_missing_makes_the_whole_resource),
        BED_TEST(everything_wrong_is_told_at_once),
        BED_TEST(a_request_without_a_resource_is_refused),
        BED_TEST(a_repeated_request_gets_its_first_answer),
        BED_TEST(a_request_id_is_for_one_request),
        BED_TEST(an_update_that_changed_nothing_is_repeated_as_it_was),
        BED_TEST(a_create_tells_which_statement_failed),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
