/* reg_actor.h: actors as a kind of resource, and what other resources record of the actors that they name. Reach for it
 * in the kinds of the registry and in its table of methods. */
#ifndef REG_ACTOR_H
#define REG_ACTOR_H

#include "journal/cm_resource.h"

extern const cm_resource_kind reg_actor_kind;

/* The `snapshot` of every kind that names actors: kind, state and revision as they are now. NOT_FOUND names the actor.
 */
cm_status reg_actor_snapshot(cm_resource_context *context, const char *actor, TypActorSnapshot *snapshot) CM_MUST_USE;

#endif
