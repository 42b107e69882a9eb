#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_path.h"
#include "journal/resource.h"

enum { STRING_MAX = 4096, LIST_MAX = 1000 };

static void walk(const ProtobufCMessage *message, const cm_path *outer, cm_violations *wrong);

static void add(cm_violations *wrong, const cm_path *path, const char *what)
{
    char *field = cm_path_text(path);

    cm_violations_add(wrong, field, "%s", what);
    free(field);
}

static void check_value(const ProtobufCFieldDescriptor *field, const void *at, const cm_path *path,
                        cm_violations *wrong)
{
    char what[160];
    int code;

    switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
            if (strlen(*(char *const *)at) <= STRING_MAX)
                return;
            snprintf(what, sizeof what, "has %zu bytes; give at most %d", strlen(*(char *const *)at), STRING_MAX);
            break;
        case PROTOBUF_C_TYPE_MESSAGE:
            walk(*(ProtobufCMessage *const *)at, path, wrong);
            return;
        case PROTOBUF_C_TYPE_DOUBLE:
            if (isfinite(*(const double *)at))
                return;
            snprintf(what, sizeof what, "%g is no number; give a finite one or leave it out", *(const double *)at);
            break;
        case PROTOBUF_C_TYPE_ENUM:
            code = *(const int *)at;
            if (protobuf_c_enum_descriptor_get_value(field->descriptor, code))
                return;
            snprintf(what, sizeof what, "%d is no value of %.80s; give one that it names", code,
                     ((const ProtobufCEnumDescriptor *)field->descriptor)->name);
            break;
        default:
            return;
    }
    add(wrong, path, what);
}

static void check_list(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field, cm_path path,
                       cm_violations *wrong)
{
    size_t count = cm_field_count(message, field), size = cm_field_size(field);
    const char *items = *(char **)cm_field_at(message, field);

    if (count > LIST_MAX) {
        char what[96];
        snprintf(what, sizeof what, "has %zu items; give at most %d", count, LIST_MAX);
        add(wrong, &path, what);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        path.index = (long)i;
        check_value(field, items + i * size, &path, wrong);
    }
}

static void walk(const ProtobufCMessage *message, const cm_path *outer, cm_violations *wrong)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        cm_path path = CM_PATH(outer, field->name);
        if (!cm_field_is_set(message, field))
            continue;
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            check_list(message, field, path, wrong);
        else
            check_value(field, cm_field_at(message, field), &path, wrong);
    }
}

void resource_bounds(const ProtobufCMessage *resource, cm_violations *wrong)
{
    walk(resource, NULL, wrong);
}

cm_status resource_check_reason(const char *reason)
{
    if (strlen(reason) <= STRING_MAX)
        return cm_ok();
    return cm_invalid("reason", "has %zu bytes; give at most %d", strlen(reason), STRING_MAX);
}
