#include "trends/trd_report.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "journal/cm_feed.h"
#include "stats/cm_fdr.h"
#include "trends/trd_answer.h"
#include "trends/trd_evidence.h"
#include "trends/trd_focal.h"
#include "trends/trd_forecast.h"
#include "trends/trd_trend.h"

static const char *const limits[] = {
    "Curated facts are a sample chosen by people: a share in them is no share in the world, and the rows say first "
    "where "
    "people looked.",
    "Bilateral talks come from two collections and all others from two more: what sets formats apart may be what was "
    "collected.",
    "Only covered, finished years are tested; units outside coverage are counted and never tested.",
    "Suspensions were sought out; no rate here is a rate in the world.",
    "Wilson's intervals take units as independent, which they are not; sentences use intervals that resample what "
    "hangs "
    "together.",
    "q is Benjamini and Hochberg's over every test of the whole report; sensitivity results have none.",
};

/* ---- q ---- */

/* Shares of one family enter once, with their smallest p times their number. Each member then gets the family's q,
 * scaled by how far its own corrected p lies above the family's. */
typedef struct family {
    int number;
    double smallest;
    size_t members;
    double p, q;
} family;

static size_t gather_families(const trd_report *report, family *families, size_t *of)
{
    size_t count = 0;

    for (size_t i = 0; i < report->test_count; i++) {
        const trd_test *t = &report->tests[i];
        size_t k = 0;
        while (k < count && !(t->family && families[k].number == t->family))
            k++;
        if (k == count)
            families[count++] = (family){.number = t->family, .smallest = 1};
        families[k].members++;
        if (t->finding->p->value < families[k].smallest)
            families[k].smallest = t->finding->p->value;
        of[i] = k;
    }
    return count;
}

static cm_status set_q(trd_report *report)
{
    CM_FREE family *families = cm_alloc((report->test_count + 1) * sizeof *families);
    CM_FREE size_t *of = cm_alloc((report->test_count + 1) * sizeof *of);
    CM_FREE double *p = cm_alloc((report->test_count + 1) * sizeof *p);
    size_t count = gather_families(report, families, of);

    for (size_t k = 0; k < count; k++)
        p[k] = families[k].p = fmin(1, families[k].smallest * (double)families[k].members);
    CM_FREE double *q = cm_alloc((count + 1) * sizeof *q);
    CM_TRY(cm_fdr(p, count, q));
    for (size_t i = 0; i < report->test_count; i++) {
        const family *f = &families[of[i]];
        TrdFinding *finding = report->tests[i].finding;
        double own = fmin(1, finding->p->value * (double)f->members);
        double scaled = f->p > 0 ? q[of[i]] * own / f->p : q[of[i]];
        finding->q = trd_number(report->arena, fmin(1, scaled));
    }
    return cm_ok();
}

/* ---- words and order ---- */

/* What the test says is known once q is. A filtered finding's test is that of the whole report. */
static void finish_sentence(trd_report *report, TrdFinding *f)
{
    const char *test = trd_trend_words(report, f), *filter = report->filter->words;

    if (!*f->sentence)
        return;
    if (*filter && *test)
        test = cm_arena_format(report->arena, "; without the filter%s", test + 1);
    trd_sentence(report, f, "%s%s%s%s%s%s.", *filter ? "Filtered (" : "", filter, *filter ? "): " : "", f->sentence,
                 test, strncmp(f->untested, "set by", 6) == 0 ? "; set by what was collected" : "");
}

/* ---- filters ---- */

static const TrdFinding *find(const TrdReport *whole, const char *question, const TrdFinding *like)
{
    for (size_t i = 0; i < whole->n_questions; i++)
        for (size_t k = 0; strcmp(whole->questions[i]->question, question) == 0 && k < whole->questions[i]->n_findings;
             k++) {
            const TrdFinding *f = whole->questions[i]->findings[k];
            if (strcmp(f->category, like->category) == 0 && strcmp(f->collection, like->collection) == 0)
                return f;
        }
    return NULL;
}

/* A filter never changes a test: p and q are of every unit, as the family of tests is of the whole report. */
static void take_test(trd_report *report, const TrdFinding *whole, TrdFinding *f)
{
    static const char *const of_tests[] = {"tested_period", "levels",          "levels_bic_gain",
                                           "odds_ratio",    "autocorrelation", "effective_bins"};

    f->test = whole->test;
    f->p = whole->p;
    f->q = whole->q;
    f->mann_kendall = whole->mann_kendall;
    f->sen = whole->sen;
    f->untested = whole->untested;
    for (size_t i = 0; i < whole->n_details; i++)
        for (size_t k = 0; k < sizeof of_tests / sizeof *of_tests; k++)
            if (strcmp(whole->details[i]->name, of_tests[k]) == 0)
                trd_detail_copy(report, f, whole->details[i]);
}

