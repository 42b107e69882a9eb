/* neg_kinds.h: the kinds of resource that this service keeps, as cm_resource wants them. Reach for it in handlers. */
#ifndef NEG_KINDS_H
#define NEG_KINDS_H

#include "journal/cm_resource.h"

extern const cm_resource_kind neg_source_kind, neg_collection_kind, neg_issue_kind, neg_negotiation_kind,
    neg_entry_kind, neg_position_kind, neg_agreement_kind;

#endif
