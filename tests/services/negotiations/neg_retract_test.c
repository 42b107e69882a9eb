#include "neg_platform.h"

/* What is retracted: still there to be read, with why; no more to be listed, referred to or changed; and taken back by
 * correcting the retraction. */

static void add_entry(platform *p, const char *name)
{
    NegEntry *made;

    assert_ok(platform_create_entry(p, bed_entry(p->arena, name), "", &made));
}

static cm_status retract_talks(platform *p, bool force, const char *request_id, NegNegotiation **answer)
{
    NegRetractNegotiationRequest *request = CM_NEW(p->arena, NegRetractNegotiationRequest);

    request->name = "negotiations/n";
    request->reason = "never took place";
    request->force = force;
    request->request_id = (char *)request_id;
    return neg_negotiations_service_retract_negotiation(p->negotiations.channel, NULL, request, p->arena, answer);
}

static cm_status retract_entry(platform *p, const char *reason, NegEntry **answer)
{
    NegRetractEntryRequest *request = CM_NEW(p->arena, NegRetractEntryRequest);

    request->name = "negotiations/n/entries/1";
    request->reason = (char *)reason;
    return neg_negotiations_service_retract_entry(p->negotiations.channel, NULL, request, p->arena, answer);
}

static size_t listed(platform *p, bool show_retracted)
{
    NegListEntriesRequest *request = CM_NEW(p->arena, NegListEntriesRequest);
    NegListEntriesResponse *page;

    request->parent = "negotiations/n";
    request->show_retracted = show_retracted;
    assert_ok(neg_negotiations_service_list_entries(p->negotiations.channel, NULL, request, p->arena, &page));
    return page->n_entries;
}

static void what_is_retracted_is_read_with_why_and_listed_when_asked_for(void **state)
{
    platform *p = *state;
    NegEntry *answer;
    cm_row *row;

    platform_add_ground(p);
    add_entry(p, "negotiations/n/entries/1");
    add_entry(p, "negotiations/n/entries/2");
    assert_fails(retract_entry(p, "", &answer), CM_INVALID_ARGUMENT, "reason: is missing");
    assert_ok(retract_entry(p, "another meeting was meant", &answer));
    assert_string_equal(answer->retraction->reason, "another meeting was meant");
    assert_string_equal(answer->etag, "2");
    const EvtEvent *event = platform_event(p, "negotiations/n/entries/1", &row);
    assert_string_equal(row->type, "cityneg.negotiations.entry.retracted.v1");
    assert_string_equal(row->event_time, "2015-12-04");
    assert_string_equal(event->reason, "another meeting was meant");
    assert_string_equal(event->entry->date, "2015-12-04");
    assert_int_equal(event->n_actors, 2);
    assert_int_equal(listed(p, false), 1);
    assert_int_equal(listed(p, true), 2);
    assert_fails(retract_entry(p, "again", &answer), CM_FAILED_PRECONDITION, "is deleted");
}

static void talks_are_retracted_with_their_entries_by_force_alone(void **state)
{
    platform *p = *state;
    static const char id[] = "7f3c1e0a-52d4-4b6e-9a57-0c8d1f2e3a4b";
    NegNegotiation *first, *again;
    NegEntry *entry;

    platform_add_ground(p);
    add_entry(p, "negotiations/n/entries/1");
    add_entry(p, "negotiations/n/entries/2");
    assert_ok(retract_entry(p, "misread", &entry));
    assert_fails(retract_talks(p, false, "", &first), CM_FAILED_PRECONDITION, "1 resources below it");
    int64_t rows = platform_rows(p);
    assert_ok(retract_talks(p, true, id, &first));
    assert_int_equal(platform_rows(p), rows + 2);
    assert_ok(retract_talks(p, true, id, &again));
    assert_true(cm_message_equal(&first->base, &again->base));
    assert_int_equal(platform_rows(p), rows + 2);
    assert_int_equal(listed(p, false), 0);
    assert_fails(platform_create_entry(p, bed_entry(p->arena, "negotiations/n/entries/3"), "", &entry),
                 CM_INVALID_ARGUMENT, "negotiations/n is deleted");
}

static const char *newest_id(platform *p, const char *name)
{
    NegListRevisionsRequest *request = CM_NEW(p->arena, NegListRevisionsRequest);
    NegListRevisionsResponse *page;

    request->name = (char *)name;
    assert_ok(neg_negotiations_service_list_revisions(p->negotiations.channel, NULL, request, p->arena, &page));
    return page->revisions[0]->id;
}

static void a_retraction_is_taken_back_by_correcting_it(void **state)
{
    platform *p = *state;
    NegUpdateEntryRequest *request = CM_NEW(p->arena, NegUpdateEntryRequest);
    NegEntry *answer;

    platform_add_ground(p);
    add_entry(p, "negotiations/n/entries/1");
    const char *created = newest_id(p, "negotiations/n/entries/1");
    assert_ok(retract_entry(p, "misread", &answer));
    request->entry = bed_entry(p->arena, "negotiations/n/entries/1");
    assert_fails(neg_negotiations_service_update_entry(p->negotiations.channel, NULL, request, p->arena, &answer),
                 CM_FAILED_PRECONDITION, "is deleted");
    request->corrects = (char *)created;
    assert_fails(neg_negotiations_service_update_entry(p->negotiations.channel, NULL, request, p->arena, &answer),
                 CM_INVALID_ARGUMENT, "that retracts it");
    request->corrects = (char *)newest_id(p, "negotiations/n/entries/1");
    request->reason = "it was right";
    assert_ok(neg_negotiations_service_update_entry(p->negotiations.channel, NULL, request, p->arena, &answer));
    assert_null(answer->retraction);
    assert_string_equal(answer->etag, "3");
    assert_int_equal(listed(p, false), 1);
}

static void nobody_retracts_by_an_update(void **state)
{
    platform *p = *state;
    NegUpdateEntryRequest *request = CM_NEW(p->arena, NegUpdateEntryRequest);
    NegEntry *answer;

    platform_add_ground(p);
    add_entry(p, "negotiations/n/entries/1");
    request->entry = bed_entry(p->arena, "negotiations/n/entries/1");
    request->entry->summary = "In short.";
    request->entry->retraction = CM_NEW(p->arena, TypRetraction);
    request->entry->retraction->reason = "just so";
    assert_ok(neg_negotiations_service_update_entry(p->negotiations.channel, NULL, request, p->arena, &answer));
    assert_null(answer->retraction);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLATFORM_TEST(what_is_retracted_is_read_with_why_and_listed_when_asked_for),
        PLATFORM_TEST(talks_are_retracted_with_their_entries_by_force_alone),
        PLATFORM_TEST(a_retraction_is_taken_back_by_correcting_it),
        PLATFORM_TEST(nobody_retracts_by_an_update),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
