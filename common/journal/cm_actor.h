/* cm_actor.h: the names of actors, and the kind that follows from a name. Reach for it where a service names actors and
 * the registry need not be asked. Pure; any thread. */
#ifndef CM_ACTOR_H
#define CM_ACTOR_H

#include "cityneg/type/v1/type.grpc-c.h"

/* For cm_name_check: "cities/{city}" and so on; ends with NULL. */
extern const char *const cm_actor_patterns[];

/* `cities/kazan-ru` is a city; UNSPECIFIED for what is no actor's name. */
TypActorKind cm_actor_kind(const char *name);

#endif
