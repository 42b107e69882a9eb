/* Questions of users' own: they fill while facts go on changing, and come to what counting anew comes to. */
#include "trd_bed.h"

#include "trends/trd_bin.h"
#include "trends/trd_evidence.h"
#include "trends/trd_own_answer.h"
#include "trends/trd_own_service.h"
#include "trends/trd_published.h"
#include "trends/trd_report.h"
#include "trends/trd_service.h"

enum { ENTRIES = 60, STEP = 7 };

static const char *const channels[] = {"virtual", "in_person", "hybrid"};

static void count_entry(trd_bed *b, int k, int round)
{
    char *name = cm_arena_format(b->arena, "negotiations/n%d/entries/%d", k % 5, k);

    bed_count(b, name,
              cm_arena_format(b->arena,
                              "{'entry': {'name': '%s', 'date': '%d-%02d', 'channel': '%s', 'topics': ['climate'%s],"
                              " 'collection': 'collections/climate'}, 'actors': [{'actor': 'cities/lyon-fr', 'state':"
                              " 'states/fr'}, {'actor': 'cities/x', 'state': 'states/%s'}]}",
                              name, 2000 + k / 6, 1 + (k + round) % 12, channels[(k + round) % 3],
                              k % 2 ? ", 'culture'" : "", (k + round) % 2 ? "de" : "br"));
}

static void count_all(trd_bed *b)
{
    bed_count(b, "collections/climate",
              "{'collection': {'name': 'collections/climate', 'displayName': 'climate', 'from': '2000', 'to':"
              " '2009-12'}}");
    bed_count(b, "states/fr", "{'actor': {'name': 'states/fr', 'kind': 'ACTOR_KIND_STATE'}}");
    bed_count(b, "groupings/west/editions/2000",
              "{'groupingEdition': {'name': 'groupings/west/editions/2000', 'members': [{'state': 'states/de'}, "
              "{'state': 'states/fr'}]}}");
    for (int k = 0; k < ENTRIES; k++)
        count_entry(b, k, 0);
}

/* ---- asking ---- */

typedef struct asking {
    TrdOwnQuestion asked, answer;
    cm_arena *arena;
} asking;

static cm_status run_create(void *argument, void *lent)
{
    asking *a = argument;
    trd_state state = {0};
    TrdCreateOwnQuestionRequest request = CITYNEG__TRENDS__V1__CREATE_OWN_QUESTION_REQUEST__INIT;
    cm_call *call = cm_call_new_local(&state, lent, "tester");

    request.question = &a->asked;
    a->answer = (TrdOwnQuestion)CITYNEG__TRENDS__V1__OWN_QUESTION__INIT;
    cm_status s = trd_create_own_question(call, &request, &a->answer);
    cm_call_unref(call);
    return s;
}

static TrdOwnQuestion entries_by(const char *category)
{
    TrdOwnQuestion q = CITYNEG__TRENDS__V1__OWN_QUESTION__INIT;

    q.name = "questions/mine";
    q.title = "What I count";
    q.counts = "entry";
    q.category = (char *)category;
    return q;
}

static cm_status ask(trd_bed *b, TrdOwnQuestion question)
{
    asking a = {.asked = question, .arena = b->arena};

    return cm_run_and_wait(cm_journal_writer(b->journal), run_create, &a);
}

typedef struct filling {
    cm_arena *arena;
    bool more;
} filling;

static cm_status run_fill(void *argument, void *lent)
{
    filling *f = argument;
    const char *name;
    bool done;

    CM_TRY(trd_own_fill(lent, STEP, f->arena, &name, &done));
    f->more = *name != '\0';
    return cm_ok();
}

static bool fill(trd_bed *b)
{
    filling f = {.arena = b->arena};

    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), run_fill, &f));
    return f.more;
}

static void fill_up(trd_bed *b)
{
    while (fill(b))
        ;
}

/* ---- answers ---- */

