#include "con_schema.h"

#include <ctype.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"

typedef Google__Protobuf__FileDescriptorProto file_proto;
typedef Google__Protobuf__DescriptorProto message_proto;
typedef Google__Protobuf__EnumDescriptorProto enum_proto;
typedef Google__Protobuf__FieldDescriptorProto field_proto;
typedef Google__Protobuf__SourceCodeInfo__Location location;

enum { PATH_MAX_DEPTH = 16, FILE_MESSAGE = 4, FILE_ENUM = 5, MESSAGE_FIELD = 2, MESSAGE_NESTED = 3, MESSAGE_ENUM = 4 };

/* A message or an enum, and where in its file it is written. */
typedef struct found {
    const file_proto *file;
    const message_proto *message; /* one of the two is set */
    const enum_proto *enumeration;
    int32_t path[PATH_MAX_DEPTH];
    size_t depth;
} found;

/* ---- finding ---- */

static bool find_in(const char *name, found *at);

static bool is_or_has(const char *name, const char *own, found *at)
{
    size_t length = strlen(own);

    if (strncmp(name, own, length) != 0)
        return false;
    if (!name[length])
        return true;
    return name[length] == '.' && at->message && find_in(name + length + 1, at);
}

static bool try_message(const char *name, message_proto *const *messages, size_t count, int32_t field, found *at)
{
    found before = *at;

    for (size_t i = 0; i < count; i++) {
        at->message = messages[i];
        at->path[at->depth++] = field;
        at->path[at->depth++] = (int32_t)i;
        if (is_or_has(name, messages[i]->name, at))
            return true;
        *at = before;
    }
    return false;
}

static bool try_enum(const char *name, enum_proto *const *enums, size_t count, int32_t field, found *at)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, enums[i]->name) == 0) {
            at->message = NULL;
            at->enumeration = enums[i];
            at->path[at->depth++] = field;
            at->path[at->depth++] = (int32_t)i;
            return true;
        }
    return false;
}

static bool find_in(const char *name, found *at)
{
    const message_proto *outer = at->message;

    return try_message(name, outer->nested_type, outer->n_nested_type, MESSAGE_NESTED, at) ||
           try_enum(name, outer->enum_type, outer->n_enum_type, MESSAGE_ENUM, at);
}

static bool find(const con_set *set, const char *full_name, found *at)
{
    for (size_t i = 0; i < set->n_file; i++) {
        const file_proto *file = set->file[i];
        size_t length = strlen(file->package);

        *at = (found){.file = file};
        if (strncmp(full_name, file->package, length) == 0 && full_name[length] == '.' &&
            (try_message(full_name + length + 1, file->message_type, file->n_message_type, FILE_MESSAGE, at) ||
             try_enum(full_name + length + 1, file->enum_type, file->n_enum_type, FILE_ENUM, at)))
            return true;
    }
    return false;
}

/* ---- comments ---- */

static void add_words(cm_text *text, const char *comment)
{
    for (const char *c = comment; c && *c; c++)
        if (!isspace((unsigned char)*c))
            cm_text_char(text, *c);
        else if (text->size && cm_text_get(text)[text->size - 1] != ' ')
            cm_text_char(text, ' ');
}

/* What is written before, or behind on the same line. */
static void describe(json_t *schema, const found *at, size_t depth, const char *more)
{
    const Google__Protobuf__SourceCodeInfo *info = at->file->source_code_info;
    CM_AUTO(cm_text) text = {0};

    for (size_t i = 0; info && i < info->n_location; i++) {
        const location *l = info->location[i];
        if (l->n_path == depth && memcmp(l->path, at->path, depth * sizeof *l->path) == 0) {
            add_words(&text, l->leading_comments);
            add_words(&text, l->trailing_comments);
        }
    }
    if (more)
        cm_text_format(&text, " %s", more);
    if (text.size) {
        const char *words = cm_text_get(&text) + strspn(cm_text_get(&text), " ");
        size_t length = strlen(words);
        while (length && words[length - 1] == ' ')
            length--;
        json_object_set_new(schema, "description", json_stringn(words, length));
    }
}

/* ---- types, as canonical protobuf JSON has them ---- */

static json_t *plain(const char *type, const char *format)
{
    json_t *schema = json_object();

    json_object_set_new(schema, "type", json_string(type));
    if (format)
        json_object_set_new(schema, "format", json_string(format));
    return schema;
}

