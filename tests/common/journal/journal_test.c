#include "journal_bed.h"

static void a_new_store_gets_an_epoch_that_stays(void **state)
{
    journal_bed *b = *state;
    cm_uuid epoch = cm_journal_epoch(b->journal);
    CM_FREE char *source = cm_format("/cityneg/registry/%s", cm_journal_epoch_text(b->journal));

    assert_string_equal(cm_journal_source(b->journal), source);
    assert_string_equal(cm_journal_topic(b->journal), "cityneg.registry.events.v1");
    assert_string_equal(cm_journal_name(b->journal), "registry");
    bed_close(b);
    bed_open(b);
    assert_true(cm_uuid_equal(epoch, cm_journal_epoch(b->journal)));
}

static void a_store_keeps_the_partitions_that_it_was_made_with(void **state)
{
    journal_bed *b = *state;

    bed_close(b);
    assert_ok(cm_store_open(b->path, &b->store));
    assert_ok(cm_journal_open(b->store, &(cm_journal_options){.service = "registry", .partitions = 16}, &b->journal));
    assert_int_equal(cm_journal_partitions(b->journal), BED_PARTITIONS);
}

static void a_store_of_another_service_is_refused(void **state)
{
    journal_bed *b = *state;
    cm_journal *other;

    bed_close(b);
    assert_ok(cm_store_open(b->path, &b->store));
    assert_fails(cm_journal_open(b->store, &(cm_journal_options){.service = "trends"}, &other), CM_FAILED_PRECONDITION,
                 "is the store of registry, not of trends");
}

static void options_out_of_range_are_refused(void **state)
{
    journal_bed *b = *state;
    cm_journal *other;

    assert_fails(cm_journal_open(b->store, &(cm_journal_options){.service = "registry", .partitions = 1025}, &other),
                 CM_INVALID_ARGUMENT, "1025 partitions");
    assert_fails(cm_journal_open(b->store, &(cm_journal_options){.service = "registry", .largest_batch = -1}, &other),
                 CM_INVALID_ARGUMENT, "-1 requests");
}

/* murmur2 as Kafka's own default partitioner has it ("21" gives -973932308). */
static void the_partition_is_that_of_the_root_as_kafka_computes_it(void **state)
{
    assert_int_equal(cm_journal_part("21", 1 << 20), (uint32_t)(-973932308 & 0x7fffffff) % (1 << 20));
    for (int partitions = 1; partitions < 40; partitions++) {
        int part = cm_journal_part("negotiations/paris-2015", partitions);
        assert_in_range(part, 0, partitions - 1);
        assert_int_equal(part, cm_journal_part("negotiations/paris-2015/entries/3", partitions));
    }
    assert_int_not_equal(cm_journal_part("cities/a", 1 << 20), cm_journal_part("cities/b", 1 << 20));
}

static void a_row_is_read_as_it_was_appended(void **state)
{
    journal_bed *b = *state;
    bed_append a = {.resource = "cities/kazan-ru", .payload = "some bytes", .event_time = "2015-12"};
    cm_db *db;
    cm_row *row;

    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), bed_run_append, &a));
    assert_int_equal(a.at.part, cm_journal_part("cities/kazan-ru", BED_PARTITIONS));
    assert_int_equal(a.at.seq, 1);
    assert_ok(cm_store_reader(b->store, &db));
    assert_ok(cm_journal_at(db, a.at, b->arena, &row));
    assert_non_null(row);
    assert_int_equal(row->at.part, a.at.part);
    assert_int_equal(row->at.seq, 1);
    assert_true(cm_uuid_equal(row->epoch, cm_journal_epoch(b->journal)));
    assert_int_equal(row->id.bytes[6] >> 4, 7);
    assert_string_equal(row->type, "cityneg.registry.actor.created.v1");
    assert_string_equal(row->resource, "cities/kazan-ru");
    assert_int_equal(row->revision, 1);
    assert_string_equal(row->event_time, "2015-12");
    assert_int_equal(row->recorded_at, a.recorded_at);
    assert_string_equal(row->actor, "tester");
    assert_string_equal(row->request_id, "request-1");
    assert_string_equal(row->traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    assert_int_equal(row->payload.size, strlen("some bytes"));
    assert_memory_equal(row->payload.data, "some bytes", row->payload.size);
    assert_int_equal(row->salt.size, 16);
    assert_ok(cm_journal_at(db, (cm_position){a.at.part, 2}, b->arena, &row));
    assert_null(row);
    cm_db_close(db);
}