static void take_tests(trd_report *report, const TrdReport *whole, const TrdQuestionAnswer *q)
{
    for (size_t i = 0; i < q->n_findings; i++) {
        const TrdFinding *same = find(whole, q->question, q->findings[i]);
        if (same)
            take_test(report, same, q->findings[i]);
    }
}

static void keep_collection(const char *label, TrdQuestionAnswer *q)
{
    size_t kept = 0;

    for (size_t i = 0; i < q->n_findings; i++)
        if (strcmp(q->findings[i]->collection, label) == 0)
            q->findings[kept++] = q->findings[i];
    q->n_findings = kept;
}

static double effect(const TrdFinding *f)
{
    return f->sen && isfinite(f->sen->slope) ? fabs(f->sen->slope) : 0;
}

/* Cities are ranked by their index. */
static double index_of(const TrdFinding *f)
{
    return strcmp(f->estimate_of, "index") == 0 ? f->estimate->value : 0;
}

/* All collections together first, sensitivity last; then by q, effect, index, size, name. */
static int in_order(const void *a, const void *b)
{
    const TrdFinding *x = *(TrdFinding *const *)a, *y = *(TrdFinding *const *)b;
    double keys[][2] = {
        {x->sensitivity, y->sensitivity},
        {*x->collection != 0, *y->collection != 0},
        {x->q ? x->q->value : 2, y->q ? y->q->value : 2},
        {-effect(x), -effect(y)},
        {-index_of(x), -index_of(y)},
        {-x->n, -y->n},
    };

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        if (keys[i][0] != keys[i][1])
            return keys[i][0] < keys[i][1] ? -1 : 1;
    int order = strcmp(x->category, y->category);
    return order ? order : strcmp(x->collection, y->collection);
}

static cm_status answer_one(trd_report *report, const trd_question *question, int *families, TrdQuestionAnswer **made)
{
    TrdQuestionAnswer *q = CM_NEW(report->arena, TrdQuestionAnswer);
    trd_findings findings = {0};

    CM_TRY(trd_report_go_on(report));
    cm_status status = question->answer(report, &findings, families);
    q->question = (char *)question->name;
    q->title = (char *)question->title;
    q->findings = cm_arena_copy(report->arena, findings.items, findings.count * sizeof *findings.items);
    q->n_findings = findings.count;
    free(findings.items);
    *made = q;
    cm_status_prefix(&status, "%s", question->name);
    return status;
}

static void put_in_order(trd_report *report, TrdQuestionAnswer *q)
{
    for (size_t i = 0; i < q->n_findings; i++)
        finish_sentence(report, q->findings[i]);
    if (q->n_findings > 0)
        qsort(q->findings, q->n_findings, sizeof *q->findings, in_order);
}

/* Before anything is ranked, the order of questions and findings is that of the table and of names: the same facts give
 * the same report. */
static cm_status answer_all(trd_report *report, TrdReport *answer)
{
    int families = 0;

    answer->bin = report->per == 12 ? TRD_BIN_MONTH : report->per == 4 ? TRD_BIN_QUARTER : TRD_BIN_YEAR;
    answer->questions = cm_arena_take(report->arena, (size_t)trd_question_count * sizeof *answer->questions);
    for (int i = 0; i < trd_question_count; i++) {
        CM_TRY(answer_one(report, &trd_questions[i], &families, &answer->questions[answer->n_questions]));
        answer->n_questions++;
    }
    return cm_ok();
}

cm_status trd_report_rows(cm_db *db, cm_arena *arena, const char *topic, int64_t *rows)
{
    cm_feed_position *positions;
    int count;

    CM_TRY(cm_feed_positions(db, topic, arena, &positions, &count));
    *rows = 0;
    for (int i = 0; i < count; i++)
        *rows += positions[i].at.seq;
    return cm_ok();
}

static const char *const topics[] = {"cityneg.registry.events.v1", "cityneg.negotiations.events.v1"};

/* Before the others, where rows are put aside: these numbers lack them. */
static cm_status say_limits(trd_report *report, TrdReport *answer)
{
    size_t count = sizeof limits / sizeof *limits;
    int64_t aside = 0;

    for (int i = 0; i < 2; i++) {
        int64_t rows;
        CM_TRY(cm_feed_aside(report->db, topics[i], &rows));
        aside += rows;
    }
    answer->limits = cm_arena_take(report->arena, (count + 1) * sizeof *answer->limits);
    if (aside)
        answer->limits[answer->n_limits++] = cm_arena_format(
            report->arena, "%lld %s could not be counted and %s put aside: what %s is not in these numbers.",
            (long long)aside, aside == 1 ? "row" : "rows", aside == 1 ? "is" : "are",
            aside == 1 ? "it says" : "they say");
    memcpy(answer->limits + answer->n_limits, limits, sizeof limits);
    answer->n_limits += count;
    return cm_ok();
}

static cm_status look_ahead(trd_report *report, const TrdQuestionAnswer *q)
{
    for (size_t i = 0; i < q->n_findings; i++)
        CM_TRY(trd_forecast_add(q->question, q->findings[i], report->arena));
    return cm_ok();
}

