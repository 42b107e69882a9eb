#include "neg_platform.h"

/* What is recorded, read back, moved on and told in events, through real servers. */

static void talks_are_recorded_with_what_follows_from_them(void **state)
{
    platform *p = *state;
    cm_row *row;

    platform_add_ground(p);
    NegNegotiation *n = platform_talks(p);
    assert_int_equal(n->derived_format, NEG_FORMAT_BILATERAL);
    assert_string_equal(n->derived_because, "two actors of one level take part");
    assert_int_equal(n->n_phase_history, 1);
    assert_string_equal(n->phase_history[0]->date, "2015-12-06");
    assert_int_equal(n->sources[0]->certainty, TYP_CERTAINTY_REPORTED);
    assert_string_equal(n->etag, "1");

    const EvtEvent *event = platform_event(p, "negotiations/n", &row);
    assert_string_equal(row->type, "cityneg.negotiations.negotiation.created.v1");
    assert_string_equal(row->event_time, "2015-11");
    assert_int_equal(event->n_actors, 2);
    assert_string_equal(event->actors[0]->actor, "cities/paris-fr");
    assert_int_equal(event->actors[0]->kind, TYP_ACTOR_KIND_CITY);
    assert_string_equal(event->actors[0]->state, "states/fr");
    assert_int_equal(event->actors[0]->revision, 1);
    assert_string_equal(event->actors[0]->epoch, cm_journal_epoch_text(p->registry.journal));
}

static void an_entry_is_of_its_negotiations_collection(void **state)
{
    platform *p = *state;
    NegEntry *made;
    cm_row *row;

    platform_add_ground(p);
    NegEntry *entry = bed_entry(p->arena, "negotiations/n/entries/1");
    bed_strings(p->arena, &entry->by, &entry->n_by, "states/it", "institutions/c40", NULL);
    assert_ok(platform_create_entry(p, entry, "", &made));
    assert_string_equal(made->collection, "collections/climate");
    assert_int_equal(made->sources[0]->certainty, TYP_CERTAINTY_REPORTED);

    const EvtEvent *event = platform_event(p, "negotiations/n/entries/1", &row);
    assert_string_equal(row->event_time, "2015-12-04");
    assert_int_equal(event->n_actors, 3);
    assert_string_equal(event->actors[0]->state, "states/it"); /* a state's state is itself */
    assert_string_equal(event->actors[1]->state, "");
}

static cm_status advance(platform *p, NegPhase phase, const char *date, const char *etag, NegNegotiation **after)
{
    NegAdvancePhaseRequest *request = CM_NEW(p->arena, NegAdvancePhaseRequest);

    request->name = "negotiations/n";
    request->phase = phase;
    request->date = (char *)date;
    request->etag = (char *)etag;
    request->request_id = "7f3c1e0a-52d4-4b6e-9a57-0c8d1f2e3a4b";
    return neg_negotiations_service_advance_phase(p->negotiations.channel, NULL, request, p->arena, after);
}

static void a_negotiation_moves_by_advance_phase_and_a_repeat_moves_it_once(void **state)
{
    platform *p = *state;
    NegNegotiation *after, *again;
    cm_row *row;

    platform_add_ground(p);
    assert_ok(advance(p, NEG_PHASE_IMPLEMENTATION, "2016-02", "1", &after));
    assert_int_equal(after->phase, NEG_PHASE_IMPLEMENTATION);
    assert_int_equal(after->n_phase_history, 2);
    assert_string_equal(after->phase_history[1]->date, "2016-02");
    assert_string_equal(after->etag, "2");
    platform_event(p, "negotiations/n", &row);
    assert_string_equal(row->type, "cityneg.negotiations.negotiation.phase_changed.v1");
    assert_string_equal(row->event_time, "2016-02");
    int64_t rows = platform_rows(p);
    assert_ok(advance(p, NEG_PHASE_IMPLEMENTATION, "2016-02", "1", &again));
    assert_string_equal(again->etag, "2");
    assert_int_equal(platform_rows(p), rows);
}

static cm_status update_talks(platform *p, NegNegotiation *talks, bool allow_missing, NegNegotiation **after)
{
    NegUpdateNegotiationRequest *request = CM_NEW(p->arena, NegUpdateNegotiationRequest);

    request->negotiation = talks;
    request->allow_missing = allow_missing;
    return neg_negotiations_service_update_negotiation(p->negotiations.channel, NULL, request, p->arena, after);
}

