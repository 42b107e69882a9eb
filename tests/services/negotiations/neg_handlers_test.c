#include "neg_platform.h"

#include "negotiations/neg_actors.h"

/* Handlers as the rows have them, called without a network on the lanes that the rows name. */

static const cm_method_row *row_of(const cm_service *service, const char *method)
{
    for (size_t i = 0; i < service->desc->count; i++)
        if (strcmp(service->rows[i].desc->name, method) == 0)
            return &service->rows[i];
    fail_msg("%s is no method of %s", method, service->desc->name);
    return NULL;
}

typedef struct bed {
    char *folder, *path;
    cm_arena *arena;
    cm_store *store;
    neg_state state; /* no registry: nobody may be asked */
    cm_service service;
} bed;

static int set_up(void **state)
{
    bed *b = cm_alloc(sizeof *b);

    b->folder = bed_folder_new();
    b->path = cm_format("%s/negotiations.db", b->folder);
    b->arena = cm_arena_new();
    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_journal_open(b->store, &(cm_journal_options){.service = "negotiations", .migrations = &neg_migrations},
                              &b->state.journal));
    b->service = neg_service(&b->state);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    bed *b = *state;

    cm_journal_close(b->state.journal);
    cm_store_close(b->store);
    cm_arena_free(b->arena);
    bed_folder_free(b->folder);
    free(b->path);
    free(b);
    return 0;
}

#define HANDLER_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

typedef struct calling {
    const cm_method_row *row;
    cm_call *call;
    const ProtobufCMessage *request;
    ProtobufCMessage *response;
} calling;

static cm_status handle(void *argument, void *lent)
{
    calling *c = argument;

    cm_call_lend(c->call, lent);
    return c->row->invoke(c->row->handler, c->call, c->request, c->response);
}

/* Prepares and handles one call; *response is in the bed's arena. */
static cm_status act(bed *b, const char *method, const void *request, void *response)
{
    const cm_method_row *row = row_of(&b->service, method);
    cm_call *call = cm_call_new_local(&b->state, NULL, "anna");
    calling c = {row, call, request, cm_message_new(cm_call_arena(call), row->desc->response)};
    cm_executor *lane =
        row->lane == CM_READER ? cm_journal_readers(b->state.journal) : cm_journal_writer(b->state.journal);
    cm_status s = row->prepare ? row->invoke_request(row->prepare, call, request) : cm_ok();

    if (cm_is_ok(s))
        s = cm_run_and_wait(lane, handle, &c);
    if (cm_is_ok(s))
        *(void **)response = cm_message_copy(c.response, b->arena);
    cm_call_unref(call);
    return s;
}

static cm_status know(void *argument, void *lent)
{
    TypActorSnapshot *snapshot = argument;
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    return neg_actors_put(db, snapshot, 0);
}

static void know_actor(bed *b, const char *name, const char *state)
{
    RegActor *actor = CM_NEW(b->arena, RegActor);

    actor->name = (char *)name;
    actor->state = (char *)state;
    assert_ok(cm_run_and_wait(cm_journal_writer(b->state.journal), know,
                              neg_actors_snapshot(actor, 5, "11111111-1111-4111-8111-111111111111", b->arena)));
}

static void every_method_has_a_handler_a_lane_a_role_and_a_limit(void **state)
{
    bed *b = *state;

    for (size_t i = 0; i < b->service.desc->count; i++) {
        const cm_method_row *row = &b->service.rows[i];
        bool reads = strncmp(row->desc->name, "Get", 3) == 0 || strncmp(row->desc->name, "List", 4) == 0;
        assert_true(row->handler || row->message);
        assert_true(row->largest > 0);
        assert_int_equal(row->role, reads ? CM_MAY_READ : CM_MAY_WRITE);
        assert_int_equal(row->lane, reads ? CM_READER : row->message ? CM_BACKGROUND : CM_WRITER);
        assert_int_equal(row->desc->idempotent, reads);
    }
}

static void methods_whose_requests_name_actors_prepare(void **state)
{
    static const char *const naming[] = {"Negotiation", "Negotiations", "Entry",     "Entries",
                                         "Position",    "Positions",    "Agreement", "Agreements"};
    static const char *const verbs[] = {"Create", "Update", "BatchCreate", "BatchUpdate"};
    bed *b = *state;

    for (size_t i = 0; i < CHECK_COUNT(naming); i++)
        for (size_t v = i % 2 ? 2 : 0; v < (i % 2 ? 4 : 2); v++)
            assert_non_null(row_of(&b->service, cm_arena_format(b->arena, "%s%s", verbs[v], naming[i]))->prepare);
    assert_non_null(row_of(&b->service, "ChangeAgreementStatus")->prepare);
}

static void known_actors_are_enough_to_record_without_asking_anyone(void **state)
{
    bed *b = *state;
    NegCreateSourceRequest *source = CM_NEW(b->arena, NegCreateSourceRequest);
    NegCreateNegotiationRequest *talks = CM_NEW(b->arena, NegCreateNegotiationRequest);
    NegGetNegotiationRequest *get = CM_NEW(b->arena, NegGetNegotiationRequest);
    NegSource *made_source;
    NegNegotiation *made, *found;

    know_actor(b, "cities/paris-fr", "states/fr");
    know_actor(b, "cities/rome-it", "states/it");
    source->source = bed_source(b->arena, "sources/report");
    assert_ok(act(b, "CreateSource", source, &made_source));
    talks->negotiation = bed_negotiation(b->arena, "negotiations/n");
    assert_ok(act(b, "CreateNegotiation", talks, &made));
    get->name = "negotiations/n";
    assert_ok(act(b, "GetNegotiation", get, &found));
    assert_string_equal(found->etag, made->etag);
    assert_string_equal(found->title, "Talks on twinning");
    assert_int_equal(found->sources[0]->certainty, TYP_CERTAINTY_CHECKED);
}

static void a_request_without_its_resource_is_refused(void **state)
{
    bed *b = *state;
    NegChangeAgreementStatusRequest *change = CM_NEW(b->arena, NegChangeAgreementStatusRequest);
    NegAgreement *after;
    NegSource *made;

    assert_fails(act(b, "CreateSource", CM_NEW(b->arena, NegCreateSourceRequest), &made), CM_INVALID_ARGUMENT,
                 "source: ");
    change->name = "agreements/a";
    assert_fails(act(b, "ChangeAgreementStatus", change, &after), CM_INVALID_ARGUMENT,
                 "step: missing; give the status");
    change->step = bed_step(b->arena, "2022-02-31", NEG_AGREEMENT_STATUS_ENDED);
    assert_fails(act(b, "ChangeAgreementStatus", change, &after), CM_INVALID_ARGUMENT, "step.date: ");
    change->step->date = "2022";
    assert_fails(act(b, "ChangeAgreementStatus", change, &after), CM_NOT_FOUND, "agreements/a does not exist");
    change->name = "agreements/A";
    assert_fails(act(b, "ChangeAgreementStatus", change, &after), CM_INVALID_ARGUMENT, "name: \"agreements/A\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HANDLER_TEST(every_method_has_a_handler_a_lane_a_role_and_a_limit),
        HANDLER_TEST(methods_whose_requests_name_actors_prepare),
        HANDLER_TEST(known_actors_are_enough_to_record_without_asking_anyone),
        HANDLER_TEST(a_request_without_its_resource_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
