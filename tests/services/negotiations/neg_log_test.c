#include "neg_platform.h"

/* Entries logged as a stream. */

static cm_client_stream *open_log(platform *p)
{
    cm_client_stream *stream;

    assert_ok(neg_negotiations_service_log_entries_open(p->negotiations.channel, NULL, &stream));
    return stream;
}

static NegLogEntriesRequest *message(platform *p, int number)
{
    NegLogEntriesRequest *request = CM_NEW(p->arena, NegLogEntriesRequest);

    request->entry = bed_entry(p->arena, cm_arena_format(p->arena, "negotiations/n/entries/%d", number));
    return request;
}

static cm_status get_entry(platform *p, const char *name)
{
    NegGetEntryRequest *request = CM_NEW(p->arena, NegGetEntryRequest);
    NegEntry *entry;

    request->name = (char *)name;
    return neg_negotiations_service_get_entry(p->negotiations.channel, NULL, request, p->arena, &entry);
}

static void entries_are_recorded_as_they_come_and_counted(void **state)
{
    platform *p = *state;
    cm_client_stream *stream;
    NegLogEntriesResponse *answer;

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    stream = open_log(p);
    for (int i = 0; i < 100; i++) {
        NegLogEntriesRequest *request = message(p, i);
        if (i == 50)
            request->entry->by[0] = "cities/lyon-fr"; /* the registry has to be asked */
        assert_ok(neg_negotiations_service_log_entries_send_request(stream, request));
    }
    assert_ok(neg_negotiations_service_log_entries_close_and_receive(stream, p->arena, &answer));
    assert_int_equal(answer->recorded, 100);
    cm_client_stream_free(stream);
    assert_int_equal(platform_rows(p), rows + 100);
    assert_ok(get_entry(p, "negotiations/n/entries/99"));
}

static void a_refused_entry_ends_the_stream_and_those_before_it_stay(void **state)
{
    platform *p = *state;
    cm_client_stream *stream;
    NegLogEntriesResponse *answer;

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    stream = open_log(p);
    for (int i = 0; i < 2; i++)
        assert_ok(neg_negotiations_service_log_entries_send_request(stream, message(p, i)));
    NegLogEntriesRequest *bad = message(p, 2);
    bad->entry->by[0] = "cities/atlantis";
    assert_ok(neg_negotiations_service_log_entries_send_request(stream, bad));
    cm_status s = neg_negotiations_service_log_entries_close_and_receive(stream, p->arena, &answer);
    check_field(s, "entry.by[0]");
    assert_fails(s, CM_INVALID_ARGUMENT, "entry 2 of the stream: entry.by[0]: cities/atlantis does not exist");
    cm_client_stream_free(stream);
    assert_int_equal(platform_rows(p), rows + 2);
    assert_ok(get_entry(p, "negotiations/n/entries/1"));
    assert_fails(get_entry(p, "negotiations/n/entries/2"), CM_NOT_FOUND, "negotiations/n/entries/2 does not exist");
}

static void an_entry_with_a_request_id_may_be_sent_again(void **state)
{
    platform *p = *state;
    NegLogEntriesResponse *answer;

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    for (int i = 0; i < 2; i++) {
        cm_client_stream *stream = open_log(p);
        NegLogEntriesRequest *request = message(p, 1);
        request->request_id = "7f3c1e0a-52d4-4b6e-9a57-0c8d1f2e3a4b";
        assert_ok(neg_negotiations_service_log_entries_send_request(stream, request));
        assert_ok(neg_negotiations_service_log_entries_close_and_receive(stream, p->arena, &answer));
        assert_int_equal(answer->recorded, 1);
        cm_client_stream_free(stream);
        assert_int_equal(platform_rows(p), rows + 1);
    }
}

static void an_empty_stream_records_nothing(void **state)
{
    platform *p = *state;
    NegLogEntriesResponse *answer;
    cm_client_stream *stream = open_log(p);

    assert_ok(neg_negotiations_service_log_entries_close_and_receive(stream, p->arena, &answer));
    assert_int_equal(answer->recorded, 0);
    cm_client_stream_free(stream);
    assert_int_equal(platform_rows(p), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLATFORM_TEST(entries_are_recorded_as_they_come_and_counted),
        PLATFORM_TEST(a_refused_entry_ends_the_stream_and_those_before_it_stay),
        PLATFORM_TEST(an_entry_with_a_request_id_may_be_sent_again),
        PLATFORM_TEST(an_empty_stream_records_nothing),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
