/* imp_actor_names.h: further names of actors that are there, added to those that they have. Reach for it in importers
 * of names. One thread. */
#ifndef IMP_ACTOR_NAMES_H
#define IMP_ACTOR_NAMES_H

#include "cityneg/registry/v1/registry.grpc-c.h"
#include "cli/imp_session.h"

/* A name that an actor is to have; its strings live as long as the list that it is in. */
typedef struct imp_actor_name {
    const char *actor; /* "cities/kazan-ru" */
    RegActorName is;
    imp_origin origin;
} imp_actor_name;

/* Puts the names that the actors lack. One that is there without a language and a kind gets those, and its dates. Names
 * are sorted by actor, otherwise in their order. `actors` is for BatchUpdateActors. */
cm_status imp_actor_names_put(imp_session *session, imp_sink *actors, imp_actor_name *names, size_t count) CM_MUST_USE;

#endif
