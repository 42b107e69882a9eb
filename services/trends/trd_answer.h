/* trd_answer.h: how each question is answered, as docs/questions.md fixes it. Each adds its findings, notes its tests,
 * and counts `family` up for shares that enter q together. Reach for it from the table of questions. */
#ifndef TRD_ANSWER_H
#define TRD_ANSWER_H

#include "trends/trd_finding.h"
#include "trends/trd_question.h"

cm_status trd_answer_format(trd_report *report, trd_findings *findings, int *family) CM_MUST_USE;
cm_status trd_answer_capacity(trd_report *report, trd_findings *findings, int *family) CM_MUST_USE;
cm_status trd_answer_topic(trd_report *report, trd_findings *findings, int *family) CM_MUST_USE;
cm_status trd_answer_channel(trd_report *report, trd_findings *findings, int *family) CM_MUST_USE;
cm_status trd_answer_divergence(trd_report *report, trd_findings *findings, int *family) CM_MUST_USE;
cm_status trd_answer_power(trd_report *report, trd_findings *findings, int *family) CM_MUST_USE;
cm_status trd_answer_reorientation(trd_report *report, trd_findings *findings, int *family) CM_MUST_USE;
cm_status trd_answer_fate(trd_report *report, trd_findings *findings, int *family) CM_MUST_USE;
cm_status trd_answer_cohesion(trd_report *report, trd_findings *findings, int *family) CM_MUST_USE;
cm_status trd_answer_accessions(trd_report *report, trd_findings *findings, int *family) CM_MUST_USE;

/* Of the units of accessions those that count; `kept` has room for all. */
cm_status trd_accessions_leave_out(trd_report *report, const trd_unit *units, size_t unit_count, trd_unit *kept,
                                   size_t *count) CM_MUST_USE;

/* The units behind a category of the questions that are computed from facts. */
cm_status trd_evidence_divergence(trd_report *report, const char *category, bool whole, trd_unit **units,
                                  size_t *count) CM_MUST_USE;
cm_status trd_evidence_cohesion(trd_report *report, const char *category, bool whole, trd_unit **units,
                                size_t *count) CM_MUST_USE;
cm_status trd_evidence_power(trd_report *report, const char *category, bool whole, trd_unit **units,
                             size_t *count) CM_MUST_USE;
cm_status trd_evidence_reorientation(trd_report *report, const char *category, bool whole, trd_unit **units,
                                     size_t *count) CM_MUST_USE;
cm_status trd_evidence_fate(trd_report *report, const char *category, bool whole, trd_unit **units,
                            size_t *count) CM_MUST_USE;

#endif