/* Messages that JSON writes as one value. */
static json_t *well_known(const char *name)
{
    static const struct {
        const char *name, *type, *format;
    } known[] = {
        {"google.protobuf.Timestamp", "string", "date-time"}, {"google.protobuf.Duration", "string", NULL},
        {"google.protobuf.FieldMask", "string", NULL},        {"google.protobuf.BoolValue", "boolean", NULL},
        {"google.protobuf.StringValue", "string", NULL},      {"google.protobuf.DoubleValue", "number", "double"},
        {"google.protobuf.Int32Value", "integer", "int32"},   {"google.protobuf.UInt32Value", "integer", "int64"},
        {"google.protobuf.Int64Value", "string", "int64"},    {"google.protobuf.UInt64Value", "string", "int64"},
        {"google.protobuf.FloatValue", "number", "float"},
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0)
            return plain(known[i].type, known[i].format);
    return NULL;
}

static json_t *reference(const char *name)
{
    return json_pack("{s:o}", "$ref", json_sprintf("#/components/schemas/%s", name));
}

static cm_status named_type(const con_set *set, const char *name, json_t *schemas, json_t **type)
{
    name += *name == '.';
    *type = well_known(name);
    if (*type)
        return cm_ok();
    *type = reference(name);
    return con_schema_add(set, name, schemas);
}

static cm_status type_of(const con_set *set, const field_proto *field, json_t *schemas, json_t **type)
{
    switch (field->type) {
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_MESSAGE:
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_ENUM:
            return named_type(set, field->type_name, schemas, type);
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_DOUBLE:
            *type = plain("number", "double");
            return cm_ok();
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_FLOAT:
            *type = plain("number", "float");
            return cm_ok();
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BOOL:
            *type = plain("boolean", NULL);
            return cm_ok();
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_STRING:
            *type = plain("string", NULL);
            return cm_ok();
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_BYTES:
            *type = json_pack("{s:s, s:s}", "type", "string", "contentEncoding", "base64");
            return cm_ok();
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT64:
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT64:
            *type = plain("string", "int64");
            return cm_ok();
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_INT32:
        case GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__TYPE__TYPE_UINT32:
            *type = plain("integer", "int32");
            return cm_ok();
        default:
            return cm_fail(CM_UNIMPLEMENTED, "%s: fields of type %d are in no message of the contract so far",
                           field->name, (int)field->type);
    }
}

/* The entry of a map is a message that protoc makes up. */
static const message_proto *map_entry(const con_set *set, const field_proto *field)
{
    found at;

    if (!field->type_name || !find(set, field->type_name + 1, &at) || !at.message || !at.message->options)
        return NULL;
    return at.message->options->map_entry ? at.message : NULL;
}

static cm_status schema_of_field(const con_set *set, const field_proto *field, json_t *schemas, json_t **schema)
{
    const message_proto *entry = map_entry(set, field);
    json_t *type = NULL;

    CM_TRY(type_of(set, entry ? entry->field[1] : field, schemas, &type));
    if (entry)
        *schema = json_pack("{s:s, s:o}", "type", "object", "additionalProperties", type);
    else if (field->label == GOOGLE__PROTOBUF__FIELD_DESCRIPTOR_PROTO__LABEL__LABEL_REPEATED)
        *schema = json_pack("{s:s, s:o}", "type", "array", "items", type);
    else
        *schema = type;
    return cm_ok();
}

static cm_status add_fields(const con_set *set, found *at, json_t *schemas, json_t *properties)
{
    for (size_t i = 0; i < at->message->n_field; i++) {
        const field_proto *field = at->message->field[i];
        CM_FREE char *of = NULL;
        json_t *schema;

        CM_TRY(schema_of_field(set, field, schemas, &schema));
        if (field->has_oneof_index)
            of = cm_format("(one of %s)", at->message->oneof_decl[field->oneof_index]->name);
        at->path[at->depth] = MESSAGE_FIELD;
        at->path[at->depth + 1] = (int32_t)i;
        describe(schema, at, at->depth + 2, of);
        json_object_set_new(schema, "x-protobuf-number", json_integer(field->number));
        json_object_set_new(properties, field->json_name, schema);
    }
    return cm_ok();
}

static json_t *schema_of_enum(const enum_proto *enumeration)
{
    json_t *names = json_array();

    for (size_t i = 0; i < enumeration->n_value; i++)
        json_array_append_new(names, json_string(enumeration->value[i]->name));
    return json_pack("{s:s, s:o}", "type", "string", "enum", names);
}

cm_status con_schema_add(const con_set *set, const char *full_name, json_t *schemas)
{
    json_t *schema, *properties;
    found at;

    if (json_object_get(schemas, full_name))
        return cm_ok();
    if (!find(set, full_name, &at))
        return cm_fail(CM_NOT_FOUND, "the descriptors have no %s", full_name);
    properties = json_object();
    schema = at.enumeration ? schema_of_enum(at.enumeration)
                            : json_pack("{s:s, s:O}", "type", "object", "properties", properties);
    describe(schema, &at, at.depth, NULL);
    json_object_set_new(schemas, full_name, schema); /* before its fields, which may lead back to it */
    cm_status s = at.message ? add_fields(set, &at, schemas, properties) : cm_ok();
    json_decref(properties);
    return s;
}
