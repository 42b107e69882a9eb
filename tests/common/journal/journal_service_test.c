/* JournalService on a real server, as an auditor or a consumer that missed something calls it. */
#include "journal_bed.h"

#include "base/cm_message.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "journal/cm_journal_service.h"
#include "rpc/cm_server.h"

typedef struct served {
    journal_bed *bed;
    cm_server *server;
    cm_channel *channel;
} served;

static void serve(served *s)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    cm_server_options options = {
        .listen = listen,
        .lanes = {
            [CM_READER] = cm_journal_readers(s->bed->journal), [CM_BACKGROUND] = cm_journal_readers(s->bed->journal)}};
    cm_service service = cm_journal_service(s->bed->journal);

    assert_ok(cm_server_new(&options, &s->server));
    assert_ok(cm_server_add(s->server, &service));
    assert_ok(cm_server_start(s->server));
    CM_FREE char *target = cm_format("127.0.0.1:%d", cm_server_port(s->server, 0));
    assert_ok(cm_channel_new(target, NULL, &s->channel));
}

static int set_up(void **state)
{
    served *s = cm_alloc(sizeof *s);

    bed_set_up((void **)&s->bed);
    serve(s);
    *state = s;
    return 0;
}

static void stop(served *s)
{
    cm_channel_free(s->channel);
    cm_server_drain(s->server, 0, 5000);
    cm_server_free(s->server);
}

static int tear_down(void **state)
{
    served *s = *state;

    stop(s);
    bed_tear_down((void **)&s->bed);
    free(s);
    return 0;
}

static JrnReadRequest *read_request(cm_arena *arena, bool follow)
{
    JrnReadRequest *request = CM_NEW(arena, JrnReadRequest);

    request->follow = follow;
    return request;
}

static void after(cm_arena *arena, JrnReadRequest *request, int part, int64_t seq)
{
    JrnPosition *position = CM_NEW(arena, JrnPosition);

    position->part = part;
    position->seq = seq;
    JrnPosition **positions = cm_arena_take(arena, (request->n_after + 1) * sizeof *positions);
    for (size_t i = 0; i < request->n_after; i++)
        positions[i] = request->after[i];
    positions[request->n_after++] = position;
    request->after = positions;
}

/* Rows of a stream that ends, in the order in which they came. */
static cm_status read_all(served *s, const JrnReadRequest *request, JrnRow **rows, size_t most, size_t *count)
{
    cm_client_stream *stream;
    JrnReadResponse *response;

    *count = 0;
    CM_TRY(jrn_journal_service_read_open(s->channel, NULL, request, &stream));
    do {
        assert_ok(jrn_journal_service_read_receive(stream, s->bed->arena, &response));
        for (size_t i = 0; response && i < response->n_rows; i++) {
            assert_true(*count < most);
            rows[(*count)++] = response->rows[i];
        }
    } while (response);
    cm_status end = cm_client_stream_finish(stream);
    cm_client_stream_free(stream);
    return end;
}

static void the_journal_tells_its_epoch_and_its_heads(void **state)
{
    served *s = *state;
    JrnJournal *journal;
    int64_t rows = 0;

    bed_append a = bed_add(s->bed, "cities/a", "1");
    bed_add(s->bed, "cities/a", "2");
    assert_ok(jrn_journal_service_get_journal(s->channel, NULL, CM_NEW(s->bed->arena, JrnGetJournalRequest),
                                              s->bed->arena, &journal));
    assert_string_equal(journal->epoch, cm_journal_epoch_text(s->bed->journal));
    assert_string_equal(journal->source, cm_journal_source(s->bed->journal));
    assert_string_equal(journal->topic, "cityneg.registry.events.v1");
    assert_int_equal(journal->n_heads, BED_PARTITIONS);
    for (int part = 0; part < BED_PARTITIONS; part++) {
        assert_int_equal(journal->heads[part]->part, part);
        rows += journal->heads[part]->seq;
    }
    assert_int_equal(rows, 2);
    assert_int_equal(journal->heads[a.at.part]->seq, 2);
    assert_int_equal(journal->heads[a.at.part]->hash.len, CM_SHA256);
    assert_int_equal(journal->heads[a.at.part]->recorded_at->seconds, (a.recorded_at + 1) / 1000000);
}

