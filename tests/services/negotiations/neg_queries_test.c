#include "neg_handlers.h"

#include "base/cm_clock.h"
#include "base/cm_date.h"
#include "journal/cm_journal_service.h"
#include "negotiations/neg_compare.h"
#include "negotiations/neg_dyads.h"
#include "negotiations/neg_force.h"

static int32_t day(const char *text)
{
    cm_date date;

    check_ok(cm_date_parse(text, &date));
    return cm_date_middle_day(date);
}

static void an_agreement_is_in_force_between_its_steps(void **state)
{
    static const struct {
        const char *day;
        bool holds;
    } days[] = {{"1990-06-30", false}, {"1990-07-02", true},  {"2014-02-28", true},
                {"2014-03-01", false}, {"2015-12-14", false}, {"2015-12-15", true},
                {"2022-03-02", true},  {"2022-03-03", false}, {"2026", false}};
    CM_ARENA(arena);
    NegAgreement *a = bed_agreement(arena, "agreements/a");

    a->status_history[0] = bed_step(arena, "1990", NEG_AGREEMENT_STATUS_SIGNED); /* its middle: July 2nd */
    a->status_history[1] = bed_step(arena, "2014-03-01", NEG_AGREEMENT_STATUS_SUSPENDED);
    a->status_history[2] = bed_step(arena, "2015-12", NEG_AGREEMENT_STATUS_RESUMED); /* its middle: the 15th */
    a->status_history[3] = bed_step(arena, "2022-03-03", NEG_AGREEMENT_STATUS_ENDED);
    a->n_status_history = 4;
    for (size_t i = 0; i < CHECK_COUNT(days); i++)
        if (neg_force_holds(a, day(days[i].day)) != days[i].holds)
            fail_msg("on %s it %s", days[i].day, days[i].holds ? "holds" : "does not hold");
    a->status_history[0]->date = ""; /* signed some day: before all others */
    assert_true(neg_force_holds(a, day("1800")));
    a->status_history[1]->date = ""; /* suspended some day: as early as that */
    assert_false(neg_force_holds(a, day("1800")));
}

static NegPosition *claim(cm_arena *arena, const char *name, const char *date, int stance)
{
    NegPosition *p = bed_position(arena, name, stance);

    p->date = cm_arena_strdup(arena, date);
    return p;
}

static void each_claim_of_a_city_stands_beside_the_nearest_of_its_state(void **state)
{
    CM_ARENA(arena);
    NegIssueComparison *c = CM_NEW(arena, NegIssueComparison);
    NegPosition *city[] = {claim(arena, "positions/c3", "2021-03", 2), claim(arena, "positions/c1", "2001", -1),
                           claim(arena, "positions/c2", "2010-06-01", 1)};
    NegPosition *of_state[] = {claim(arena, "positions/s2", "2011-06-01", -2),
                               claim(arena, "positions/s3", "2021-04", 0),
                               claim(arena, "positions/s1", "2009-06-01", 1)};

    neg_compare(city, 3, of_state, 3, arena, c);
    assert_int_equal(c->n_pairs, 3);
    assert_string_equal(c->pairs[0]->city->name, "positions/c1");
    assert_null(c->pairs[0]->state); /* more than five years away */
    assert_null(c->pairs[0]->divergence);
    assert_string_equal(c->pairs[1]->state->name, "positions/s2"); /* equally far: the later */
    assert_int_equal(c->pairs[1]->divergence->value, 3);
    assert_true(c->pairs[1]->opposed);
    assert_int_equal(c->pairs[1]->days_apart, 365);
    assert_false(c->pairs[1]->nearest);
    assert_int_equal(c->pairs[2]->divergence->value, 2);
    assert_false(c->pairs[2]->opposed); /* zero is no side */
    assert_int_equal(c->pairs[2]->days_apart, 31);
    assert_true(c->pairs[2]->nearest);
    assert_int_equal(c->n_state_positions, 3);
    assert_string_equal(c->state_positions[0]->name, "positions/s1");
}

static void five_years_are_near_and_a_day_more_is_not(void **state)
{
    CM_ARENA(arena);
    NegPosition *city[] = {claim(arena, "positions/c", "2010-01-01", 1)};
    NegPosition *near[] = {claim(arena, "positions/s", "2015-01-01", 1)}; /* 1,826 days; 1,826.25 are near */
    NegPosition *far[] = {claim(arena, "positions/s", "2015-01-02", 1)};
    NegIssueComparison *a = CM_NEW(arena, NegIssueComparison), *b = CM_NEW(arena, NegIssueComparison);

    neg_compare(city, 1, near, 1, arena, a);
    assert_non_null(a->pairs[0]->state);
    neg_compare(city, 1, far, 1, arena, b);
    assert_null(b->pairs[0]->state);
}

