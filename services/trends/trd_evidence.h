/* trd_evidence.h: the rows behind a number. Reach for it to answer ListEvidence. */
#ifndef TRD_EVIDENCE_H
#define TRD_EVIDENCE_H

#include "cityneg/trends/v1/trends.grpc-c.h"
#include "trends/trd_finding.h"

/* Reading the rows behind several numbers of one state. */
typedef struct trd_evidence {
    trd_report *report; /* with a store, an arena and a filter */
    int64_t since;      /* rows whose newest revision was recorded after this (wall microseconds); 0: all */
    const char **fresh; /* their names, in order */
    size_t fresh_count;
    const struct trd_question *question; /* whose units are kept; NULL: none */
    trd_unit *units;
    size_t count;
} trd_evidence;

/* Reads the report's coverage, and what was recorded since. */
cm_status trd_evidence_begin(trd_report *report, int64_t since, trd_evidence *evidence) CM_MUST_USE;

/* Rows of "question/category" or "question/category@collection" that fit the report's filter, without the first `skip`,
 * at most `limit`; *more tells how many come after. NOT_FOUND for a question that is none. */
cm_status trd_evidence_list(trd_evidence *evidence, const char *name, int64_t skip, int limit, TrdEvidenceRow ***rows,
                            size_t *count, int64_t *more) CM_MUST_USE;

#endif
