/* Trends as resources: their names, what is appended and what is not, lists, watching, and when it all happens. */
#include "trd_bed.h"

#include <pthread.h>

#include "journal/cm_journal_service.h"
#include "journal/cm_resource.h"
#include "trends/trd_changes.h"
#include "trends/trd_publish.h"
#include "trends/trd_published.h"
#include "trends/trd_publisher.h"
#include "trends/trd_service.h"
#include "trends/trd_trends.h"
#include "trends/trd_watch.h"

/* ---- names ---- */

static void a_name_is_made_of_question_category_and_collection(void **state)
{
    CM_ARENA(arena);

    assert_string_equal(trd_published_name(arena, "format-mix", "multilevel", ""), "trends/format-mix-multilevel");
    assert_string_equal(trd_published_name(arena, "accessions", "c40/fr", "gcom_accessions"),
                        "trends/accessions-c40--fr--in--gcom-accessions");
    assert_string_equal(trd_published_name(arena, "reorientation", "year of change, outside ru-unfriendly/2022", ""),
                        "trends/reorientation-year-of-change-outside-ru-unfriendly--2022");
}

static void names_that_could_be_taken_for_each_other_get_a_digest(void **state)
{
    static const char *const alike[] = {"a--b", "a/b", "a.b", "a-b", "a\u00e9b", "", "a/"};
    enum { COUNT = sizeof alike / sizeof *alike };
    CM_ARENA(arena);
    static const char *const patterns[] = {"trends/{trend}", NULL};

    for (int i = 0; i < COUNT; i++) {
        const char *name = trd_published_name(arena, "accessions", alike[i], "");
        assert_ok(cm_name_check(patterns, "name", name));
        for (int k = 0; k < i; k++)
            assert_string_not_equal(name, trd_published_name(arena, "accessions", alike[k], ""));
    }
}

static void a_long_name_is_cut_and_still_tells_its_own(void **state)
{
    static const char *const patterns[] = {"trends/{trend}", NULL};
    CM_ARENA(arena);
    char category[201], other[201];

    memset(category, 'a', 200);
    category[200] = '\0';
    strcpy(other, category);
    other[199] = 'b';
    const char *name = trd_published_name(arena, "accessions", category, "");
    assert_int_equal(strlen(name), strlen("trends/") + 127);
    assert_ok(cm_name_check(patterns, "name", name));
    assert_string_not_equal(name, trd_published_name(arena, "accessions", other, ""));
    category[200 - 84] = '\0'; /* 11 + 116 = 127: as long as may be */
    assert_string_equal(trd_published_name(arena, "accessions", category, ""),
                        cm_arena_format(arena, "trends/accessions-%s", category));
}

/* ---- publishing ---- */

/* A report of one question with findings "a", "b", … of these estimates; a negative one: no such finding. */
static TrdReport report_of(cm_arena *arena, const double *estimates, int count)
{
    TrdReport report = CITYNEG__TRENDS__V1__REPORT__INIT;
    TrdQuestionAnswer *q = CM_NEW(arena, TrdQuestionAnswer);

    q->question = "format-mix";
    q->findings = cm_arena_take(arena, (size_t)count * sizeof *q->findings);
    for (int i = 0; i < count; i++) {
        if (estimates[i] < 0)
            continue;
        TrdFinding *f = CM_NEW(arena, TrdFinding);
        f->category = cm_arena_format(arena, "%c", 'a' + i);
        f->estimate = CM_NEW(arena, GoogleDoubleValue);
        f->estimate->value = estimates[i];
        q->findings[q->n_findings++] = f;
    }
    report.questions = cm_arena_copy(arena, &q, sizeof q);
    report.n_questions = 1;
    return report;
}

/* Publishes and answers how many rows were appended. */
static int64_t published(trd_bed *b, const double *estimates, int count)
{
    TrdReport report = report_of(b->arena, estimates, count);
    int64_t appended;

    assert_ok(trd_publish(b->journal, NULL, &report, &appended));
    return appended;
}
#define PUBLISHED(b, ...)                                                                                              \
    published(b, (const double[]){__VA_ARGS__}, (int)(sizeof((const double[]){__VA_ARGS__}) / sizeof(double)))

