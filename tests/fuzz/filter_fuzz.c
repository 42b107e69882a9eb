/* Filters of lists: one that is taken says of a message the opposite of what its negation says. The first byte chooses
 * the message's type; filter and message are parted by the first NUL. */
#include <string.h>

#include "base/cm_filter.h"
#include "cityneg/events/v1/events.grpc-c.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const ProtobufCMessageDescriptor *const messages[] = {
        &RegActor_descriptor, &RegMembership_descriptor, &RegInfluence_descriptor,
        &NegEntry_descriptor, &NegAgreement_descriptor,  &NegNegotiation_descriptor,
    };
    CM_ARENA(arena);
    const ProtobufCMessageDescriptor *type =
        messages[fuzz_choice(&bytes, &size) % (sizeof messages / sizeof *messages)];
    CM_FREE char *text = fuzz_text(bytes, size);
    size_t length = strlen(text);
    ProtobufCMessage *message = cm_message_new(arena, type);
    cm_filter *filter, *negation;

    if (!fuzz_accepted(cm_filter_parse(type, text, arena, &filter)))
        return 0;
    if (length < size &&
        !fuzz_accepted(cm_message_unpack(type, (cm_bytes){bytes + length + 1, size - length - 1}, arena, &message)))
        return 0;
    bool fits = cm_filter_fits(filter, message);
    if (filter->kind != CM_FILTER_ALL || filter->count > 0) /* NOT () is no filter */
        if (fuzz_accepted(cm_filter_parse(type, cm_arena_format(arena, "NOT (%s)", text), arena, &negation)))
            FUZZ_REQUIRE(cm_filter_fits(negation, message) == !fits);
    return 0;
}
