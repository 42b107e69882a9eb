#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "journal/resource.h"

enum { COLUMNS_MAX = 32 };

static cm_value scalar(const ProtobufCFieldDescriptor *field, const void *at, cm_arena *arena)
{
    switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
            return cm_v_text(*(char *const *)at);
        case PROTOBUF_C_TYPE_ENUM:
            return cm_v_text(*(const int *)at ? cm_enum_code(field->descriptor, *(const int *)at, arena) : "");
        case PROTOBUF_C_TYPE_BOOL:
            return cm_v_int(*(const protobuf_c_boolean *)at);
        case PROTOBUF_C_TYPE_DOUBLE:
            return cm_v_real(*(const double *)at);
        case PROTOBUF_C_TYPE_INT64:
            return cm_v_int(*(const int64_t *)at);
        default:
            return cm_v_int(*(const int32_t *)at);
    }
}

bool resource_is_text(const ProtobufCFieldDescriptor *field)
{
    const ProtobufCFieldDescriptor *value = field;

    if (field->type == PROTOBUF_C_TYPE_MESSAGE)
        value = cm_message_field(field->descriptor, "value");
    return !value || value->type == PROTOBUF_C_TYPE_STRING || value->type == PROTOBUF_C_TYPE_ENUM;
}

cm_value resource_column(const ProtobufCMessage *body, const ProtobufCFieldDescriptor *field, cm_arena *arena)
{
    if (field->type != PROTOBUF_C_TYPE_MESSAGE)
        return scalar(field, cm_field_at(body, field), arena);
    const ProtobufCMessage *wrapper = *(ProtobufCMessage **)cm_field_at(body, field);
    const ProtobufCFieldDescriptor *value = cm_message_field(field->descriptor, "value");
    if (wrapper && value)
        return scalar(value, cm_field_at(wrapper, value), arena);
    return resource_is_text(field) ? cm_v_text("") : cm_v_null();
}

const char *resource_upsert(const cm_resource_kind *kind, cm_arena *arena)
{
    CM_AUTO(cm_text) sql = {0};
    int count = 3;

    cm_text_format(&sql, "INSERT INTO %s (name, part, seq", kind->table);
    for (const char *const *column = kind->columns; *column; column++, count++)
        cm_text_format(&sql, ", \"%s\"", *column);
    for (int i = 1; i <= count; i++)
        cm_text_format(&sql, "%s$%d", i == 1 ? ") VALUES (" : ", ", i);
    cm_text_add(&sql, ") ON CONFLICT (name) DO UPDATE SET part = excluded.part, seq = excluded.seq");
    for (const char *const *column = kind->columns; *column; column++)
        cm_text_format(&sql, ", \"%s\" = excluded.\"%s\"", *column, *column);
    return cm_arena_strdup(arena, cm_text_get(&sql));
}

cm_status resource_table_put(cm_db *db, const cm_resource_kind *kind, const char *upsert, const ProtobufCMessage *body,
                             cm_position at, cm_arena *arena)
{
    cm_value values[3 + COLUMNS_MAX];
    int count = 0;

    values[count++] = cm_v_text(cm_message_string(body, "name"));
    values[count++] = cm_v_int(at.part);
    values[count++] = cm_v_int(at.seq);
    for (const char *const *column = kind->columns; *column; column++) {
        const ProtobufCFieldDescriptor *field = cm_message_field(kind->message, *column);
        if (!field || count == 3 + COLUMNS_MAX)
            return cm_fail(CM_INTERNAL, "%s: %s is no field of %s, or a column too many", kind->table, *column,
                           kind->message->name);
        values[count++] = resource_column(body, field, arena);
    }
    return cm_db_run(db, upsert, values, count);
}
