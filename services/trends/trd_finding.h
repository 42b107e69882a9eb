/* trd_finding.h: one finding on its way into a report: made, given numbers, tested, put into words. Reach for it in
 * every question. Everything lies in the report's arena; one thread. */
#ifndef TRD_FINDING_H
#define TRD_FINDING_H

#include "cityneg/trends/v1/trends.grpc-c.h"
#include "trends/trd_filter.h"
#include "trends/trd_moment.h"
#include "trends/trd_series.h"

/* How a report is made. */
typedef struct trd_how {
    int per; /* bins in a year: 1, 4 or 12 */
    struct {
        bool (*asked)(
            void *lent); /* now and then, on the thread that makes it; true ends with CANCELLED. NULL: never */
        void *lent;
    } stop;
} trd_how;

extern const trd_how trd_by_year;

/* What all questions of one report share. */
typedef struct trd_report {
    cm_db *db; /* in a read transaction: one state throughout */
    cm_arena *arena;
    trd_coverage coverage;
    const trd_filter *filter; /* which units it counts */
    int per;                  /* bins in a year */
    const char *focal;        /* states/…, whose cities reorientation is about; NULL: the one that is usual */
    const trd_how *how;       /* NULL: never given up */
    int64_t as_of;            /* of which moment its facts are; 0: now */
    struct trd_test *tests;   /* everything that has a p, for q */
    size_t test_count, test_capacity;
} trd_report;

/* A finding that was tested, and which findings' shares sum to one with it: those of one family enter q once. */
typedef struct trd_test {
    TrdFinding *finding;
    int family; /* > 0; 0: by itself */
} trd_test;

/* A growing list of findings of one question. */
typedef struct trd_findings {
    TrdFinding **items;
    size_t count, capacity;
} trd_findings;

static inline trd_moment trd_at(const trd_report *report)
{
    return (trd_moment){report->db, report->as_of};
}

/* CANCELLED where the report is given up. */
cm_status trd_report_go_on(const trd_report *report) CM_MUST_USE;

/* A new finding of a question, added to the list; `collection` is an id, "" for all together. */
TrdFinding *trd_finding_add(trd_report *report, trd_findings *findings, const char *question, const char *category,
                            const char *collection);

/* A double that is there; NULL for NaN. */
GoogleDoubleValue *trd_number(cm_arena *arena, double value);
void trd_interval(cm_arena *arena, double low, double high, GoogleDoubleValue **at_low, GoogleDoubleValue **at_high);

/* Details: further numbers (NaN: absent) or words. */
void trd_detail(trd_report *report, TrdFinding *finding, const char *name, double value, double low, double high);
void trd_detail_text(trd_report *report, TrdFinding *finding, const char *name, const char *text);
void trd_detail_copy(trd_report *report, TrdFinding *finding, const TrdDetail *detail); /* shares its numbers */

/* Copies the series into the finding, and its period. */
void trd_finding_series(trd_report *report, TrdFinding *finding, const trd_series *series);

/* Estimate n of total, with Wilson's interval where both are whole. */
cm_status trd_finding_share(trd_report *report, TrdFinding *finding, double n, double total) CM_MUST_USE;

/* How sure the units are, by certainty. */
void trd_finding_certainties(trd_report *report, TrdFinding *finding, const double counts[4]);

/* The sentence, formatted into the arena. */
void trd_sentence(trd_report *report, TrdFinding *finding, const char *format, ...) CM_PRINTF(3, 4);

/* A name for sentences: "state_authority" → "state authority". */
const char *trd_words(cm_arena *arena, const char *code);

#endif
