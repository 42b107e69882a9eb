#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/cm_message.h"
#include "base/cm_message_known.h"
#include "base/cm_message_map.h"

/* What the writer keeps apart from the message: memory for names and keys. */
typedef cm_arena scratch;

static cm_status write_message(scratch *s, const ProtobufCMessage *message, const cm_path *path, json_t **json);

static json_t *write_real(double value)
{
    if (isnan(value))
        return json_string("NaN");
    if (isinf(value))
        return json_string(value < 0 ? "-Infinity" : "Infinity");
    return json_real(value);
}

/* The nearest double that reads as the float does in decimals: 0.1f is 0.1. */
static double as_read(float value)
{
    char text[32];

    for (int digits = 6; digits <= 9; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, (double)value);
        if (strtof(text, NULL) == value)
            break;
    }
    return isfinite(value) ? strtod(text, NULL) : (double)value;
}

static json_t *write_enum(const ProtobufCEnumDescriptor *descriptor, int value)
{
    const ProtobufCEnumValue *named = protobuf_c_enum_descriptor_get_value(descriptor, value);

    return named ? json_string(named->name) : json_integer(value);
}

static json_t *write_scalar(scratch *s, const void *value, const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
        case PROTOBUF_C_TYPE_INT32:
        case PROTOBUF_C_TYPE_SINT32:
        case PROTOBUF_C_TYPE_SFIXED32:
            return json_integer(*(const int32_t *)value);
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
            return json_integer(*(const uint32_t *)value);
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
            return json_sprintf("%lld", (long long)*(const int64_t *)value);
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
            return json_sprintf("%llu", (unsigned long long)*(const uint64_t *)value);
        case PROTOBUF_C_TYPE_FLOAT:
            return write_real(as_read(*(const float *)value));
        case PROTOBUF_C_TYPE_DOUBLE:
            return write_real(*(const double *)value);
        case PROTOBUF_C_TYPE_BOOL:
            return json_boolean(*(const protobuf_c_boolean *)value);
        case PROTOBUF_C_TYPE_ENUM:
            return write_enum(field->descriptor, *(const int *)value);
        case PROTOBUF_C_TYPE_BYTES: {
            const ProtobufCBinaryData *bytes = value;
            return json_string(cm_base64(bytes->data, bytes->len, false, s));
        }
        default: {
            const char *text = *(char *const *)value;
            return json_string(text ? text : "");
        }
    }
}

static cm_status write_value(scratch *s, const void *value, const ProtobufCFieldDescriptor *field, const cm_path *path,
                             json_t **json)
{
    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        return write_message(s, *(ProtobufCMessage *const *)value, path, json);
    *json = write_scalar(s, value, field);
    return *json ? cm_ok() : cm_path_invalid(path, "the text is not UTF-8");
}

/* Both fill `into`, which the caller holds, so that nothing is lost where a value fails. */
static cm_status write_items(scratch *s, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                             cm_path *path, json_t *into)
{
    const char *items = *(char **)cm_field_at(message, field);
    size_t count = cm_field_count(message, field), size = cm_field_size(field);

    for (size_t i = 0; i < count; i++) {
        json_t *item = NULL;
        path->index = (long)i;
        CM_TRY(write_value(s, items + i * size, field, path, &item));
        json_array_append_new(into, item);
    }
    return cm_ok();
}

static cm_status write_map(scratch *s, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                           cm_path *path, json_t *into)
{
    ProtobufCMessage *const *entries = *(ProtobufCMessage ***)cm_field_at(message, field);

    for (size_t i = 0; i < cm_field_count(message, field); i++) {
        const ProtobufCFieldDescriptor *value = cm_map_value_field(field);
        json_t *json = NULL;
        path->key = cm_map_key_text(entries[i], s);
        bool absent = value->type == PROTOBUF_C_TYPE_MESSAGE && !cm_field_is_set(entries[i], value);
        if (absent)
            CM_TRY(write_message(s, cm_message_new(s, value->descriptor), path, &json));
        else
            CM_TRY(write_value(s, cm_field_at(entries[i], value), value, path, &json));
        if (json_object_set_new(into, path->key, json) != 0)
            return cm_path_invalid(path, "the key is not UTF-8");
    }
    return cm_ok();
}

static cm_status write_field(scratch *s, const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field,
                             const cm_path *up, json_t **json)
{
    cm_path path = CM_PATH(up, field->name);

    if (field->label != PROTOBUF_C_LABEL_REPEATED)
        return write_value(s, cm_field_at(message, field), field, &path, json);
    bool is_map = cm_is_map(field);
    json_t *into = is_map ? json_object() : json_array();
    cm_status wrote = is_map ? write_map(s, message, field, &path, into) : write_items(s, message, field, &path, into);
    if (cm_is_ok(wrote))
        *json = into;
    else
        json_decref(into);
    return wrote;
}

static cm_status write_fields(scratch *s, const ProtobufCMessage *message, const cm_path *path, json_t *into)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;

    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        json_t *value = NULL;
        if (!cm_field_is_set(message, field))
            continue;
        CM_TRY(write_field(s, message, field, path, &value));
        json_object_set_new(into, cm_json_name(field->name, s), value);
    }
    return cm_ok();
}

static cm_status write_message(scratch *s, const ProtobufCMessage *message, const cm_path *path, json_t **json)
{
    cm_known known = cm_known_of(message->descriptor);

    if (known == CM_WRAPPER) {
        const ProtobufCFieldDescriptor *value = &message->descriptor->fields[0];
        return write_value(s, cm_field_at(message, value), value, path, json);
    }
    if (known != CM_ORDINARY)
        return cm_known_to_json(known, message, path, json);
    json_t *object = json_object();
    cm_status wrote = write_fields(s, message, path, object);
    if (cm_is_ok(wrote))
        *json = object;
    else
        json_decref(object);
    return wrote;
}

cm_status cm_message_to_json(const ProtobufCMessage *message, json_t **json)
{
    CM_ARENA(memory);

    *json = NULL;
    return write_message(memory, message, NULL, json);
}