static void an_update_leaves_phase_and_history_alone(void **state)
{
    platform *p = *state;
    NegNegotiation *change = CM_NEW(p->arena, NegNegotiation), *after;

    platform_add_ground(p);
    change->name = "negotiations/n";
    change->title = "Talks on a sister city";
    change->phase_history = cm_arena_take(p->arena, sizeof *change->phase_history);
    change->phase_history[0] = CM_NEW(p->arena, NegPhaseStep);
    change->phase_history[0]->phase = NEG_PHASE_LAPSED;
    change->n_phase_history = 1;
    assert_ok(update_talks(p, change, false, &after));
    assert_string_equal(after->title, "Talks on a sister city");
    assert_int_equal(after->phase, NEG_PHASE_AGREED);
    assert_int_equal(after->phase_history[0]->phase, NEG_PHASE_AGREED);

    int64_t rows = platform_rows(p);
    change->phase = NEG_PHASE_IMPLEMENTATION;
    cm_status s = update_talks(p, change, false, &after);
    check_field(s, "negotiation.phase");
    assert_string_equal(s.error->reason, "PHASE_MOVES_BY_ADVANCE_PHASE");
    assert_fails(s, CM_FAILED_PRECONDITION,
                 "negotiations/n is in agreed; an update does not move it to implementation, "
                 "call AdvancePhase");
    assert_int_equal(platform_rows(p), rows);
}

static void in_a_batch_the_update_that_would_move_a_phase_is_named(void **state)
{
    platform *p = *state;
    NegBatchUpdateNegotiationsRequest *batch = CM_NEW(p->arena, NegBatchUpdateNegotiationsRequest);
    NegBatchUpdateNegotiationsResponse *after;

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    batch->requests = cm_arena_take(p->arena, 2 * sizeof *batch->requests);
    for (batch->n_requests = 0; batch->n_requests < 2; batch->n_requests++) {
        batch->requests[batch->n_requests] = CM_NEW(p->arena, NegUpdateNegotiationRequest);
        batch->requests[batch->n_requests]->negotiation = CM_NEW(p->arena, NegNegotiation);
        batch->requests[batch->n_requests]->negotiation->name = "negotiations/n";
        batch->requests[batch->n_requests]->negotiation->summary = "In short.";
    }
    batch->requests[1]->negotiation->phase = NEG_PHASE_FORMULA;
    cm_status s =
        neg_negotiations_service_batch_update_negotiations(p->negotiations.channel, NULL, batch, p->arena, &after);
    check_field(s, "requests[1].negotiation.phase");
    assert_fails(s, CM_FAILED_PRECONDITION, "requests[1]: phase: negotiations/n is in agreed");
    assert_int_equal(platform_rows(p), rows);
}

static void an_update_may_make_what_is_missing_in_any_phase_and_the_second_changes_nothing(void **state)
{
    platform *p = *state;
    NegNegotiation *talks = bed_negotiation(p->arena, "negotiations/m"), *after;

    platform_add_ground(p);
    talks->phase = NEG_PHASE_TERMINATED;
    assert_ok(update_talks(p, talks, true, &after));
    assert_int_equal(after->phase_history[0]->phase, NEG_PHASE_TERMINATED);
    int64_t rows = platform_rows(p);
    assert_ok(update_talks(p, talks, true, &after));
    assert_int_equal(platform_rows(p), rows);
}

static void positions_are_listed_by_what_they_are_about(void **state)
{
    platform *p = *state;
    NegCreatePositionRequest *request = CM_NEW(p->arena, NegCreatePositionRequest);
    NegListPositionsRequest *list = CM_NEW(p->arena, NegListPositionsRequest);
    NegListPositionsResponse *listed;
    NegPosition *made;

    platform_add_ground(p);
    request->position = bed_position(p->arena, "positions/paris", -2);
    request->position->negotiation = "negotiations/n";
    assert_ok(neg_negotiations_service_create_position(p->negotiations.channel, NULL, request, p->arena, &made));
    request->position = bed_position(p->arena, "positions/italy", 0);
    request->position->actor = "states/it";
    assert_ok(neg_negotiations_service_create_position(p->negotiations.channel, NULL, request, p->arena, &made));
    assert_int_equal(made->stance->value, 0);
    list->filter = "issue = \"issues/more-powers\" AND actor = \"cities/paris-fr\"";
    assert_ok(neg_negotiations_service_list_positions(p->negotiations.channel, NULL, list, p->arena, &listed));
    assert_int_equal(listed->n_positions, 1);
    assert_string_equal(listed->positions[0]->name, "positions/paris");
    assert_int_equal(listed->positions[0]->stance->value, -2);
}