static void a_summit_of_n_makes_its_pairs(void **state)
{
    CM_ARENA(arena);
    NegNegotiation *n = bed_negotiation(arena, "negotiations/n");
    NegListDyadsResponse *all = CM_NEW(arena, NegListDyadsResponse), *some = CM_NEW(arena, NegListDyadsResponse);

    n->participants[2] = bed_participant(arena, "states/fr");
    n->participants[3] = bed_participant(arena, "cities/paris-fr"); /* again, in another role */
    n->participants[3]->role = NEG_ROLE_HOST;
    n->participants[4] = bed_participant(arena, "companies/arup");
    n->n_participants = 5;
    neg_dyads(n, "", 0, 100, arena, all);
    assert_int_equal(all->total, 6); /* of four actors */
    assert_int_equal(all->n_dyads, 6);
    assert_string_equal(all->dyads[0]->first, "cities/paris-fr");
    assert_string_equal(all->dyads[0]->second, "cities/rome-it");
    assert_int_equal(all->dyads[0]->n_first_roles, 2);
    assert_false(all->dyads[0]->across_levels);
    assert_string_equal(all->dyads[1]->second, "companies/arup");
    assert_false(all->dyads[1]->across_levels); /* a company is no level of government */
    assert_string_equal(all->dyads[2]->second, "states/fr");
    assert_true(all->dyads[2]->across_levels);
    neg_dyads(n, "cities/rome-it", 1, 1, arena, some);
    assert_int_equal(some->total, 3);
    assert_int_equal(some->n_dyads, 1);
    assert_string_equal(some->dyads[0]->first, "cities/rome-it");
    assert_string_equal(some->dyads[0]->second, "companies/arup");
}

/* ---- by their methods ---- */

static void record(bed *b)
{
    NegCreateSourceRequest *source = CM_NEW(b->arena, NegCreateSourceRequest);
    NegCreateNegotiationRequest *talks = CM_NEW(b->arena, NegCreateNegotiationRequest);
    NegCreateIssueRequest *issue = CM_NEW(b->arena, NegCreateIssueRequest);
    void *made;

    know_actor(b, "cities/paris-fr", "states/fr");
    know_actor(b, "cities/rome-it", "");
    know_actor(b, "states/fr", "states/fr");
    source->source = bed_source(b->arena, "sources/report");
    assert_ok(act(b, "CreateSource", source, &made));
    talks->negotiation = bed_negotiation(b->arena, "negotiations/n");
    assert_ok(act(b, "CreateNegotiation", talks, &made));
    issue->issue = CM_NEW(b->arena, NegIssue);
    issue->issue->name = "issues/more-powers";
    issue->issue->display_name = "Cities get more powers";
    assert_ok(act(b, "CreateIssue", issue, &made));
}

static cm_status add_position(bed *b, NegPosition *position)
{
    NegCreatePositionRequest *request = CM_NEW(b->arena, NegCreatePositionRequest);
    void *made;

    request->position = position;
    return act(b, "CreatePosition", request, &made);
}

static void city_and_state_are_compared_on_every_issue(void **state)
{
    bed *b = *state;
    NegCompareCityStateRequest *request = CM_NEW(b->arena, NegCompareCityStateRequest);
    NegPosition *of_state = claim(b->arena, "positions/s", "2016", -2);
    NegCompareCityStateResponse *answer;

    record(b);
    of_state->actor = "states/fr";
    assert_ok(add_position(b, of_state));
    assert_ok(add_position(b, claim(b->arena, "positions/c", "2015-12-04", 2)));
    request->city = "cities/paris-fr";
    assert_ok(act(b, "CompareCityState", request, &answer));
    assert_string_equal(answer->state, "states/fr");
    assert_int_equal(answer->n_issues, 1);
    assert_string_equal(answer->issues[0]->display_name, "Cities get more powers");
    assert_int_equal(answer->issues[0]->pairs[0]->divergence->value, 4);
    assert_string_equal(answer->issues[0]->pairs[0]->state->sources[0]->source, "sources/report");
    request->city = "cities/rome-it";
    assert_fails(act(b, "CompareCityState", request, &answer), CM_INVALID_ARGUMENT,
                 "state: the state of cities/rome-it is not known");
    request->city = "cities/atlantis";
    assert_fails(act(b, "CompareCityState", request, &answer), CM_NOT_FOUND, "cities/atlantis does not exist");
    request->city = "states/fr";
    assert_fails(act(b, "CompareCityState", request, &answer), CM_INVALID_ARGUMENT, "\"states/fr\" is no city");
    request->city = "cities/rome-it";
    request->state = "states/it";
    request->issue = "issues/more-powers";
    assert_ok(act(b, "CompareCityState", request, &answer));
    assert_int_equal(answer->n_issues, 0);
}

