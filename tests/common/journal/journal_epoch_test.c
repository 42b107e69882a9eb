/* A database that has not all that was committed, under programs that go on running: they notice, and begin a new epoch
 * before anything else is recorded. What a failover or an old copy does is done by SQL here. */
#include "journal_bed.h"

#include <sched.h>

typedef struct epoch_bed {
    journal_bed *journal;
    char *schema;
} epoch_bed;

static int set_up(void **state)
{
    epoch_bed *e = cm_alloc(sizeof *e);
    void *bed;

    bed_set_up(&bed);
    e->journal = bed;
    e->schema = cm_strdup(strstr(e->journal->path, "%3D") + strlen("%3D"));
    *state = e;
    return 0;
}

static int tear_down(void **state)
{
    epoch_bed *e = *state;
    void *bed = e->journal;

    bed_tear_down(&bed);
    free(e->schema);
    free(e);
    return 0;
}

static void execute(const epoch_bed *e, const char *sql)
{
    CM_FREE char *script = cm_format("SET search_path = %s; %s", e->schema, sql);

    pg_server_execute(&bed_postgres, script);
}

static void save(const epoch_bed *e)
{
    execute(e, "CREATE TABLE old_journal AS TABLE journal; CREATE TABLE old_heads AS TABLE heads");
}

/* What was committed since is gone, and so are all connections. */
static void lose(const epoch_bed *e)
{
    execute(e, "BEGIN; DELETE FROM journal; DELETE FROM heads; INSERT INTO journal TABLE old_journal; "
               "INSERT INTO heads TABLE old_heads; COMMIT; SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
               "WHERE application_name = 'cityneg'");
}

static void add(journal_bed *b, const char *resource, int count)
{
    for (int i = 0; i < count; i++)
        bed_add(b, resource, "payload");
}

/* A request may come upon the lost connection before the writer does. */
static bed_append add_after_loss(journal_bed *b, const char *resource)
{
    bed_append a;
    cm_status s;

    do {
        a = (bed_append){.resource = resource};
        s = cm_run_and_wait(cm_journal_writer(b->journal), bed_run_append, &a);
        if (s.code != CM_UNAVAILABLE)
            break;
        cm_status_clear(&s);
    } while (true);
    assert_ok(s);
    return a;
}

static void await_other_epoch(const journal_bed *b, cm_uuid former)
{
    while (cm_uuid_equal(cm_journal_epoch(b->journal), former))
        sched_yield();
}

static void a_request_after_a_loss_is_recorded_in_a_new_epoch(void **state)
{
    epoch_bed *e = *state;
    journal_bed *b = e->journal;
    cm_uuid former = cm_journal_epoch(b->journal);

    add(b, "cities/a", 3);
    save(e);
    add(b, "cities/a", 4);
    lose(e);
    assert_int_equal(add_after_loss(b, "cities/a").at.seq, 4);
    assert_false(cm_uuid_equal(cm_journal_epoch(b->journal), former));
    assert_non_null(strstr(cm_journal_source(b->journal), cm_journal_epoch_text(b->journal)));
    assert_int_equal(bed_verified_rows(b), 4);
}

static void a_journal_that_rests_notices_a_loss_too(void **state)
{
    epoch_bed *e = *state;
    cm_uuid former = cm_journal_epoch(e->journal->journal);
    int part = cm_journal_part("cities/a", BED_PARTITIONS);

    save(e);
    add(e->journal, "cities/a", 2);
    lose(e);
    await_other_epoch(e->journal, former);
    assert_int_equal(cm_journal_head(e->journal->journal, part), 0);
}

static void a_lost_connection_alone_changes_no_epoch(void **state)
{
    epoch_bed *e = *state;
    cm_uuid former = cm_journal_epoch(e->journal->journal);

    add(e->journal, "cities/a", 3);
    execute(e, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'cityneg'");
    assert_int_equal(add_after_loss(e->journal, "cities/a").at.seq, 4);
    assert_true(cm_uuid_equal(cm_journal_epoch(e->journal->journal), former));
}

/* The second program knows nothing of what was lost, and has recorded more than that since. */
static void a_loss_is_noticed_though_others_have_gone_on(void **state)
{
    epoch_bed *e = *state;
    journal_bed second = {.path = e->journal->path}, *first = e->journal;
    cm_uuid former = cm_journal_epoch(first->journal);
    bed_gate gate;

    save(e);
    add(first, "cities/a", 2);
    bed_gate_enter(&gate, cm_journal_writer(first->journal)); /* it looks at nothing meanwhile */
    lose(e);
    bed_open(&second);
    add(&second, "cities/a", 5);
    bed_gate_open(&gate);
    await_other_epoch(first, former);
    await_other_epoch(&second, former);
    assert_string_equal(cm_journal_epoch_text(first->journal), cm_journal_epoch_text(second.journal));
    assert_int_equal(add_after_loss(first, "cities/a").at.seq, 6);
    assert_int_equal(bed_verified_rows(first), 6);
    bed_close(&second);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_request_after_a_loss_is_recorded_in_a_new_epoch),
        TEST(a_journal_that_rests_notices_a_loss_too),
        TEST(a_lost_connection_alone_changes_no_epoch),
        TEST(a_loss_is_noticed_though_others_have_gone_on),
    };

    return pg_server_run_suite(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
