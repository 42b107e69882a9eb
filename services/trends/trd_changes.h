/* trd_changes.h: how published numbers moved: the values that a trend has had, and what is another since an earlier
 * report, with the rows recorded since. Reach for it in the service's table. */
#ifndef TRD_CHANGES_H
#define TRD_CHANGES_H

#include "cityneg/trends/v1/trends.grpc-c.h"

/* NOT_FOUND where nothing was ever published by that name. */
cm_status trd_list_trend_revisions(cm_call *call, const TrdListTrendRevisionsRequest *request,
                                   TrdListTrendRevisionsResponse *response) CM_MUST_USE;

/* FAILED_PRECONDITION where nothing had been published by then, with when the first value was. */
cm_status trd_get_changes(cm_call *call, const TrdGetChangesRequest *request, TrdChanges *response) CM_MUST_USE;

#endif
