#include "neg_platform.h"

/* Very many entries as a stream: acknowledged when durable, resumed, and refused one by one. */

#define UPLOAD "7f3c1e0a-52d4-4b6e-9a57-0c8d1f2e3a4b"

static cm_client_stream *open_bulk(platform *p)
{
    cm_client_stream *stream;

    assert_ok(neg_negotiations_service_bulk_log_open(p->negotiations.channel, NULL, &stream));
    return stream;
}

static NegBulkLogRequest *message(platform *p, int64_t position, int count)
{
    NegBulkLogRequest *request = CM_NEW(p->arena, NegBulkLogRequest);

    request->upload = UPLOAD;
    request->position = position;
    request->requests = cm_arena_take(p->arena, ((size_t)count + 1) * sizeof *request->requests);
    for (int i = 0; i < count; i++) {
        NegCreateEntryRequest *one = request->requests[request->n_requests++] = CM_NEW(p->arena, NegCreateEntryRequest);
        one->entry =
            bed_entry(p->arena, cm_arena_format(p->arena, "negotiations/n/entries/%lld", (long long)position + i));
    }
    return request;
}

static void send(cm_client_stream *stream, NegBulkLogRequest *request)
{
    assert_ok(neg_negotiations_service_bulk_log_send_request(stream, request));
}

static NegBulkLogResponse *receive(platform *p, cm_client_stream *stream)
{
    NegBulkLogResponse *response;

    assert_ok(neg_negotiations_service_bulk_log_receive(stream, p->arena, &response));
    assert_non_null(response);
    return response;
}

/* The sending side ends; nothing more comes, and the stream ended well. */
static void end(platform *p, cm_client_stream *stream)
{
    NegBulkLogResponse *response;

    assert_ok(cm_client_stream_close_send(stream));
    assert_ok(neg_negotiations_service_bulk_log_receive(stream, p->arena, &response));
    assert_null(response);
    assert_ok(cm_client_stream_finish(stream));
    cm_client_stream_free(stream);
}

static void assert_ends(platform *p, cm_client_stream *stream, cm_code code, const char *part)
{
    NegBulkLogResponse *response;
    cm_status s;

    do
        s = neg_negotiations_service_bulk_log_receive(stream, p->arena, &response);
    while (cm_is_ok(s) && response);
    cm_status_clear(&s);
    assert_fails(cm_client_stream_finish(stream), code, part);
    cm_client_stream_free(stream);
}

static void many_messages_are_acknowledged_in_order_when_they_are_durable(void **state)
{
    platform *p = *state;
    enum { MESSAGES = 12, ENTRIES = 100 };

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    cm_client_stream *stream = open_bulk(p);
    for (int i = 0; i < MESSAGES; i++) {
        NegBulkLogRequest *request = message(p, (int64_t)i * ENTRIES, ENTRIES);
        if (i == 5)
            request->requests[7]->entry->by[0] = "cities/lyon-fr"; /* the registry has to be asked */
        send(stream, request);
    }
    assert_int_equal(receive(p, stream)->acknowledged, 0);
    for (int i = 0; i < MESSAGES; i++) {
        NegBulkLogResponse *response = receive(p, stream);
        assert_int_equal(response->acknowledged, (i + 1) * ENTRIES);
        assert_int_equal(response->n_refusals, 0);
        assert_true(platform_rows(p) >= rows + response->acknowledged);
    }
    end(p, stream);
    assert_int_equal(platform_rows(p), rows + (int64_t)MESSAGES * ENTRIES);
}

static void spoil(NegBulkLogRequest *request)
{
    request->requests[1]->entry->date = "2015-13";
    request->requests[1]->entry->language = "?";
    request->requests[3]->entry->by[0] = "cities/atlantis";
    request->requests[4]->entry->name = request->requests[0]->entry->name;
    request->requests[6]->entry->sources[0]->source = "sources/nowhere";
    request->requests[7]->entry = NULL;
}

