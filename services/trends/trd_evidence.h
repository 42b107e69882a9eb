/* trd_evidence.h: the rows behind a number. Reach for it to answer ListEvidence. */
#ifndef TRD_EVIDENCE_H
#define TRD_EVIDENCE_H

#include "cityneg/trends/v1/trends.grpc-c.h"
#include "trends/trd_finding.h"

/* Rows of "question/category" or "question/category@collection" after the resource and category named in `after` (""
 * for the first), at most `limit`; *more tells whether there are others. NOT_FOUND for a question that is none. */
cm_status trd_evidence_list(cm_db *db, cm_arena *arena, const char *evidence, int64_t skip, int limit,
                            TrdListEvidenceResponse *response, bool *more) CM_MUST_USE;

#endif
