/* trd_question.h: the questions, one row each: what a unit is, how it is dated, whether it is kept in cells.
 * Reach for it wherever all questions are treated alike; a new question is a new row. */
#ifndef TRD_QUESTION_H
#define TRD_QUESTION_H

#include "store/cm_store.h"
#include "trends/trd_unit.h"

struct trd_report;
struct trd_findings;

typedef struct trd_question {
    const char *name; /* format-mix: fixed, others depend on it */
    const char *title;
    const char *unit; /* what one unit is, in words */
    const char *dated_by;
    trd_units units; /* additive: units of one event, kept in cells; NULL: computed from facts when asked */
    cm_status (*answer)(struct trd_report *report, struct trd_findings *findings, int *family);

    /* Not additive: the units behind a category, as findings name it, that fit the report's filter; in its arena. */
    cm_status (*evidence)(struct trd_report *report, const char *category, trd_unit **units, size_t *count);
} trd_question;

extern const trd_question trd_questions[];
extern const int trd_question_count;

/* NULL where there is no such question. */
const trd_question *trd_question_find(const char *name);

#endif