static void check_refusals(NegBulkLogResponse *r, int64_t first)
{
    assert_int_equal(r->n_refusals, 5);
    assert_int_equal(r->refusals[0]->index, first + 1);
    assert_int_equal(r->refusals[0]->code, CM_INVALID_ARGUMENT);
    assert_int_equal(r->refusals[0]->n_violations, 2);
    assert_string_equal(r->refusals[0]->violations[0]->field, "entry.date");
    assert_string_equal(r->refusals[0]->violations[1]->field, "entry.language");
    assert_int_equal(r->refusals[1]->index, first + 3);
    assert_string_equal(r->refusals[1]->violations[0]->field, "entry.by[0]");
    assert_non_null(strstr(r->refusals[1]->violations[0]->description, "cities/atlantis does not exist"));
    assert_int_equal(r->refusals[2]->index, first + 4);
    assert_int_equal(r->refusals[2]->code, CM_ALREADY_EXISTS);
    assert_int_equal(r->refusals[3]->index, first + 6);
    assert_string_equal(r->refusals[3]->violations[0]->field, "entry.sources[0].source");
    assert_int_equal(r->refusals[4]->index, first + 7);
    assert_string_equal(r->refusals[4]->violations[0]->field, "entry");
}

static void refused_entries_are_told_and_the_others_recorded(void **state)
{
    platform *p = *state;

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    cm_client_stream *stream = open_bulk(p);
    send(stream, message(p, 0, 10));
    NegBulkLogRequest *bad = message(p, 10, 10);
    spoil(bad);
    send(stream, bad);
    send(stream, message(p, 20, 10));
    receive(p, stream);
    assert_int_equal(receive(p, stream)->refused, 0);
    NegBulkLogResponse *response = receive(p, stream);
    assert_int_equal(response->acknowledged, 20);
    assert_int_equal(response->refused, 5);
    check_refusals(response, 10);
    response = receive(p, stream);
    assert_int_equal(response->acknowledged, 30);
    assert_int_equal(response->refused, 5);
    assert_int_equal(response->n_refusals, 0);
    end(p, stream);
    assert_int_equal(platform_rows(p), rows + 25);
}

/* They wait for the writer together, so that most are of one task. */
static void refusals_of_messages_under_way_are_each_told_with_their_own(void **state)
{
    platform *p = *state;
    enum { MESSAGES = 12, ENTRIES = 10 };

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    cm_client_stream *stream = open_bulk(p);
    for (int i = 0; i < MESSAGES; i++) {
        NegBulkLogRequest *request = message(p, (int64_t)i * ENTRIES, ENTRIES);
        if (i % 2)
            spoil(request);
        if (i == 10)
            request->requests[0]->entry->name = "negotiations/n/entries/0"; /* the first message's */
        send(stream, request);
    }
    receive(p, stream);
    for (int i = 0; i < MESSAGES; i++) {
        NegBulkLogResponse *response = receive(p, stream);
        assert_int_equal(response->acknowledged, (i + 1) * ENTRIES);
        assert_int_equal(response->refused, (i + 1) / 2 * 5 + (i >= 10));
        if (i % 2)
            check_refusals(response, (int64_t)i * ENTRIES);
        else
            assert_int_equal(response->n_refusals, i == 10);
        if (i == 10)
            assert_int_equal(response->refusals[0]->code, CM_ALREADY_EXISTS);
    }
    end(p, stream);
    assert_int_equal(platform_rows(p), rows + (int64_t)MESSAGES * ENTRIES - 31);
}

