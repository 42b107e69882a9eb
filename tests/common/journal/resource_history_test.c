/* The past of resources: as it was at a time, revision by revision, with corrections, retractions and erasures. */
#include "resource_bed.h"

#include "google/protobuf/timestamp.grpc-c.h"
#include "journal/cm_journal_service.h"

#define ID "0f8fad5b-d9cb-469f-a165-70867728950e"
#define KAZAN "cities/kazan-ru"

static const cm_resource_kind *const kinds[] = {&bed_actor, &bed_membership, &bed_influence, NULL};

static cm_status list_revisions(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                                ProtobufCMessage *response)
{
    return cm_resource_list_revisions(call, kinds, request, response);
}

static cm_status erase(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                       ProtobufCMessage *response)
{
    return cm_resource_erase(call, kinds, request, response);
}

static int64_t time_of(const GoogleTimestamp *time)
{
    return time->seconds * 1000000 + time->nanos / 1000;
}

static RegActor *rename_to(resource_bed *b, const char *name, const char *display_name)
{
    RegActor *answer;

    assert_ok(bed_update(b, bed_updating(b, bed_new_actor(b, name, display_name), NULL), &answer));
    return answer;
}

static cm_status get_as_of(resource_bed *b, const char *name, int64_t as_of, RegActor **answer)
{
    RegGetActorRequest *request = CM_NEW(b->arena, RegGetActorRequest);

    request->name = bed_text(b, name);
    request->as_of = cm_journal_timestamp(as_of, b->arena);
    *answer = CM_NEW(b->arena, RegActor);
    return bed_read(b, cm_resource_get, &bed_actor, request, *answer);
}

/* "display name, …" of all pages of two. */
static const char *list_as_of(resource_bed *b, int64_t as_of)
{
    RegListActorsRequest *request = CM_NEW(b->arena, RegListActorsRequest);
    RegListActorsResponse *page = CM_NEW(b->arena, RegListActorsResponse);
    const char *names = "";

    request->page_size = 2;
    request->as_of = cm_journal_timestamp(as_of, b->arena);
    do {
        page = CM_NEW(b->arena, RegListActorsResponse);
        assert_ok(bed_read(b, cm_resource_list, &bed_actor, request, page));
        for (size_t i = 0; i < page->n_actors; i++)
            names = cm_arena_format(b->arena, "%s%s, ", names, page->actors[i]->display_name);
        request->page_token = page->next_page_token;
    } while (*page->next_page_token);
    return names;
}

static RegListRevisionsResponse *revisions(resource_bed *b, const char *name, int size, const char *token)
{
    RegListRevisionsRequest *request = CM_NEW(b->arena, RegListRevisionsRequest);
    RegListRevisionsResponse *answer = CM_NEW(b->arena, RegListRevisionsResponse);

    request->name = bed_text(b, name);
    request->page_size = size;
    request->page_token = bed_text(b, token);
    assert_ok(bed_read(b, list_revisions, &bed_actor, request, answer));
    return answer;
}

/* ---- as of ---- */

static void get_answers_what_was_recorded_by_then(void **state)
{
    resource_bed *b = *state;
    RegActor *first = bed_add(b, KAZAN, "Kazan"), *second = rename_to(b, KAZAN, "Qazan"), *then;

    assert_ok(get_as_of(b, KAZAN, time_of(first->update_time), &then));
    assert_true(cm_message_equal(&then->base, &first->base));
    assert_ok(get_as_of(b, KAZAN, time_of(second->update_time), &then));
    assert_true(cm_message_equal(&then->base, &second->base));
    assert_fails(get_as_of(b, KAZAN, time_of(first->update_time) - 1, &then), CM_NOT_FOUND, "as of 20");
    assert_fails(get_as_of(b, KAZAN, time_of(second->update_time) + 3600000000, &then), CM_INVALID_ARGUMENT, "as_of: ");
}

static void a_list_answers_what_was_recorded_by_then(void **state)
{
    resource_bed *b = *state;

    bed_add(b, "cities/a", "A");
    bed_add(b, "cities/b", "B");
    RegActor *third = bed_add(b, "cities/c", "C");
    rename_to(b, "cities/a", "A2");
    RegActor *last = bed_add(b, "cities/d", "D");
    assert_string_equal(list_as_of(b, time_of(third->update_time)), "A, B, C, ");
    assert_string_equal(list_as_of(b, time_of(last->update_time)), "A2, B, C, D, ");
    assert_string_equal(list_as_of(b, time_of(third->update_time)), "A, B, C, ");
    assert_string_equal(list_as_of(b, 1), "");
}

