#include <string.h>

#include "base/cm_message.h"
#include "base/cm_message_known.h"
#include "base/cm_message_map.h"
#include "base/cm_message_scalar.h"
#include "base/cm_text.h"

static cm_status read_message(const json_t *json, const cm_path *path, cm_arena *arena, ProtobufCMessage *message);

static cm_status read_value(const ProtobufCFieldDescriptor *field, const json_t *json, const cm_path *path,
                            cm_arena *arena, void *value)
{
    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return cm_scalar_from_json(field, json, path, arena, value);
    ProtobufCMessage **message = value;
    *message = cm_message_new(arena, field->descriptor);
    return read_message(json, path, arena, *message);
}

static void set_items(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, void *items, size_t count)
{
    *(void **)cm_field_at(message, field) = items;
    *(size_t *)((char *)message + field->quantifier_offset) = count;
}

static cm_status read_items(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const json_t *json,
                            cm_path *path, cm_arena *arena)
{
    size_t count = json_array_size(json), size = cm_field_size(field);

    if (!json_is_array(json))
        return cm_path_invalid(path, "this field has a list of values; give an array");
    char *items = cm_arena_zero(arena, count * size);
    for (size_t i = 0; i < count; i++) {
        path->index = (long)i;
        CM_TRY(read_value(field, json_array_get(json, i), path, arena, items + i * size));
    }
    set_items(message, field, items, count);
    return cm_ok();
}

static cm_status read_map(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const json_t *json,
                          cm_path *path, cm_arena *arena)
{
    const ProtobufCFieldDescriptor *key_field = cm_map_key_field(field), *value_field = cm_map_value_field(field);
    size_t count = 0;
    const char *key;
    json_t *value;

    if (!json_is_object(json))
        return cm_path_invalid(path, "this field is a map; give an object");
    ProtobufCMessage **entries = cm_arena_take(arena, json_object_size(json) * cm_field_size(field));
    json_object_foreach ((json_t *)(uintptr_t)json, key, value) {
        ProtobufCMessage *entry = cm_message_new(arena, field->descriptor);
        path->key = key;
        CM_TRY(cm_scalar_from_key(key_field, key, path, arena, cm_field_at(entry, key_field)));
        CM_TRY(read_value(value_field, value, path, arena, cm_field_at(entry, value_field)));
        entries[count++] = entry;
    }
    set_items(message, field, entries, count);
    return cm_ok();
}

static cm_status read_field(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, const json_t *json,
                            const cm_path *up, cm_arena *arena)
{
    cm_path path = CM_PATH(up, field->name);
    uint32_t *quantifier = (uint32_t *)((char *)message + field->quantifier_offset);

    if (field->label == PROTOBUF_C_LABEL_REPEATED)
        return cm_is_map(field) ? read_map(message, field, json, &path, arena)
                                : read_items(message, field, json, &path, arena);
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) && *quantifier && *quantifier != field->id)
        return cm_path_invalid(&path, "%s is given too; give one of them",
                               protobuf_c_message_descriptor_get_field(message->descriptor, *quantifier)->name);
    CM_TRY(read_value(field, json, &path, arena, cm_field_at(message, field)));
    cm_field_mark(message, field);
    return cm_ok();
}

/* Names are taken in both forms. */
static const ProtobufCFieldDescriptor *find(const ProtobufCMessageDescriptor *descriptor, const char *name,
                                            cm_arena *arena)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(descriptor, name);

    if (!field)
        field = cm_message_field(descriptor, cm_proto_name(name, arena));
    if (field)
        return field;
    /* what is left is a number behind an underscore, which the other form has swallowed: address_2 is address2 */
    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (strcmp(cm_json_name(descriptor->fields[i].name, arena), name) == 0)
            return &descriptor->fields[i];
    return NULL;
}

static cm_status unknown(const ProtobufCMessageDescriptor *descriptor, const char *name, const cm_path *path)
{
    cm_text names = {0};

    for (unsigned i = 0; i < descriptor->n_fields; i++)
        cm_text_format(&names, "%s%s", i ? ", " : "", descriptor->fields[i].name);
    cm_path here = CM_PATH(path, name);
    cm_status s =
        cm_path_invalid(&here, "%s has no such field; it has %s", descriptor->short_name, cm_text_get(&names));
    cm_text_clear(&names);
    return s;
}

static cm_status read_fields(const json_t *json, const cm_path *path, cm_arena *arena, ProtobufCMessage *message)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    const char *name;
    json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)json, name, value) {
        const ProtobufCFieldDescriptor *field = find(descriptor, name, arena);
        if (!field)
            return unknown(descriptor, name, path);
        bool twice = strcmp(name, field->name) != 0 && json_object_get(json, field->name);
        if (twice) {
            cm_path here = CM_PATH(path, field->name);
            return cm_path_invalid(&here, "the field is given twice, also as %s; give it once", name);
        }
        if (!json_is_null(value))
            CM_TRY(read_field(message, field, value, path, arena));
    }
    return cm_ok();
}

static cm_status read_message(const json_t *json, const cm_path *path, cm_arena *arena, ProtobufCMessage *message)
{
    cm_known known = cm_known_of(message->descriptor);

    if (known == CM_WRAPPER) {
        const ProtobufCFieldDescriptor *value = &message->descriptor->fields[0];
        return read_value(value, json, path, arena, cm_field_at(message, value));
    }
    if (known != CM_ORDINARY)
        return cm_known_from_json(known, json, path, arena, message);
    if (!json_is_object(json))
        return cm_path_invalid(path, "a %s is an object in JSON", message->descriptor->short_name);
    return read_fields(json, path, arena, message);
}

cm_status cm_message_from_json(const ProtobufCMessageDescriptor *descriptor, const json_t *json, cm_arena *arena,
                               ProtobufCMessage **message)
{
    *message = cm_message_new(arena, descriptor);
    return read_message(json, NULL, arena, *message);
}