/* "category collection bin weight/whole" of each sum, of the cells or of what the facts give, in order. */
static int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *sums_of(trd_bed *b, const trd_own *own, const trd_unit *units, size_t count, bool binned)
{
    char **lines = cm_arena_take(b->arena, (count + 1) * sizeof *lines);
    size_t n = 0;
    cm_text text = {0};

    for (size_t i = 0; i < count; i++) {
        int bin = binned ? units[i].date.year : trd_bin_of(own->per, units[i].date);
        int64_t sum = 0;
        bool seen = false;
        for (size_t k = 0; k < count; k++) {
            bool same = strcmp(units[k].category, units[i].category) == 0 &&
                        (binned ? units[k].date.year : trd_bin_of(own->per, units[k].date)) == bin;
            seen |= same && k < i;
            sum += same ? units[k].weight : 0;
        }
        if (!seen)
            lines[n++] = cm_arena_format(b->arena, "%s %d %lld\n", units[i].category, bin, (long long)sum);
    }
    qsort(lines, n, sizeof *lines, compare_lines);
    for (size_t i = 0; i < n; i++)
        cm_text_add(&text, lines[i]);
    char *all = cm_arena_strdup(b->arena, cm_text_get(&text));
    cm_text_clear(&text);
    return all;
}

/* What was counted step by step is what counting all facts anew gives. */
static void assert_exact(trd_bed *b)
{
    cm_db *db = bed_reader(b);
    trd_report report = {.db = db, .arena = b->arena, .filter = &trd_filter_none};
    trd_own_kept *kept;
    trd_unit *cells, *facts;
    size_t cell_count, fact_count;

    assert_ok(trd_own_find(db, "questions/mine", b->arena, &kept));
    assert_non_null(kept);
    assert_true(kept->asked->active);
    assert_ok(trd_own_tally(db, &kept->own, b->arena, &cells, &cell_count));
    assert_ok(trd_own_evidence(&report, &kept->own, &facts, &fact_count));
    assert_true(fact_count >= ENTRIES / 2);
    assert_string_equal(sums_of(b, &kept->own, cells, cell_count, true),
                        sums_of(b, &kept->own, facts, fact_count, false));
    cm_db_close(db);
}

static void a_question_fills_exactly_while_facts_change(void **state)
{
    trd_bed *b = *state;
    int round = 0;
    bool more = true;

    count_all(b);
    TrdOwnQuestion by_topic = entries_by("topics");
    by_topic.filter = "channel = virtual OR channel = in_person OR channel = hybrid";
    by_topic.bin = TRD_BIN_MONTH;
    assert_ok(ask(b, by_topic));
    while (more) {
        more = fill(b);
        round++;
        for (int k = round; k < ENTRIES; k += 9) /* before and behind what is reached */
            count_entry(b, k, round);
        count_entry(b, ENTRIES + round, round); /* and new ones */
    }
    assert_true(round > 5);
    assert_exact(b);
    for (int k = 0; k < ENTRIES; k += 3)
        count_entry(b, k, 1);
    assert_exact(b);
}

static void change_entry(trd_bed *b, int k, int64_t revision, const char *type)
{
    bed_row row = {.source = "negotiations", .revision = revision, .recorded_at = b->recorded_at, .type = type};

    row.resource = cm_arena_format(b->arena, "negotiations/n%d/entries/%d", k % 5, k);
    if (strstr(type, ".retracted."))
        row.event = bed_event(b->arena, cm_arena_format(b->arena, "{'entry': {'name': '%s'}}", row.resource));
    bed_count_row(b, row);
}

static void what_is_retracted_or_erased_is_taken_out_exactly_as_it_was_put_in(void **state)
{
    trd_bed *b = *state;
    TrdOwnQuestion by_state = entries_by("actors.state");
    bool more = true;

    count_all(b);
    by_state.bin = TRD_BIN_MONTH;
    assert_ok(ask(b, by_state));
    for (int k = 0; k < ENTRIES / 3; k++) { /* while it fills, then behind it */
        more = more && fill(b);
        change_entry(b, 3 * k, 2,
                     k % 2 ? "cityneg.negotiations.entry.retracted.v1" : "cityneg.negotiations.entry.erased.v1");
        count_entry(b, 3 * k + 1, k); /* corrected */
    }
    assert_false(more);
    assert_exact(b);
    for (int k = 0; k < ENTRIES; k++)
        change_entry(b, k, 3, "cityneg.negotiations.entry.erased.v1");
    cm_db *db = bed_reader(b);
    int64_t cells;
    assert_ok(cm_db_integer(db, "SELECT COUNT(*) FROM own_cells", CM_NONE, 0, &cells));
    cm_db_close(db);
    assert_int_equal(cells, 0); /* nothing is left, not even of fractions */
}

