/* reg_merge.h: MergeActors and SplitActor. Reach for it in the registry's table of methods. */
#ifndef REG_MERGE_H
#define REG_MERGE_H

#include "cityneg/registry/v1/registry.grpc-c.h"
#include "rpc/cm_call.h"

cm_status reg_merge_actors(cm_call *call, const RegMergeActorsRequest *request, RegActor *response) CM_MUST_USE;
cm_status reg_split_actor(cm_call *call, const RegSplitActorRequest *request, RegActor *response) CM_MUST_USE;

#endif
