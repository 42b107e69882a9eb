/* A report by quarters and by months: what is dated precisely adds up to the report by years, what is not stands
 * beside, and tests are those of seasons. */
#include "trd_bed.h"

#include "trends/trd_report.h"

enum { FIRST = 2001, YEARS = 4, A_YEAR = 12, SEEN = 6, A_QUARTER = 5 };

static void count(trd_bed *b, const char *resource, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    bed_count(b, resource, cm_arena_vformat(b->arena, format, args));
    va_end(args);
}

/* Facts of every question, dated to the day, and in each year something in each quarter. */
static void count_all(trd_bed *b)
{
    static const char *const formats[] = {"bilateral", "multilateral", "multilevel"};
    static const char *const channels[] = {"virtual", "in_person", "hybrid", "in_person", "virtual"};

    count(b, "collections/mine",
          "{'collection': {'name': 'collections/mine', 'displayName': 'mine', 'from': '2001', 'to': '2007-12'}}");
    count(b, "collections/memberships",
          "{'collection': {'name': 'collections/memberships', 'from': '2001', 'to': '2008-12'}}");
    count(
        b, "groupings/ru-unfriendly/editions/2022",
        "{'groupingEdition': {'name': 'groupings/ru-unfriendly/editions/2022', 'members': [{'state': 'states/de'}]}}");
    for (int k = 0; k < YEARS * A_YEAR; k++) {
        int year = FIRST + k / A_YEAR, month = 1 + k % 12, day = 1 + (7 * k) % 28;
        char *date = cm_arena_format(b->arena, "%d-%02d-%02d", year, month, day);
        char *n = cm_arena_format(b->arena, "negotiations/n%d", k), *e = cm_arena_format(b->arena, "%s/entries/1", n);
        char *m = cm_arena_format(b->arena, "cities/c%d/memberships/u", k);
        char *a = cm_arena_format(b->arena, "agreements/a%d", k), *p = cm_arena_format(b->arena, "positions/p%d", k);
        char *s = cm_arena_format(b->arena, "positions/s%d", k);
        count(b, n,
              "{'negotiation': {'name': '%s', 'format': '%s', 'start': '%s', 'topics': ['climate',"
              " 'culture'], 'collection': 'collections/mine', 'participants': [{'actor': 'cities/x', 'capacity':"
              " 'own_right'}]}, 'actors': [{'actor': 'cities/x', 'kind': 'ACTOR_KIND_CITY'}]}",
              n, formats[k % 3], date);
        count(b, e, "{'entry': {'name': '%s', 'date': '%s', 'channel': '%s', 'collection': 'collections/mine'}}", e,
              date, channels[(k + k / A_YEAR) % 5]);
        count(b, m,
              "{'membership': {'name': '%s', 'institution': 'institutions/u', 'status': 'member', 'from': '%s',"
              " 'collection': 'collections/institutions'}, 'actors': [{'actor': 'cities/c%d', 'state': 'states/%s'}]}",
              m, date, k, k % 2 ? "fr" : "de");
        count(b, a,
              "{'agreement': {'name': '%s', 'parties': ['cities/r%d', 'cities/c%d'], 'collection': 'collections/mine',"
              " 'statusHistory': [{'status': 'signed', 'date': '%s'}, {'status': '%s', 'date': '%d-%02d-01', 'basis':"
              " 'political'}]}, 'actors': [{'actor': 'cities/r%d', 'kind': 'ACTOR_KIND_CITY', 'state': 'states/ru'},"
              " {'actor': 'cities/c%d', 'kind': 'ACTOR_KIND_CITY', 'state': 'states/%s'}]}",
              a, k % 40, k, date, k % 2 ? "suspended" : "ended", year + 1, month, k % 40, k, k % 3 ? "fr" : "de");
        count(b, p,
              "{'position': {'name': '%s', 'actor': 'cities/c%d', 'issue': 'issues/i%d', 'stance': %d, 'date': '%s',"
              " 'collection': 'collections/mine'}, 'actors': [{'actor': 'cities/c%d', 'kind': 'ACTOR_KIND_CITY',"
              " 'state': 'states/fr'}]}",
              p, k, k % 3, k % 5 - 2, date, k);
        count(b, s,
              "{'position': {'name': '%s', 'actor': 'states/fr', 'issue': 'issues/i%d', 'stance': %d, 'date': '%s',"
              " 'collection': 'collections/mine'}, 'actors': [{'actor': 'states/fr', 'kind': 'ACTOR_KIND_STATE'}]}",
              s, k % 3, 2 - k % 5, date);
    }
}

