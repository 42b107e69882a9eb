/* The trap of coverage: a donor country whose partnerships were watched until two years before the file ends. The rows
 * that other hands added later are few, and a test over all years takes them for a fall. */
#include <math.h>

#include "trd_bed.h"

#include "stats/cm_mann_kendall.h"
#include "trends/trd_report.h"

enum { FIRST = 2003, LAST = 2016, YEARS = LAST - FIRST + 1, WATCHED = YEARS - 2 };

/* Partnerships that rise while they are watched, and the stray rows after. */
static const int recorded[YEARS] = {2, 3, 2, 4, 3, 5, 4, 6, 5, 7, 6, 8, 0, 1};

static void count_coverage(trd_bed *b, const char *id)
{
    bed_count(b, cm_arena_format(b->arena, "collections/%s", id),
              cm_arena_format(b->arena,
                              "{'collection': {'name': 'collections/%s', 'displayName': '%s', 'from': '%d',"
                              " 'to': '%d-12'}}",
                              id, id, FIRST, FIRST + WATCHED - 1));
}

/* The donor's partners join its programme, an institution, each in its year. */
static void count_accessions(trd_bed *b)
{
    count_coverage(b, "memberships");
    for (int i = 0; i < YEARS; i++)
        for (int k = 0; k < recorded[i]; k++) {
            char *name = cm_arena_format(b->arena, "cities/c%d-%d/memberships/donor", FIRST + i, k);
            bed_count(b, name,
                      cm_arena_format(b->arena,
                                      "{'membership': {'name': '%s', 'institution': 'institutions/donor', 'status':"
                                      " 'member', 'from': '%d', 'collection': 'collections/institutions'}}",
                                      name, FIRST + i));
        }
}

/* Of ten of the donor's negotiations a year so many are multilevel; what came after the watch was only multilateral. */
static void count_negotiations(trd_bed *b)
{
    count_coverage(b, "donor");
    for (int i = 0; i < YEARS; i++)
        for (int k = 0; k < 10; k++) {
            char *name = cm_arena_format(b->arena, "negotiations/n%d-%d", FIRST + i, k);
            bed_count(b, name,
                      cm_arena_format(b->arena,
                                      "{'negotiation': {'name': '%s', 'format': '%s', 'start': '%d', 'collection':"
                                      " 'collections/donor'}}",
                                      name, k < recorded[i] ? "multilevel" : "multilateral", FIRST + i));
        }
}

typedef struct reporting {
    cm_arena *arena;
    TrdReport report;
} reporting;

static cm_status run_report(void *argument, void *lent)
{
    reporting *r = argument;

    return trd_report_make(lent, &trd_by_year, r->arena, &r->report);
}

static const TrdFinding *finding_of(trd_bed *b, const char *question, const char *category, const char *collection)
{
    reporting r = {b->arena, CITYNEG__TRENDS__V1__REPORT__INIT};

    assert_ok(cm_run_and_wait(cm_journal_readers(b->journal), run_report, &r));
    for (size_t i = 0; i < r.report.n_questions; i++)
        for (size_t k = 0; k < r.report.questions[i]->n_findings; k++) {
            const TrdFinding *f = r.report.questions[i]->findings[k];
            if (strcmp(r.report.questions[i]->question, question) == 0 && strcmp(f->category, category) == 0 &&
                strcmp(f->collection, collection) == 0)
                return f;
        }
    fail_msg("%s has no finding of %s in %s", question, category, collection);
    return NULL;
}

/* p of Mann and Kendall's test over all years of the series, watched or not. */
static double naive_p(const TrdFinding *f, bool share)
{
    double values[YEARS];
    cm_mann_kendall mk;

    assert_int_equal(f->n_series, YEARS);
    for (int i = 0; i < YEARS; i++)
        values[i] = share ? f->series[i]->count / f->series[i]->total : f->series[i]->count;
    assert_ok(cm_mann_kendall_test(values, YEARS, &mk));
    return mk.p;
}

static void assert_only_the_watch_is_tested(const TrdFinding *f, bool share)
{
    for (int i = 0; i < YEARS; i++)
        assert_int_equal(f->series[i]->covered, i < WATCHED);
    assert_true(naive_p(f, share) > 0.05);
    assert_string_equal(f->test, "mann-kendall-ar1");
    assert_true(f->p->value < 0.01);
    assert_true(f->mann_kendall->s > 0);
    assert_true(f->sen->slope > 0);
}

static void counts_rise_though_the_file_goes_on_after_the_watch(void **state)
{
    trd_bed *b = *state;

    count_accessions(b);
    const TrdFinding *f = finding_of(b, "accessions", "donor", "");
    assert_true(f->n == 56); /* what lies outside is counted */
    assert_only_the_watch_is_tested(f, false);
}

static void shares_rise_though_the_file_goes_on_after_the_watch(void **state)
{
    trd_bed *b = *state;

    count_negotiations(b);
    const TrdFinding *f = finding_of(b, "format-mix", "multilevel", "donor");
    assert_true(f->n == 56 && f->total == 10 * YEARS);
    assert_only_the_watch_is_tested(f, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(counts_rise_though_the_file_goes_on_after_the_watch),
        BED_TEST(shares_rise_though_the_file_goes_on_after_the_watch),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
