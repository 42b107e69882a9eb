#include <string.h>

#include "base/cm_message.h"
#include "base/cm_text.h"

static cm_status no_field(const char *mask, const char *path, const ProtobufCMessageDescriptor *descriptor)
{
    cm_text names = {0};

    for (unsigned i = 0; i < descriptor->n_fields; i++)
        cm_text_format(&names, "%s%s", i ? ", " : "", descriptor->fields[i].name);
    cm_status s =
        cm_invalid(mask, "\"%.100s\" is no field of %s; it has %s", path, descriptor->short_name, cm_text_get(&names));
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

/* Into lists goes a path that reads, not one that writes. */
static cm_status check(const char *mask, const char *path, const ProtobufCMessageDescriptor *descriptor, bool reads)
{
    if (strcmp(path, "*") == 0)
        return cm_ok();
    for (const char *at = path;;) {
        const ProtobufCFieldDescriptor *field = first_part(descriptor, at);
        if (!field)
            return no_field(mask, path, descriptor);
        at += strcspn(at, ".");
        if (!*at)
            return cm_ok();
        if (field->type != PROTOBUF_C_TYPE_MESSAGE || (field->label == PROTOBUF_C_LABEL_REPEATED && !reads))
            return cm_invalid(mask, "\"%.100s\" goes into %s, which is no %smessage; end the path there", path,
                              field->name, reads ? "" : "single ");
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
        CM_TRY(check("update_mask", paths[i], target->descriptor, false));
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

/* ---- reading ---- */

cm_status cm_mask_check(const char *const *paths, size_t count, const ProtobufCMessageDescriptor *descriptor)
{
    for (size_t i = 0; i < count; i++)
        CM_TRY(check("read_mask", paths[i], descriptor, true));
    return cm_ok();
}

/* What the paths say below a field; *whole where one ends there. */
static size_t paths_below(const char *const *paths, size_t count, const char *name, const char **below, bool *whole)
{
    size_t length = strlen(name), found = 0;

    *whole = false;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(paths[i], "*") == 0 || strcmp(paths[i], name) == 0)
            *whole = true;
        else if (strncmp(paths[i], name, length) == 0 && paths[i][length] == '.')
            below[found++] = paths[i] + length + 1;
    }
    return found;
}

static void keep_below(const char *const *paths, size_t count, const ProtobufCMessage *message,
                       const ProtobufCFieldDescriptor *field, ProtobufCMessage *kept, cm_arena *arena)
{
    size_t items = cm_field_count(message, field);

    cm_field_assign(kept, message, field);
    if (!items)
        return;
    if (field->label != PROTOBUF_C_LABEL_REPEATED) {
        ProtobufCMessage **at = cm_field_at(kept, field);
        *at = cm_mask_keep(paths, count, *at, arena);
        return;
    }
    ProtobufCMessage ***at = cm_field_at(kept, field);
    *at = cm_mask_keep_all(paths, count, *at, items, arena);
}

ProtobufCMessage **cm_mask_keep_all(const char *const *paths, size_t count, ProtobufCMessage *const *messages,
                                    size_t items, cm_arena *arena)
{
    ProtobufCMessage **kept = cm_arena_take(arena, items * sizeof *kept);

    for (size_t i = 0; i < items; i++)
        kept[i] = cm_mask_keep(paths, count, messages[i], arena);
    return kept;
}

ProtobufCMessage *cm_mask_keep(const char *const *paths, size_t count, const ProtobufCMessage *message, cm_arena *arena)
{
    const ProtobufCMessageDescriptor *descriptor = message->descriptor;
    ProtobufCMessage *kept = cm_message_new(arena, descriptor);
    const char **below = cm_arena_take(arena, (count + 1) * sizeof *below);

    for (unsigned i = 0; i < descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &descriptor->fields[i];
        bool whole;
        size_t deeper = paths_below(paths, count, field->name, below, &whole);
        if (!whole && !deeper)
            continue;
        if (!cm_field_is_set(message, field))
            continue;
        if (whole)
            cm_field_assign(kept, message, field);
        else
            keep_below(below, deeper, message, field, kept, arena);
    }
    return kept;
}
