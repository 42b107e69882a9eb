/* What all methods do with the fields that they share: validate_only, read_mask, return_partial_success. */
#include "reg_served.h"

#include "google/protobuf/field_mask.grpc-c.h"

#define ID "0f8fad5b-d9cb-469f-a165-70867728950e"

static int64_t rows(served *s)
{
    int64_t count = 0;

    for (int part = 0; part < cm_journal_partitions(s->bed->journal); part++)
        count += cm_journal_head(s->bed->journal, part);
    return count;
}

static bool has(const ProtobufCMessageDescriptor *message, const char *field)
{
    return cm_message_field(message, field) != NULL;
}

static void every_method_takes_part(void **state)
{
    served *s = *state;

    for (size_t i = 0; i < s->bed->service.desc->count; i++) {
        const cm_method_desc *method = &s->bed->service.desc->methods[i];
        if (method->kind != CM_UNARY)
            continue;
        if (!has(method->request, method->idempotent ? "read_mask" : "validate_only"))
            fail_msg("%s takes no %s", method->name, method->idempotent ? "read_mask" : "validate_only");
        if (strncmp(method->name, "Batch", 5) == 0)
            assert_true(has(method->request, "return_partial_success") && has(method->response, "refusals"));
    }
}

/* ---- validate_only ---- */

static cm_status create(served *s, RegActor *actor, bool validate_only, const char *request_id, RegActor **made)
{
    RegCreateActorRequest request = CITYNEG__REGISTRY__V1__CREATE_ACTOR_REQUEST__INIT;

    request.actor = actor;
    request.validate_only = validate_only;
    request.request_id = (char *)request_id;
    return reg_registry_service_create_actor(s->channel, NULL, &request, s->bed->arena, made);
}

static cm_status get(served *s, const char *name, RegActor **read)
{
    RegGetActorRequest request = CITYNEG__REGISTRY__V1__GET_ACTOR_REQUEST__INIT;

    request.name = (char *)name;
    return reg_registry_service_get_actor(s->channel, NULL, &request, s->bed->arena, read);
}

static RegActor *added(served *s, const char *name, const char *state)
{
    RegActor *made;

    assert_ok(create(s, bed_actor(s->bed, name, state), false, "", &made));
    return made;
}

static void what_is_only_validated_changes_nothing(void **state)
{
    served *s = *state;
    RegActor *tried, *made, *read, *wrong = bed_actor(s->bed, "cities/kazan-ru", "");

    assert_ok(create(s, bed_actor(s->bed, "states/ru", ""), true, ID, &tried));
    assert_string_equal(tried->etag, "1");
    assert_int_equal(tried->kind, TYP_ACTOR_KIND_STATE);
    assert_int_equal(rows(s), 0);
    assert_fails(get(s, "states/ru", &read), CM_NOT_FOUND, "states/ru");
    assert_ok(create(s, bed_actor(s->bed, "states/ru", ""), false, ID, &made)); /* the id was not used up */
    assert_int_equal(rows(s), 1);
    assert_ok(create(s, bed_actor(s->bed, "states/ru", ""), true, ID, &tried)); /* and now it is */
    assert_true(cm_message_equal(&made->base, &tried->base));
    assert_fails(create(s, bed_actor(s->bed, "states/ru", ""), true, "", &tried), CM_ALREADY_EXISTS, "states/ru");
    assert_string_equal(bed_fields(s->bed, create(s, wrong, true, "", &tried)), "actor.state");
    assert_int_equal(rows(s), 1);
    added(s, "states/cn", ""); /* what comes after is as ever */
    assert_int_equal(rows(s), 2);
}

static void an_erasure_is_only_validated(void **state)
{
    served *s = *state;
    RegEraseRequest request = CITYNEG__REGISTRY__V1__ERASE_REQUEST__INIT;
    RegEraseResponse *erased;
    RegActor *read;

    added(s, "states/ru", "");
    request.name = "states/ru";
    request.reason = "request 17";
    request.validate_only = true;
    assert_ok(reg_registry_service_erase(s->channel, NULL, &request, s->bed->arena, &erased));
    assert_int_equal(erased->erasures[0]->revisions, 1);
    assert_ok(get(s, "states/ru", &read));
    assert_int_equal(rows(s), 1);
}

static void an_item_is_not_validated_alone(void **state)
{
    served *s = *state;
    RegBatchCreateActorsRequest request = CITYNEG__REGISTRY__V1__BATCH_CREATE_ACTORS_REQUEST__INIT;
    RegCreateActorRequest item = CITYNEG__REGISTRY__V1__CREATE_ACTOR_REQUEST__INIT, *items[] = {&item};
    RegBatchCreateActorsResponse *answer;

    item.actor = bed_actor(s->bed, "states/ru", "");
    item.validate_only = true;
    request.requests = items;
    request.n_requests = 1;
    assert_string_equal(bed_fields(s->bed, reg_registry_service_batch_create_actors(s->channel, NULL, &request,
                                                                                    s->bed->arena, &answer)),
                        "requests[0].validate_only");
}