static int64_t rows_of(trd_bed *b)
{
    int64_t rows = 0;

    for (int part = 0; part < cm_journal_partitions(b->journal); part++)
        rows += cm_journal_head(b->journal, part);
    return rows;
}

static TrdTrend *get(trd_bed *b, const char *name)
{
    cm_db *db = bed_reader(b);
    TrdTrend *trend;

    assert_ok(trd_published_get(db, name, 0, b->arena, &trend));
    cm_db_close(db);
    return trend;
}

static void only_what_changed_is_appended(void **state)
{
    trd_bed *b = *state;

    assert_int_equal(PUBLISHED(b, 0.1, 0.2, 0.3), 3);
    assert_int_equal(PUBLISHED(b, 0.1, 0.2, 0.3), 0);
    assert_int_equal(PUBLISHED(b, 0.1, 0.5, 0.3), 1);
    assert_int_equal(rows_of(b), 4);
    TrdTrend *a = get(b, "trends/format-mix-a"), *changed = get(b, "trends/format-mix-b");
    assert_string_equal(a->etag, "1");
    assert_string_equal(changed->etag, "2");
    assert_true(changed->finding->estimate->value == 0.5);
    assert_non_null(changed->update_time);
    assert_null(get(b, "trends/format-mix-z"));
}

static void what_the_facts_give_no_longer_is_withdrawn_once(void **state)
{
    trd_bed *b = *state;

    assert_int_equal(PUBLISHED(b, 0.1, 0.2), 2);
    assert_int_equal(PUBLISHED(b, 0.1, -1), 1);
    assert_int_equal(PUBLISHED(b, 0.1, -1), 0);
    TrdTrend *gone = get(b, "trends/format-mix-b");
    assert_true(gone->withdrawn);
    assert_null(gone->finding);
    assert_string_equal(gone->category, "b");
    assert_int_equal(PUBLISHED(b, 0.1, 0.2), 1); /* it is back */
    assert_false(get(b, "trends/format-mix-b")->withdrawn);
}

static void the_same_values_give_the_same_bytes(void **state)
{
    trd_bed *b = *state;
    cm_db *db;
    cm_row *first, *third;

    assert_int_equal(PUBLISHED(b, 0.25), 1);
    assert_int_equal(PUBLISHED(b, 0.5), 1);
    assert_int_equal(PUBLISHED(b, 0.25), 1);
    db = bed_reader(b);
    int part = bed_part("trends/format-mix-a");
    assert_ok(cm_journal_at(db, (cm_position){part, 1}, b->arena, &first));
    assert_ok(cm_journal_at(db, (cm_position){part, 3}, b->arena, &third));
    assert_string_equal(first->type, "cityneg.trends.trend.changed.v1");
    assert_int_equal(first->payload.size, third->payload.size);
    assert_memory_equal(first->payload.data, third->payload.data, first->payload.size);
    cm_db_close(db);
}

/* ---- lists ---- */

static void pages_add_up_while_trends_change(void **state)
{
    trd_bed *b = *state;
    trd_state service = {.journal = b->journal};
    cm_db *db;
    TrdListTrendsRequest request = CITYNEG__TRENDS__V1__LIST_TRENDS_REQUEST__INIT;
    TrdListTrendsResponse first = CITYNEG__TRENDS__V1__LIST_TRENDS_RESPONSE__INIT, second = first, none = first;

    PUBLISHED(b, 0.1, 0.2, 0.3, 0.4);
    db = bed_reader(b);
    cm_call *call = cm_call_new_local(&service, db, "tester");
    request.page_size = 2;
    request.question = "format-mix";
    assert_ok(trd_list_trends(call, &request, &first));
    assert_int_equal(first.n_trends, 2);
    PUBLISHED(b, -1, 0.5, 0.6, 0.4); /* the first page's a goes, b and c change */
    request.page_token = first.next_page_token;
    assert_ok(trd_list_trends(call, &request, &second));
    assert_int_equal(second.n_trends, 2);
    assert_string_equal(second.trends[0]->category, "c");
    assert_true(second.trends[0]->finding->estimate->value == 0.6);
    assert_string_equal(second.next_page_token, "");
    request.question = "";
    assert_fails(trd_list_trends(call, &request, &none), CM_INVALID_ARGUMENT, "earlier page");
    request.page_token = "%";
    assert_fails(trd_list_trends(call, &request, &none), CM_INVALID_ARGUMENT, "earlier page");
    request.page_token = "";
    request.question = "weather";
    assert_fails(trd_list_trends(call, &request, &none), CM_INVALID_ARGUMENT, "'weather' is no question");
    request.question = "cohesion";
    assert_ok(trd_list_trends(call, &request, &none));
    assert_int_equal(none.n_trends, 0);
    cm_call_unref(call);
    cm_db_close(db);
}

