#include <string.h>

#include "base/cm_message.h"
#include "base/cm_text.h"

static cm_status no_field(const char *path, const ProtobufCMessageDescriptor *descriptor)
{
    cm_text names = {0};

    for (unsigned i = 0; i < descriptor->n_fields; i++)
        cm_text_format(&names, "%s%s", i ? ", " : "", descriptor->fields[i].name);
    cm_status s = cm_invalid("update_mask", "\"%.100s\" is no field of %s; it has %s", path, descriptor->short_name,
                             cm_text_get(&names));
    cm_text_clear(&names);
    return s;
}

/* The field that the path's first part names; NULL where there is none. */
static const ProtobufCFieldDescriptor *first_part(const ProtobufCMessageDescriptor *descriptor, const char *path)
{
    size_t length = strcspn(path, ".");
    char name[128];

    if (length == 0 || length >= sizeof name)
        return NULL;
    memcpy(name, path, length);
    name[length] = '\0';
    return cm_message_field(descriptor, name);
}

static cm_status check(const char *path, const ProtobufCMessageDescriptor *descriptor)
{
    if (strcmp(path, "*") == 0)
        return cm_ok();
    for (const char *at = path;;) {
        const ProtobufCFieldDescriptor *field = first_part(descriptor, at);
        if (!field)
            return no_field(path, descriptor);
        at += strcspn(at, ".");
        if (!*at)
            return cm_ok();
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || field->label == PROTOBUF_C_LABEL_REPEATED)
            return cm_invalid("update_mask", "\"%.100s\" goes into %s, which is no single message; end the path there",
                              path, field->name);
        descriptor = field->descriptor;
        at++;
    }
}

static ProtobufCMessage *inner(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field)
{
    return cm_field_is_set(message, field) ? *(ProtobufCMessage **)cm_field_at(message, field) : NULL;
}

static void apply(const char *path, const ProtobufCMessage *change, ProtobufCMessage *target, cm_arena *arena)
{
    const ProtobufCFieldDescriptor *field = first_part(target->descriptor, path);
    const char *rest = strchr(path, '.');

    if (!rest) {
        cm_field_assign(target, change, field);
        return;
    }
    const ProtobufCMessage *from = inner(change, field);
    ProtobufCMessage *to = inner(target, field);
    if (!from && !to)
        return; /* the default already */
    if (!from)
        from = cm_message_new(arena, field->descriptor);
    if (!to) {
        to = cm_message_new(arena, field->descriptor);
        *(ProtobufCMessage **)cm_field_at(target, field) = to;
        cm_field_mark(target, field);
    }
    apply(rest + 1, from, to, arena);
}

static void apply_all(const ProtobufCMessage *change, ProtobufCMessage *target, bool only_set)
{
    const ProtobufCMessageDescriptor *descriptor = target->descriptor;

    for (unsigned i = 0; i < descriptor->n_fields; i++)
        if (!only_set || cm_field_is_set(change, &descriptor->fields[i]))
            cm_field_assign(target, change, &descriptor->fields[i]);
}

cm_status cm_mask_apply(const char *const *paths, size_t count, const ProtobufCMessage *change,
                        ProtobufCMessage *target, cm_arena *arena)
{
    for (size_t i = 0; i < count; i++)
        CM_TRY(check(paths[i], target->descriptor));
    if (count == 0)
        apply_all(change, target, true);
    for (size_t i = 0; i < count; i++) {
        if (strcmp(paths[i], "*") == 0)
            apply_all(change, target, false);
        else
            apply(paths[i], change, target, arena);
    }
    return cm_ok();
}
