/* trd_network.h: handlers of GetNetwork and CompareNetworks. Reach for it in the service's table: on the background
 * lane, since measuring may take a minute. */
#ifndef TRD_NETWORK_H
#define TRD_NETWORK_H

#include "cityneg/trends/v1/trends.grpc-c.h"

cm_status trd_get_network(cm_call *call, const TrdGetNetworkRequest *request, TrdNetwork *response) CM_MUST_USE;
cm_status trd_compare_networks(cm_call *call, const TrdCompareNetworksRequest *request,
                               TrdNetworkComparison *response) CM_MUST_USE;

#endif