static void the_values_of_a_trend_are_kept_and_told_newest_first(void **state)
{
    trd_bed *b = *state;
    trd_state service = {.journal = b->journal};
    TrdListTrendRevisionsRequest request = CITYNEG__TRENDS__V1__LIST_TREND_REVISIONS_REQUEST__INIT;
    TrdListTrendRevisionsResponse first = CITYNEG__TRENDS__V1__LIST_TREND_REVISIONS_RESPONSE__INIT, second = first,
                                  none = first;

    PUBLISHED(b, 0.1);
    PUBLISHED(b, 0.2);
    PUBLISHED(b, -1);
    cm_db *db = bed_reader(b);
    cm_call *call = cm_call_new_local(&service, db, "tester");
    request.name = "trends/format-mix-a";
    request.page_size = 2;
    assert_ok(trd_list_trend_revisions(call, &request, &first));
    assert_int_equal(first.n_trends, 2);
    assert_true(first.trends[0]->withdrawn);
    assert_true(first.trends[1]->finding->estimate->value == 0.2);
    request.page_token = first.next_page_token;
    assert_ok(trd_list_trend_revisions(call, &request, &second));
    assert_int_equal(second.n_trends, 1);
    assert_true(second.trends[0]->finding->estimate->value == 0.1);
    assert_string_equal(second.next_page_token, "");
    request.name = "trends/nobody";
    request.page_token = "";
    assert_fails(trd_list_trend_revisions(call, &request, &none), CM_NOT_FOUND, "trends/nobody");
    cm_call_unref(call);
    cm_db_close(db);
}

/* Counts a virtual or other entry, and publishes what the report then says. */
static int64_t count_and_publish(trd_bed *b, const char *name, const char *channel)
{
    TrdReport report = CITYNEG__TRENDS__V1__REPORT__INIT;
    int64_t appended;

    bed_count(b, name,
              cm_arena_format(b->arena, "{'entry': {'name': '%s', 'date': '2003', 'channel': '%s'}}", name, channel));
    cm_db *db = bed_reader(b);
    assert_ok(trd_report_make(db, &trd_by_year, b->arena, &report));
    cm_db_close(db);
    assert_ok(trd_publish(b->journal, NULL, &report, &appended));
    return appended;
}

static void what_moved_since_is_told_with_the_rows_that_were_recorded(void **state)
{
    trd_bed *b = *state;
    TrdGetChangesRequest request = CITYNEG__TRENDS__V1__GET_CHANGES_REQUEST__INIT;
    TrdChanges changes = CITYNEG__TRENDS__V1__CHANGES__INIT, none = changes;
    const TrdTrendChange *found = NULL;

    assert_true(count_and_publish(b, "negotiations/n/entries/1", "virtual") > 0);
    int64_t newest;
    cm_db *then = bed_reader(b);
    assert_ok(cm_db_integer(then, "SELECT MAX(recorded_at) FROM journal", CM_NONE, 0, &newest));
    cm_db_close(then);
    request.as_of = cm_journal_timestamp(newest, b->arena);
    b->recorded_at = newest + 1;
    assert_true(count_and_publish(b, "negotiations/n/entries/2", "virtual") > 0);
    cm_db *db = bed_reader(b);
    cm_call *call = cm_call_new_local(NULL, db, "tester");
    assert_ok(trd_get_changes(call, &request, &changes));
    for (size_t i = 0; i < changes.n_changes; i++)
        if (strcmp(changes.changes[i]->after->name, "trends/channel-mix-virtual") == 0)
            found = changes.changes[i];
    assert_non_null(found);
    assert_true(found->before->finding->n == 1);
    assert_true(found->after->finding->n == 2);
    assert_int_equal(found->n_rows, 1);
    assert_string_equal(found->rows[0]->resource, "negotiations/n/entries/2");
    request.as_of->seconds = 1000000000;
    assert_fails(trd_get_changes(call, &request, &none), CM_FAILED_PRECONDITION,
                 "no report had been published by then");
    request.as_of = NULL;
    assert_fails(trd_get_changes(call, &request, &none), CM_INVALID_ARGUMENT, "is missing");
    cm_call_unref(call);
    cm_db_close(db);
}

