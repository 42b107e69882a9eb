#include "journal/cm_standard.h"

#include <string.h>

#include "base/cm_message.h"
#include "journal/cm_tx.h"
#include "journal/resource.h"
#include "rpc/cm_service.h"

/* The list whose items the mask is of; NULL: it is of the answer itself. */
static const ProtobufCFieldDescriptor *listed(const ProtobufCMessageDescriptor *response)
{
    static const char ending[] = "Response";
    size_t length = strlen(response->short_name), wanted = strlen(ending);

    if (length < wanted || strcmp(response->short_name + length - wanted, ending) != 0)
        return NULL;
    for (unsigned i = 0; i < response->n_fields; i++)
        if (response->fields[i].label == PROTOBUF_C_LABEL_REPEATED &&
            response->fields[i].type == PROTOBUF_C_TYPE_MESSAGE)
            return &response->fields[i];
    return NULL;
}

static const char *const *mask_of(const ProtobufCMessage *request, size_t *count)
{
    const ProtobufCMessage *mask = resource_message(request, "read_mask");

    *count = 0;
    return mask ? resource_strings(mask, "paths", count) : NULL;
}

static cm_status asked(void *context, cm_call *call, const ProtobufCMessage *request)
{
    const cm_method_desc *method = cm_call_method_desc(call);
    const ProtobufCFieldDescriptor *list = listed(method->response);
    size_t count;
    const char *const *paths = mask_of(request, &count);

    if (cm_call_lane(call) == CM_WRITER && resource_bool(request, "validate_only"))
        cm_tx_undo(cm_call_lent(call));
    return cm_mask_check(paths, count, list ? list->descriptor : method->response);
}

static cm_status answered(void *context, cm_call *call, const ProtobufCMessage *request, ProtobufCMessage *response)
{
    const ProtobufCFieldDescriptor *list = listed(response->descriptor);
    cm_arena *arena = cm_call_arena(call);
    size_t count;
    const char *const *paths = mask_of(request, &count);

    if (!count)
        return cm_ok();
    if (list) {
        ProtobufCMessage ***items = cm_field_at(response, list);
        *items = cm_mask_keep_all(paths, count, *items, cm_field_count(response, list), arena);
    } else {
        memcpy(response, cm_mask_keep(paths, count, response, arena), response->descriptor->sizeof_message);
    }
    return cm_ok();
}

cm_interceptor cm_standard_interceptor(void)
{
    return (cm_interceptor){.asked = asked, .answered = answered};
}
