/* Filtered reports: what fits is counted, what is unknown or undated stands beside, and no test moves. */
#include "trd_bed.h"

#include "trends/trd_evidence.h"
#include "trends/trd_report.h"

enum { FIRST = 2000, YEARS = 12, A_YEAR = 10 };

/* Ten entries a year, of a French and of a German speaker in turn; virtual ones rise, every third is checked. */
static void count_entries(trd_bed *b)
{
    bed_count(b, "collections/climate",
              "{'collection': {'name': 'collections/climate', 'displayName': 'climate', 'from': '2000', 'to':"
              " '2011-12'}}");
    bed_count(b, "states/fr", "{'actor': {'name': 'states/fr', 'kind': 'ACTOR_KIND_STATE'}}");
    bed_count(b, "institutions/c40", "{'actor': {'name': 'institutions/c40', 'kind': 'ACTOR_KIND_INSTITUTION'}}");
    for (int k = 0; k < YEARS * A_YEAR; k++) {
        int year = k / A_YEAR, i = k % A_YEAR;
        char *name = cm_arena_format(b->arena, "negotiations/n%d/entries/%d", k / 3, k);
        bed_count(
            b, name,
            cm_arena_format(b->arena,
                            "{'entry': {'name': '%s', 'date': '%d', 'channel': '%s', 'collection': "
                            "'collections/climate', 'sources':"
                            " [{'source': 'sources/s', 'certainty': '%s'}]}, 'actors': [{'actor': 'cities/%s', 'state':"
                            " 'states/%s'}%s]}",
                            name, FIRST + year, i <= year / 2 ? "virtual" : "in_person", k % 3 ? "reported" : "checked",
                            k % 2 ? "lyon-fr" : "bonn-de", k % 2 ? "fr" : "de",
                            k % 4 == 1 ? ", {'actor': 'institutions/c40'}" : ""));
    }
    bed_count(b, "negotiations/u/entries/1",
              "{'entry': {'name': 'negotiations/u/entries/1', 'channel': 'virtual', 'collection':"
              " 'collections/climate'}, 'actors': [{'actor': 'cities/lyon-fr', 'state': 'states/fr'}]}");
    bed_count(b, "negotiations/u/entries/2",
              "{'entry': {'name': 'negotiations/u/entries/2', 'date': '2003', 'collection': 'collections/climate'},"
              " 'actors': [{'actor': 'cities/lyon-fr', 'state': 'states/fr'}]}");
}

static TrdUnitFilter asking(void)
{
    return (TrdUnitFilter)CITYNEG__TRENDS__V1__UNIT_FILTER__INIT;
}

static const TrdFinding *virtual_in(const TrdReport *report, const char *collection)
{
    for (size_t i = 0; i < report->n_questions; i++)
        for (size_t k = 0; k < report->questions[i]->n_findings; k++) {
            const TrdFinding *f = report->questions[i]->findings[k];
            if (strcmp(report->questions[i]->question, "channel-mix") == 0 && strcmp(f->category, "virtual") == 0 &&
                strcmp(f->collection, collection) == 0)
                return f;
        }
    return NULL;
}

/* The whole report where `asked` is NULL. */
static TrdReport *report_of(trd_bed *b, const TrdUnitFilter *asked)
{
    cm_db *db = bed_reader(b);
    TrdReport *report = CM_NEW(b->arena, TrdReport);
    trd_filter filter;

    assert_ok(trd_filter_read(db, asked, b->arena, &filter));
    assert_ok(trd_report_make(db, &trd_by_year, b->arena, report));
    assert_ok(trd_report_filter(db, &trd_by_year, b->arena, &filter, report));
    cm_db_close(db);
    return report;
}

static size_t evidence_rows(trd_bed *b, const TrdUnitFilter *asked, const char *evidence)
{
    cm_db *db = bed_reader(b);
    trd_evidence_page page;
    trd_evidence reading;
    trd_filter filter;

    assert_ok(trd_filter_read(db, asked, b->arena, &filter));
    trd_report report = {.db = db, .arena = b->arena, .filter = &filter};
    assert_ok(trd_evidence_begin(&report, 0, &reading));
    assert_ok(trd_evidence_list(&reading, evidence, "", 1000, &page));
    assert_int_equal(page.more, 0);
    cm_db_close(db);
    return page.count;
}

/* Of the entries of the bed, dated and known, how many `fits` and how many of these are virtual. */
typedef bool (*fitting)(int k);