/* Publishes what the report says now. */
static void publish_report(trd_bed *b)
{
    TrdReport report = CITYNEG__TRENDS__V1__REPORT__INIT;
    int64_t appended;
    cm_db *db = bed_reader(b);

    assert_ok(trd_report_make(db, &trd_by_year, b->arena, &report));
    cm_db_close(db);
    assert_ok(trd_publish(b->journal, NULL, &report, &appended));
}

static EvtEvent *entry(trd_bed *b, int n, const char *channel)
{
    return bed_event(
        b->arena,
        cm_arena_format(b->arena, "{'entry': {'name': 'negotiations/n/entries/%d', 'date': '2003', 'channel': '%s'}}",
                        n, channel));
}

static void count_position(trd_bed *b, const char *name, int stance, int64_t revision)
{
    bed_count_row(b,
                  (bed_row){"negotiations", name,
                            bed_event(b->arena, cm_arena_format(b->arena,
                                                                "{'position': {'name': '%s', 'actor': 'cities/a',"
                                                                " 'issue': 'issues/i', 'stance': %d, 'date': '2003'},"
                                                                " 'actors': [{'actor': 'cities/a', 'kind':"
                                                                " 'ACTOR_KIND_CITY', 'state': 'states/fr'}]}",
                                                                name, stance)),
                            revision, b->recorded_at});
}

static const TrdTrendChange *change_of(const TrdChanges *changes, const char *name)
{
    for (size_t i = 0; i < changes->n_changes; i++)
        if (strcmp(changes->changes[i]->after->name, name) == 0)
            return changes->changes[i];
    fail_msg("%s did not move", name);
    return NULL;
}

/* Of four virtual entries one is corrected, one retracted, one erased, and one stays; a pair of stances opposes each
 * other no longer. */
static void rows_that_left_a_number_are_told_as_they_were(void **state)
{
    trd_bed *b = *state;
    TrdGetChangesRequest request = CITYNEG__TRENDS__V1__GET_CHANGES_REQUEST__INIT;
    TrdChanges changes = CITYNEG__TRENDS__V1__CHANGES__INIT;
    int64_t newest;

    for (int n = 1; n <= 4; n++)
        bed_count_row(b, (bed_row){"negotiations", cm_arena_format(b->arena, "negotiations/n/entries/%d", n),
                                   entry(b, n, "virtual"), 1, b->recorded_at});
    bed_count(b, "positions/s",
              "{'position': {'name': 'positions/s', 'actor': 'states/fr', 'issue': 'issues/i', 'stance': -1, 'date':"
              " '2003'}, 'actors': [{'actor': 'states/fr', 'kind': 'ACTOR_KIND_STATE'}]}");
    count_position(b, "positions/c", 2, 1);
    publish_report(b);
    cm_db *then = bed_reader(b);
    assert_ok(cm_db_integer(then, "SELECT MAX(recorded_at) FROM journal", CM_NONE, 0, &newest));
    cm_db_close(then);
    b->recorded_at = newest + 1;
    const bed_row ends[] = {
        {"negotiations", "negotiations/n/entries/1", entry(b, 1, "hybrid"), 2, b->recorded_at},
        {"negotiations", "negotiations/n/entries/2", entry(b, 2, "virtual"), 2, b->recorded_at,
         "cityneg.negotiations.entry.retracted.v1"},
        {"negotiations", "negotiations/n/entries/3", NULL, 2, b->recorded_at, "cityneg.negotiations.entry.erased.v1"},
    };
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        bed_count_row(b, ends[i]);
    count_position(b, "positions/c", -2, 2);
    publish_report(b);
    request.as_of = cm_journal_timestamp(newest, b->arena);
    cm_db *db = bed_reader(b);
    cm_call *call = cm_call_new_local(NULL, db, "tester");
    assert_ok(trd_get_changes(call, &request, &changes));
    const TrdTrendChange *virtual = change_of(&changes, "trends/channel-mix-virtual");
    assert_near(virtual->before->finding->n, 4, 0);
    assert_near(virtual->after->finding->n, 1, 0);
    assert_int_equal(virtual->n_rows, 0);
    assert_int_equal(virtual->n_left, 2); /* what was erased is known by its name alone */
    assert_string_equal(virtual->left[0]->resource, "negotiations/n/entries/1");
    assert_string_equal(virtual->left[0]->category, "virtual");
    assert_int_equal(virtual->left[0]->revision, 1);
    assert_string_equal(virtual->left[1]->resource, "negotiations/n/entries/2");
    const TrdTrendChange *hybrid = change_of(&changes, "trends/channel-mix-hybrid");
    assert_int_equal(hybrid->n_rows, 1);
    assert_int_equal(hybrid->n_left, 0);
    const TrdTrendChange *opposed = change_of(&changes, "trends/city-state-divergence-opposed");
    assert_int_equal(opposed->n_left, 2); /* both stances of the pair */
    assert_int_equal(changes.n_erased, 1);
    assert_string_equal(changes.erased[0], "negotiations/n/entries/3");
    cm_call_unref(call);
    cm_db_close(db);
}

