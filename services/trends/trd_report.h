/* trd_report.h: the whole report: every question answered, q over everything that was tested, findings ranked,
 * sentences finished, limits stated. Reach for it to answer GetReport. The same facts give the same bytes. */
#ifndef TRD_REPORT_H
#define TRD_REPORT_H

#include "trends/trd_finding.h"

/* Answers all questions from what `db` (in a read transaction) knows; everything lies in the arena. */
cm_status trd_report_make(cm_db *db, const trd_how *how, cm_arena *arena, TrdReport *report) CM_MUST_USE;

/* Finishes a question that is answered by itself: q over its own tests, sentences, order. */
cm_status trd_report_finish(trd_report *report, TrdQuestionAnswer *question) CM_MUST_USE;

/* Turns a report of the same `db` and bins into one of what fits: its numbers are made anew of the units that do, with
 * the tests, p and q of the whole; findings of other collections than the filter's are left out. */
cm_status trd_report_filter(cm_db *db, const trd_how *how, cm_arena *arena, const trd_filter *filter,
                            TrdReport *report) CM_MUST_USE;

/* Answers the questions of a filtered report that have a focal set anew, for the cities of `focal`: q over their own
 * tests, and no forecasts, which are of published trends. */
cm_status trd_report_focal(cm_db *db, const trd_how *how, cm_arena *arena, const trd_filter *filter, const char *focal,
                           TrdReport *report) CM_MUST_USE;

/* How many rows of a topic's journal were counted, all partitions together. */
cm_status trd_report_rows(cm_db *db, cm_arena *arena, const char *topic, int64_t *rows) CM_MUST_USE;

#endif
