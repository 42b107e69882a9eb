/* reg_search.h: SearchActors and ResolveActors. Reach for it in the registry's table of methods. Its methods only
 * compute: what they look at is the index, which is the service's state. */
#ifndef REG_SEARCH_H
#define REG_SEARCH_H

#include "cityneg/registry/v1/registry.grpc-c.h"
#include "rpc/cm_call.h"

cm_status reg_search_actors(cm_call *call, const RegSearchActorsRequest *request,
                            RegSearchActorsResponse *response) CM_MUST_USE;
cm_status reg_resolve_actors(cm_call *call, const RegResolveActorsRequest *request,
                             RegResolveActorsResponse *response) CM_MUST_USE;

#endif