/* `whole`: where a filtered report has its tests from; else NULL. */
static cm_status make(trd_report *report, const TrdReport *whole, TrdReport *answer)
{
    CM_TRY(trd_coverage_read(trd_at(report), report->arena, &report->coverage));
    CM_TRY(answer_all(report, answer));
    CM_TRY(set_q(report));
    for (size_t i = 0; i < answer->n_questions; i++) {
        TrdQuestionAnswer *q = answer->questions[i];
        if (whole)
            take_tests(report, whole, q);
        put_in_order(report, q);
    }
    if (!whole) {
        CM_TRY(trd_evidence_set_digests(report, answer->questions, answer->n_questions));
        for (size_t i = 0; i < answer->n_questions; i++)
            CM_TRY(look_ahead(report, answer->questions[i]));
    }
    CM_TRY(say_limits(report, answer));
    CM_TRY(trd_report_rows(report->db, report->arena, topics[0], &answer->registry_rows));
    return trd_report_rows(report->db, report->arena, topics[1], &answer->negotiations_rows);
}

cm_status trd_report_finish(trd_report *report, TrdQuestionAnswer *q)
{
    CM_TRY(set_q(report));
    put_in_order(report, q);
    CM_TRY(look_ahead(report, q));
    return trd_evidence_set_digests(report, &q, 1);
}

cm_status trd_report_make(cm_db *db, const trd_how *how, cm_arena *arena, TrdReport *answer)
{
    trd_report report = {.db = db, .arena = arena, .filter = &trd_filter_none, .per = how->per, .how = how};
    cm_status status = make(&report, NULL, answer);

    free(report.tests);
    return status;
}

static void say_first(cm_arena *arena, char *limit, TrdReport *answer)
{
    char **all = cm_arena_take(arena, (answer->n_limits + 1) * sizeof *all);

    all[0] = limit;
    memcpy(all + 1, answer->limits, answer->n_limits * sizeof *all);
    answer->limits = all;
    answer->n_limits++;
}

static void say_filter(cm_arena *arena, const trd_filter *filter, TrdReport *answer)
{
    say_first(
        arena,
        cm_arena_format(arena,
                        "Filtered (%s): counts, estimates, intervals and series are of the units that fit; tests, "
                        "p and q are those of the whole report.",
                        filter->words),
        answer);
}

cm_status trd_report_filter(cm_db *db, const trd_how *how, cm_arena *arena, const trd_filter *filter, TrdReport *report)
{
    if (trd_filter_picks(filter)) {
        trd_report making = {.db = db, .arena = arena, .filter = filter, .per = how->per, .how = how};
        TrdReport whole = *report;
        *report = (TrdReport)CITYNEG__TRENDS__V1__REPORT__INIT;
        CM_TRY(make(&making, &whole, report)); /* notes no test */
        say_filter(arena, filter, report);
    }
    for (size_t i = 0; *filter->label && i < report->n_questions; i++)
        keep_collection(filter->label, report->questions[i]);
    return cm_ok();
}

/* ---- a focal set ---- */

/* `report` is of the focal set, and of a filter; the tests are those of all of its units. */
static cm_status answer_focal(trd_report *report, const trd_question *question, TrdQuestionAnswer **q)
{
    trd_report making = *report;
    TrdReport whole = CITYNEG__TRENDS__V1__REPORT__INIT;
    int families = 0;

    making.filter = &trd_filter_none;
    cm_status s = answer_one(&making, question, &families, q);
    if (cm_is_ok(s))
        s = set_q(&making);
    free(making.tests);
    CM_TRY(s);
    if (!trd_filter_picks(report->filter)) {
        put_in_order(&making, *q);
        return trd_evidence_set_digests(&making, q, 1);
    }
    TrdQuestionAnswer *tested = *q;
    whole.questions = &tested;
    whole.n_questions = 1;
    CM_TRY(answer_one(report, question, &families, q)); /* notes no test */
    take_tests(report, &whole, *q);
    put_in_order(report, *q);
    return cm_ok();
}

cm_status trd_report_focal(cm_db *db, const trd_how *how, cm_arena *arena, const trd_filter *filter, const char *focal,
                           TrdReport *report)
{
    trd_report making = {.db = db, .arena = arena, .filter = filter, .per = how->per, .how = how, .focal = focal};

    CM_TRY(trd_coverage_read(trd_at(&making), arena, &making.coverage));
    for (size_t i = 0; i < report->n_questions; i++) {
        TrdQuestionAnswer **q = &report->questions[i];
        if (!trd_focal_has((*q)->question))
            continue;
        CM_TRY(answer_focal(&making, trd_question_find((*q)->question), q));
        if (*filter->label)
            keep_collection(filter->label, *q);
        say_first(arena,
                  cm_arena_format(arena,
                                  "Asked for %s: %s is of first agreements of these cities, its tests are its own, and "
                                  "its q is over them.",
                                  trd_focal_words(&making), (*q)->question),
                  report);
    }
    return cm_ok();
}
