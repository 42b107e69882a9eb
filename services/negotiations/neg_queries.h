/* neg_queries.h: the reading methods beyond the standard ones. Reach for it in the service's rows; all of them run
 * where a cm_db is lent. */
#ifndef NEG_QUERIES_H
#define NEG_QUERIES_H

#include "cityneg/negotiations/v1/negotiations.grpc-c.h"

/* ListAgreements, with in_force_on. */
cm_status neg_list_agreements(cm_call *call, const NegListAgreementsRequest *request,
                              NegListAgreementsResponse *response) CM_MUST_USE;

/* NOT_FOUND for a city on which nothing is known, INVALID_ARGUMENT for one whose state is not known while none is
 * given, RESOURCE_EXHAUSTED for more than 1,000 claims of one actor. */
cm_status neg_compare_city_state(cm_call *call, const NegCompareCityStateRequest *request,
                                 NegCompareCityStateResponse *response) CM_MUST_USE;

cm_status neg_list_dyads(cm_call *call, const NegListDyadsRequest *request, NegListDyadsResponse *response) CM_MUST_USE;

cm_status neg_get_thread(cm_call *call, const NegGetThreadRequest *request, NegGetThreadResponse *response) CM_MUST_USE;

#endif
