/* Reflection requests, of both versions, over the files of real services: each that is well formed gets one answer that
 * can be packed. The first byte chooses the version. */
#include "base/cm_message.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "fuzz.h"
#include "grpc/health/v1/health.grpc-c.h"
#include "rpc/server_reflection.h"

static cm_reflection *reflection(void)
{
    static cm_reflection *made;

    if (!made) {
        made = cm_reflection_new();
        cm_reflection_add(made, &grpc_health_health_desc);
        cm_reflection_add(made, &neg_negotiations_service_desc);
        cm_reflection_ready(made);
    }
    return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    CM_ARENA(arena);
    bool is_alpha = fuzz_choice(&bytes, &size) & 1;
    cm_service service = is_alpha ? cm_reflection_service_v1alpha(reflection()) : cm_reflection_service(reflection());
    const cm_method_row *row = &service.rows[0];
    ProtobufCMessage *request, **answers;

    if (!fuzz_accepted(cm_message_unpack(row->desc->request, (cm_bytes){bytes, size}, arena, &request)))
        return 0;
    cm_call *call = cm_call_new_local(service.state, NULL, "somebody");
    FUZZ_REQUIRE(fuzz_accepted(row->invoke_request(row->message, call, request)));
    FUZZ_REQUIRE(cm_call_local_sent(call, row->desc->response, arena, &answers) == 1);
    FUZZ_REQUIRE(cm_message_pack(answers[0], arena).size > 0);
    cm_call_unref(call);
    return 0;
}
