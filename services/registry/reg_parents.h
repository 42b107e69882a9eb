/* reg_parents.h: where actors lie, as it changes over time: a city in a region, a region in a region or a state. Reach
 * for it in the kind of actors, and in the registry's table of methods for what lay where on a date. */
#ifndef REG_PARENTS_H
#define REG_PARENTS_H

#include "cityneg/registry/v1/registry.grpc-c.h"
#include "journal/cm_check.h"
#include "journal/cm_resource.h"

/* What is wrong with `parents` by itself; sets `parent` to the one that has no end. `before` is NULL where the actor is
 * new. Pure. */
void reg_parents_check(cm_check check, RegActor *actor, const RegActor *before);

/* INVALID_ARGUMENT where what has no end lies in another state, or the actor would at any time lie within itself.
 * `before` is NULL where the actor is new. */
cm_status reg_parents_relate(const cm_resource_context *context, const RegActor *actor,
                             const RegActor *before) CM_MUST_USE;

cm_status reg_list_parents(cm_call *call, const RegListParentsRequest *request,
                           RegListParentsResponse *response) CM_MUST_USE;

#endif