static void assert_counts(trd_bed *b, TrdUnitFilter asked, fitting fits, double undated, double unknown)
{
    double n = 0, total = 0;

    for (int k = 0; k < YEARS * A_YEAR; k++)
        if (fits(k)) {
            total++;
            n += k % A_YEAR <= k / A_YEAR / 2;
        }
    const TrdFinding *f = virtual_in(report_of(b, &asked), "");
    assert_non_null(f);
    assert_near(f->n, n, 0);
    assert_near(f->total, total, 0);
    assert_near(f->undated, undated, 0);
    assert_near(f->unknown, unknown, 0);
    assert_int_equal(evidence_rows(b, &asked, f->evidence), (int)(n + undated));
}

static bool is_checked(int k)
{
    return k % 3 == 0;
}

static bool is_french(int k)
{
    return k % 2 == 1;
}

static bool names_c40(int k)
{
    return k % 4 == 1;
}

static bool in_period(int k)
{
    return k / A_YEAR >= 3 && k / A_YEAR <= 7;
}

static bool is_all(int k)
{
    return is_checked(k) && is_french(k) && in_period(k);
}

static void filters_count_what_fits_and_tell_what_stands_beside(void **state)
{
    trd_bed *b = *state;
    TrdUnitFilter checked = asking(), french = asking(), c40 = asking(), period = asking(), all = asking();

    count_entries(b);
    checked.certainty = all.certainty = TYP_CERTAINTY_CHECKED;
    french.state = all.state = "states/fr";
    c40.institution = "institutions/c40";
    period.from = all.from = "2003";
    period.to = all.to = "2007-12";
    assert_counts(b, checked, is_checked, 0, 0);
    assert_counts(b, french, is_french, 1, 1);
    assert_counts(b, c40, names_c40, 0, 0);
    assert_counts(b, period, in_period, 1, 1);
    assert_counts(b, all, is_all, 0, 0);
}

static void no_filter_changes_a_test_or_q(void **state)
{
    trd_bed *b = *state;
    TrdUnitFilter french = asking();

    count_entries(b);
    const TrdFinding *whole = virtual_in(report_of(b, NULL), "");
    french.state = "states/fr";
    french.to = "2005";
    const TrdFinding *f = virtual_in(report_of(b, &french), "");
    assert_non_null(whole->q);
    assert_true(f->n < whole->n);
    assert_near(f->p->value, whole->p->value, 0);
    assert_near(f->q->value, whole->q->value, 0);
    assert_string_equal(f->test, whole->test);
    assert_near(f->sen->slope, whole->sen->slope, 0);
    assert_non_null(strstr(f->sentence, "Filtered (states/fr, to 2005): Among "));
    assert_non_null(strstr(f->sentence, "; without the filter it rose over 2000–2011."));
}

static void a_filter_by_collection_leaves_its_findings_as_they_are(void **state)
{
    trd_bed *b = *state;
    TrdUnitFilter climate = asking();

    count_entries(b);
    cm_bytes own = cm_message_pack(&virtual_in(report_of(b, NULL), "climate")->base, b->arena);
    climate.collection = "climate";
    TrdReport *report = report_of(b, &climate);
    cm_bytes again = cm_message_pack(&virtual_in(report, "climate")->base, b->arena);
    assert_int_equal(own.size, again.size);
    assert_memory_equal(own.data, again.data, own.size);
    assert_null(virtual_in(report, ""));
}

static void assert_refused(trd_bed *b, TrdUnitFilter asked, cm_code code, const char *message)
{
    cm_db *db = bed_reader(b);
    trd_filter filter;

    cm_status s = trd_filter_read(db, &asked, b->arena, &filter);
    assert_int_equal(s.code, code);
    if (!strstr(cm_status_message(s), message))
        fail_msg("%s: without %s", cm_status_message(s), message);
    cm_status_clear(&s);
    cm_db_close(db);
}

static void what_cannot_be_asked_is_named(void **state)
{
    trd_bed *b = *state;
    TrdUnitFilter empty = asking(), date = asking(), form = asking(), nobody = asking(), collection = asking();

    count_entries(b);
    empty.from = "2010";
    empty.to = "2009-12";
    assert_refused(b, empty, CM_INVALID_ARGUMENT, "2009-12 ends before 2010 begins");
    date.from = "soon";
    assert_refused(b, date, CM_INVALID_ARGUMENT, "'soon' is no date");
    form.state = "fr";
    assert_refused(b, form, CM_INVALID_ARGUMENT, "fr");
    nobody.state = "states/xx";
    assert_refused(b, nobody, CM_NOT_FOUND, "states/xx");
    collection.collection = "weather";
    assert_refused(b, collection, CM_NOT_FOUND, "weather");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(filters_count_what_fits_and_tell_what_stands_beside),
        BED_TEST(no_filter_changes_a_test_or_q),
        BED_TEST(a_filter_by_collection_leaves_its_findings_as_they_are),
        BED_TEST(what_cannot_be_asked_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