static void a_filter_is_parsed_once_and_not_for_every_event(void **state)
{
    trd_bed *b = *state;
    TrdOwnQuestion q = entries_by("topics");

    count_all(b);
    q.filter = "channel = virtual OR channel = hybrid";
    assert_ok(ask(b, q));
    fill_up(b);
    for (int k = 0; k < ENTRIES; k++)
        count_entry(b, k, 1);
    assert_int_equal(trd_own_cache_parsed(b->cache), 1);
    assert_exact(b);
}

static const TrdQuestionAnswer *answer_of(trd_bed *b)
{
    cm_db *db = bed_reader(b);
    TrdReport *report = CM_NEW(b->arena, TrdReport);

    assert_ok(trd_own_answers(db, b->arena, "mine", report));
    cm_db_close(db);
    assert_int_equal(report->n_questions, 1);
    return report->questions[0];
}

static const TrdFinding *finding_of(trd_bed *b, const char *category)
{
    const TrdQuestionAnswer *answer = answer_of(b);

    for (size_t i = 0; i < answer->n_findings; i++)
        if (strcmp(answer->findings[i]->category, category) == 0 && !*answer->findings[i]->collection)
            return answer->findings[i];
    fail_msg("there is no finding of %s", category);
    return NULL;
}

static void quarters_are_bins_and_what_is_dated_by_year_stands_beside(void **state)
{
    trd_bed *b = *state;

    count_all(b);
    bed_count(b, "negotiations/n/entries/y",
              "{'entry': {'name': 'negotiations/n/entries/y', 'date': '2003', 'channel': 'virtual', 'collection':"
              " 'collections/climate'}}");
    TrdOwnQuestion q = entries_by("channel");
    q.bin = TRD_BIN_QUARTER;
    assert_ok(ask(b, q));
    fill_up(b);
    const TrdFinding *f = finding_of(b, "virtual");
    assert_near(f->n, ENTRIES / 3, 0);
    assert_near(f->total, ENTRIES, 0);
    assert_near(f->undated, 1, 0);
    assert_string_equal(f->from, "2000-Q1");
    assert_string_equal(f->to, "2009-Q4");
    assert_int_equal(f->n_series, 40);
    assert_string_equal(f->series[5]->time, "2001-Q2");
    assert_true(f->series[5]->covered);
    bool told = false;
    for (size_t i = 0; i < f->n_details; i++)
        told |= strcmp(f->details[i]->name, "dated_less_precisely_than_bins") == 0 && f->details[i]->value->value == 1;
    assert_true(told);
}