static NegAgreement *add_agreement(platform *p)
{
    NegCreateAgreementRequest *request = CM_NEW(p->arena, NegCreateAgreementRequest);
    NegAgreement *made;

    request->agreement = bed_agreement(p->arena, "agreements/paris-rome-1956");
    request->agreement->negotiation = "negotiations/n";
    request->agreement->status = NEG_AGREEMENT_STATUS_ENDED; /* output only */
    assert_ok(neg_negotiations_service_create_agreement(p->negotiations.channel, NULL, request, p->arena, &made));
    return made;
}

static cm_status change_status(platform *p, NegStatusStep *step, NegAgreement **after)
{
    NegChangeAgreementStatusRequest *request = CM_NEW(p->arena, NegChangeAgreementStatusRequest);

    request->name = "agreements/paris-rome-1956";
    request->step = step;
    return neg_negotiations_service_change_agreement_status(p->negotiations.channel, NULL, request, p->arena, after);
}

static void an_agreement_goes_through_its_life(void **state)
{
    platform *p = *state;
    NegAgreement *after;
    cm_row *row;

    platform_add_ground(p);
    assert_int_equal(add_agreement(p)->status, NEG_AGREEMENT_STATUS_SIGNED);
    platform_event(p, "agreements/paris-rome-1956", &row);
    assert_string_equal(row->event_time, "1956-01-30");
    NegStatusStep *step = bed_step(p->arena, "2022-03", NEG_AGREEMENT_STATUS_SUSPENDED);
    step->basis = NEG_STATUS_BASIS_POLITICAL;
    bed_strings(p->arena, &step->decided_by, &step->n_decided_by, "cities/lyon-fr", NULL); /* not known here before */
    step->sources = bed_citations(p->arena, "sources/report");
    step->n_sources = 1;
    assert_ok(change_status(p, step, &after));
    assert_int_equal(after->status, NEG_AGREEMENT_STATUS_SUSPENDED);
    assert_int_equal(after->status_history[1]->sources[0]->certainty, TYP_CERTAINTY_REPORTED);
    const EvtEvent *event = platform_event(p, "agreements/paris-rome-1956", &row);
    assert_string_equal(row->type, "cityneg.negotiations.agreement.status_changed.v1");
    assert_string_equal(row->event_time, "2022-03");
    assert_int_equal(event->n_actors, 3);

    int64_t rows = platform_rows(p);
    assert_fails(change_status(p, bed_step(p->arena, "2023", NEG_AGREEMENT_STATUS_IN_FORCE), &after),
                 CM_FAILED_PRECONDITION, "in_force cannot follow suspended; after suspended comes resumed or ended");
    assert_fails(change_status(p, bed_step(p->arena, "2021", NEG_AGREEMENT_STATUS_RESUMED), &after),
                 CM_FAILED_PRECONDITION, "2021 is before suspended on 2022-03");
    assert_int_equal(platform_rows(p), rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLATFORM_TEST(talks_are_recorded_with_what_follows_from_them),
        PLATFORM_TEST(an_entry_is_of_its_negotiations_collection),
        PLATFORM_TEST(a_negotiation_moves_by_advance_phase_and_a_repeat_moves_it_once),
        PLATFORM_TEST(an_update_leaves_phase_and_history_alone),
        PLATFORM_TEST(in_a_batch_the_update_that_would_move_a_phase_is_named),
        PLATFORM_TEST(an_update_may_make_what_is_missing_in_any_phase_and_the_second_changes_nothing),
        PLATFORM_TEST(positions_are_listed_by_what_they_are_about),
        PLATFORM_TEST(an_agreement_goes_through_its_life),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
