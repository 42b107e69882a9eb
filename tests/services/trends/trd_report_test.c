/* The whole report: q over everything that was tested, and the same facts giving the same bytes. */
#include "trd_bed.h"

#include "trends/trd_report.h"

enum { TESTS_MAX = 64 };

/* Entries of twelve years by channel: virtual ones rise, hybrid ones come and go, the others are in person. */
static void count_entries(trd_bed *b, bool backwards)
{
    static const int virtual[] = {0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 7}, hybrid[] = {1, 0, 2, 1, 0, 1, 2, 0, 1, 1, 0, 1};
    CM_ARENA(arena);

    bed_count(
        b, "collections/climate",
        "{'collection': {'name': 'collections/climate', 'displayName': 'climate', 'from': '2000', 'to': '2011-12'}}");
    for (int n = 0; n < 12 * 10; n++) {
        int k = backwards ? 12 * 10 - 1 - n : n, year = k / 10, i = k % 10;
        const char *channel = i < virtual[year] ? "virtual" : i < virtual[year] + hybrid[year] ? "hybrid" : "in_person";
        char *name = cm_arena_format(arena, "negotiations/n%d/entries/%d", k / 3, k);
        bed_count(b, name,
                  cm_arena_format(arena,
                                  "{'entry': {'name': '%s', 'date': '%d', 'channel': '%s', 'collection':"
                                  " 'collections/climate'}}",
                                  name, 2000 + year, channel));
    }
}

typedef struct reporting {
    cm_arena *arena;
    TrdReport report;
} reporting;

static cm_status run_report(void *argument, void *lent)
{
    reporting *r = argument;

    r->report = (TrdReport)CITYNEG__TRENDS__V1__REPORT__INIT;
    return trd_report_make(lent, &trd_by_year, r->arena, &r->report);
}

static TrdReport *make_report(trd_bed *b)
{
    reporting *r = cm_arena_zero(b->arena, sizeof *r);

    r->arena = b->arena;
    assert_ok(cm_run_and_wait(cm_journal_readers(b->journal), run_report, r));
    return &r->report;
}

/* ---- q, computed a second time ---- */

typedef struct q_group {
    char key[128];
    double smallest;
    int members;
    double p, q;
} group;

/* Of a mix the shares enter together; what overlaps them or stands against one other enters alone. */
static void key_of(const char *question, const TrdFinding *f, char key[128])
{
    bool alone = strcmp(f->category, "digital") == 0 || strcmp(question, "channel-mix") != 0;

    snprintf(key, 128, "%s|%s|%s", question, f->collection, alone ? f->category : "");
}

static group *find_group(group *groups, int *count, const char *key)
{
    for (int i = 0; i < *count; i++)
        if (strcmp(groups[i].key, key) == 0)
            return &groups[i];
    assert_true(*count < TESTS_MAX);
    group *g = &groups[(*count)++];
    snprintf(g->key, sizeof g->key, "%s", key);
    g->smallest = 1;
    return g;
}

/* Benjamini and Hochberg: q of the i-th smallest p is the least of p m / rank from there on. */
static void set_q(group *groups, int count)
{
    for (int i = 0; i < count; i++) {
        groups[i].q = 1;
        for (int k = 0; k < count; k++) {
            int rank = 0;
            for (int j = 0; j < count; j++)
                rank += groups[j].p <= groups[k].p;
            if (groups[k].p >= groups[i].p)
                groups[i].q = fmin(groups[i].q, groups[k].p * count / rank);
        }
    }
}

static void q_is_over_all_families_of_the_report(void **state)
{
    trd_bed *b = *state;
    group groups[TESTS_MAX] = {0};
    int count = 0, tested = 0;
    char key[128];

    count_entries(b, false);
    TrdReport *report = make_report(b);
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < report->n_questions; i++)
            for (size_t k = 0; k < report->questions[i]->n_findings; k++) {
                const TrdFinding *f = report->questions[i]->findings[k];
                assert_true((f->p && !f->sensitivity) == (f->q != NULL));
                if (!f->q)
                    continue;
                key_of(report->questions[i]->question, f, key);
                group *g = find_group(groups, &count, key);
                if (pass == 0) {
                    g->members++;
                    g->smallest = fmin(g->smallest, f->p->value);
                    g->p = fmin(1, g->smallest * g->members);
                    set_q(groups, count);
                    continue;
                }
                double own = fmin(1, f->p->value * g->members);
                assert_near(f->q->value, fmin(1, g->q * own / g->p), 1e-12);
                tested++;
            }
    /* all together and climate: in_person, virtual and hybrid in a family, digital alone */
    assert_int_equal(count, 4);
    assert_int_equal(tested, 8);
}

static void virtual_rises_and_the_sentence_says_no_more_than_the_numbers(void **state)
{
    trd_bed *b = *state;

    count_entries(b, false);
    TrdReport *report = make_report(b);
    for (size_t i = 0; i < report->n_questions; i++)
        for (size_t k = 0; k < report->questions[i]->n_findings; k++) {
            const TrdFinding *f = report->questions[i]->findings[k];
            if (strcmp(f->category, "virtual") != 0 || *f->collection)
                continue;
            assert_near(f->n, 39, 0);
            assert_near(f->total, 120, 0);
            assert_true(f->cluster_low->value < 39.0 / 120 && f->cluster_high->value > 39.0 / 120);
            assert_non_null(
                strstr(f->sentence, "Among 120 recorded entries with a known channel, 32.5 % were virtual ("));
            return;
        }
    fail_msg("there is no finding of virtual");
}

static void the_same_facts_give_the_same_bytes_whatever_their_order(void **state)
{
    trd_bed *b = *state;
    void *other;

    count_entries(b, false);
    cm_bytes first = cm_message_pack(&make_report(b)->base, b->arena);
    cm_bytes again = cm_message_pack(&make_report(b)->base, b->arena);
    assert_int_equal(first.size, again.size);
    assert_memory_equal(first.data, again.data, first.size);
    bed_set_up(&other);
    count_entries(other, true);
    cm_bytes backwards = cm_message_pack(&make_report(other)->base, b->arena);
    assert_int_equal(first.size, backwards.size);
    assert_memory_equal(first.data, backwards.data, first.size);
    bed_tear_down(&other);
}

static void a_report_of_nothing_has_all_questions_and_no_number(void **state)
{
    TrdReport *report = make_report(*state);

    assert_int_equal(report->n_questions, trd_question_count);
    for (size_t i = 0; i < report->n_questions; i++)
        for (size_t k = 0; k < report->questions[i]->n_findings; k++) {
            const TrdFinding *f = report->questions[i]->findings[k];
            assert_near(f->n + f->total + f->unknown + f->undated, 0, 0);
            assert_null(f->estimate);
            assert_null(f->p);
            assert_string_equal(f->from, "");
            assert_int_equal(f->n_series, 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(q_is_over_all_families_of_the_report),
        BED_TEST(virtual_rises_and_the_sentence_says_no_more_than_the_numbers),
        BED_TEST(the_same_facts_give_the_same_bytes_whatever_their_order),
        BED_TEST(a_report_of_nothing_has_all_questions_and_no_number),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
