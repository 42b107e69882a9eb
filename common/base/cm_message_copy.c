#include <string.h>

#include "base/cm_message.h"

/* A deep copy is the struct itself with everything that it points to replaced by copies. */

static void copy_value(void *value, const ProtobufCFieldDescriptor *field, cm_arena *arena)
{
    if (field->type == PROTOBUF_C_TYPE_STRING) {
        char **text = value;
        if (*text && *text != field->default_value)
            *text = cm_arena_strdup(arena, *text);
    } else if (field->type == PROTOBUF_C_TYPE_MESSAGE) {
        ProtobufCMessage **message = value;
        if (*message)
            *message = cm_message_copy(*message, arena);
    } else if (field->type == PROTOBUF_C_TYPE_BYTES) {
        ProtobufCBinaryData *bytes = value;
        if (bytes->len)
            bytes->data = cm_arena_copy(arena, bytes->data, bytes->len);
    }
}

static void copy_repeated(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, cm_arena *arena)
{
    char **items = cm_field_at(message, field);
    size_t count = cm_field_count(message, field), size = cm_field_size(field);

    *items = cm_arena_copy(arena, *items, count * size);
    for (size_t i = 0; i < count; i++)
        copy_value(*items + i * size, field, arena);
}

static void copy_unknown(ProtobufCMessage *message, cm_arena *arena)
{
    unsigned count = message->n_unknown_fields;

    message->unknown_fields = cm_arena_copy(arena, message->unknown_fields, count * sizeof *message->unknown_fields);
    for (unsigned i = 0; i < count; i++) {
        ProtobufCMessageUnknownField *unknown = &message->unknown_fields[i];
        unknown->data = cm_arena_copy(arena, unknown->data, unknown->len);
    }
}

void *cm_message_copy(const ProtobufCMessage *message, cm_arena *arena)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    ProtobufCMessage *copy = cm_arena_copy(arena, message, descriptor->sizeof_message);

    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        if (!cm_field_is_set(copy, field))
            continue;
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            copy_repeated(copy, field, arena);
        else
            copy_value(cm_field_at(copy, field), field, arena);
    }
    if (copy->n_unknown_fields)
        copy_unknown(copy, arena);
    return copy;
}
