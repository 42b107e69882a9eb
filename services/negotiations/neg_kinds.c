#include "negotiations/neg_kinds.h"

#include "negotiations/neg_agreement_status.h"
#include "negotiations/neg_checks.h"
#include "negotiations/neg_fetch.h"
#include "negotiations/neg_mentions.h"
#include "negotiations/neg_names.h"
#include "negotiations/neg_phase.h"
#include "negotiations/neg_relate.h"

#define FIELDS(...)                                                                                                    \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        __VA_ARGS__, NULL                                                                                              \
    }
#define NO_FIELDS                                                                                                      \
    (const char *const[])                                                                                              \
    {                                                                                                                  \
        NULL                                                                                                           \
    }

const cm_resource_kind neg_source_kind = {
    .type = "source",
    .singular = "source",
    .plural = "sources",
    .message = &NegSource_descriptor,
    .patterns = neg_source_patterns,
    .table = "sources",
    .columns = FIELDS("certainty", "publisher"),
    .event_time = "published",
    .check = neg_check_source,
};

const cm_resource_kind neg_collection_kind = {
    .type = "collection",
    .singular = "collection",
    .plural = "collections",
    .message = &NegCollection_descriptor,
    .patterns = neg_collection_patterns,
    .table = "collections",
    .columns = FIELDS("completeness"),
    .check = neg_check_collection,
};

const cm_resource_kind neg_issue_kind = {
    .type = "issue",
    .singular = "issue",
    .plural = "issues",
    .message = &NegIssue_descriptor,
    .patterns = neg_issue_patterns,
    .table = "issues",
    .columns = NO_FIELDS,
    .check = neg_check_issue,
};

const cm_resource_kind neg_negotiation_kind = {
    .type = "negotiation",
    .singular = "negotiation",
    .plural = "negotiations",
    .message = &NegNegotiation_descriptor,
    .patterns = neg_negotiation_patterns,
    .table = "negotiations",
    .columns = FIELDS("format", "derived_format", "phase", "collection", "start", "host"),
    .mentions = FIELDS("participants.actor"),
    .dated = neg_phase_dated,
    .output_only = FIELDS("derived_format", "derived_because", "phase_history"),
    .check = neg_check_negotiation,
    .actors = neg_mention_actors,
    .snapshot = neg_fetch_snapshot,
    .relate = neg_relate,
};

const cm_resource_kind neg_entry_kind = {
    .type = "entry",
    .singular = "entry",
    .plural = "entries",
    .message = &NegEntry_descriptor,
    .patterns = neg_entry_patterns,
    .table = "entries",
    .columns = FIELDS("kind", "channel", "collection", "date", "in_reply_to"),
    .mentions = FIELDS("by", "to", "place_actor"),
    .event_time = "date",
    .check = neg_check_entry,
    .actors = neg_mention_actors,
    .snapshot = neg_fetch_snapshot,
    .relate = neg_relate,
};

const cm_resource_kind neg_position_kind = {
    .type = "position",
    .singular = "position",
    .plural = "positions",
    .message = &NegPosition_descriptor,
    .patterns = neg_position_patterns,
    .table = "positions",
    .columns = FIELDS("actor", "issue", "negotiation", "collection", "date", "stance"),
    .event_time = "date",
    .check = neg_check_position,
    .actors = neg_mention_actors,
    .snapshot = neg_fetch_snapshot,
    .relate = neg_relate,
};

const cm_resource_kind neg_agreement_kind = {
    .type = "agreement",
    .singular = "agreement",
    .plural = "agreements",
    .message = &NegAgreement_descriptor,
    .patterns = neg_agreement_patterns,
    .table = "agreements",
    .columns = FIELDS("kind", "status", "negotiation", "collection"),
    .mentions = FIELDS("parties", "status_history.decided_by"),
    .dated = neg_agreement_dated,
    .output_only = FIELDS("status"),
    .check = neg_check_agreement,
    .actors = neg_mention_actors,
    .snapshot = neg_fetch_snapshot,
    .relate = neg_relate,
};
