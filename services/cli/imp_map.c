#include "cli/imp_map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "base/cm_message_known.h"

enum { DEEPEST = 8 };

/* A field on the way, and which item of it: by index, or by the value of its first field. */
typedef struct step {
    const ProtobufCFieldDescriptor *field;
    long index;      /* < 0: none */
    const char *key; /* NULL: none */
} step;

typedef struct rule {
    const char *column;
    step steps[DEEPEST];
    int count; /* 0: left out */
    struct rule *next;
} rule;

struct imp_map {
    const ProtobufCMessageDescriptor *message;
    cm_arena *arena;
    rule *rules;
};

/* ---- rules ---- */

static const ProtobufCFieldDescriptor *field_of(const ProtobufCMessageDescriptor *message, const char *name,
                                                cm_arena *arena)
{
    const ProtobufCFieldDescriptor *field = cm_message_field(message, name);

    return field ? field : cm_message_field(message, cm_proto_name(name, arena));
}

static const char *names_of(const ProtobufCMessageDescriptor *message, cm_arena *arena)
{
    const char *names = "";

    for (unsigned i = 0; i < message->n_fields; i++)
        names = cm_arena_format(arena, "%s%s%s", names, i ? ", " : "", message->fields[i].name);
    return names;
}

static bool is_message(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_MESSAGE && cm_known_of(field->descriptor) == CM_ORDINARY;
}

static const ProtobufCMessageDescriptor *below(const ProtobufCFieldDescriptor *field)
{
    return is_message(field) ? field->descriptor : NULL;
}

/* What is in brackets behind a field's name. `last` where the path ends with it: then it is a key. */
static cm_status read_item(const char *text, const char *inside, bool last, step *to)
{
    char *end;

    if (to->field->label != PROTOBUF_C_LABEL_REPEATED || !is_message(to->field))
        return cm_fail(CM_INVALID_ARGUMENT, "--map: %s: %s is no list of items with fields; leave the brackets out",
                       text, to->field->name);
    to->key = last ? inside : NULL;
    to->index = last ? -1 : strtol(inside, &end, 10);
    if (last && to->field->descriptor && ((const ProtobufCMessageDescriptor *)to->field->descriptor)->n_fields < 2)
        return cm_fail(CM_INVALID_ARGUMENT, "--map: %s: an item of %s has one field; give an index and name it", text,
                       to->field->name);
    if (!last && (*end || !*inside || to->index < 0 || to->index >= 1000))
        return cm_fail(CM_INVALID_ARGUMENT, "--map: %s: '%s' is no index; give 0 to 999, or end the path there", text,
                       inside);
    return cm_ok();
}

static cm_status read_step(const imp_map *map, const char *text, char *part, bool last,
                           const ProtobufCMessageDescriptor *message, step *to)
{
    char *bracket = strchr(part, '['), *end = bracket ? strchr(bracket, ']') : NULL;

    if (bracket && (!end || end[1]))
        return cm_fail(CM_INVALID_ARGUMENT, "--map: %s: brackets go around an index or a key, as in populations[2020]",
                       text);
    if (bracket)
        *bracket = *end = '\0';
    *to = (step){.field = field_of(message, part, map->arena), .index = -1};
    if (!to->field)
        return cm_fail(CM_INVALID_ARGUMENT, "--map: %s: '%s' is no field; give one of %s", text, part,
                       names_of(message, map->arena));
    if (bracket)
        return read_item(text, bracket + 1, last, to);
    if (!last && to->field->label == PROTOBUF_C_LABEL_REPEATED)
        return cm_fail(CM_INVALID_ARGUMENT, "--map: %s: %s is a list; say which item, as in %s[0]", text, part, part);
    return cm_ok();
}

static cm_status read_path(const imp_map *map, const char *text, rule *to)
{
    char *rest = cm_arena_strdup(map->arena, strchr(text, '=') + 1);
    const ProtobufCMessageDescriptor *message = map->message;

    while (*rest) {
        char *dot = strchr(rest, '.'), *part = rest;
        if (to->count == DEEPEST || !message)
            return cm_fail(CM_INVALID_ARGUMENT, "--map: %s: there is nothing below '%s'", text,
                           to->count ? to->steps[to->count - 1].field->name : "");
        rest = dot ? dot + 1 : part + strlen(part);
        if (dot)
            *dot = '\0';
        CM_TRY(read_step(map, text, part, !*rest, message, &to->steps[to->count]));
        message = below(to->steps[to->count++].field);
    }
    return cm_ok();
}

static cm_status add_rule(imp_map *map, const char *text)
{
    const char *equals = strchr(text, '=');
    rule *added = cm_arena_zero(map->arena, sizeof *added);

    if (!equals || equals == text)
        return cm_fail(CM_INVALID_ARGUMENT, "--map: '%s' is no rule; give COLUMN=FIELD, or COLUMN= to leave it out",
                       text);
    added->column = cm_arena_strndup(map->arena, text, (size_t)(equals - text));
    CM_TRY(read_path(map, text, added));
    added->next = map->rules;
    map->rules = added;
    return cm_ok();
}

