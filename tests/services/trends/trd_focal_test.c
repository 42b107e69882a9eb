/* Reorientation asked of the cities of any state: against plain counting, with the rows behind each number. */
#include "trd_bed.h"

#include "trends/trd_evidence.h"
#include "trends/trd_focal.h"
#include "trends/trd_report.h"

enum { FIRST = 1980, YEARS = 20, A_YEAR = 9 };

static const char QUESTION[] = "reorientation";
static const char MAIN[] = "outside ru-unfriendly/2022";

/* Agreement k of a year: cities of two states, one of them of `de` or `ru` or both. The first of them is a city of its
 * own each time, so that each agreement is a pair of its own. */
static const char *const first_states[] = {"ru", "de", "ru", "de", "ru", "fr", "de", "ru", "ru"};

static const char *second_state(int year, int k)
{
    static const char *const early[] = {"fr", "fr", "de", "cn", "cn", "de", "tr", "fr", "fr"};
    static const char *const late[] = {"cn", "cn", "de", "cn", "fr", "de", "fr", "tr", "cn"};

    return year - FIRST < YEARS / 2 + k ? early[k] : late[k];
}

static bool is_outside(const char *state)
{
    return strcmp(state, "de") != 0 && strcmp(state, "fr") != 0;
}

static void count_world(trd_bed *b)
{
    static const char *const states[] = {"ru", "de", "fr", "cn", "tr"};

    bed_count(b, "collections/mine",
              "{'collection': {'name': 'collections/mine', 'displayName': 'mine', 'from': '1980', 'to': '1999-12'}}");
    bed_count(b, "groupings/ru-unfriendly/editions/2022",
              "{'groupingEdition': {'name': 'groupings/ru-unfriendly/editions/2022',"
              " 'members': [{'state': 'states/de'}, {'state': 'states/fr'}]}}");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        char *name = cm_arena_format(b->arena, "states/%s", states[i]);
        bed_count(b, name, cm_arena_format(b->arena, "{'actor': {'name': '%s', 'kind': 'ACTOR_KIND_STATE'}}", name));
    }
    for (int i = 0; i < YEARS * A_YEAR; i++) {
        int year = FIRST + i / A_YEAR, k = i % A_YEAR;
        char *name = cm_arena_format(b->arena, "agreements/a%d", i);
        bed_count(
            b, name,
            cm_arena_format(b->arena,
                            "{'agreement': {'name': '%s', 'parties': ['cities/x%d', 'cities/y%d'], 'statusHistory':"
                            " [{'status': 'AGREEMENT_STATUS_SIGNED', 'date': '%d'}], 'collection':"
                            " 'collections/mine'}, 'actors': [{'actor': 'cities/x%d', 'state': 'states/%s'},"
                            " {'actor': 'cities/y%d', 'state': 'states/%s'}]}",
                            name, i, i, year, i, first_states[k], i, second_state(year, k)));
    }
}

/* What `reorientation` is for a focal state, counted plainly: in all, and outside. */
static void count_plainly(const char *focal, int from, int to, double *n, double *total)
{
    *n = *total = 0;
    for (int i = 0; i < YEARS * A_YEAR; i++) {
        int year = FIRST + i / A_YEAR, k = i % A_YEAR;
        const char *x = first_states[k], *y = second_state(year, k);
        if (year < from || year > to || strcmp(x, y) == 0 || (strcmp(x, focal) != 0 && strcmp(y, focal) != 0))
            continue;
        ++*total;
        *n += is_outside(strcmp(x, focal) == 0 ? y : x);
    }
}

static TrdReport *report_of(trd_bed *b, const char *asked, const TrdUnitFilter *units)
{
    cm_db *db = bed_reader(b);
    TrdReport *report = CM_NEW(b->arena, TrdReport);
    const char *focal;
    trd_filter filter;

    assert_ok(trd_filter_read(db, units, b->arena, &filter));
    assert_ok(trd_focal_read(db, asked, b->arena, &focal));
    assert_ok(trd_report_make(db, &trd_by_year, b->arena, report));
    assert_ok(trd_report_filter(db, &trd_by_year, b->arena, &filter, report));
    if (focal)
        assert_ok(trd_report_focal(db, &trd_by_year, b->arena, &filter, focal, report));
    cm_db_close(db);
    return report;
}