typedef struct reporting {
    cm_arena *arena;
    trd_how how;
    TrdReport report;
} reporting;

static cm_status run_report(void *argument, void *lent)
{
    reporting *r = argument;

    r->report = (TrdReport)CITYNEG__TRENDS__V1__REPORT__INIT;
    return trd_report_make(lent, &r->how, r->arena, &r->report);
}

static TrdReport *report_by(trd_bed *b, int per)
{
    reporting *r = cm_arena_zero(b->arena, sizeof *r);

    r->arena = b->arena;
    r->how.per = per;
    assert_ok(cm_run_and_wait(cm_journal_readers(b->journal), run_report, r));
    return &r->report;
}

static const TrdFinding *find(const TrdReport *report, const char *question, const char *category,
                              const char *collection)
{
    for (size_t i = 0; i < report->n_questions; i++)
        for (size_t k = 0; k < report->questions[i]->n_findings; k++) {
            const TrdFinding *f = report->questions[i]->findings[k];
            if (strcmp(report->questions[i]->question, question) == 0 && strcmp(f->category, category) == 0 &&
                strcmp(f->collection, collection) == 0)
                return f;
        }
    fail_msg("there is no finding of %s/%s@%s", question, category, collection);
    return NULL;
}

/* A standing is that of the bin's last day; everything else adds up. */
static bool stands(const char *category)
{
    return strcmp(category, "not_known_to_have_stopped") == 0 || strcmp(category, "suspended") == 0 ||
           strcmp(category, "ended") == 0;
}

/* The bins of a year, or decade, that `time` names: their sum, or the last of them. */
static double together(const TrdFinding *fine, const char *time, bool last, bool total)
{
    size_t length = strlen(time) == 5 ? 3 : 4; /* 2000s */
    double sum = 0;

    for (size_t i = 0; i < fine->n_series; i++)
        if (strncmp(fine->series[i]->time, time, length) == 0) {
            double value = total ? fine->series[i]->total : fine->series[i]->count;
            sum = last ? value : sum + value;
        }
    return sum;
}

static void finer_bins_add_up_to_years(void **state)
{
    static const int pers[] = {4, 12};
    trd_bed *b = *state;
    size_t compared[2] = {0};

    count_all(b);
    TrdReport *years = report_by(b, 1);
    assert_int_equal(years->bin, TRD_BIN_YEAR);
    for (int n = 0; n < 2; n++) {
        TrdReport *fine = report_by(b, pers[n]);
        assert_int_equal(fine->bin, n ? TRD_BIN_MONTH : TRD_BIN_QUARTER);
        assert_int_equal(fine->n_questions, trd_question_count);
        for (size_t i = 0; i < years->n_questions; i++) {
            assert_int_equal(fine->questions[i]->n_findings, years->questions[i]->n_findings);
            for (size_t k = 0; k < years->questions[i]->n_findings; k++) {
                const TrdFinding *a = years->questions[i]->findings[k];
                const TrdFinding *f = find(fine, years->questions[i]->question, a->category, a->collection);
                assert_near(f->n, a->n, 1e-9);
                assert_near(f->total, a->total, 1e-9);
                assert_near(f->undated, a->undated, 0);
                assert_true((f->estimate != NULL) == (a->estimate != NULL));
                if (a->estimate)
                    assert_near(f->estimate->value, a->estimate->value, 1e-12);
                for (size_t t = 0; t < a->n_series; t++, compared[n]++) {
                    bool last = stands(a->category);
                    assert_near(together(f, a->series[t]->time, last, false), a->series[t]->count, 1e-9);
                    assert_near(together(f, a->series[t]->time, last, true), a->series[t]->total, 1e-9);
                }
            }
        }
    }
    assert_true(compared[0] > 100);
    assert_int_equal(compared[0], compared[1]);
}

