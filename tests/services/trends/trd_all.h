/* trd_all.h: a bed with facts of every question, and reports of it. Reach for it where all questions are tested alike.
 */
#ifndef TRD_ALL_H
#define TRD_ALL_H

#include "trd_bed.h"

#include "trends/trd_report.h"

enum { FIRST = 2001, YEARS = 4, A_YEAR = 12 };

static inline void count(trd_bed *b, const char *resource, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    bed_count(b, resource, cm_arena_vformat(b->arena, format, args));
    va_end(args);
}

/* Facts of every question, dated to the day, and in each year something in each quarter. */
static inline void count_all(trd_bed *b)
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

static inline cm_status run_report(void *argument, void *lent)
{
    reporting *r = argument;

    r->report = (TrdReport)CITYNEG__TRENDS__V1__REPORT__INIT;
    return trd_report_make(lent, &r->how, r->arena, &r->report);
}

static inline TrdReport *report_by(trd_bed *b, int per)
{
    reporting *r = cm_arena_zero(b->arena, sizeof *r);

    r->arena = b->arena;
    r->how.per = per;
    assert_ok(cm_run_and_wait(cm_journal_readers(b->journal), run_report, r));
    return &r->report;
}

static inline const TrdFinding *find(const TrdReport *report, const char *question, const char *category,
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

#endif
