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

    /* Not additive: the units behind a category, as findings name it, that fit the report's filter; in its arena.
     * `whole`: all that the number rests on, and `category` is what trd_question_group gives. */
    cm_status (*evidence)(struct trd_report *report, const char *category, bool whole, trd_unit **units, size_t *count);
} trd_question;

extern const trd_question trd_questions[];
extern const int trd_question_count;

/* What the total of a category's finding is a total of: a format, an institution; "" for all units of the question. Of
 * reorientation the category itself, whose edition is part of it. */
const char *trd_question_group(const char *question, const char *category, cm_arena *arena);

/* NULL where there is no such question. */
const trd_question *trd_question_find(const char *name);

#endif
