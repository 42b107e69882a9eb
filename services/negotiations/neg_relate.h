/* neg_relate.h: what a resource has to do with others: the sources that it cites, the negotiation, issue and collection
 * that it belongs to. Reach for it in the kinds' table, as every kind's `relate`. On the writer. */
#ifndef NEG_RELATE_H
#define NEG_RELATE_H

#include "journal/cm_resource.h"

/* INVALID_ARGUMENT with a violation for each resource that does not exist, at the field that names it. A citation gets
 * its source's certainty; an entry without a collection is of its negotiation's. FAILED_PRECONDITION where an update
 * would move a negotiation's phase: AdvancePhase does that. */
cm_status neg_relate(cm_resource_context *context, ProtobufCMessage *resource,
                     const ProtobufCMessage *before) CM_MUST_USE;

#endif