/* ---- read_mask ---- */

static GoogleFieldMask *mask(served *s, char *first, char *second)
{
    GoogleFieldMask *made = CM_NEW(s->bed->arena, GoogleFieldMask);

    made->paths = cm_arena_take(s->bed->arena, 2 * sizeof *made->paths);
    made->paths[0] = first;
    made->paths[1] = second;
    made->n_paths = second ? 2 : 1;
    return made;
}

static void a_mask_leaves_what_is_asked_for(void **state)
{
    served *s = *state;
    RegGetActorRequest one = CITYNEG__REGISTRY__V1__GET_ACTOR_REQUEST__INIT;
    RegListActorsRequest many = CITYNEG__REGISTRY__V1__LIST_ACTORS_REQUEST__INIT;
    RegActor *actor = bed_actor(s->bed, "states/ru", ""), *made, *read;
    RegListActorsResponse *page;

    BED_ADD(s->bed, actor, populations, RegPopulation)->count = 5;
    actor->populations[0]->year = 2020;
    assert_ok(create(s, actor, false, "", &made));
    added(s, "states/cn", "");
    one.name = "states/ru";
    one.read_mask = mask(s, "display_name", "populations.year");
    assert_ok(reg_registry_service_get_actor(s->channel, NULL, &one, s->bed->arena, &read));
    assert_string_equal(read->display_name, "states/ru");
    assert_string_equal(read->name, "");
    assert_string_equal(read->etag, "");
    assert_int_equal(read->n_populations, 1);
    assert_int_equal(read->populations[0]->year, 2020);
    assert_int_equal(read->populations[0]->count, 0);
    one.read_mask = mask(s, "*", NULL);
    assert_ok(reg_registry_service_get_actor(s->channel, NULL, &one, s->bed->arena, &read));
    assert_true(cm_message_equal(&made->base, &read->base));
    many.page_size = 1;
    many.read_mask = mask(s, "name", NULL);
    assert_ok(reg_registry_service_list_actors(s->channel, NULL, &many, s->bed->arena, &page));
    assert_string_equal(page->actors[0]->name, "states/cn");
    assert_string_equal(page->actors[0]->display_name, "");
    many.page_token = page->next_page_token; /* of the list, whatever is asked of its items */
    many.read_mask = mask(s, "display_name", NULL);
    assert_ok(reg_registry_service_list_actors(s->channel, NULL, &many, s->bed->arena, &page));
    assert_string_equal(page->actors[0]->display_name, "states/ru");
}

static void a_mask_that_names_no_field_is_refused(void **state)
{
    static char *const wrong[] = {"nmae",  "",     "populations.", "populations.years", "display_name.text",
                                  ".name", "name "};
    served *s = *state;
    RegListActorsRequest request = CITYNEG__REGISTRY__V1__LIST_ACTORS_REQUEST__INIT;
    RegListActorsResponse *page;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        request.read_mask = mask(s, "name", wrong[i]);
        assert_string_equal(
            bed_fields(s->bed, reg_registry_service_list_actors(s->channel, NULL, &request, s->bed->arena, &page)),
            "read_mask");
    }
    request.read_mask = mask(s, "nmae", NULL);
    assert_fails(reg_registry_service_list_actors(s->channel, NULL, &request, s->bed->arena, &page),
                 CM_INVALID_ARGUMENT, "it has name, kind, display_name");
}

/* ---- return_partial_success ---- */

static RegExternalId *identified(served *s, RegActor *actor, const char *value)
{
    RegExternalId *id = BED_ADD(s->bed, actor, external_ids, RegExternalId);

    id->scheme = "geonames";
    id->value = bed_text(s->bed, value);
    return id;
}

