#include "neg_handlers.h"

static void every_method_has_a_handler_a_lane_a_role_and_a_limit(void **state)
{
    bed *b = *state;

    for (size_t i = 0; i < b->service.desc->count; i++) {
        const cm_method_row *row = &b->service.rows[i];
        bool reads = strncmp(row->desc->name, "Get", 3) == 0 || strncmp(row->desc->name, "List", 4) == 0 ||
                     strncmp(row->desc->name, "Compare", 7) == 0;
        assert_true(row->handler || row->message);
        assert_true(row->largest > 0);
        bool erases = strcmp(row->desc->name, "Erase") == 0;
        assert_int_equal(row->role, reads ? CM_MAY_READ : erases ? CM_MAY_ADMIN : CM_MAY_WRITE);
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