static void agreements_are_listed_by_a_date_on_which_they_hold(void **state)
{
    bed *b = *state;
    NegListAgreementsRequest *request = CM_NEW(b->arena, NegListAgreementsRequest);
    NegListAgreementsResponse *page;
    void *made;

    record(b);
    for (int i = 0; i < 3; i++) {
        NegCreateAgreementRequest *create = CM_NEW(b->arena, NegCreateAgreementRequest);
        create->agreement = bed_agreement(b->arena, cm_arena_format(b->arena, "agreements/a%d", i));
        create->agreement->status_history[0]->date = cm_arena_format(b->arena, "%d-05-01", 2000 + i);
        assert_ok(act(b, "CreateAgreement", create, &made));
    }
    request->in_force_on = "2001-05-01";
    request->page_size = 1;
    assert_ok(act(b, "ListAgreements", request, &page));
    assert_int_equal(page->n_agreements, 1);
    assert_string_equal(page->agreements[0]->name, "agreements/a0");
    request->page_token = page->next_page_token;
    assert_ok(act(b, "ListAgreements", request, &page));
    assert_string_equal(page->agreements[0]->name, "agreements/a1");
    assert_string_equal(page->next_page_token, "");
    request->in_force_on = "2003";
    assert_fails(act(b, "ListAgreements", request, &page), CM_INVALID_ARGUMENT, "is of another query");
    request->in_force_on = "May 2003";
    assert_fails(act(b, "ListAgreements", request, &page), CM_INVALID_ARGUMENT, "in_force_on: ");
}

static void dyads_come_page_by_page(void **state)
{
    bed *b = *state;
    NegListDyadsRequest *request = CM_NEW(b->arena, NegListDyadsRequest);
    NegUpdateNegotiationRequest *update = CM_NEW(b->arena, NegUpdateNegotiationRequest);
    NegListDyadsResponse *page;
    void *made;

    record(b);
    update->negotiation = bed_negotiation(b->arena, "negotiations/n");
    update->negotiation->participants[2] = bed_participant(b->arena, "states/fr");
    update->negotiation->n_participants = 3;
    assert_ok(act(b, "UpdateNegotiation", update, &made));
    request->negotiation = "negotiations/n";
    request->page_size = 2;
    assert_ok(act(b, "ListDyads", request, &page));
    assert_int_equal(page->n_dyads, 2);
    assert_int_equal(page->total, 3);
    request->page_token = page->next_page_token;
    assert_ok(act(b, "ListDyads", request, &page));
    assert_int_equal(page->n_dyads, 1);
    assert_string_equal(page->next_page_token, "");
    update->negotiation->title = "Other talks";
    assert_ok(act(b, "UpdateNegotiation", update, &made));
    assert_fails(act(b, "ListDyads", request, &page), CM_ABORTED, "has changed since the page before");
    request->page_token = "x";
    assert_fails(act(b, "ListDyads", request, &page), CM_INVALID_ARGUMENT, "\"x\" is no token");
    request->negotiation = "negotiations/none";
    assert_fails(act(b, "ListDyads", request, &page), CM_NOT_FOUND, "negotiations/none does not exist");
}

static cm_status add_entry(bed *b, const char *id, NegEntryKind kind, const char *reply_to, const char *date)
{
    NegUpdateEntryRequest *request = CM_NEW(b->arena, NegUpdateEntryRequest);
    void *made;

    request->allow_missing = true;
    request->entry = bed_entry(b->arena, cm_arena_format(b->arena, "negotiations/n/entries/%s", id));
    request->entry->kind = kind;
    request->entry->date = cm_arena_strdup(b->arena, date);
    if (*reply_to)
        request->entry->in_reply_to = cm_arena_format(b->arena, "negotiations/n/entries/%s", reply_to);
    return act(b, "UpdateEntry", request, &made);
}