static void what_is_right_is_taken_and_the_rest_refused(void **state)
{
    enum { ITEMS = 5 };
    served *s = *state;
    RegBatchCreateActorsRequest request = CITYNEG__REGISTRY__V1__BATCH_CREATE_ACTORS_REQUEST__INIT;
    RegCreateActorRequest *items[ITEMS];
    RegBatchCreateActorsResponse *answer, *again;

    added(s, "states/ru", "");
    for (int i = 0; i < ITEMS; i++)
        items[i] = CM_NEW(s->bed->arena, RegCreateActorRequest);
    items[0]->actor = bed_actor(s->bed, "cities/kazan-ru", "states/ru");
    identified(s, items[0]->actor, "551487");
    items[1]->actor = bed_actor(s->bed, "states/ru", "");
    items[2]->actor = bed_actor(s->bed, "cities/oulu-fi", "states/fi");
    items[3]->actor =
        bed_actor(s->bed, "cities/moscow-ru", "states/ru"); /* takes one id, then is refused for the other */
    identified(s, items[3]->actor, "524901");
    identified(s, items[3]->actor, "551487");
    items[4]->actor = bed_actor(s->bed, "cities/moskva-ru", "states/ru");
    identified(s, items[4]->actor, "524901");
    request.requests = items;
    request.n_requests = ITEMS;
    request.request_id = ID;
    assert_fails(reg_registry_service_batch_create_actors(s->channel, NULL, &request, s->bed->arena, &answer),
                 CM_ALREADY_EXISTS, "requests[1]");
    assert_int_equal(rows(s), 1);
    request.return_partial_success = true;
    assert_ok(reg_registry_service_batch_create_actors(s->channel, NULL, &request, s->bed->arena, &answer));
    assert_int_equal(answer->n_actors, 2);
    assert_string_equal(answer->actors[0]->name, "cities/kazan-ru");
    assert_string_equal(answer->actors[1]->name, "cities/moskva-ru");
    assert_int_equal(answer->n_refusals, 3);
    assert_int_equal(answer->refusals[0]->index, 1);
    assert_int_equal(answer->refusals[0]->code, CM_ALREADY_EXISTS);
    assert_int_equal(answer->refusals[1]->index, 2);
    assert_string_equal(answer->refusals[1]->violations[0]->field, "actor.state");
    assert_int_equal(answer->refusals[2]->index, 3);
    assert_string_equal(answer->refusals[2]->violations[0]->field, "actor.external_ids[1]");
    assert_int_equal(rows(s), 3);
    assert_ok(reg_registry_service_batch_create_actors(s->channel, NULL, &request, s->bed->arena, &again));
    assert_int_equal(again->n_actors, 2);
    assert_true(cm_message_equal(&answer->actors[1]->base, &again->actors[1]->base));
    assert_int_equal(again->n_refusals, 3);
    assert_int_equal(again->refusals[2]->index, 3);
    assert_int_equal(again->refusals[2]->code, CM_INVALID_ARGUMENT);
    assert_int_equal(rows(s), 3);
}

static void an_old_etag_refuses_one_update_alone(void **state)
{
    served *s = *state;
    RegBatchUpdateActorsRequest request = CITYNEG__REGISTRY__V1__BATCH_UPDATE_ACTORS_REQUEST__INIT;
    RegUpdateActorRequest first = CITYNEG__REGISTRY__V1__UPDATE_ACTOR_REQUEST__INIT, second = first,
                          *items[] = {&first, &second};
    RegBatchUpdateActorsResponse *answer;

    first.actor = added(s, "states/ru", "");
    second.actor = added(s, "states/cn", "");
    first.actor->etag = "7";
    first.actor->note = second.actor->note = "noted";
    request.requests = items;
    request.n_requests = 2;
    request.return_partial_success = true;
    assert_ok(reg_registry_service_batch_update_actors(s->channel, NULL, &request, s->bed->arena, &answer));
    assert_int_equal(answer->changed, 1);
    assert_string_equal(answer->actors[0]->name, "states/cn");
    assert_int_equal(answer->refusals[0]->code, CM_ABORTED);
    assert_string_equal(answer->refusals[0]->reason, "ETAG_MISMATCH");
}

static void names_that_are_not_there_are_told_beside_the_others(void **state)
{
    served *s = *state;
    RegBatchGetActorsRequest request = CITYNEG__REGISTRY__V1__BATCH_GET_ACTORS_REQUEST__INIT;
    char *names[] = {"states/fi", "states/ru", "no name"};
    RegBatchGetActorsResponse *answer;

    added(s, "states/ru", "");
    request.names = names;
    request.n_names = 3;
    assert_fails(reg_registry_service_batch_get_actors(s->channel, NULL, &request, s->bed->arena, &answer),
                 CM_NOT_FOUND, "names[0]");
    request.return_partial_success = true;
    assert_ok(reg_registry_service_batch_get_actors(s->channel, NULL, &request, s->bed->arena, &answer));
    assert_int_equal(answer->n_actors, 1);
    assert_int_equal(answer->n_refusals, 2);
    assert_int_equal(answer->refusals[0]->code, CM_NOT_FOUND);
    assert_int_equal(answer->refusals[1]->index, 2);
    assert_string_equal(answer->refusals[1]->violations[0]->field, "names[2]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED_TEST(every_method_takes_part),
        SERVED_TEST(what_is_only_validated_changes_nothing),
        SERVED_TEST(an_erasure_is_only_validated),
        SERVED_TEST(an_item_is_not_validated_alone),
        SERVED_TEST(a_mask_leaves_what_is_asked_for),
        SERVED_TEST(a_mask_that_names_no_field_is_refused),
        SERVED_TEST(what_is_right_is_taken_and_the_rest_refused),
        SERVED_TEST(an_old_etag_refuses_one_update_alone),
        SERVED_TEST(names_that_are_not_there_are_told_beside_the_others),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