static void a_row_that_is_read_hashes_to_its_hash(void **state)
{
    static const uint8_t zeros[CM_SHA256];
    served *s = *state;
    bed_append a = {.resource = "cities/kazan-ru", .payload = "bytes", .event_time = "2015"};
    uint8_t hash[CM_SHA256];
    JrnRow *rows[2];
    size_t count;

    assert_ok(cm_run_and_wait(cm_journal_writer(s->bed->journal), bed_run_append, &a));
    assert_ok(read_all(s, read_request(s->bed->arena, false), rows, 2, &count));
    assert_int_equal(count, 1);
    cm_row row = {.at = {rows[0]->part, rows[0]->seq},
                  .type = rows[0]->type,
                  .resource = rows[0]->resource,
                  .revision = rows[0]->revision,
                  .event_time = rows[0]->event_time,
                  .recorded_at = rows[0]->recorded_at->seconds * 1000000 + rows[0]->recorded_at->nanos / 1000,
                  .actor = rows[0]->actor,
                  .request_id = rows[0]->request_id,
                  .traceparent = rows[0]->traceparent};
    assert_int_equal(rows[0]->id.len, sizeof row.id.bytes);
    memcpy(row.id.bytes, rows[0]->id.data, sizeof row.id.bytes);
    cm_sha256((cm_bytes[]){{rows[0]->salt.data, rows[0]->salt.len}, {rows[0]->payload.data, rows[0]->payload.len}}, 2,
              row.payload_digest);
    assert_memory_equal(row.payload_digest, rows[0]->payload_digest.data, CM_SHA256);
    cm_row_hash(&row, zeros, hash);
    assert_memory_equal(hash, rows[0]->hash.data, CM_SHA256);
    assert_string_equal(rows[0]->epoch, cm_journal_epoch_text(s->bed->journal));
}

static cm_status add_many(void *argument, void *lent)
{
    static uint8_t payload[1000];

    for (int i = 0; i < *(int *)argument; i++) {
        CM_FREE char *name = cm_format("cities/%d", i);
        CM_TRY(cm_tx_append(lent, &(cm_change){.type = "t", .resource = name, .payload = {payload, sizeof payload}},
                            NULL, NULL, NULL));
    }
    return cm_ok();
}

/* Several times what a stream may have queued, so that it goes on as there is room. */
static void every_row_comes_once_and_in_order_however_many_there_are(void **state)
{
    served *s = *state;
    int many = 3000;
    JrnRow **rows = cm_alloc((size_t)many * sizeof *rows);
    int64_t last[BED_PARTITIONS] = {0};
    size_t count;

    assert_ok(cm_run_and_wait(cm_journal_writer(s->bed->journal), add_many, &many));
    assert_ok(read_all(s, read_request(s->bed->arena, false), rows, (size_t)many, &count));
    assert_int_equal(count, many);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(rows[i]->seq, last[rows[i]->part] + 1);
        last[rows[i]->part]++;
    }
    free(rows);
}

static void reading_goes_on_from_positions_and_keeps_to_partitions(void **state)
{
    served *s = *state;
    int part = cm_journal_part("cities/a", BED_PARTITIONS), other = (part + 1) % BED_PARTITIONS;
    JrnReadRequest *request = read_request(s->bed->arena, false);
    JrnRow *rows[400];
    size_t count;
    int many = 200;

    for (int i = 0; i < 3; i++)
        bed_add(s->bed, "cities/a", "x");
    assert_ok(cm_run_and_wait(cm_journal_writer(s->bed->journal), add_many, &many));
    request->parts = (int32_t[]){part};
    request->n_parts = 1;
    after(s->bed->arena, request, part, 2);
    after(s->bed->arena, request, other, 0);
    assert_ok(read_all(s, request, rows, 400, &count));
    assert_int_equal(count, cm_journal_head(s->bed->journal, part) - 2);
    assert_int_equal(rows[0]->seq, 3);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(rows[i]->part, part);
    request->after[0]->seq = cm_journal_head(s->bed->journal, part);
    assert_ok(read_all(s, request, rows, 400, &count));
    assert_int_equal(count, 0);
}

