/* neg_actor_kind.h: the kind of an actor, which follows from its name. Reach for it where kinds count and the registry
 * need not be asked. Pure; any thread. */
#ifndef NEG_ACTOR_KIND_H
#define NEG_ACTOR_KIND_H

#include "cityneg/type/v1/type.grpc-c.h"

/* `cities/kazan-ru` is a city; UNSPECIFIED for what is no actor's name. */
TypActorKind neg_actor_kind(const char *name);

#endif
