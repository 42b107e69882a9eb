#include "base/cm_message.h"

#include <string.h>

#include "base/cm_message_wire.h"

void *cm_message_new(cm_arena *arena, const ProtobufCMessageDescriptor *descriptor)
{
    void *message = cm_arena_take(arena, descriptor->sizeof_message);

    protobuf_c_message_init(descriptor, message);
    return message;
}

cm_status cm_message_unpack(const ProtobufCMessageDescriptor *descriptor, cm_bytes packed, cm_arena *arena,
                            ProtobufCMessage **message)
{
    CM_TRY(cm_wire_check(descriptor, packed));
    *message = protobuf_c_message_unpack(descriptor, cm_arena_allocator(arena), packed.size, packed.data);
    if (!*message)
        return cm_fail(CM_INVALID_ARGUMENT,
                       "%zu bytes are no %s: a field has another type, or a required one is missing", packed.size,
                       descriptor->name);
    return cm_ok();
}

cm_bytes cm_message_pack(const ProtobufCMessage *message, cm_arena *arena)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *data = cm_arena_take(arena, size);

    protobuf_c_message_pack(message, data);
    return (cm_bytes){data, size};
}

const ProtobufCFieldDescriptor *cm_message_field(const ProtobufCMessageDescriptor *descriptor, const char *name)
{
    return protobuf_c_message_descriptor_get_field_by_name(descriptor, name);
}

static void *at(const ProtobufCMessage *message, size_t offset)
{
    return (char *)(uintptr_t)message + offset;
}

void *cm_field_at(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return at(message, field->offset);
}

size_t cm_field_size(const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
        case PROTOBUF_C_TYPE_DOUBLE:
            return 8;
        case PROTOBUF_C_TYPE_BOOL:
            return sizeof(protobuf_c_boolean);
        case PROTOBUF_C_TYPE_STRING:
        case PROTOBUF_C_TYPE_MESSAGE:
            return sizeof(void *);
        case PROTOBUF_C_TYPE_BYTES:
            return sizeof(ProtobufCBinaryData);
        default:
            return 4;
    }
}

static bool is_oneof(const ProtobufCFieldDescriptor *field)
{
    return field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

static uint32_t *oneof_case(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return at(message, field->quantifier_offset);
}

static bool is_zero(const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

static bool differs(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    const void *value = at(message, field->offset);

    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return *(void *const *)value != NULL;
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        const char *text = *(char *const *)value;
        return text && text != field->default_value && (field->label != PROTOBUF_C_LABEL_NONE || *text);
    }
    if (field->label == PROTOBUF_C_LABEL_REQUIRED)
        return true;
    if (field->label == PROTOBUF_C_LABEL_OPTIONAL)
        return *(protobuf_c_boolean *)at(message, field->quantifier_offset);
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)value)->len != 0;
    return !is_zero(value, cm_field_size(field));
}

bool cm_field_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (is_oneof(field))
        return *oneof_case(message, field) == field->id;
    return field->label == PROTOBUF_C_LABEL_REPEATED ? cm_field_count(message, field) != 0 : differs(message, field);
}

size_t cm_field_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return *(size_t *)at(message, field->quantifier_offset);
    return cm_field_is_set(message, field);
}

void cm_field_mark(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    bool has = field->label == PROTOBUF_C_LABEL_OPTIONAL && field->type != PROTOBUF_C_TYPE_STRING &&
               field->type != PROTOBUF_C_TYPE_MESSAGE;

    if (is_oneof(field))
        *oneof_case(message, field) = field->id;
    else if (has)
        *(protobuf_c_boolean *)at(message, field->quantifier_offset) = true;
}

void cm_field_clear(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;

    if (is_oneof(field)) {
        if (*oneof_case(message, field) != field->id)
            return;
        *oneof_case(message, field) = 0;
    } else if (repeated) {
        *(size_t *)at(message, field->quantifier_offset) = 0;
    } else if (field->label == PROTOBUF_C_LABEL_OPTIONAL && field->type != PROTOBUF_C_TYPE_STRING &&
               field->type != PROTOBUF_C_TYPE_MESSAGE) {
        *(protobuf_c_boolean *)at(message, field->quantifier_offset) = false;
    }
    memset(at(message, field->offset), 0, repeated ? sizeof(void *) : cm_field_size(field));
    if (field->type == PROTOBUF_C_TYPE_STRING && !repeated && !is_oneof(field))
        *(const void **)at(message, field->offset) = field->default_value;
}

void cm_field_assign(ProtobufCMessage *to, const ProtobufCMessage *from, const ProtobufCFieldDescriptor *field)
{
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;

    if (to == from)
        return;
    cm_field_clear(to, field);
    if (!cm_field_is_set(from, field))
        return;
    if (repeated)
        *(size_t *)at(to, field->quantifier_offset) = *(size_t *)at(from, field->quantifier_offset);
    memcpy(at(to, field->offset), at(from, field->offset), repeated ? sizeof(void *) : cm_field_size(field));
    cm_field_mark(to, field);
}

static const ProtobufCFieldDescriptor *string_field(const ProtobufCMessage *message, const char *name)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(message->descriptor, name);
    bool fits = field && field->type == PROTOBUF_C_TYPE_STRING && field->label != PROTOBUF_C_LABEL_REPEATED;

    return fits ? field : NULL;
}

const char *cm_message_string(const ProtobufCMessage *message, const char *name)
{
    const ProtobufCFieldDescriptor *field = string_field(message, name);

    if (!field || (is_oneof(field) && *oneof_case(message, field) != field->id))
        return "";
    const char *value = *(char *const *)at(message, field->offset);
    return value ? value : "";
}

void cm_message_set_string(ProtobufCMessage *message, const char *name, const char *value)
{
    const ProtobufCFieldDescriptor *field = string_field(message, name);

    if (!field)
        return;
    *(const char **)at(message, field->offset) = value;
    cm_field_mark(message, field);
}
