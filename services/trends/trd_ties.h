/* trd_ties.h: who is tied to whom in a window, from facts: by negotiations that they took part in together, or by
 * agreements between them. Reach for it to measure a network (network/net_measures.h). In an arena; one thread. */
#ifndef TRD_TIES_H
#define TRD_TIES_H

#include "cityneg/trends/v1/trends.grpc-c.h"
#include "store/cm_store.h"
#include "trends/network/net_graph.h"
#include "trends/trd_unit.h"

typedef struct trd_ties {
    const char **actors; /* node i is actors[i]; in order of names */
    size_t actor_count;
    net_graph graph; /* closed; its owner clears it */
    int64_t events, undated;
    int64_t registry_rows, negotiations_rows; /* that were counted */
} trd_ties;

/* INVALID_ARGUMENT at `field`.… for a window that makes no sense; NOT_FOUND for an unknown state; RESOURCE_EXHAUSTED
 * for too many ties. `stop` is asked now and then: CANCELLED. */
cm_status trd_ties_read(cm_db *db, const char *field, const TrdNetworkWindow *window, cm_call *stop, cm_arena *arena,
                        trd_ties *ties) CM_MUST_USE;

/* The facts that tie these actors in the window (none: all that tie any; one: what it is tied by; two: what ties them
 * to each other), in order of names, each weighing as many ties as it adds in parts of TRD_WHOLE; in the arena. Those
 * without a date are among them. Errors as above; INVALID_ARGUMENT for names that are no actors, or more than two. */
cm_status trd_ties_evidence(cm_db *db, const char *field, const TrdNetworkWindow *window, char *const *actors,
                            size_t actor_count, cm_call *stop, cm_arena *arena, trd_unit **units,
                            size_t *count) CM_MUST_USE;

/* The node of an actor; actor_count where it has none. */
size_t trd_ties_find(const trd_ties *ties, const char *actor);

#endif