/* An interval that takes units as they hang together needs two that do not. */
static void shares_have_intervals_by_what_hangs_together(void **state)
{
    static const struct {
        const char *counts, *category, *one, *same, *other, *value;
    } kinds[] = {
        {"entry", "channel", "negotiations/a/entries/1", "negotiations/a/entries/2", "negotiations/b/entries/1",
         "'date': '2001', 'channel': 'virtual'"},
        {"negotiation", "format", "negotiations/a", "", "negotiations/b", "'start': '2001', 'format': 'bilateral'"},
        {"position", "stance", "positions/1", "positions/2", "positions/3", "'date': '2001', 'stance': 2"},
        {"membership", "status", "cities/a/memberships/1", "cities/a/memberships/2", "cities/b/memberships/1",
         "'from': '2001', 'status': 'member'"},
        {"influence", "tier", "cities/a/influences/1", "cities/a/influences/2", "cities/b/influences/1",
         "'year': 2001, 'tier': 'Alpha'"},
        {"agreement", "kind", "agreements/1", "agreements/2", "agreements/3", "'kind': 'sister_city'"},
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        void *fresh;
        bed_set_up(&fresh);
        trd_bed *b = fresh;
        const char *names[] = {kinds[i].one, kinds[i].same, kinds[i].other};
        TrdOwnQuestion q = entries_by(kinds[i].category);
        q.counts = (char *)kinds[i].counts;
        q.focal = strcmp(q.counts, "agreement") == 0 ? "states/ru" : "";
        bed_count(b, "states/ru", "{'actor': {'name': 'states/ru', 'kind': 'ACTOR_KIND_STATE'}}");
        assert_ok(ask(b, q));
        fill_up(b);
        for (int k = 0; k < 3; k++) {
            const char *city = k < 2 ? "cities/a" : "cities/b";
            const char *own = strcmp(q.counts, "position") == 0
                                  ? cm_arena_format(b->arena, ", 'issue': 'issues/%s'", k < 2 ? "a" : "b")
                              : *q.focal
                                  ? cm_arena_format(b->arena,
                                                    ", 'parties': ['cities/x', '%s'], 'statusHistory': [{'status':"
                                                    " 'signed', 'date': '2001'}]",
                                                    city)
                                  : "";
            if (!*names[k])
                continue;
            bed_count(b, names[k],
                      cm_arena_format(b->arena,
                                      "{'%s': {'name': '%s', %s%s}, 'actors': [{'actor': '%s', 'state': 'states/ru'}]}",
                                      q.counts, names[k], kinds[i].value, own, city));
            const TrdQuestionAnswer *answer = answer_of(b);
            assert_int_equal(answer->n_findings, 1);
            if ((answer->findings[0]->cluster_low != NULL) != (k == 2))
                fail_msg("%s: %d facts hang together otherwise", kinds[i].counts, k + 1);
            assert_int_equal(strstr(answer->findings[0]->sentence, " by resampling)") != NULL, k == 2);
        }
        bed_tear_down(&fresh);
    }
}

static void what_is_split_has_no_interval_of_wilsons(void **state)
{
    trd_bed *b = *state;

    count_all(b);
    assert_ok(ask(b, entries_by("topics")));
    fill_up(b);
    const TrdFinding *f = finding_of(b, "climate");
    assert_near(f->estimate->value, 0.75, 0);
    assert_null(f->low);
    assert_non_null(f->cluster_low);
    assert_true(f->cluster_low->value <= 0.75 && f->cluster_high->value >= 0.75);
}

static void states_are_grouped_by_an_edition_and_the_focal_one_is_left_out(void **state)
{
    trd_bed *b = *state;
    TrdOwnQuestion q = entries_by("actors.state");

    count_all(b);
    q.focal = "states/fr";
    q.grouping = "groupings/west/editions/2000";
    assert_ok(ask(b, q));
    fill_up(b);
    assert_near(finding_of(b, "inside")->n, ENTRIES / 2, 0); /* Germany */
    assert_near(finding_of(b, "outside")->estimate->value, 0.5, 0);
    assert_non_null(strstr(finding_of(b, "inside")->sentence,
                           "Among 60 recorded units of 'What I count' that name an actor of fr (of what names none "
                           "nothing is asked), 50.0 % were inside"));
}

static void what_is_only_counted_is_tested_by_counts(void **state)
{
    trd_bed *b = *state;

    count_all(b);
    for (int k = 0; k < 9; k++)
        count_entry(b, 54 + k % 6 + 6 * (k > 5), 0);
    assert_ok(ask(b, entries_by("")));
    fill_up(b);
    const TrdFinding *f = finding_of(b, "all");
    assert_null(f->estimate);
    assert_non_null(f->mann_kendall);
    assert_non_null(strstr(f->sentence, "units of 'What I count' are recorded with a date"));
}