static int64_t number(trd_bed *b, const char *sql)
{
    cm_db *db = bed_reader(b);
    int64_t number;

    assert_ok(cm_db_integer(db, sql, CM_NONE, 0, &number));
    cm_db_close(db);
    return number;
}

/* What ended before the first report; what ended since is kept, whatever is published. */
static void versions_that_no_earlier_report_had_are_forgotten(void **state)
{
    static const char former[] = "SELECT COUNT(*) FROM former_facts", newest[] = "SELECT MAX(recorded_at) FROM journal";
    static const char *const channels[] = {"hybrid", "virtual", "in_person"};
    trd_bed *b = *state;

    for (int revision = 1; revision <= 3; revision++)
        bed_count_row(b, (bed_row){"negotiations", "negotiations/n/entries/1", entry(b, 1, channels[revision - 1]),
                                   revision, revision});
    bed_count_row(b, (bed_row){"negotiations", "negotiations/n/entries/2", entry(b, 2, "virtual"), 1, 1});
    bed_count_row(
        b, (bed_row){"negotiations", "negotiations/n/entries/2", NULL, 2, 2, "cityneg.negotiations.entry.erased.v1"});
    assert_int_equal(number(b, former), 3);
    publish_report(b);
    assert_int_equal(number(b, former), 0);
    bed_count_row(
        b, (bed_row){"negotiations", "negotiations/n/entries/1", entry(b, 1, "virtual"), 4, number(b, newest) + 1});
    publish_report(b);
    assert_int_equal(number(b, former), 1);
    bed_count_row(
        b, (bed_row){"negotiations", "negotiations/n/entries/1", entry(b, 1, "hybrid"), 5, number(b, newest) + 1});
    publish_report(b);
    assert_int_equal(number(b, former), 2);
}

/* ---- watching ---- */

/* "a 0.1, b 0.2; " of each message, and "| " after the one that completes the values of now. */
static char *sent(cm_call *call, cm_arena *arena)
{
    ProtobufCMessage **messages;
    size_t count = cm_call_local_sent(call, &TrdWatchTrendsResponse_descriptor, arena, &messages);
    char *text = "";
    bool current = false;

    for (size_t i = 0; i < count; i++) {
        const TrdWatchTrendsResponse *r = (TrdWatchTrendsResponse *)messages[i];
        for (size_t k = 0; k < r->n_trends; k++)
            text = cm_arena_format(arena, "%s%s %g; ", text, r->trends[k]->category,
                                   r->trends[k]->finding ? r->trends[k]->finding->estimate->value : -1);
        if (r->current && !current)
            text = cm_arena_format(arena, "%s| ", text);
        current = r->current;
    }
    return text;
}