static void an_event_time_that_is_none_is_refused_and_leaves_nothing(void **state)
{
    journal_bed *b = *state;
    bed_append a = {.resource = "cities/a", .event_time = "2015-02-29", .name = "a"};

    assert_fails(cm_run_and_wait(cm_journal_writer(b->journal), bed_run_append, &a), CM_INVALID_ARGUMENT,
                 "event_time: ");
    assert_int_equal(bed_names(b), 0);
    assert_int_equal(bed_verified_rows(b), 0);
}

static void revisions_count_each_resource_also_after_reopening(void **state)
{
    journal_bed *b = *state;

    assert_int_equal(bed_add(b, "cities/a", "1").revision, 1);
    assert_int_equal(bed_add(b, "cities/a", "2").revision, 2);
    assert_int_equal(bed_add(b, "cities/a/memberships/m", "1").revision, 1);
    bed_close(b);
    bed_open(b);
    bed_append a = bed_add(b, "cities/a", "3");
    assert_int_equal(a.revision, 3);
    assert_int_equal(a.at.seq, 4);
    assert_int_equal(cm_journal_head(b->journal, a.at.part), 4);
    assert_int_equal(bed_verified_rows(b), 4);
}

static void a_task_that_fails_leaves_nothing_and_its_batch_goes_on(void **state)
{
    journal_bed *b = *state;
    bed_gate gate;
    bed_request r[] = {
        {.append = {.resource = "cities/a", .name = "one"}},
        {.append = {.resource = "cities/a", .name = "two", .outcome = CM_ABORTED}},
        {.append = {.resource = "cities/a", .name = "three"}},
        {.append = {.resource = "cities/b", .name = "one"}}, /* the name is taken */
        {.append = {.resource = "cities/a", .name = "four"}},
    };

    bed_gate_enter(&gate, cm_journal_writer(b->journal));
    for (size_t i = 0; i < 5; i++)
        bed_request_submit(b, &r[i]);
    bed_gate_open(&gate);
    bed_settle(b);
    assert_ok(r[0].outcome);
    assert_fails(r[1].outcome, CM_ABORTED, "as it was told");
    assert_ok(r[2].outcome);
    assert_fails(r[3].outcome, CM_ALREADY_EXISTS, "names");
    assert_ok(r[4].outcome);
    assert_int_equal(r[0].append.at.seq, 1);
    assert_int_equal(r[2].append.at.seq, 2);
    assert_int_equal(r[4].append.at.seq, 3);
    assert_int_equal(r[4].append.revision, 3);
    assert_int_equal(bed_names(b), 3);
    assert_int_equal(bed_verified_rows(b), 3);
}

static void count_one(void *context)
{
    ++*(int *)context;
}

static void what_waits_becomes_durable_in_one_commit(void **state)
{
    enum { WAITING = 100 };
    journal_bed *b = *state;
    bed_gate gate;
    bed_request *r = cm_alloc(WAITING * sizeof *r);
    int commits = 0;
    cm_watch *watch = cm_journal_watch(b->journal, count_one, &commits);

    bed_gate_enter(&gate, cm_journal_writer(b->journal));
    for (int i = 0; i < WAITING; i++) {
        r[i] = (bed_request){.append = {.resource = "cities/a"}};
        bed_request_submit(b, &r[i]);
    }
    bed_gate_open(&gate);
    bed_settle(b);
    cm_journal_unwatch(b->journal, watch);
    assert_int_equal(commits, 1);
    assert_ok(r[WAITING - 1].outcome);
    assert_int_equal(r[WAITING - 1].append.at.seq, WAITING);
    bed_add(b, "cities/a", "unwatched");
    assert_int_equal(commits, 1);
    free(r);
}

static void a_watch_is_told_of_rows_only(void **state)
{
    journal_bed *b = *state;
    int first = 0, second = 0;
    cm_watch *one = cm_journal_watch(b->journal, count_one, &first);
    cm_watch *two = cm_journal_watch(b->journal, count_one, &second);
    bed_append fails = {.resource = "cities/a", .outcome = CM_ABORTED};

    bed_settle(b);
    assert_fails(cm_run_and_wait(cm_journal_writer(b->journal), bed_run_append, &fails), CM_ABORTED, "");
    bed_settle(b);
    assert_int_equal(first + second, 0);
    bed_add(b, "cities/a", "1");
    bed_settle(b);
    cm_journal_unwatch(b->journal, one);
    bed_add(b, "cities/a", "2");
    bed_settle(b);
    cm_journal_unwatch(b->journal, two);
    assert_int_equal(first, 1);
    assert_int_equal(second, 2);
}