static void a_position_that_cannot_be_is_refused_by_name(void **state)
{
    static const char other[] = "018f6b1e-7c3a-4d2e-9a51-3f0c2b4d5e6f";
    served *s = *state;
    cm_arena *arena = s->bed->arena;
    JrnReadRequest *request = read_request(arena, false);
    JrnRow *rows[1];
    size_t count;

    request->epoch = (char *)other;
    cm_status outcome = read_all(s, request, rows, 1, &count);
    assert_int_equal(outcome.code, CM_OUT_OF_RANGE);
    assert_non_null(strstr(cm_status_message(outcome), other));
    assert_non_null(strstr(cm_status_message(outcome), cm_journal_epoch_text(s->bed->journal)));
    cm_status_clear(&outcome);
    request->epoch = (char *)cm_journal_epoch_text(s->bed->journal);
    assert_ok(read_all(s, request, rows, 1, &count));
    request->epoch = (char *)"latest";
    assert_fails(read_all(s, request, rows, 1, &count), CM_INVALID_ARGUMENT, "\"latest\" is no UUID");

    request = read_request(arena, false);
    request->parts = (int32_t[]){BED_PARTITIONS};
    request->n_parts = 1;
    assert_fails(read_all(s, request, rows, 1, &count), CM_INVALID_ARGUMENT, "parts: 4 is no partition");

    request = read_request(arena, false);
    after(arena, request, 0, 0);
    after(arena, request, -1, 0);
    assert_fails(read_all(s, request, rows, 1, &count), CM_INVALID_ARGUMENT, "after[1]: -1 is no partition");
    request->after[1]->part = 1;
    request->after[1]->seq = -7;
    assert_fails(read_all(s, request, rows, 1, &count), CM_INVALID_ARGUMENT, "after[1]: seq -7");
    request->after[1]->seq = 9;
    assert_fails(read_all(s, request, rows, 1, &count), CM_OUT_OF_RANGE, "seq 9 is beyond the newest row");
}

static void expect_row(served *s, cm_client_stream *stream, const char *resource, int64_t revision)
{
    JrnReadResponse *response;

    assert_ok(jrn_journal_service_read_receive(stream, s->bed->arena, &response));
    assert_non_null(response);
    assert_int_equal(response->n_rows, 1);
    assert_string_equal(response->rows[0]->resource, resource);
    assert_int_equal(response->rows[0]->revision, revision);
}

static void a_follower_gets_what_is_recorded_later(void **state)
{
    served *s = *state;
    cm_client_stream *stream;

    bed_add(s->bed, "cities/a", "1");
    assert_ok(jrn_journal_service_read_open(s->channel, NULL, read_request(s->bed->arena, true), &stream));
    expect_row(s, stream, "cities/a", 1);
    for (int i = 2; i < 20; i++) {
        bed_add(s->bed, "cities/a", "next");
        expect_row(s, stream, "cities/a", i);
    }
    cm_client_stream_cancel(stream);
    assert_fails(cm_client_stream_finish(stream), CM_CANCELLED, "");
    cm_client_stream_free(stream);
    bed_add(s->bed, "cities/a", "unheard");
}

static void many_followers_all_get_every_row(void **state)
{
    enum { FOLLOWERS = 50 };
    served *s = *state;
    cm_client_stream *streams[FOLLOWERS];

    for (int i = 0; i < FOLLOWERS; i++)
        assert_ok(jrn_journal_service_read_open(s->channel, NULL, read_request(s->bed->arena, true), &streams[i]));
    for (int row = 1; row <= 3; row++) {
        bed_add(s->bed, "cities/a", "x");
        for (int i = 0; i < FOLLOWERS; i++)
            expect_row(s, streams[i], "cities/a", row);
    }
    for (int i = 0; i < FOLLOWERS; i++)
        cm_client_stream_free(streams[i]);
}