static void a_watcher_gets_what_is_there_and_then_each_change(void **state)
{
    trd_bed *b = *state;
    trd_state service = {.journal = b->journal};
    TrdWatchTrendsRequest request = CITYNEG__TRENDS__V1__WATCH_TRENDS_REQUEST__INIT;
    cm_db *db;

    PUBLISHED(b, 0.1, 0.2);
    db = bed_reader(b);
    cm_call *call = cm_call_new_local(&service, db, "tester");
    assert_ok(trd_watch_open(call));
    assert_ok(trd_watch_message(call, &request));
    assert_string_equal(sent(call, b->arena), "a 0.1; b 0.2; | ");
    PUBLISHED(b, 0.3, 0.2);
    assert_ok(trd_watch_writable(call));
    PUBLISHED(b, 0.3, -1);
    assert_ok(trd_watch_writable(call));
    assert_ok(trd_watch_writable(call)); /* woken without a change */
    assert_string_equal(sent(call, b->arena), "a 0.1; b 0.2; | a 0.3; b -1; ");
    trd_watch_done(call, CM_CANCELLED);
    cm_call_unref(call);
    cm_db_close(db);
}

/* A watcher that begins with a token, and what it is sent. */
static char *watch_from(trd_bed *b, const char *token)
{
    trd_state service = {.journal = b->journal};
    TrdWatchTrendsRequest request = CITYNEG__TRENDS__V1__WATCH_TRENDS_REQUEST__INIT;
    cm_db *db = bed_reader(b);
    cm_call *call = cm_call_new_local(&service, db, "tester");

    request.resume_token = (char *)token;
    assert_ok(trd_watch_open(call));
    assert_ok(trd_watch_message(call, &request));
    char *text = sent(call, b->arena);
    trd_watch_done(call, CM_CANCELLED);
    cm_call_unref(call);
    cm_db_close(db);
    return text;
}

static void a_watcher_goes_on_from_where_it_was(void **state)
{
    trd_bed *b = *state;
    trd_state service = {.journal = b->journal};
    TrdWatchTrendsRequest request = CITYNEG__TRENDS__V1__WATCH_TRENDS_REQUEST__INIT;
    TrdWatchTrendsRequest wrong = CITYNEG__TRENDS__V1__WATCH_TRENDS_REQUEST__INIT;
    ProtobufCMessage **messages;

    PUBLISHED(b, 0.1, 0.2);
    cm_db *db = bed_reader(b);
    cm_call *call = cm_call_new_local(&service, db, "tester");
    assert_ok(trd_watch_open(call));
    assert_ok(trd_watch_message(call, &request));
    PUBLISHED(b, 0.3, 0.2);
    assert_ok(trd_watch_writable(call));
    size_t count = cm_call_local_sent(call, &TrdWatchTrendsResponse_descriptor, b->arena, &messages);
    const char *first = ((TrdWatchTrendsResponse *)messages[0])->resume_token;
    const char *newest = ((TrdWatchTrendsResponse *)messages[count - 1])->resume_token;
    trd_watch_done(call, CM_CANCELLED);
    cm_call_unref(call);
    PUBLISHED(b, 0.3, 0.7);
    assert_string_equal(watch_from(b, newest), "b 0.7; | ");
    assert_non_null(strstr(watch_from(b, first), "a 0.3; "));
    assert_non_null(strstr(watch_from(b, first), "b 0.7; "));
    assert_null(strstr(watch_from(b, first), "b 0.2; "));
    call = cm_call_new_local(&service, db, "tester");
    wrong.resume_token = "00000000-0000-0000-0000-000000000000,1,2";
    assert_ok(trd_watch_open(call));
    assert_fails(trd_watch_message(call, &wrong), CM_INVALID_ARGUMENT, "of no earlier answer of this store");
    trd_watch_done(call, CM_INVALID_ARGUMENT);
    cm_call_unref(call);
    cm_db_close(db);
}

static void a_watcher_of_another_question_gets_nothing_of_this_one(void **state)
{
    trd_bed *b = *state;
    trd_state service = {.journal = b->journal};
    TrdWatchTrendsRequest request = CITYNEG__TRENDS__V1__WATCH_TRENDS_REQUEST__INIT;
    cm_db *db;

    PUBLISHED(b, 0.1);
    db = bed_reader(b);
    cm_call *call = cm_call_new_local(&service, db, "tester");
    request.question = "cohesion";
    assert_ok(trd_watch_open(call));
    assert_ok(trd_watch_message(call, &request));
    PUBLISHED(b, 0.2);
    assert_ok(trd_watch_writable(call));
    assert_string_equal(sent(call, b->arena), "| ");
    trd_watch_done(call, CM_CANCELLED);
    cm_call_unref(call);
    cm_db_close(db);
}