static void closing_finishes_what_was_submitted(void **state)
{
    enum { WAITING = 1500 }; /* more than a batch holds */
    journal_bed *b = *state;
    bed_request *r = cm_alloc(WAITING * sizeof *r);

    for (int i = 0; i < WAITING; i++) {
        r[i] = (bed_request){.append = {.resource = "cities/a"}};
        bed_request_submit(b, &r[i]);
    }
    bed_close(b);
    for (int i = 0; i < WAITING; i++) {
        assert_ok(r[i].outcome);
        assert_int_equal(r[i].append.at.seq, i + 1);
    }
    bed_open(b);
    assert_int_equal(bed_verified_rows(b), WAITING);
    free(r);
}

/* Comes again as soon as it is done, until it is refused. */
typedef struct persistent {
    cm_task task;
    cm_executor *writer;
    cm_code end;
} persistent;

static cm_status do_nothing(cm_task *task, void *lent)
{
    return cm_ok();
}

static void come_again(cm_task *task, cm_status outcome)
{
    persistent *p = (persistent *)task;

    p->end = outcome.code;
    cm_status_clear(&outcome);
    if (p->end == CM_OK)
        cm_submit(p->writer, task);
}

static void what_is_submitted_after_the_end_began_is_unavailable(void **state)
{
    journal_bed *b = *state;
    persistent p = {.task = {.run = do_nothing, .done = come_again}, .writer = cm_journal_writer(b->journal)};

    cm_submit(p.writer, &p.task);
    bed_close(b);
    assert_int_equal(p.end, CM_UNAVAILABLE);
    bed_open(b);
}

static void recorded_time_never_runs_backwards_though_the_clock_does(void **state)
{
    journal_bed *b = *state;
    int64_t start = bed_now, last = bed_add(b, "cities/a", "1").recorded_at;

    assert_int_equal(last, start);
    for (int i = 0; i < 3; i++) {
        bed_now = start - 3600000000 * i;
        int64_t next = bed_add(b, "cities/a", "2").recorded_at;
        assert_int_equal(next, last + 1);
        last = next;
    }
    bed_close(b);
    bed_open(b);
    assert_int_equal(bed_add(b, "cities/a", "3").recorded_at, last + 1);
    bed_now = start + 5000000;
    assert_int_equal(bed_add(b, "cities/a", "4").recorded_at, start + 5000000);
}

static void what_is_recorded_later_is_later_in_every_partition(void **state)
{
    journal_bed *b = *state;
    int64_t first = bed_add(b, "cities/a", "1").recorded_at, last = first;
    bool elsewhere = false;

    bed_now = first - 1000000;
    for (int i = 0; i < 20; i++) {
        CM_FREE char *resource = cm_format("cities/%d", i);
        bed_append a = bed_add(b, resource, "1");
        assert_int_equal(a.recorded_at, ++last);
        elsewhere |= a.at.part != cm_journal_part("cities/a", BED_PARTITIONS);
    }
    assert_true(elsewhere);
    bed_close(b);
    bed_open(b);
    assert_int_equal(bed_add(b, "cities/z", "1").recorded_at, last + 1);
    bed_now = first;
}

static void the_newest_row_is_the_one_as_of_a_time(void **state)
{
    journal_bed *b = *state;
    int64_t start = bed_now;
    cm_db *db;
    cm_row *row;

    for (int i = 0; i < 3; i++) {
        bed_now = start + 1000 * i;
        bed_add(b, "cities/a", (const char *[]){"first", "second", "third"}[i]);
        bed_add(b, "cities/b", "other");
    }
    const struct {
        int64_t as_of;
        int revision; /* 0: none */
    } cases[] = {{0, 3},     {start + 9999, 3}, {start + 2000, 3}, {start + 1999, 2}, {start + 1000, 2},
                 {start, 1}, {start - 1, 0}};
    assert_ok(cm_store_reader(b->store, &db));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(cm_journal_newest(db, "cities/a", cases[i].as_of, b->arena, &row));
        assert_int_equal(row ? row->revision : 0, cases[i].revision);
    }
    assert_ok(cm_journal_newest(db, "cities/none", 0, b->arena, &row));
    assert_null(row);
    cm_db_close(db);
}

