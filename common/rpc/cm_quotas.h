/* cm_quotas.h: how many calls each caller may make, so that one does not take the service from the others. Reach for it
 * in a program's wiring: an interceptor, by a file of lines that is read again when it changes.
 *
 *     # IDENTITY                 ROLE    CALLS A SECOND   AT ONCE
 *     spiffe://example/importer  write   2000             4000
 *     *                          read    200              400
 *     *                          write   20               50
 *     anonymous                  read    5                20
 *
 * Each identity has a bucket for each role that methods need, which holds as many calls as may be made at once and
 * fills at the rate; a call takes one, a stream too, however long. `*` is every identity without a line of its own for
 * the role, `anonymous` all who have shown none, together. What no line is for is not bounded, nor are methods that
 * anyone may call, such as health. One call more is RESOURCE_EXHAUSTED (QUOTA_EXCEEDED) with RetryInfo and
 * QuotaFailure.
 *
 * Any thread. */
#ifndef CM_QUOTAS_H
#define CM_QUOTAS_H

#include "base/cm_metrics.h"
#include "rpc/cm_interceptor.h"
#include "rpc/cm_service.h"

typedef struct cm_quotas cm_quotas;

/* NOT_FOUND or PERMISSION_DENIED name a file that cannot be read, INVALID_ARGUMENT the line that is wrong; once it was
 * right, a file that became wrong changes nothing, and a line in the log says so. Adds
 *     cityneg_quota_refused_total, by role     calls that were one too many
 *     cityneg_quota_callers                    identities and roles that are not at their full quota
 * to the registry, which outlives it. */
cm_status cm_quotas_new(const char *path, cm_metrics *metrics, cm_quotas **made) CM_MUST_USE;
void cm_quotas_free(cm_quotas *quotas); /* after the server; NULL is fine */

/* Before those that count and log only where refused calls shall not be seen by them. */
cm_interceptor cm_quotas_interceptor(cm_quotas *quotas);

/* What the interceptor asks: takes one call at a time of the monotonic clock, in microseconds. */
cm_status cm_quotas_take(cm_quotas *quotas, const char *identity, cm_role role, int64_t now_us) CM_MUST_USE;

#endif