static const TrdFinding *find(const TrdReport *report, const char *category)
{
    for (size_t i = 0; i < report->n_questions; i++)
        for (size_t k = 0;
             strcmp(report->questions[i]->question, QUESTION) == 0 && k < report->questions[i]->n_findings; k++)
            if (strcmp(report->questions[i]->findings[k]->category, category) == 0 &&
                !*report->questions[i]->findings[k]->collection)
                return report->questions[i]->findings[k];
    fail_msg("no finding %s", category);
    return NULL;
}

/* The rows behind a finding, and their weights together. */
static size_t rows_of(trd_bed *b, const char *asked, const char *evidence, double *weight)
{
    cm_db *db = bed_reader(b);
    trd_report report = {.db = db, .arena = b->arena, .filter = &trd_filter_none};
    trd_evidence_page page;
    trd_evidence reading;

    assert_ok(trd_focal_read(db, asked, b->arena, &report.focal));
    assert_ok(trd_evidence_begin(&report, 0, &reading));
    assert_ok(trd_evidence_list(&reading, evidence, "", 1000, &page));
    assert_int_equal(page.more, 0);
    *weight = 0;
    for (size_t i = 0; i < page.count; i++)
        *weight += page.rows[i]->weight;
    cm_db_close(db);
    return page.count;
}

static const char *digest_now(trd_bed *b, const char *asked, const char *evidence)
{
    cm_db *db = bed_reader(b);
    trd_report report = {.db = db, .arena = b->arena, .filter = &trd_filter_none};
    trd_evidence reading;
    const char *digest;

    assert_ok(trd_focal_read(db, asked, b->arena, &report.focal));
    assert_ok(trd_evidence_begin(&report, 0, &reading));
    assert_ok(trd_evidence_digest(&reading, evidence, &digest));
    cm_db_close(db);
    return digest;
}

static void each_focal_set_is_counted_plainly_with_the_rows_behind_it(void **state)
{
    static const char *const asked[][2] = {{"", "ru"}, {"states/ru", "ru"}, {"states/de", "de"}, {"states/fr", "fr"}};
    trd_bed *b = *state;

    count_world(b);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        double n, total, weight;
        count_plainly(asked[i][1], 0, 9999, &n, &total);
        const TrdFinding *f = find(report_of(b, asked[i][0], NULL), MAIN);
        assert_true(n > 0 && n < total);
        assert_near(f->n, n, 0);
        assert_near(f->total, total, 0);
        assert_int_equal(rows_of(b, asked[i][0], f->evidence, &weight), (int)n);
        assert_near(weight, n, 0);
        rows_of(b, asked[i][0], f->evidence_of_total, &weight);
        assert_near(weight, total, 0);
        assert_string_equal(f->inputs_digest, digest_now(b, asked[i][0], f->evidence_of_total));
    }
}

static void sentences_and_limits_name_the_focal_set(void **state)
{
    trd_bed *b = *state;

    count_world(b);
    TrdReport *usual = report_of(b, "", NULL), *german = report_of(b, "states/de", NULL);
    assert_non_null(strstr(find(usual, MAIN)->sentence, "first agreements of Russian cities with"));
    assert_non_null(strstr(find(german, MAIN)->sentence, "first agreements of cities of states/de with"));
    assert_null(strstr(find(german, MAIN)->sentence, "Russian"));
    assert_non_null(strstr(german->limits[0], "cities of states/de"));
    assert_int_equal(german->n_limits, usual->n_limits + 1);
    assert_string_not_equal(find(german, MAIN)->inputs_digest, find(usual, MAIN)->inputs_digest);
}

