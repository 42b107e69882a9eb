/* A report by quarters and by months: what is dated precisely adds up to the report by years, what is not stands
 * beside, and tests are those of seasons. */
#include "trd_all.h"

enum { SEEN = 6, A_QUARTER = 5 };

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
    assert_string_equal(f->test, "seasonal-mann-kendall-ar1");
    /* of five years ten pairs: winters are 2 3 4 5 0, the other three quarters 0 1 2 3 4 of five */
    assert_int_equal(f->mann_kendall->s, 2 + 3 * 10);
    assert_near(f->mann_kendall->var_s, 4 * 5 * 4 * 15 / 18.0, 1e-9);
    assert_near(f->sen->slope, 0.2, 1e-12);        /* a year */
    assert_true(f->p->value > f->mann_kendall->p); /* twenty quarters less four seasons, a line and a memory */
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
