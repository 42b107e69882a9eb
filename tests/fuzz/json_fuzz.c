/* Messages in JSON, and as protobuf's bytes: what is read is written, read again, and is the same. The first byte
 * chooses the message, and whether the rest is JSON or bytes. */
#include "base/cm_message.h"
#include "cityneg/events/v1/events.grpc-c.h"
#include "fuzz.h"

/* Some messages have no JSON: unknown enum numbers, Any, times out of range. */
static void check_round(const ProtobufCMessage *message, cm_arena *arena)
{
    json_t *json = NULL;
    ProtobufCMessage *again;

    if (!fuzz_accepted(cm_message_to_json(message, &json)))
        return;
    FUZZ_REQUIRE(fuzz_accepted(cm_message_from_json(message->descriptor, json, arena, &again)));
    FUZZ_REQUIRE(cm_message_equal(message, again));
    json_decref(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const ProtobufCMessageDescriptor *const messages[] = {
        &NegEntry_descriptor, &NegAgreement_descriptor,  &NegNegotiation_descriptor,
        &RegActor_descriptor, &RegMembership_descriptor, &RegInfluence_descriptor,
    };
    CM_ARENA(arena);
    uint8_t choice = fuzz_choice(&bytes, &size);
    const ProtobufCMessageDescriptor *type = messages[(choice >> 1) % (sizeof messages / sizeof *messages)];
    ProtobufCMessage *message = NULL, *again = NULL;

    if (choice & 1) {
        if (!fuzz_accepted(cm_message_unpack(type, (cm_bytes){bytes, size}, arena, &message)))
            return 0;
        FUZZ_REQUIRE(fuzz_accepted(cm_message_unpack(type, cm_message_pack(message, arena), arena, &again)));
        FUZZ_REQUIRE(cm_message_equal(message, again));
    } else {
        json_t *json = json_loadb((const char *)bytes, size, JSON_DECODE_ANY, NULL);
        bool taken = json && fuzz_accepted(cm_message_from_json(type, json, arena, &message));
        json_decref(json);
        if (!taken)
            return 0;
    }
    check_round(message, arena);
    return 0;
}
