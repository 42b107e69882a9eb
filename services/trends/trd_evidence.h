/* trd_evidence.h: the rows behind a number. Reach for it to answer ListEvidence. */
#ifndef TRD_EVIDENCE_H
#define TRD_EVIDENCE_H

#include "cityneg/trends/v1/trends.grpc-c.h"
#include "trends/trd_finding.h"

/* Rows of "question/category" or "question/category@collection" that fit the report's filter, without the first `skip`,
 * at most `limit`; *more tells whether there are others. `report` has a store, an arena and a filter; its coverage is
 * read. NOT_FOUND for a question that is none. */
cm_status trd_evidence_list(trd_report *report, const char *evidence, int64_t skip, int limit,
                            TrdListEvidenceResponse *response, bool *more) CM_MUST_USE;

#endif
