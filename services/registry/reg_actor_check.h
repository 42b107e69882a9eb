/* reg_actor_check.h: everything that can be wrong with an actor by itself. Reach for it in the kind of actors and in
 * tests. Pure; any thread. */
#ifndef REG_ACTOR_CHECK_H
#define REG_ACTOR_CHECK_H

#include "base/cm_message.h"
#include "cityneg/registry/v1/registry.grpc-c.h"

/* The `check` of the kind. Sets the kind, and a state's own state; puts dates into their canonical form. */
void reg_actor_check(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena, cm_violations *wrong);

#endif