static void a_thread_is_read_whole_from_any_entry(void **state)
{
    static const char *const order[] = {"1", "2", "4", "5", "3"};
    bed *b = *state;
    NegGetThreadRequest *request = CM_NEW(b->arena, NegGetThreadRequest);
    NegGetThreadResponse *thread;

    record(b);
    assert_ok(add_entry(b, "1", NEG_ENTRY_KIND_PROPOSAL, "", "2015-01"));
    assert_ok(add_entry(b, "2", NEG_ENTRY_KIND_COUNTER_PROPOSAL, "1", "2015-02"));
    assert_ok(add_entry(b, "3", NEG_ENTRY_KIND_REJECTION, "1", "2015-03"));
    assert_ok(add_entry(b, "4", NEG_ENTRY_KIND_COUNTER_PROPOSAL, "2", "2015-03"));
    assert_ok(add_entry(b, "5", NEG_ENTRY_KIND_ACCEPTANCE, "4", "2015-04"));
    for (int from = 1; from <= 5; from++) {
        request->name = cm_arena_format(b->arena, "negotiations/n/entries/%d", from);
        assert_ok(act(b, "GetThread", request, &thread));
        assert_int_equal(thread->n_entries, 5);
        for (size_t i = 0; i < 5; i++)
            assert_string_equal(strrchr(thread->entries[i]->entry->name, '/') + 1, order[i]);
        assert_int_equal(thread->entries[3]->depth, 3);
        assert_int_equal(thread->entries[4]->depth, 1);
    }
    request->name = "negotiations/n/entries/9";
    assert_fails(act(b, "GetThread", request, &thread), CM_NOT_FOUND, "negotiations/n/entries/9 does not exist");
}

static void an_answer_answers_what_it_can(void **state)
{
    bed *b = *state;

    record(b);
    assert_ok(add_entry(b, "1", NEG_ENTRY_KIND_PROPOSAL, "", "2015-02"));
    assert_ok(add_entry(b, "2", NEG_ENTRY_KIND_COUNTER_PROPOSAL, "1", "2015-03"));
    assert_ok(add_entry(b, "3", NEG_ENTRY_KIND_MEETING, "2", "2015-03"));
    assert_fails(add_entry(b, "4", NEG_ENTRY_KIND_ACCEPTANCE, "", "2015-04"), CM_INVALID_ARGUMENT,
                 "entry.in_reply_to: is missing; name the proposal that is answered");
    assert_fails(add_entry(b, "4", NEG_ENTRY_KIND_ACCEPTANCE, "3", "2015-04"), CM_INVALID_ARGUMENT,
                 "is meeting; acceptance answers a proposal or a counter_proposal");
    assert_fails(add_entry(b, "4", NEG_ENTRY_KIND_ACCEPTANCE, "9", "2015-04"), CM_INVALID_ARGUMENT, "does not exist");
    assert_fails(add_entry(b, "4", NEG_ENTRY_KIND_ACCEPTANCE, "1", "2015-01"), CM_INVALID_ARGUMENT,
                 "is of 2015-02, after this entry's 2015-01");
    assert_fails(add_entry(b, "1", NEG_ENTRY_KIND_PROPOSAL, "3", "2015-04"), CM_INVALID_ARGUMENT,
                 "answers this entry in turn");
    assert_fails(add_entry(b, "1", NEG_ENTRY_KIND_PROPOSAL, "1", "2015-04"), CM_INVALID_ARGUMENT,
                 "answers this entry in turn");
}