static void a_time_that_is_none_is_refused(void **state)
{
    resource_bed *b = *state;
    RegActor *answer;
    RegGetActorRequest *request = CM_NEW(b->arena, RegGetActorRequest);

    request->name = KAZAN;
    request->as_of = CM_NEW(b->arena, GoogleTimestamp);
    request->as_of->seconds = 1764000000;
    request->as_of->nanos = 1000000000;
    answer = CM_NEW(b->arena, RegActor);
    assert_fails(bed_read(b, cm_resource_get, &bed_actor, request, answer), CM_INVALID_ARGUMENT,
                 "as_of: 1000000000 nanoseconds");
    request->as_of->nanos = 0;
    request->as_of->seconds = INT64_MAX;
    assert_fails(bed_read(b, cm_resource_get, &bed_actor, request, answer), CM_INVALID_ARGUMENT, "seconds since 1970");
}

/* ---- revisions ---- */

static void revisions_tell_who_when_and_what_changed(void **state)
{
    resource_bed *b = *state;
    RegActor *first = bed_add(b, KAZAN, "Kazan");

    b->identity = "boris";
    rename_to(b, KAZAN, "Qazan");
    rename_to(b, KAZAN, "Kazan'");
    RegListRevisionsResponse *page = revisions(b, KAZAN, 2, "");
    assert_int_equal(page->n_revisions, 2);
    assert_int_equal(page->revisions[0]->revision, 3);
    assert_string_equal(page->revisions[0]->recorded_by, "boris");
    assert_string_equal(page->revisions[0]->type, "cityneg.registry.actor.updated.v1");
    assert_int_equal(page->revisions[0]->n_changed, 1);
    assert_string_equal(page->revisions[0]->changed[0], "display_name");
    assert_string_equal(page->revisions[1]->actor->display_name, "Qazan");
    rename_to(b, KAZAN, "Later"); /* does not move what comes on the next page */
    page = revisions(b, KAZAN, 2, page->next_page_token);
    assert_int_equal(page->n_revisions, 1);
    assert_int_equal(page->revisions[0]->revision, 1);
    assert_string_equal(page->revisions[0]->recorded_by, "anna");
    assert_int_equal(time_of(page->revisions[0]->record_time), time_of(first->update_time));
    assert_true(cm_message_equal(&page->revisions[0]->actor->base, &first->base));
    assert_string_equal(page->next_page_token, "");
}

static void revisions_of_nothing_are_not_found(void **state)
{
    resource_bed *b = *state;
    RegListRevisionsRequest *request = CM_NEW(b->arena, RegListRevisionsRequest);
    RegListRevisionsResponse *answer = CM_NEW(b->arena, RegListRevisionsResponse);

    request->name = KAZAN;
    assert_fails(bed_read(b, list_revisions, &bed_actor, request, answer), CM_NOT_FOUND, KAZAN);
    request->name = "Kazan";
    assert_fails(bed_read(b, list_revisions, &bed_actor, request, answer), CM_INVALID_ARGUMENT,
                 "cities/{city}/memberships/{membership}");
    bed_add(b, KAZAN, "Kazan");
    rename_to(b, KAZAN, "Qazan");
    request->name = KAZAN;
    request->page_token = revisions(b, KAZAN, 1, "")->next_page_token;
    request->as_of = cm_journal_timestamp(1, b->arena);
    assert_fails(bed_read(b, list_revisions, &bed_actor, request, answer), CM_INVALID_ARGUMENT, "page_token: ");
}

/* ---- corrections ---- */

static void a_correction_names_what_it_corrects(void **state)
{
    resource_bed *b = *state;
    RegActor *answer;
    cm_row *row;

    bed_add(b, KAZAN, "Kasan");
    const char *wrong = revisions(b, KAZAN, 0, "")->revisions[0]->id;
    RegUpdateActorRequest *request = bed_updating(b, bed_new_actor(b, KAZAN, "Kazan"), NULL);
    request->corrects = bed_text(b, wrong);
    request->reason = "misread";
    assert_ok(bed_update(b, request, &answer));
    EvtEvent *event = bed_event(b, KAZAN, &row);
    assert_string_equal(row->type, "cityneg.registry.actor.corrected.v1");
    assert_string_equal(event->corrects, wrong);
    assert_string_equal(event->reason, "misread");
    RegRevision *newest = revisions(b, KAZAN, 1, "")->revisions[0];
    assert_string_equal(newest->corrects, wrong);
    assert_string_equal(newest->reason, "misread");
}