static void reading_ends_at_the_limit_of_rows_or_bytes(void **state)
{
    journal_bed *b = *state;
    int part = cm_journal_part("cities/a", BED_PARTITIONS), count;
    cm_db *db;
    cm_row *rows;

    for (int i = 0; i < 10; i++)
        bed_add(b, "cities/a", "0123456789");
    assert_ok(cm_store_reader(b->store, &db));
    assert_ok(cm_journal_read(db, part, 0, 100, 0, b->arena, &rows, &count));
    assert_int_equal(count, 10);
    assert_ok(cm_journal_read(db, part, 7, 2, 0, b->arena, &rows, &count));
    assert_int_equal(count, 2);
    assert_int_equal(rows[0].at.seq, 8);
    assert_ok(cm_journal_read(db, part, 0, 100, 35, b->arena, &rows, &count));
    assert_int_equal(count, 4);
    assert_ok(cm_journal_read(db, part, 0, 100, 1, b->arena, &rows, &count));
    assert_int_equal(count, 1);
    assert_ok(cm_journal_read(db, part, 10, 100, 0, b->arena, &rows, &count));
    assert_int_equal(count, 0);
    cm_db_close(db);
}

typedef struct snapshot {
    journal_bed *bed;
    int64_t before, after;
} snapshot;

static cm_status look_twice(void *argument, void *lent)
{
    static const char sql[] = "SELECT count(*) FROM journal";
    snapshot *s = argument;

    assert_true(cm_db_in_transaction(lent));
    CM_TRY(cm_db_integer(lent, sql, CM_NONE, -1, &s->before));
    bed_add(s->bed, "cities/a", "meanwhile");
    return cm_db_integer(lent, sql, CM_NONE, -1, &s->after);
}

static void a_reader_is_lent_one_state_however_long_it_reads(void **state)
{
    snapshot s = {.bed = *state};

    bed_add(s.bed, "cities/a", "before");
    bed_read(s.bed, look_twice, &s);
    assert_int_equal(s.before, 1);
    assert_int_equal(s.after, 1);
    bed_read(s.bed, look_twice, &s);
    assert_int_equal(s.before, 2);
}

static cm_status set_sent(void *argument, void *lent)
{
    return cm_tx_set_sent(lent, 2, *(int64_t *)argument);
}

static void the_watermark_of_what_was_sent_stays(void **state)
{
    journal_bed *b = *state;
    cm_db *db;
    int64_t seq = 41, kept, other;

    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), set_sent, &seq));
    bed_close(b);
    bed_open(b);
    assert_ok(cm_store_reader(b->store, &db));
    assert_ok(cm_journal_sent(db, 2, &kept));
    assert_ok(cm_journal_sent(db, 1, &other));
    assert_int_equal(kept, 41);
    assert_int_equal(other, 0);
    cm_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_new_store_gets_an_epoch_that_stays),
        BED_TEST(a_store_keeps_the_partitions_that_it_was_made_with),
        BED_TEST(a_store_of_another_service_is_refused),
        BED_TEST(options_out_of_range_are_refused),
        cmocka_unit_test(the_partition_is_that_of_the_root_as_kafka_computes_it),
        BED_TEST(a_row_is_read_as_it_was_appended),
        BED_TEST(an_event_time_that_is_none_is_refused_and_leaves_nothing),
        BED_TEST(revisions_count_each_resource_also_after_reopening),
        BED_TEST(a_task_that_fails_leaves_nothing_and_its_batch_goes_on),
        BED_TEST(what_waits_becomes_durable_in_one_commit),
        BED_TEST(a_watch_is_told_of_rows_only),
        BED_TEST(closing_finishes_what_was_submitted),
        BED_TEST(what_is_submitted_after_the_end_began_is_unavailable),
        BED_TEST(recorded_time_never_runs_backwards_though_the_clock_does),
        BED_TEST(what_is_recorded_later_is_later_in_every_partition),
        BED_TEST(the_newest_row_is_the_one_as_of_a_time),
        BED_TEST(reading_ends_at_the_limit_of_rows_or_bytes),
        BED_TEST(a_reader_is_lent_one_state_however_long_it_reads),
        BED_TEST(the_watermark_of_what_was_sent_stays),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
