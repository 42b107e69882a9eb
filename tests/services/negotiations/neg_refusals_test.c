#include "neg_platform.h"

/* What is refused: with which code, at which field, in which words; and that nothing changed. */

/* The status is as told, and the journal has as many rows as before. Ends the status. */
static void refused(platform *p, int64_t rows, cm_status s, cm_code code, const char *field, const char *words)
{
    if (field && s.error)
        check_field(s, field);
    assert_fails(s, code, words);
    assert_int_equal(platform_rows(p), rows);
}

#define REFUSED(status, code, field, words) refused(p, rows, (status), (code), (field), (words))

static cm_status create_talks(platform *p, NegNegotiation *talks)
{
    NegCreateNegotiationRequest *request = CM_NEW(p->arena, NegCreateNegotiationRequest);
    NegNegotiation *made;

    request->negotiation = talks;
    return neg_negotiations_service_create_negotiation(p->negotiations.channel, NULL, request, p->arena, &made);
}

static cm_status create_position(platform *p, NegPosition *position)
{
    NegCreatePositionRequest *request = CM_NEW(p->arena, NegCreatePositionRequest);
    NegPosition *made;

    request->position = position;
    return neg_negotiations_service_create_position(p->negotiations.channel, NULL, request, p->arena, &made);
}

static cm_status create_entry(platform *p, NegEntry *entry)
{
    NegEntry *made;

    return platform_create_entry(p, entry, "", &made);
}

static void an_unknown_actor_is_told_at_its_field(void **state)
{
    platform *p = *state;

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    NegNegotiation *talks = bed_negotiation(p->arena, "negotiations/m");
    talks->participants[2] = bed_participant(p->arena, "cities/lyon-fr");
    talks->participants[3] = bed_participant(p->arena, "cities/atlantis");
    talks->participants[4] = bed_participant(p->arena, "cities/eldorado");
    talks->n_participants = 5;
    cm_status s = create_talks(p, talks);
    assert_non_null(s.error->violations->next);
    assert_string_equal(s.error->violations->next->field, "negotiation.participants[4].actor");
    REFUSED(s, CM_INVALID_ARGUMENT, "negotiation.participants[3].actor",
            "cities/atlantis does not exist in the registry; create it there first, or name another");
    NegEntry *entry = bed_entry(p->arena, "negotiations/n/entries/1");
    entry->to[0] = "states/xx";
    REFUSED(create_entry(p, entry), CM_INVALID_ARGUMENT, "entry.to[0]", "states/xx does not exist in the registry");
    entry->to[0] = "mayors/x";
    REFUSED(create_entry(p, entry), CM_INVALID_ARGUMENT, "entry.to[0]",
            "\"mayors/x\" is no such name; give cities/{city}, ");
}

static void in_a_batch_the_path_begins_with_the_request(void **state)
{
    platform *p = *state;
    NegBatchCreateEntriesRequest *batch = CM_NEW(p->arena, NegBatchCreateEntriesRequest);
    NegBatchCreateEntriesResponse *made;

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    batch->requests = cm_arena_take(p->arena, 3 * sizeof *batch->requests);
    for (batch->n_requests = 0; batch->n_requests < 3; batch->n_requests++) {
        NegCreateEntryRequest *one = CM_NEW(p->arena, NegCreateEntryRequest);
        one->entry = bed_entry(p->arena, cm_arena_format(p->arena, "negotiations/n/entries/%zu", batch->n_requests));
        batch->requests[batch->n_requests] = one;
    }
    batch->requests[2]->entry->by[0] = "cities/atlantis";
    REFUSED(neg_negotiations_service_batch_create_entries(p->negotiations.channel, NULL, batch, p->arena, &made),
            CM_INVALID_ARGUMENT, "requests[2].entry.by[0]", "cities/atlantis does not exist");
    batch->requests[2]->entry->by[0] = "cities/lyon-fr";
    batch->requests[1]->entry->date = "2015-13";
    REFUSED(neg_negotiations_service_batch_create_entries(p->negotiations.channel, NULL, batch, p->arena, &made),
            CM_INVALID_ARGUMENT, "requests[1].entry.date", "2015-13");
    batch->requests[1]->entry->date = "2015-12";
    assert_ok(neg_negotiations_service_batch_create_entries(p->negotiations.channel, NULL, batch, p->arena, &made));
    assert_int_equal(made->n_entries, 3);
    assert_string_equal(made->entries[2]->by[0], "cities/lyon-fr");
}