static void a_correction_of_something_else_is_refused(void **state)
{
    resource_bed *b = *state;
    RegActor *answer;

    bed_add(b, KAZAN, "Kazan");
    bed_add(b, "cities/ufa-ru", "Ufa");
    RegUpdateActorRequest *request = bed_updating(b, bed_new_actor(b, KAZAN, "Qazan"), NULL);
    request->corrects = revisions(b, "cities/ufa-ru", 0, "")->revisions[0]->id;
    assert_string_equal(bed_fields(b, bed_update(b, request, &answer)), "corrects");
    request->corrects = "yesterday";
    assert_string_equal(bed_fields(b, bed_update(b, request, &answer)), "corrects");
    request->corrects = "";
    request->reason = "no reason";
    assert_string_equal(bed_fields(b, bed_update(b, request, &answer)), "reason");
    assert_int_equal(bed_rows(b), 2);
}

/* ---- erasure ---- */

static cm_status erase_named(resource_bed *b, const char *name, bool force, const char *request_id,
                             RegEraseResponse **answer)
{
    RegEraseRequest *request = CM_NEW(b->arena, RegEraseRequest);

    request->name = bed_text(b, name);
    request->reason = "request 17";
    request->force = force;
    request->request_id = bed_text(b, request_id);
    *answer = CM_NEW(b->arena, RegEraseResponse);
    return bed_write(b, erase, &bed_actor, request, *answer);
}

static cm_status verify(void *argument, void *lent)
{
    cm_position newest;
    uint8_t hash[CM_SHA256];

    for (int part = 0; part < 3; part++)
        CM_TRY(cm_journal_verify(lent, part, NULL, NULL, &newest, hash));
    return cm_ok();
}

static void what_is_erased_is_gone_and_the_chain_verifies(void **state)
{
    resource_bed *b = *state;
    RegActor *first = bed_add(b, KAZAN, "Kazan"), *then;
    RegEraseResponse *answer;

    rename_to(b, KAZAN, "Qazan");
    bed_add(b, "cities/ufa-ru", "Ufa");
    assert_ok(erase_named(b, KAZAN, false, "", &answer));
    assert_int_equal(answer->n_erasures, 1);
    assert_int_equal(answer->erasures[0]->revisions, 2);
    assert_fails(bed_get(b, KAZAN, &then), CM_NOT_FOUND, "erased at 20");
    assert_fails(get_as_of(b, KAZAN, time_of(first->update_time), &then), CM_NOT_FOUND, "erased at 20");
    RegListRevisionsResponse *page = revisions(b, KAZAN, 0, "");
    assert_int_equal(page->n_revisions, 3);
    for (int i = 0; i < 3; i++) {
        assert_true(page->revisions[i]->erased);
        assert_null(page->revisions[i]->actor);
    }
    assert_string_equal(page->revisions[0]->reason, "request 17");
    assert_ok(cm_run_and_wait(cm_journal_readers(b->journal), verify, NULL));
    assert_fails(bed_create(b, bed_new_actor(b, KAZAN, "Kazan"), "", &then), CM_FAILED_PRECONDITION, "was erased");
    assert_fails(erase_named(b, KAZAN, false, "", &answer), CM_NOT_FOUND, "erased at 20");
}