/* What they answered as of a time they answer for ever, whatever was changed since. */
static void queries_answer_as_of_a_time(void **state)
{
    bed *b = *state;
    NegGetThreadRequest *entry = CM_NEW(b->arena, NegGetThreadRequest);
    NegListDyadsRequest *talks = CM_NEW(b->arena, NegListDyadsRequest);
    NegCompareCityStateRequest *pair = CM_NEW(b->arena, NegCompareCityStateRequest);
    NegUpdateNegotiationRequest *update = CM_NEW(b->arena, NegUpdateNegotiationRequest);
    NegUpdatePositionRequest *move = CM_NEW(b->arena, NegUpdatePositionRequest);
    NegGetThreadResponse *thread[2];
    NegListDyadsResponse *dyads[2];
    NegCompareCityStateResponse *compared[2];
    NegPosition *of_state = claim(b->arena, "positions/s", "2016", -2);
    void *made;

    record(b);
    of_state->actor = "states/fr";
    assert_ok(add_position(b, of_state));
    assert_ok(add_position(b, claim(b->arena, "positions/c", "2015-12-04", 2)));
    assert_ok(add_entry(b, "1", NEG_ENTRY_KIND_PROPOSAL, "", "2015-01"));
    assert_ok(add_entry(b, "2", NEG_ENTRY_KIND_PROPOSAL, "", "2015-01"));
    assert_ok(add_entry(b, "3", NEG_ENTRY_KIND_REJECTION, "1", "2015-03"));
    entry->name = "negotiations/n/entries/3";
    talks->negotiation = "negotiations/n";
    pair->city = "cities/paris-fr";
    pair->state = "states/fr";
    entry->as_of = talks->as_of = pair->as_of = cm_journal_timestamp(cm_clock_wall_us(), b->arena);
    for (int later = 0; later < 2; later++) {
        assert_ok(act(b, "GetThread", entry, &thread[later]));
        assert_ok(act(b, "ListDyads", talks, &dyads[later]));
        assert_ok(act(b, "CompareCityState", pair, &compared[later]));
        if (later)
            break;
        assert_ok(add_entry(b, "3", NEG_ENTRY_KIND_REJECTION, "2", "2015-03")); /* it answers another one now */
        assert_ok(add_entry(b, "4", NEG_ENTRY_KIND_REJECTION, "1", "2015-03"));
        update->negotiation = bed_negotiation(b->arena, "negotiations/n");
        update->negotiation->participants[2] = bed_participant(b->arena, "states/fr");
        update->negotiation->n_participants = 3;
        assert_ok(act(b, "UpdateNegotiation", update, &made));
        move->position = claim(b->arena, "positions/c", "2015-12-04", -1);
        move->position->actor = "cities/rome-it"; /* whose it was all the time */
        assert_ok(act(b, "UpdatePosition", move, &made));
    }
    assert_int_equal(thread[0]->n_entries, 2);
    assert_string_equal(thread[0]->entries[0]->entry->name, "negotiations/n/entries/1");
    assert_int_equal(dyads[0]->total, 1);
    assert_int_equal(compared[0]->n_issues, 1);
    assert_int_equal(compared[0]->issues[0]->pairs[0]->divergence->value, 4);
    assert_true(cm_message_equal(&thread[0]->base, &thread[1]->base));
    assert_true(cm_message_equal(&dyads[0]->base, &dyads[1]->base));
    assert_true(cm_message_equal(&compared[0]->base, &compared[1]->base));

    entry->as_of = talks->as_of = pair->as_of = NULL;
    assert_ok(act(b, "GetThread", entry, &thread[1]));
    assert_string_equal(thread[1]->entries[0]->entry->name, "negotiations/n/entries/2");
    assert_ok(act(b, "ListDyads", talks, &dyads[1]));
    assert_int_equal(dyads[1]->total, 3);
    assert_ok(act(b, "CompareCityState", pair, &compared[1]));
    assert_int_equal(compared[1]->n_issues, 0);
    pair->as_of = cm_journal_timestamp(cm_clock_wall_us(), b->arena);
    pair->state = "";
    assert_fails(act(b, "CompareCityState", pair, &compared[1]), CM_INVALID_ARGUMENT, "state: give states/{state}");
    entry->as_of = cm_journal_timestamp(cm_clock_wall_us() + 3600 * INT64_C(1000000), b->arena);
    assert_fails(act(b, "GetThread", entry, &thread[1]), CM_INVALID_ARGUMENT, "as_of");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_agreement_is_in_force_between_its_steps),
        cmocka_unit_test(each_claim_of_a_city_stands_beside_the_nearest_of_its_state),
        cmocka_unit_test(five_years_are_near_and_a_day_more_is_not),
        cmocka_unit_test(a_summit_of_n_makes_its_pairs),
        HANDLER_TEST(city_and_state_are_compared_on_every_issue),
        HANDLER_TEST(agreements_are_listed_by_a_date_on_which_they_hold),
        HANDLER_TEST(dyads_come_page_by_page),
        HANDLER_TEST(a_thread_is_read_whole_from_any_entry),
        HANDLER_TEST(an_answer_answers_what_it_can),
        HANDLER_TEST(queries_answer_as_of_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
