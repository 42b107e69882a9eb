/* neg_mentions.h: whom a resource names and what it cites, with the path of each place. Reach for it where actors and
 * sources of any kind are looked up. Pure; any thread. */
#ifndef NEG_MENTIONS_H
#define NEG_MENTIONS_H

#include "base/cm_path.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "journal/cm_resource.h"

/* Adds every actor that the resource names, as a kind's `actors` does; what is no actor's name is left out, since the
 * kind's check refuses it. */
void neg_mention_actors(const ProtobufCMessage *resource, cm_names *names);

/* The same for the step of a request that changes an agreement's status, at step.decided_by. */
void neg_mention_deciders(const NegStatusStep *step, cm_names *names);

/* Calls `cite` for every citation of the resource, until it fails. `path` is where it stands: sources[2]. */
typedef cm_status (*neg_cite)(void *context, const cm_path *path, TypCitation *citation);
cm_status neg_mention_sources(const ProtobufCMessage *resource, neg_cite cite, void *context) CM_MUST_USE;

#endif