static void an_impossible_phase_change_is_refused(void **state)
{
    platform *p = *state;
    NegAdvancePhaseRequest *request = CM_NEW(p->arena, NegAdvancePhaseRequest);
    NegNegotiation *after;

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
#define ADVANCE neg_negotiations_service_advance_phase(p->negotiations.channel, NULL, request, p->arena, &after)
    request->name = "negotiations/n";
    request->phase = NEG_PHASE_FORMULA;
    request->date = "2016";
    REFUSED(ADVANCE, CM_FAILED_PRECONDITION, "phase",
            "negotiations/n cannot move from agreed to formula; from agreed it may move to implementation, suspended, "
            "terminated or lapsed");
    request->phase = NEG_PHASE_IMPLEMENTATION;
    request->date = "2015-12-05";
    REFUSED(ADVANCE, CM_FAILED_PRECONDITION, "date", "2015-12-05 is before the last step on 2015-12-06");
    request->date = "";
    REFUSED(ADVANCE, CM_INVALID_ARGUMENT, "date", "missing");
    request->date = "2016";
    request->phase = (NegPhase)99;
    REFUSED(ADVANCE, CM_INVALID_ARGUMENT, "phase", "99 is no code");
    request->phase = NEG_PHASE_IMPLEMENTATION;
    request->etag = "7";
    REFUSED(ADVANCE, CM_ABORTED, NULL, "7");
    request->etag = "";
    request->name = "negotiations/nowhere";
    REFUSED(ADVANCE, CM_NOT_FOUND, NULL, "negotiations/nowhere does not exist");
    assert_int_equal(platform_talks(p)->phase, NEG_PHASE_AGREED);
}

static void an_end_before_the_start_is_refused(void **state)
{
    platform *p = *state;

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    NegNegotiation *talks = bed_negotiation(p->arena, "negotiations/m");
    talks->end = "2015-10";
    REFUSED(create_talks(p, talks), CM_INVALID_ARGUMENT, "negotiation.end", "2015-10 is before start 2015-11");
}

static void a_stance_out_of_range_is_refused(void **state)
{
    platform *p = *state;

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    REFUSED(create_position(p, bed_position(p->arena, "positions/p", 3)), CM_INVALID_ARGUMENT, "position.stance",
            "3 is out of range; give -2 (strongly against), -1, 0, 1 or 2 (strongly for)");
    NegPosition *position = bed_position(p->arena, "positions/p", 0);
    position->stance = NULL;
    REFUSED(create_position(p, position), CM_INVALID_ARGUMENT, "position.stance", "missing");
}

static void what_refers_to_nothing_is_refused(void **state)
{
    platform *p = *state;

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    NegEntry *entry = bed_entry(p->arena, "negotiations/n/entries/1");
    entry->sources[0]->source = "sources/lost";
    entry->collection = "collections/lost";
    cm_status s = create_entry(p, entry);
    assert_string_equal(s.error->violations->next->field, "entry.collection");
    REFUSED(s, CM_INVALID_ARGUMENT, "entry.sources[0].source", "sources/lost does not exist; create it first");
    REFUSED(create_entry(p, bed_entry(p->arena, "negotiations/lost/entries/1")), CM_INVALID_ARGUMENT, "entry.name",
            "negotiations/lost does not exist");
    NegPosition *position = bed_position(p->arena, "positions/p", 1);
    position->issue = "issues/lost";
    REFUSED(create_position(p, position), CM_INVALID_ARGUMENT, "position.issue", "issues/lost does not exist");
    position->issue = "issues/more-powers";
    position->negotiation = "negotiations/lost";
    REFUSED(create_position(p, position), CM_INVALID_ARGUMENT, "position.negotiation",
            "negotiations/lost does not exist");
    REFUSED(create_talks(p, bed_negotiation(p->arena, "negotiations/n")), CM_ALREADY_EXISTS, NULL,
            "negotiations/n exists already");
}

