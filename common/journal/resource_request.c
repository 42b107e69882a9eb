#include <string.h>

#include "journal/resource.h"

const ProtobufCMessage *resource_message(const ProtobufCMessage *request, const char *name)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(request->descriptor, name);

    return field ? *(ProtobufCMessage **)cm_field_at(request, field) : NULL;
}

ProtobufCMessage *const *resource_messages(const ProtobufCMessage *request, const char *name, size_t *count)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(request->descriptor, name);

    *count = field ? cm_field_count(request, field) : 0;
    return *count ? *(ProtobufCMessage ***)cm_field_at(request, field) : NULL;
}

const char *const *resource_strings(const ProtobufCMessage *request, const char *name, size_t *count)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(request->descriptor, name);

    *count = field ? cm_field_count(request, field) : 0;
    return *count ? *(const char ***)cm_field_at(request, field) : NULL;
}

int32_t resource_int(const ProtobufCMessage *request, const char *name)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(request->descriptor, name);

    return field ? *(int32_t *)cm_field_at(request, field) : 0;
}

bool resource_bool(const ProtobufCMessage *request, const char *name)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(request->descriptor, name);

    return field && *(protobuf_c_boolean *)cm_field_at(request, field);
}

void resource_answer_one(ProtobufCMessage *response, const ProtobufCMessage *resource)
{
    memcpy(response, resource, response->descriptor->sizeof_message);
}

void resource_answer_many(ProtobufCMessage *response, const char *name, ProtobufCMessage **resources, size_t count)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(response->descriptor, name);

    *(ProtobufCMessage ***)cm_field_at(response, field) = resources;
    *(size_t *)((char *)response + field->quantifier_offset) = count;
}

void resource_answer_int(ProtobufCMessage *response, const char *name, int32_t value)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(response->descriptor, name);

    if (field)
        *(int32_t *)cm_field_at(response, field) = value;
}