static void a_drain_ends_followers(void **state)
{
    served *s = *state;
    cm_client_stream *stream;
    JrnReadResponse *response;

    bed_add(s->bed, "cities/a", "1");
    assert_ok(jrn_journal_service_read_open(s->channel, NULL, read_request(s->bed->arena, true), &stream));
    expect_row(s, stream, "cities/a", 1);
    cm_server_drain(s->server, 0, 60000);
    cm_server_free(s->server);
    assert_ok(jrn_journal_service_read_receive(stream, s->bed->arena, &response));
    assert_null(response);
    assert_fails(cm_client_stream_finish(stream), CM_UNAVAILABLE, "shutting down");
    cm_client_stream_free(stream);
    cm_channel_free(s->channel);
    serve(s);
}

/* The chains that were complete, and how it ended. */
static cm_status verify(served *s, const JrnVerifyRequest *request, int64_t *rows, int *complete)
{
    cm_client_stream *stream;
    JrnVerifyResponse *response;

    *rows = 0;
    *complete = 0;
    assert_ok(jrn_journal_service_verify_open(s->channel, NULL, request, &stream));
    do {
        assert_ok(jrn_journal_service_verify_receive(stream, s->bed->arena, &response));
        if (response && response->complete) {
            assert_int_equal(response->hash.len, CM_SHA256);
            *rows += response->rows;
            ++*complete;
        }
    } while (response);
    cm_status end = cm_client_stream_finish(stream);
    cm_client_stream_free(stream);
    return end;
}

static cm_status add_to_one(void *argument, void *lent)
{
    for (int i = 0; i < *(int *)argument; i++)
        CM_TRY(cm_tx_append(lent, &(cm_change){.type = "t", .resource = "cities/a"}, NULL, NULL, NULL));
    return cm_ok();
}

static void verifying_tells_of_each_partition(void **state)
{
    served *s = *state;
    JrnVerifyRequest *request = CM_NEW(s->bed->arena, JrnVerifyRequest);
    int64_t rows;
    int complete, many = 12000; /* more than one step */

    assert_ok(cm_run_and_wait(cm_journal_writer(s->bed->journal), add_many, &many));
    assert_ok(cm_run_and_wait(cm_journal_writer(s->bed->journal), add_to_one, &(int){6000}));
    assert_ok(verify(s, request, &rows, &complete));
    assert_int_equal(complete, BED_PARTITIONS);
    assert_int_equal(rows, 18000);
    request->parts = (int32_t[]){cm_journal_part("cities/a", BED_PARTITIONS)};
    request->n_parts = 1;
    assert_ok(verify(s, request, &rows, &complete));
    assert_int_equal(complete, 1);
    assert_int_equal(rows, cm_journal_head(s->bed->journal, request->parts[0]));
    request->parts = (int32_t[]){-1};
    assert_fails(verify(s, request, &rows, &complete), CM_INVALID_ARGUMENT, "parts: -1 is no partition");
}

static cm_status tamper(void *argument, void *lent)
{
    return cm_db_run(cm_tx_db(lent), "UPDATE journal SET actor = 'somebody else' WHERE part = $1 AND seq = 2",
                     CM_WITH(cm_v_int(*(int *)argument)));
}

static void a_tampered_row_is_named_to_whoever_verifies(void **state)
{
    served *s = *state;
    int part = cm_journal_part("cities/a", BED_PARTITIONS), complete;
    CM_FREE char *words = cm_format("partition %d, seq 2: ", part);
    int64_t rows;

    for (int i = 0; i < 3; i++)
        bed_add(s->bed, "cities/a", "x");
    assert_ok(cm_run_and_wait(cm_journal_writer(s->bed->journal), tamper, &part));
    assert_fails(verify(s, CM_NEW(s->bed->arena, JrnVerifyRequest), &rows, &complete), CM_DATA_LOSS, words);
    assert_int_equal(complete, part);
}