/* A German turn lies in years in which nothing Russian is tested. */
static void all_covered_years_are_tested_where_the_focal_set_is_not_russian(void **state)
{
    trd_bed *b = *state;

    count_world(b);
    const TrdFinding *ru = find(report_of(b, "", NULL), MAIN), *de = find(report_of(b, "states/de", NULL), MAIN);
    for (size_t i = 0; i < ru->n_details; i++)
        if (strcmp(ru->details[i]->name, "tested_period") == 0)
            assert_string_equal(ru->details[i]->text, "1992–1999");
    for (size_t i = 0; i < de->n_details; i++)
        if (strcmp(de->details[i]->name, "tested_period") == 0)
            assert_string_equal(de->details[i]->text, "1980–1999");
    assert_string_equal(ru->untested, "");
    assert_string_equal(de->untested, "");
    assert_non_null(de->p);
    assert_non_null(de->q);
    assert_null(de->forecast);
}

/* Its q is its own: what else is tested does not move it, and it moves nothing else. */
static void no_other_answer_moves_with_a_focal_set(void **state)
{
    trd_bed *b = *state;

    count_world(b);
    TrdReport *usual = report_of(b, "", NULL), *same = report_of(b, "states/ru", NULL),
              *german = report_of(b, "states/de", NULL);
    cm_bytes one = cm_message_pack(&usual->base, b->arena), two = cm_message_pack(&same->base, b->arena);
    assert_int_equal(one.size, two.size);
    assert_memory_equal(one.data, two.data, one.size);
    for (size_t i = 0; i < usual->n_questions; i++) {
        if (trd_focal_has(usual->questions[i]->question))
            continue;
        one = cm_message_pack(&usual->questions[i]->base, b->arena);
        two = cm_message_pack(&german->questions[i]->base, b->arena);
        assert_int_equal(one.size, two.size);
        assert_memory_equal(one.data, two.data, one.size);
    }
}

static void a_filter_counts_what_fits_and_leaves_the_tests_of_the_focal_set(void **state)
{
    trd_bed *b = *state;
    TrdUnitFilter units = CITYNEG__TRENDS__V1__UNIT_FILTER__INIT;
    double n, total;

    count_world(b);
    units.from = "1985";
    units.to = "1993";
    count_plainly("de", 1985, 1993, &n, &total);
    const TrdFinding *whole = find(report_of(b, "states/de", NULL), MAIN),
                     *f = find(report_of(b, "states/de", &units), MAIN);
    assert_near(f->n, n, 0);
    assert_near(f->total, total, 0);
    assert_true(total < whole->total);
    assert_near(f->p->value, whole->p->value, 0);
    assert_near(f->q->value, whole->q->value, 0);
    assert_string_equal(f->inputs_digest, "");
}

static void what_is_no_state_is_named(void **state)
{
    trd_bed *b = *state;
    cm_db *db = bed_reader(b);
    const char *focal;

    cm_status s = trd_focal_read(db, "cities/bonn-de", b->arena, &focal);
    assert_int_equal(s.code, CM_INVALID_ARGUMENT);
    assert_non_null(strstr(cm_status_message(s), "cities/bonn-de"));
    cm_status_clear(&s);
    s = trd_focal_read(db, "states/xx", b->arena, &focal);
    assert_int_equal(s.code, CM_NOT_FOUND);
    assert_non_null(strstr(cm_status_message(s), "states/xx"));
    cm_status_clear(&s);
    cm_db_close(db);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(each_focal_set_is_counted_plainly_with_the_rows_behind_it),
        BED_TEST(sentences_and_limits_name_the_focal_set),
        BED_TEST(all_covered_years_are_tested_where_the_focal_set_is_not_russian),
        BED_TEST(no_other_answer_moves_with_a_focal_set),
        BED_TEST(a_filter_counts_what_fits_and_leaves_the_tests_of_the_focal_set),
        BED_TEST(what_is_no_state_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