static cm_status add_file(imp_map *map, const char *path)
{
    FILE *file = fopen(path, "r");
    cm_status s = cm_ok();
    char *line = NULL;
    size_t capacity = 0;

    if (!file)
        return cm_fail(errno == ENOENT ? CM_NOT_FOUND : CM_PERMISSION_DENIED,
                       "--map: %s is no rule COLUMN=FIELD, nor a file that can be read: %s", path, strerror(errno));
    while (cm_is_ok(s) && getline(&line, &capacity, file) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (*line && *line != '#')
            s = add_rule(map, line);
    }
    free(line);
    fclose(file);
    return s;
}

cm_status imp_map_new(const ProtobufCMessageDescriptor *message, const char *const *rules, int count, cm_arena *arena,
                      imp_map **made)
{
    imp_map *map = *made = cm_arena_zero(arena, sizeof *map);

    *map = (imp_map){.message = message, .arena = arena};
    for (int i = 0; i < count; i++)
        CM_TRY(strchr(rules[i], '=') ? add_rule(map, rules[i]) : add_file(map, rules[i]));
    return cm_ok();
}

/* ---- values ---- */

static const rule *rule_of(const imp_map *map, const char *column)
{
    const rule *found = map->rules;

    while (found && strcmp(found->column, column) != 0)
        found = found->next;
    return found;
}

cm_status imp_map_check(const imp_map *map, const char *column)
{
    CM_ARENA(arena);

    if (rule_of(map, column) || field_of(map->message, column, arena))
        return cm_ok();
    return cm_fail(CM_INVALID_ARGUMENT, "column '%s' is no field; give --map '%s=FIELD', or '%s=' to leave it out: %s",
                   column, column, column, names_of(map->message, arena));
}

static json_t *parts_of(const char *text)
{
    json_t *list = json_array();

    for (const char *at = text; *at;) {
        size_t length = strcspn(at, ";"), blank = strspn(at, " ");
        if (length > blank)
            json_array_append_new(list, json_stringn(at + blank, length - blank));
        at += length + (at[length] == ';');
    }
    return list;
}

/* A new reference. */
static json_t *read_text(const ProtobufCFieldDescriptor *field, const char *text)
{
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED;
    bool words = field->type == PROTOBUF_C_TYPE_STRING || field->type == PROTOBUF_C_TYPE_ENUM;

    if (words && !repeated)
        return json_string(text);
    if (words && *text != '[')
        return parts_of(text);
    json_t *read = json_loads(text, JSON_DECODE_ANY, NULL);
    return read ? read : json_string(text); /* what is wrong with it is said where the message is read */
}

static json_t *member(json_t *object, const char *name, json_t *missing)
{
    json_t *found = json_object_get(object, name);

    if (found) {
        json_decref(missing);
        return found;
    }
    json_object_set_new(object, name, missing);
    return missing;
}

/* The item of a list; those before it are made too. */
static json_t *item_at(json_t *list, long index)
{
    while ((long)json_array_size(list) <= index)
        json_array_append_new(list, json_object());
    return json_array_get(list, (size_t)index);
}

static void put_keyed(json_t *list, const step *at, json_t *value)
{
    const ProtobufCMessageDescriptor *item = at->field->descriptor;
    json_t *added = json_object();

    json_object_set_new(added, item->fields[0].name, read_text(&item->fields[0], at->key));
    json_object_set(added, item->fields[1].name, value);
    json_array_append_new(list, added);
}

static void put_at(json_t *object, const step *steps, int count, json_t *value)
{
    const step *at = steps;
    const char *name = at->field->name;

    if (at->key)
        put_keyed(member(object, name, json_array()), at, value);
    else if (count == 1)
        json_object_set(object, name, value);
    else if (at->index >= 0)
        put_at(item_at(member(object, name, json_array()), at->index), steps + 1, count - 1, value);
    else
        put_at(member(object, name, json_object()), steps + 1, count - 1, value);
}

/* The field whose type tells how a text is read. */
static const ProtobufCFieldDescriptor *last_field(const step *last)
{
    const ProtobufCMessageDescriptor *item = last->key ? last->field->descriptor : NULL;

    return item ? &item->fields[1] : last->field;
}

void imp_map_put(const imp_map *map, const char *column, json_t *value, json_t *resource)
{
    CM_ARENA(arena);
    const rule *told = rule_of(map, column);
    rule own = {.steps = {{.index = -1}}, .count = 1};

    own.steps[0].field = told ? NULL : field_of(map->message, column, arena);
    if (!told && !own.steps[0].field) {
        json_object_set(resource, column, value); /* what is wrong with it is said where the message is read */
        return;
    }
    const rule *by = told ? told : &own;
    if (by->count == 0 || (json_is_string(value) && !*json_string_value(value)))
        return;
    json_t *read = json_is_string(value) ? read_text(last_field(&by->steps[by->count - 1]), json_string_value(value))
                                         : json_incref(value);
    put_at(resource, by->steps, by->count, read);
    json_decref(read);
}
