/* Which resources a request changes, as told by its own fields. */
#include "journal/resource.h"

/* Its `name`, or that of the resource in it. */
static const char *name_in(const ProtobufCMessage *request)
{
    const ProtobufCMessageDescriptor *d = request->descriptor;

    if (cm_message_field(d, "name"))
        return cm_message_string(request, "name");
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &d->fields[i];
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED ||
            !cm_message_field(field->descriptor, "name"))
            continue;
        const ProtobufCMessage *resource = *(ProtobufCMessage **)cm_field_at(request, field);
        return resource ? cm_message_string(resource, "name") : "";
    }
    return "";
}

cm_touched cm_resource_touches(const ProtobufCMessage *request, cm_arena *arena)
{
    size_t count;
    ProtobufCMessage *const *requests = resource_messages(request, "requests", &count);
    const char **names = cm_arena_take(arena, (count + 1) * sizeof *names);

    for (size_t i = 0; i < count; i++)
        names[i] = name_in(requests[i]);
    if (!count)
        names[count++] = name_in(request);
    return (cm_touched){names, count};
}