static void what_lies_below_is_erased_by_force_alone(void **state)
{
    resource_bed *b = *state;
    RegCreateMembershipRequest *request = CM_NEW(b->arena, RegCreateMembershipRequest);
    RegMembership *made = CM_NEW(b->arena, RegMembership);
    RegEraseResponse *answer, *again;

    bed_add(b, KAZAN, "Kazan");
    bed_add(b, "cities/kazan-ru-2", "Another");
    bed_add(b, "states/ru", "Russia");
    request->membership = CM_NEW(b->arena, RegMembership);
    request->membership->name = KAZAN "/memberships/1";
    request->membership->institution = "states/ru";
    request->membership->note = "a note";
    assert_ok(bed_write(b, cm_resource_create, &bed_membership, request, made));
    assert_fails(erase_named(b, KAZAN, false, "", &answer), CM_FAILED_PRECONDITION, "set force");
    assert_ok(erase_named(b, KAZAN, true, ID, &answer));
    assert_int_equal(answer->n_erasures, 2);
    assert_string_equal(answer->erasures[1]->name, KAZAN "/memberships/1");
    assert_int_equal(bed_count(b, "SELECT count(*) FROM mentions"), 0);
    assert_int_equal(bed_count(b, "SELECT count(*) FROM memberships"), 0);
    assert_int_equal(bed_count(b, "SELECT count(*) FROM actors"), 2);
    bed_reopen(b);
    assert_ok(erase_named(b, KAZAN, true, ID, &again));
    assert_true(cm_message_equal(&answer->base, &again->base));
}

static void a_request_whose_answer_was_erased_leaves_no_digest(void **state)
{
    resource_bed *b = *state;
    RegActor *answer;
    RegEraseResponse *erased;

    assert_ok(bed_create(b, bed_new_actor(b, KAZAN, "Kazan"), ID, &answer));
    assert_ok(erase_named(b, KAZAN, false, "", &erased));
    assert_int_equal(bed_count(b, "SELECT count(*) FROM requests WHERE length(digest) > 0"), 0);
    assert_fails(bed_create(b, bed_new_actor(b, KAZAN, "Kazan"), ID, &answer), CM_NOT_FOUND, "was erased since");
}

static void who_empties_a_row_is_found_out(void **state)
{
    resource_bed *b = *state;
    cm_db *db;

    bed_add(b, KAZAN, "Kazan");
    bed_close(b);
    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_store_writer(b->store, &db));
    assert_ok(cm_db_run(db, "UPDATE journal SET payload = $1, salt = $1", CM_WITH(cm_v_blob("", 0))));
    cm_db_close(db);
    cm_store_close(b->store);
    bed_open(b);
    assert_fails(cm_run_and_wait(cm_journal_readers(b->journal), verify, NULL), CM_DATA_LOSS,
                 "nothing tells that they were erased");
}

static void what_was_erased_before_a_restore_is_erased_again(void **state)
{
    resource_bed *b = *state;
    RegActor *answer;
    cm_db *db;

    bed_add(b, KAZAN, "Kazan");
    bed_close(b);
    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_store_writer(b->store, &db));
    assert_ok(cm_db_script(db, "INSERT INTO erased (name, part, seq, recorded_at, pending) VALUES"
                               " ('cities/kazan-ru', 0, 0, 5, 1), ('cities/never-here', 0, 0, 5, 1)"));
    cm_db_close(db);
    cm_store_close(b->store);
    bed_open(b);
    assert_ok(cm_resource_erase_pending(b->journal, kinds));
    assert_fails(bed_get(b, KAZAN, &answer), CM_NOT_FOUND, "erased at 1970-01-01T00:00:00.000005Z");
    assert_fails(bed_create(b, bed_new_actor(b, "cities/never-here", "x"), "", &answer), CM_FAILED_PRECONDITION,
                 "was erased");
    assert_int_equal(bed_rows(b), 2);
    assert_int_equal(bed_count(b, "SELECT count(*) FROM erased WHERE pending = 1"), 0);
    assert_ok(cm_run_and_wait(cm_journal_readers(b->journal), verify, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(get_answers_what_was_recorded_by_then),
        BED_TEST(a_list_answers_what_was_recorded_by_then),
        BED_TEST(a_time_that_is_none_is_refused),
        BED_TEST(revisions_tell_who_when_and_what_changed),
        BED_TEST(revisions_of_nothing_are_not_found),
        BED_TEST(a_correction_names_what_it_corrects),
        BED_TEST(a_correction_of_something_else_is_refused),
        BED_TEST(what_is_erased_is_gone_and_the_chain_verifies),
        BED_TEST(what_lies_below_is_erased_by_force_alone),
        BED_TEST(a_request_whose_answer_was_erased_leaves_no_digest),
        BED_TEST(who_empties_a_row_is_found_out),
        BED_TEST(what_was_erased_before_a_restore_is_erased_again),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