static void text_that_is_not_utf8_is_refused(void **state)
{
    platform *p = *state;

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    NegNegotiation *talks = bed_negotiation(p->arena, "negotiations/m");
    talks->title = "Talks \xff in Paris";
    REFUSED(create_talks(p, talks), CM_INVALID_ARGUMENT, "negotiation.title", "UTF-8");
}

static void a_page_token_of_another_query_is_refused(void **state)
{
    platform *p = *state;
    NegListEntriesRequest *list = CM_NEW(p->arena, NegListEntriesRequest);
    NegListEntriesResponse *page;

    platform_add_ground(p);
    assert_ok(create_entry(p, bed_entry(p->arena, "negotiations/n/entries/1")));
    assert_ok(create_entry(p, bed_entry(p->arena, "negotiations/n/entries/2")));
    int64_t rows = platform_rows(p);
#define LIST neg_negotiations_service_list_entries(p->negotiations.channel, NULL, list, p->arena, &page)
    list->parent = "negotiations/n";
    list->page_size = 1;
    assert_ok(LIST);
    assert_string_equal(page->entries[0]->name, "negotiations/n/entries/1");
    list->page_token = page->next_page_token;
    assert_ok(LIST);
    assert_string_equal(page->entries[0]->name, "negotiations/n/entries/2");
    assert_string_equal(page->next_page_token, "");
    list->filter = "channel = \"virtual\"";
    REFUSED(LIST, CM_INVALID_ARGUMENT, "page_token", "another");
    list->page_token = "";
    list->filter = "mayor = \"x\"";
    REFUSED(LIST, CM_INVALID_ARGUMENT, "filter", "mayor");
    list->filter = "";
    list->page_size = -1;
    REFUSED(LIST, CM_INVALID_ARGUMENT, "page_size", "-1");
    list->page_size = 0;
    list->parent = "cities/paris-fr";
    REFUSED(LIST, CM_INVALID_ARGUMENT, "parent", "\"cities/paris-fr\"");
}

static void a_message_of_100_megabytes_is_refused(void **state)
{
    platform *p = *state;
    enum { HUGE = 100 << 20 };

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    NegEntry *entry = bed_entry(p->arena, "negotiations/n/entries/1");
    entry->summary = cm_alloc(HUGE + 1);
    memset(entry->summary, 'a', HUGE);
    REFUSED(create_entry(p, entry), CM_RESOURCE_EXHAUSTED, NULL, "");
    entry->summary[5000] = '\0';
    REFUSED(create_entry(p, entry), CM_INVALID_ARGUMENT, "entry.summary", "has 5000 bytes; give at most 4096");
    free(entry->summary);
    entry->summary = "In short.";
    assert_ok(create_entry(p, entry)); /* the service goes on */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLATFORM_TEST(an_unknown_actor_is_told_at_its_field),
        PLATFORM_TEST(in_a_batch_the_path_begins_with_the_request),
        PLATFORM_TEST(an_impossible_phase_change_is_refused),
        PLATFORM_TEST(an_end_before_the_start_is_refused),
        PLATFORM_TEST(a_stance_out_of_range_is_refused),
        PLATFORM_TEST(what_refers_to_nothing_is_refused),
        PLATFORM_TEST(text_that_is_not_utf8_is_refused),
        PLATFORM_TEST(a_page_token_of_another_query_is_refused),
        PLATFORM_TEST(a_message_of_100_megabytes_is_refused),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