static void what_makes_no_sense_is_refused_by_its_field(void **state)
{
    trd_bed *b = *state;
    TrdOwnQuestion q = entries_by("weather");

    count_all(b);
    assert_fails(ask(b, q), CM_INVALID_ARGUMENT, "'weather' is no text");
    q.category = "sources";
    assert_fails(ask(b, q), CM_INVALID_ARGUMENT, "'sources' is no text");
    q.category = "channel) OR (";
    assert_fails(ask(b, q), CM_INVALID_ARGUMENT, "is no field");
    q = entries_by("channel");
    q.counts = "planet";
    assert_fails(ask(b, q), CM_INVALID_ARGUMENT, "'planet' cannot be counted");
    q = entries_by("channel");
    q.name = "questions/channel-mix";
    assert_fails(ask(b, q), CM_INVALID_ARGUMENT, "choose another name");
    q = entries_by("channel");
    q.filter = "channel = ";
    assert_fails(ask(b, q), CM_INVALID_ARGUMENT, "filter");
    q = entries_by("channel");
    q.grouping = "groupings/west/editions/2000";
    assert_fails(ask(b, q), CM_INVALID_ARGUMENT, "actors.state");
    q = entries_by("channel");
    q.focal = "states/xx";
    assert_fails(ask(b, q), CM_INVALID_ARGUMENT, "states/xx is not recorded");
    q = entries_by("channel");
    assert_ok(ask(b, q));
    assert_ok(ask(b, q)); /* the same again */
    q.title = "Another";
    assert_fails(ask(b, q), CM_ALREADY_EXISTS, "questions/mine");
}

static cm_status run_delete(void *argument, void *lent)
{
    trd_state state = {0};
    TrdDeleteOwnQuestionRequest request = CITYNEG__TRENDS__V1__DELETE_OWN_QUESTION_REQUEST__INIT;
    TrdOwnQuestion answer = CITYNEG__TRENDS__V1__OWN_QUESTION__INIT;
    cm_call *call = cm_call_new_local(&state, lent, "tester");

    request.name = "questions/mine";
    cm_status s = trd_delete_own_question(call, &request, &answer);
    cm_call_unref(call);
    return s;
}

static void a_deleted_question_leaves_no_cell(void **state)
{
    trd_bed *b = *state;
    cm_db *db;
    int64_t cells;

    count_all(b);
    assert_ok(ask(b, entries_by("channel")));
    fill_up(b);
    assert_ok(cm_run_and_wait(cm_journal_writer(b->journal), run_delete, NULL));
    db = bed_reader(b);
    assert_ok(cm_db_integer(db, "SELECT COUNT(*) FROM own_cells", CM_NONE, 0, &cells));
    assert_int_equal(cells, 0);
    cm_db_close(db);
    assert_fails(cm_run_and_wait(cm_journal_writer(b->journal), run_delete, NULL), CM_NOT_FOUND, "questions/mine");
}

static void the_filler_fills_in_the_background_and_stops(void **state)
{
    trd_bed *b = *state;
    int64_t filled = 0;

    count_all(b);
    assert_ok(ask(b, entries_by("channel")));
    trd_filler *filler = trd_filler_start(b->journal, NULL);
    while (filled == 0) { /* the writer's lane takes turns: the filler's step is before ours or the next one */
        cm_db *db = bed_reader(b);
        assert_ok(cm_db_integer(db, "SELECT SUM(done) FROM own_questions", CM_NONE, 0, &filled));
        cm_db_close(db);
    }
    trd_filler_wake(filler);
    trd_filler_stop(filler);
    assert_exact(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_question_fills_exactly_while_facts_change),
        BED_TEST(what_is_retracted_or_erased_is_taken_out_exactly_as_it_was_put_in),
        BED_TEST(a_filter_is_parsed_once_and_not_for_every_event),
        BED_TEST(shares_have_intervals_by_what_hangs_together),
        BED_TEST(what_is_split_has_no_interval_of_wilsons),
        BED_TEST(quarters_are_bins_and_what_is_dated_by_year_stands_beside),
        BED_TEST(states_are_grouped_by_an_edition_and_the_focal_one_is_left_out),
        BED_TEST(what_is_only_counted_is_tested_by_counts),
        BED_TEST(what_makes_no_sense_is_refused_by_its_field),
        BED_TEST(a_deleted_question_leaves_no_cell),
        BED_TEST(the_filler_fills_in_the_background_and_stops),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