/* ---- changes ---- */

/* All changes that are there, behind a position, which moves behind them. */
static cm_status changes(served *s, const char **position, const char *filter, JrnChange **found, size_t most,
                         size_t *count)
{
    JrnWatchChangesRequest *request = CM_NEW(s->bed->arena, JrnWatchChangesRequest);
    cm_client_stream *stream;
    JrnWatchChangesResponse *response;

    *count = 0;
    request->position = (char *)*position;
    request->filter = (char *)filter;
    assert_ok(jrn_journal_service_watch_changes_open(s->channel, NULL, request, &stream));
    do {
        assert_ok(jrn_journal_service_watch_changes_receive(stream, s->bed->arena, &response));
        for (size_t i = 0; response && i < response->n_changes; i++) {
            assert_true(*count < most);
            found[(*count)++] = response->changes[i];
        }
        if (response)
            *position = response->position;
    } while (response);
    cm_status end = cm_client_stream_finish(stream);
    cm_client_stream_free(stream);
    return end;
}

static void start_again(served *s)
{
    stop(s);
    bed_close(s->bed);
    bed_open(s->bed);
    serve(s);
}

static void changes_go_on_at_a_position_without_gap_or_repetition_after_a_restart(void **state)
{
    served *s = *state;
    const char *position = "", *start = "";
    JrnChange *found[64];
    size_t count;

    bed_add(s->bed, "cities/a", "1");
    bed_add(s->bed, "cities/b", "1");
    assert_ok(changes(s, &position, "", found, 64, &count));
    assert_int_equal(count, 2);
    start_again(s);
    assert_ok(changes(s, &position, "", found, 64, &count));
    assert_int_equal(count, 0);
    for (int i = 0; i < 20; i++) {
        const char *name = cm_arena_format(s->bed->arena, "cities/%c", 'a' + i % 5);
        bed_append added = bed_add(s->bed, name, "next");
        assert_ok(changes(s, &position, "", found, 64, &count));
        assert_int_equal(count, 1);
        assert_string_equal(found[0]->resource, name);
        assert_int_equal(found[0]->revision, added.revision);
    }
    assert_ok(changes(s, &start, "", found, 64, &count));
    assert_int_equal(count, 22);
    assert_string_equal(start, position);
}

static void a_filter_moves_the_position_past_what_it_leaves_out(void **state)
{
    served *s = *state;
    const char *position = "", *everything = "";
    JrnChange *found[8];
    size_t count;

    bed_add(s->bed, "cities/a", "1");
    bed_add(s->bed, "cities/b", "1");
    assert_ok(changes(s, &position, "resource = \"cities/a*\"", found, 8, &count));
    assert_int_equal(count, 1);
    assert_string_equal(found[0]->resource, "cities/a");
    assert_ok(changes(s, &everything, "", found, 8, &count));
    assert_string_equal(position, everything);
    assert_fails(changes(s, &position, "resorce = x", found, 8, &count), CM_INVALID_ARGUMENT, "filter");
}

static cm_status erase(void *argument, void *lent)
{
    cm_position at;
    int64_t recorded_at;

    return cm_tx_erase(lent, &(cm_change){.type = "cityneg.registry.actor.erased.v1", .resource = argument}, &at,
                       &recorded_at);
}

static void an_erasure_passes_every_filter_and_what_it_emptied_none(void **state)
{
    served *s = *state;
    const char *position = "", *start = "";
    JrnChange *found[8];
    size_t count;

    bed_add(s->bed, "cities/a", "1");
    bed_add(s->bed, "cities/b", "1");
    assert_ok(changes(s, &position, "resource = \"cities/b\"", found, 8, &count));
    assert_int_equal(count, 1);
    assert_ok(cm_run_and_wait(cm_journal_writer(s->bed->journal), erase, "cities/a"));
    assert_ok(changes(s, &position, "resource = \"cities/b\"", found, 8, &count));
    assert_int_equal(count, 1);
    assert_string_equal(found[0]->resource, "cities/a");
    assert_true(found[0]->erased);
    assert_ok(changes(s, &start, "revision >= 1 AND resource = \"cities/*\"", found, 8, &count));
    assert_int_equal(count, 2); /* b, and that a was erased */
    start = "";
    assert_ok(changes(s, &start, "", found, 8, &count));
    assert_int_equal(count, 3);
}

