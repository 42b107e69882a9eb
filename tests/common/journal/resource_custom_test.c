/* A method beyond the standard ones, made of what the engine offers: it notes something on an actor. */
#include "resource_bed.h"

#define ID "0f8fad5b-d9cb-469f-a165-70867728950e"

/* The request's `date` becomes the note. */
static cm_status note(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                      ProtobufCMessage *response)
{
    const NegAdvancePhaseRequest *asked = (const NegAdvancePhaseRequest *)request;
    ProtobufCMessage *before;
    bool repeated;

    CM_TRY(cm_resource_repeat(call, kind, request, response, &repeated));
    if (repeated)
        return cm_ok();
    CM_TRY(cm_resource_load(call, kind, asked->name, asked->etag, &before));
    RegActor *after = cm_message_copy(before, cm_call_arena(call));
    after->note = asked->date;
    return cm_resource_save(call, kind, request, "noted", before, &after->base, response);
}

static cm_status send(resource_bed *b, const char *name, const char *text, const char *etag, RegActor **answer)
{
    NegAdvancePhaseRequest *request = CM_NEW(b->arena, NegAdvancePhaseRequest);

    request->name = bed_text(b, name);
    request->date = bed_text(b, text);
    request->etag = bed_text(b, etag);
    request->request_id = ID;
    *answer = CM_NEW(b->arena, RegActor);
    return bed_write(b, note, &bed_actor, request, *answer);
}

static void a_change_is_recorded_under_its_own_verb(void **state)
{
    resource_bed *b = *state;
    RegActor *answer;
    cm_row *row;

    bed_add(b, "cities/kazan-ru", "Kazan");
    assert_ok(send(b, "cities/kazan-ru", "on the Volga", "1", &answer));
    assert_string_equal(answer->note, "on the Volga");
    assert_string_equal(answer->etag, "2");
    EvtEvent *event = bed_event(b, "cities/kazan-ru", &row);
    assert_string_equal(row->type, "cityneg.registry.actor.noted.v1");
    assert_int_equal(event->n_changed, 1);
    assert_string_equal(event->changed[0], "note");
    assert_string_equal(event->actor->etag, "");
}

static void a_repeated_change_gets_its_first_answer(void **state)
{
    resource_bed *b = *state;
    RegActor *first, *again;

    bed_add(b, "cities/kazan-ru", "Kazan");
    assert_ok(send(b, "cities/kazan-ru", "on the Volga", "1", &first));
    bed_reopen(b);
    assert_ok(send(b, "cities/kazan-ru", "on the Volga", "1", &again));
    assert_true(cm_message_equal(&first->base, &again->base));
    assert_int_equal(bed_rows(b), 2);
}

static void what_is_loaded_is_there_and_newest(void **state)
{
    resource_bed *b = *state;
    RegActor *answer;

    bed_add(b, "cities/kazan-ru", "Kazan");
    assert_fails(send(b, "cities/kazan-ru", "x", "7", &answer), CM_ABORTED, "etag: 7 is not the newest");
    assert_fails(send(b, "cities/ufa-ru", "x", "", &answer), CM_NOT_FOUND, "cities/ufa-ru does not exist");
    assert_fails(send(b, "Kazan", "x", "", &answer), CM_INVALID_ARGUMENT, "name: \"Kazan\" is no such name");
}

static void a_saved_resource_is_checked(void **state)
{
    resource_bed *b = *state;
    RegActor *answer;
    char *text = cm_arena_zero(b->arena, 5001);

    bed_add(b, "cities/kazan-ru", "Kazan");
    memset(text, 'n', 5000);
    assert_string_equal(bed_fields(b, send(b, "cities/kazan-ru", text, "", &answer)), "actor.note");
    assert_int_equal(bed_rows(b), 1);
}

static void a_change_of_nothing_writes_no_row(void **state)
{
    resource_bed *b = *state;
    RegActor *answer;

    bed_add(b, "cities/kazan-ru", "Kazan");
    assert_ok(send(b, "cities/kazan-ru", "", "1", &answer));
    assert_string_equal(answer->etag, "1");
    assert_int_equal(bed_rows(b), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_change_is_recorded_under_its_own_verb), BED_TEST(a_repeated_change_gets_its_first_answer),
        BED_TEST(what_is_loaded_is_there_and_newest),      BED_TEST(a_saved_resource_is_checked),
        BED_TEST(a_change_of_nothing_writes_no_row),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