/* ---- when ---- */

static void it_waits_for_rest_but_not_for_ever(void **state)
{
    assert_int_equal(trd_publisher_wait(1000, 1000, 1000), TRD_QUIET_US);
    assert_int_equal(trd_publisher_wait(1000, 1000, 1000 + TRD_QUIET_US), 0);
    assert_int_equal(trd_publisher_wait(0, 400000, 500000), TRD_QUIET_US - 100000); /* moved again */
    assert_int_equal(trd_publisher_wait(0, TRD_MOST_US - 1, TRD_MOST_US - 1), 1);   /* it never rests */
    assert_true(trd_publisher_wait(0, TRD_MOST_US + 5, TRD_MOST_US + 5) <= 0);
}

/* A gate that the journal opens at each commit with rows. */
typedef struct gate {
    pthread_mutex_t lock;
    pthread_cond_t opened;
    int commits;
} gate;

static void open_gate(void *context)
{
    gate *g = context;

    pthread_mutex_lock(&g->lock);
    g->commits++;
    pthread_cond_signal(&g->opened);
    pthread_mutex_unlock(&g->lock);
}

static cm_status set_position(void *argument, void *lent)
{
    const cm_uuid epoch = cm_uuid_random();
    cm_db *db;

    CM_TRY(cm_tx_write(lent, &db));
    return cm_db_run(db, "INSERT INTO feeds(topic, part, seq, epoch, kafka_offset) VALUES($1, 0, 1, $2, -1)",
                     CM_WITH(cm_v_text("cityneg.negotiations.events.v1"), cm_v_blob(epoch.bytes, sizeof epoch.bytes)));
}

static void what_was_counted_is_published_in_the_background(void **state)
{
    trd_bed *b = *state;
    gate g = {.lock = PTHREAD_MUTEX_INITIALIZER, .opened = PTHREAD_COND_INITIALIZER};
    trd_kept *kept = trd_kept_new();
    trd_publisher *publisher;

    bed_count(b, "negotiations/n",
              "{'negotiation': {'name': 'negotiations/n', 'format': 'bilateral', 'start': '2001'}}");
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), set_position, NULL));
    cm_watch *watch = cm_journal_watch(b->journal, open_gate, &g);
    assert_ok(trd_publisher_start(b->journal, kept, &publisher));
    pthread_mutex_lock(&g.lock);
    while (g.commits == 0)
        pthread_cond_wait(&g.opened, &g.lock);
    pthread_mutex_unlock(&g.lock);
    trd_publisher_stop(publisher);
    cm_journal_unwatch(b->journal, watch);
    trd_kept_free(kept);
    TrdTrend *trend = get(b, "trends/format-mix-bilateral");
    assert_non_null(trend);
    assert_true(trend->finding->n == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_made_of_question_category_and_collection),
        cmocka_unit_test(names_that_could_be_taken_for_each_other_get_a_digest),
        cmocka_unit_test(a_long_name_is_cut_and_still_tells_its_own),
        BED_TEST(only_what_changed_is_appended),
        BED_TEST(what_the_facts_give_no_longer_is_withdrawn_once),
        BED_TEST(the_same_values_give_the_same_bytes),
        BED_TEST(pages_add_up_while_trends_change),
        BED_TEST(the_values_of_a_trend_are_kept_and_told_newest_first),
        BED_TEST(what_moved_since_is_told_with_the_rows_that_were_recorded),
        BED_TEST(rows_that_left_a_number_are_told_as_they_were),
        BED_TEST(versions_that_no_earlier_report_had_are_forgotten),
        BED_TEST(a_watcher_gets_what_is_there_and_then_each_change),
        BED_TEST(a_watcher_goes_on_from_where_it_was),
        BED_TEST(a_watcher_of_another_question_gets_nothing_of_this_one),
        cmocka_unit_test(it_waits_for_rest_but_not_for_ever),
        BED_TEST(what_was_counted_is_published_in_the_background),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