static void a_position_that_is_none_or_of_another_store_is_refused(void **state)
{
    static const char *const wrong[] = {"x", "!", "MSAy", "ODkzZGYwZTUtMmZkNi00ZTA1LWJhMjItYzA4NWM1MjAxMTJmIDE"};
    served *s = *state;
    JrnChange *found[8];
    size_t count;

    for (size_t i = 0; i < 3; i++) {
        const char *position = wrong[i];
        assert_fails(changes(s, &position, "", found, 8, &count), CM_INVALID_ARGUMENT, "position");
    }
    const char *other = wrong[3]; /* of an epoch that is not the store's */
    assert_fails(changes(s, &other, "", found, 8, &count), CM_OUT_OF_RANGE, "this journal is at");
    const char *ours =
        cm_arena_format(s->bed->arena, "%s 0 0 0 9", cm_journal_epoch_text(s->bed->journal)); /* beyond the newest */
    const char *beyond = cm_base64(ours, strlen(ours), true, s->bed->arena);
    assert_fails(changes(s, &beyond, "", found, 8, &count), CM_OUT_OF_RANGE, "beyond the newest row");
    ours = cm_arena_format(s->bed->arena, "%s 0 0 0", cm_journal_epoch_text(s->bed->journal));
    const char *few = cm_base64(ours, strlen(ours), true, s->bed->arena);
    assert_fails(changes(s, &few, "", found, 8, &count), CM_INVALID_ARGUMENT, "is no position");
}

static void a_watcher_is_told_of_what_is_recorded_later(void **state)
{
    served *s = *state;
    JrnWatchChangesRequest *request = CM_NEW(s->bed->arena, JrnWatchChangesRequest);
    JrnWatchChangesResponse *response;
    cm_client_stream *stream;

    request->follow = true;
    request->filter = "resource = \"cities/b\"";
    assert_ok(jrn_journal_service_watch_changes_open(s->channel, NULL, request, &stream));
    for (int i = 1; i < 20; i++) {
        bed_add(s->bed, "cities/a", "unwanted");
        bed_add(s->bed, "cities/b", "wanted");
        do
            assert_ok(jrn_journal_service_watch_changes_receive(stream, s->bed->arena, &response));
        while (response && !response->n_changes);
        assert_non_null(response);
        assert_int_equal(response->n_changes, 1);
        assert_int_equal(response->changes[0]->revision, i);
    }
    cm_client_stream_cancel(stream);
    assert_fails(cm_client_stream_finish(stream), CM_CANCELLED, "");
    cm_client_stream_free(stream);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_journal_tells_its_epoch_and_its_heads),
        TEST(a_row_that_is_read_hashes_to_its_hash),
        TEST(every_row_comes_once_and_in_order_however_many_there_are),
        TEST(reading_goes_on_from_positions_and_keeps_to_partitions),
        TEST(a_position_that_cannot_be_is_refused_by_name),
        TEST(a_follower_gets_what_is_recorded_later),
        TEST(many_followers_all_get_every_row),
        TEST(a_drain_ends_followers),
        TEST(verifying_tells_of_each_partition),
        TEST(a_tampered_row_is_named_to_whoever_verifies),
        TEST(changes_go_on_at_a_position_without_gap_or_repetition_after_a_restart),
        TEST(a_filter_moves_the_position_past_what_it_leaves_out),
        TEST(an_erasure_passes_every_filter_and_what_it_emptied_none),
        TEST(a_position_that_is_none_or_of_another_store_is_refused),
        TEST(a_watcher_is_told_of_what_is_recorded_later),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
