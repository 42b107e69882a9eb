/* trd_own_answer.h: what questions of users' own come to: findings like those of the report, with a family of q of
 * their own, so that what somebody asks moves no number of the report. Reach for it to publish or to answer. */
#ifndef TRD_OWN_ANSWER_H
#define TRD_OWN_ANSWER_H

#include "trends/trd_finding.h"
#include "trends/trd_own_store.h"

/* Adds the answers of those that are filled behind the report's questions; `id` NULL: of all, else of this one. */
cm_status trd_own_answers(cm_db *db, cm_arena *arena, const char *id, TrdReport *report) CM_MUST_USE;

/* The units of a question from facts, by names of resources, as its categories name them. */
cm_status trd_own_evidence(trd_report *report, const trd_own *own, trd_unit **units, size_t *count) CM_MUST_USE;

#endif
