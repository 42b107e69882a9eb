#include "base/cm_message_map.h"

#include <string.h>

static char upper(char c)
{
    return (char)(c >= 'a' && c <= 'z' ? c & ~0x20 : c);
}

/* Whether `entry` is the name of `field` in UpperCamelCase with `Entry` behind it. */
static bool is_entry_name(const char *entry, const char *field)
{
    for (bool first = true; *field; field++) {
        if (*field == '_') {
            first = true;
            continue;
        }
        if (*entry++ != (first ? upper(*field) : *field))
            return false;
        first = false;
    }
    return strcmp(entry, "Entry") == 0;
}

bool cm_is_map(const ProtobufCFieldDescriptor *field)
{
    if (field->label != PROTOBUF_C_LABEL_REPEATED || field->type != PROTOBUF_C_TYPE_MESSAGE)
        return false;
    const ProtobufCMessageDescriptor *entry = field->descriptor;
    return entry->n_fields == 2 && entry->fields[0].id == 1 && entry->fields[1].id == 2 &&
           strcmp(entry->fields[0].name, "key") == 0 && strcmp(entry->fields[1].name, "value") == 0 &&
           is_entry_name(entry->short_name, field->name);
}

const ProtobufCFieldDescriptor *cm_map_key_field(const ProtobufCFieldDescriptor *map)
{
    return &((const ProtobufCMessageDescriptor *)map->descriptor)->fields[0];
}

const ProtobufCFieldDescriptor *cm_map_value_field(const ProtobufCFieldDescriptor *map)
{
    return &((const ProtobufCMessageDescriptor *)map->descriptor)->fields[1];
}

const char *cm_map_key_text(const ProtobufCMessage *entry, cm_arena *arena)
{
    const ProtobufCFieldDescriptor *key = &entry->descriptor->fields[0];
    const void *value = cm_field_at(entry, key);

    switch (key->type) {
        case PROTOBUF_C_TYPE_STRING:
            return *(char *const *)value ? *(char *const *)value : "";
        case PROTOBUF_C_TYPE_BOOL:
            return *(const protobuf_c_boolean *)value ? "true" : "false";
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
            return cm_arena_format(arena, "%lld", (long long)*(const int64_t *)value);
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
            return cm_arena_format(arena, "%llu", (unsigned long long)*(const uint64_t *)value);
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
            return cm_arena_format(arena, "%lu", (unsigned long)*(const uint32_t *)value);
        default:
            return cm_arena_format(arena, "%ld", (long)*(const int32_t *)value);
    }
}