/* Virtual ones rise from year to year, and more are virtual in winter than in summer. */
static void count_seasons(trd_bed *b)
{
    count(b, "collections/mine",
          "{'collection': {'name': 'collections/mine', 'displayName': 'mine', 'from': '2001', 'to': '2006-06'}}");
    for (int k = 0; k < SEEN * 4 * A_QUARTER; k++) {
        int year = k / (4 * A_QUARTER), quarter = k / A_QUARTER % 4, i = k % A_QUARTER;
        char *name = cm_arena_format(b->arena, "negotiations/n%d/entries/1", k);
        count(b, name,
              "{'entry': {'name': '%s', 'date': '%d-%02d', 'channel': '%s', 'collection': 'collections/mine'}}", name,
              FIRST + year, 1 + 3 * quarter, i < (year + (quarter == 0 ? 2 : 0)) % 6 ? "virtual" : "in_person");
    }
}

static void seasons_are_tested_and_an_unfinished_year_is_not(void **state)
{
    trd_bed *b = *state;

    count_seasons(b);
    const TrdFinding *f = find(report_by(b, 4), "channel-mix", "virtual", "mine");
    assert_string_equal(f->from, "2001-Q1");
    assert_string_equal(f->to, "2006-Q4");
    assert_int_equal(f->n_series, 4 * SEEN);
    assert_true(f->series[4 * SEEN - 1]->covered);
    assert_string_equal(f->details[0]->name, "tested_period");
    assert_string_equal(f->details[0]->text, "2001-Q1–2005-Q4");
    assert_string_equal(f->test, "seasonal-mann-kendall");
    /* of five years ten pairs: winters are 2 3 4 5 0, the other three quarters 0 1 2 3 4 of five */
    assert_int_equal(f->mann_kendall->s, 2 + 3 * 10);
    assert_near(f->mann_kendall->var_s, 4 * 5 * 4 * 15 / 18.0, 1e-9);
    assert_near(f->sen->slope, 0.2, 1e-12); /* a year */
    assert_near(f->mann_kendall->p, f->p->value, 0);
}

static double coarse_of(const TrdFinding *f)
{
    for (size_t i = 0; i < f->n_details; i++)
        if (strcmp(f->details[i]->name, "dated_less_precisely_than_bins") == 0)
            return f->details[i]->value->value;
    return 0;
}

static void what_is_dated_by_year_stands_beside_quarters(void **state)
{
    trd_bed *b = *state;

    count_all(b);
    count(b, "negotiations/n/entries/y",
          "{'entry': {'name': 'negotiations/n/entries/y', 'date': '2003', 'channel': 'virtual', 'collection':"
          " 'collections/mine'}}");
    count(b, "positions/y",
          "{'position': {'name': 'positions/y', 'actor': 'cities/y', 'issue': 'issues/i0', 'stance': 1, 'date': '2003',"
          " 'collection': 'collections/mine'}, 'actors': [{'actor': 'cities/y', 'kind': 'ACTOR_KIND_CITY', 'state':"
          " 'states/fr'}]}");
    const TrdFinding *years = find(report_by(b, 1), "channel-mix", "virtual", "mine");
    const TrdFinding *quarters = find(report_by(b, 4), "channel-mix", "virtual", "mine");
    assert_near(years->n, quarters->n + 1, 0);
    assert_near(years->undated, 0, 0);
    assert_near(quarters->undated, 1, 0);
    assert_near(coarse_of(years), 0, 0);
    assert_near(coarse_of(quarters), 1, 0);
    years = find(report_by(b, 1), "city-state-divergence", "opposed", "");
    quarters = find(report_by(b, 4), "city-state-divergence", "opposed", "");
    assert_near(years->total, quarters->total + 1, 0);
    assert_near(coarse_of(quarters), 1, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(finer_bins_add_up_to_years),
        BED_TEST(seasons_are_tested_and_an_unfinished_year_is_not),
        BED_TEST(what_is_dated_by_year_stands_beside_quarters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
