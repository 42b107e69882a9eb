/* Filters of lists: one that is taken has terms over columns of its kind, and fits a message or does not, as it does
 * when it is read again. The first byte chooses the kind. */
#include "fuzz.h"
#include "journal/resource.h"
#include "negotiations/neg_kinds.h"
#include "registry/reg_actor.h"
#include "registry/reg_influence.h"
#include "registry/reg_membership.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const cm_resource_kind *const kinds[] = {
        &reg_actor_kind, &reg_membership_kind, &reg_influence_kind, &neg_negotiation_kind,
        &neg_entry_kind, &neg_agreement_kind,  &neg_position_kind,  &neg_issue_kind,
    };
    CM_ARENA(arena);
    const cm_resource_kind *kind = kinds[fuzz_choice(&bytes, &size) % (sizeof kinds / sizeof *kinds)];
    CM_FREE char *text = fuzz_text(bytes, size);
    resource_filter filter, again;

    if (!fuzz_accepted(resource_filter_parse(kind, text, arena, &filter)))
        return 0;
    ProtobufCMessage *empty = cm_message_new(arena, kind->message);
    FUZZ_REQUIRE(fuzz_accepted(resource_filter_parse(kind, text, arena, &again)));
    FUZZ_REQUIRE(resource_filter_fits(&filter, empty, arena) == resource_filter_fits(&again, empty, arena));
    return 0;
}
