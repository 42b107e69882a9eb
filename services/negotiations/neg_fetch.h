/* neg_fetch.h: asks the registry, in batches, about actors that a request names and that are not known here yet. Reach
 * for it in the prepare step of methods that write, and for the kinds' snapshots.
 *
 * Threads: preparing is for the background lane, since it waits; taking a snapshot is for the writer. */
#ifndef NEG_FETCH_H
#define NEG_FETCH_H

#include "journal/cm_resource.h"

/* What the registry answered; cm_call_data points at it from prepare to handler. */
typedef struct neg_fetched {
    TypActorSnapshot **snapshots;
    size_t count;
    cm_names missing; /* that the registry does not have either */
} neg_fetched;

/* Looks which of the names are unknown and asks the registry about those; what it answers is kept with the call. A
 * stream sets cm_call_data to a neg_fetched of its own before; for a unary call one is made.
 *
 * INVALID_ARGUMENT, at the field that names it, for each actor that does not exist (at most 32); UNAVAILABLE with
 * RetryInfo where the registry could not be asked. */
cm_status neg_fetch(cm_call *call, const cm_names *names) CM_MUST_USE;

/* The same for all actors that a request of a standard method names. */
cm_status neg_fetch_request(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request) CM_MUST_USE;

/* The same where each resource of the request stands for itself: actors that do not exist are no failure here, but
 * neg_fetch_snapshot calls them missing. */
cm_status neg_fetch_each(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request) CM_MUST_USE;

/* A kind's `snapshot`: NOT_FOUND for what is missing. Else what was fetched is written down where it is newer, then
 * what is known is told. UNAVAILABLE with RetryInfo where nothing is. */
cm_status neg_fetch_snapshot(cm_resource_context *context, const char *actor, TypActorSnapshot *snapshot) CM_MUST_USE;

#endif