static void an_upload_goes_on_after_a_broken_connection_without_loss_or_repetition(void **state)
{
    platform *p = *state;

    platform_add_ground(p);
    int64_t rows = platform_rows(p);
    cm_client_stream *stream = open_bulk(p);
    NegBulkLogRequest *bad = message(p, 0, 10);
    spoil(bad);
    send(stream, bad);
    receive(p, stream);
    assert_int_equal(receive(p, stream)->acknowledged, 10);
    cm_client_stream_free(stream); /* as if it broke before the answer came */

    stream = open_bulk(p);
    send(stream, message(p, 0, 15)); /* ten of them again */
    assert_int_equal(receive(p, stream)->acknowledged, 10);
    check_refusals(receive(p, stream), 0);
    NegBulkLogResponse *response = receive(p, stream);
    assert_int_equal(response->acknowledged, 15);
    assert_int_equal(response->n_refusals, 0);
    send(stream, message(p, 2, 3)); /* all known */
    assert_int_equal(receive(p, stream)->acknowledged, 15);
    end(p, stream);
    assert_int_equal(platform_rows(p), rows + 10);

    stream = open_bulk(p); /* from where it heard of everything */
    send(stream, message(p, 15, 0));
    response = receive(p, stream);
    assert_int_equal(response->acknowledged, 15);
    assert_int_equal(response->refused, 5);
    end(p, stream);
}

static void of_two_streams_of_an_upload_one_goes_on(void **state)
{
    platform *p = *state;

    platform_add_ground(p);
    cm_client_stream *first = open_bulk(p), *second = open_bulk(p);
    send(first, message(p, 0, 0));
    send(second, message(p, 0, 0));
    receive(p, first);
    receive(p, second);
    send(first, message(p, 0, 10));
    assert_int_equal(receive(p, first)->acknowledged, 10);
    int64_t rows = platform_rows(p);
    send(second, message(p, 0, 10));
    assert_ends(p, second, CM_ABORTED, "stands at 10, not at 0");
    assert_int_equal(platform_rows(p), rows);
    end(p, first);
}

static void what_makes_no_sense_ends_the_stream(void **state)
{
    platform *p = *state;
    NegBulkLogRequest *request;

    cm_client_stream *stream = open_bulk(p);
    request = message(p, 0, 0);
    request->upload = "mine";
    send(stream, request);
    assert_ends(p, stream, CM_INVALID_ARGUMENT, "upload: \"mine\" is no UUID");

    stream = open_bulk(p);
    send(stream, message(p, 1, 0));
    assert_ends(p, stream, CM_OUT_OF_RANGE, "position: 1 is beyond the 0 entries");

    stream = open_bulk(p);
    send(stream, message(p, -1, 0));
    assert_ends(p, stream, CM_INVALID_ARGUMENT, "position: -1 is negative");

    stream = open_bulk(p);
    send(stream, message(p, 0, 1001));
    assert_ends(p, stream, CM_INVALID_ARGUMENT, "requests: 1001 entries in a message");

    stream = open_bulk(p);
    send(stream, message(p, 0, 0));
    request = message(p, 0, 0);
    request->upload = "7f3c1e0a-52d4-4b6e-9a57-0c8d1f2e3a4c";
    send(stream, request);
    assert_ends(p, stream, CM_INVALID_ARGUMENT, "is another than the stream's");
    assert_int_equal(platform_rows(p), 0);
}

static void an_empty_stream_ends_well(void **state)
{
    platform *p = *state;

    end(p, open_bulk(p));
    assert_int_equal(platform_rows(p), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLATFORM_TEST(many_messages_are_acknowledged_in_order_when_they_are_durable),
        PLATFORM_TEST(refused_entries_are_told_and_the_others_recorded),
        PLATFORM_TEST(refusals_of_messages_under_way_are_each_told_with_their_own),
        PLATFORM_TEST(an_upload_goes_on_after_a_broken_connection_without_loss_or_repetition),
        PLATFORM_TEST(of_two_streams_of_an_upload_one_goes_on),
        PLATFORM_TEST(what_makes_no_sense_ends_the_stream),
        PLATFORM_TEST(an_empty_stream_ends_well),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
