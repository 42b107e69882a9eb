/* trd_trends.h: handlers of GetTrend and ListTrends. Reach for it in the service's table. */
#ifndef TRD_TRENDS_H
#define TRD_TRENDS_H

#include "cityneg/trends/v1/trends.grpc-c.h"
#include "store/cm_store.h"

/* NOT_FOUND where nothing was ever published by that name; a trend that is withdrawn is answered. */
cm_status trd_get_trend(cm_call *call, const TrdGetTrendRequest *request, TrdTrend *response) CM_MUST_USE;

/* A page's token is the last name, so that a list goes on rightly whatever is published in between. */
cm_status trd_list_trends(cm_call *call, const TrdListTrendsRequest *request,
                          TrdListTrendsResponse *response) CM_MUST_USE;

/* INVALID_ARGUMENT at `field` where there is no such question, nor one of users' own; "" is any. */
cm_status trd_check_question(cm_db *db, const char *field, const char *question) CM_MUST_USE;

#endif
