#include <string.h>

#include "base/cm_message.h"
#include "base/cm_text.h"

/* The length of what all names begin with, up to and with an underscore. */
static size_t shared_prefix(const ProtobufCEnumDescriptor *d)
{
    const char *first = d->values_by_name[0].name, *last = d->values_by_name[d->n_value_names - 1].name;
    size_t length = 0;

    for (size_t i = 0; first[i] && first[i] == last[i]; i++) /* names are sorted: the outermost two decide */
        if (first[i] == '_' && first[i + 1] && last[i + 1])
            length = i + 1;
    return length;
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static bool is_code(const char *name, const char *code)
{
    for (; *name; name++, code++)
        if (lower(*name) != *code)
            return false;
    return *code == '\0';
}

static cm_status no_value(const ProtobufCEnumDescriptor *d, size_t prefix, const char *code)
{
    cm_text allowed = {0};

    for (unsigned i = 0; i < d->n_values; i++) {
        if (d->values[i].value == 0 && strcmp(d->values[i].name + prefix, "UNSPECIFIED") == 0)
            continue;
        if (allowed.size)
            cm_text_add(&allowed, ", ");
        for (const char *c = d->values[i].name + prefix; *c; c++)
            cm_text_char(&allowed, lower(*c));
    }
    cm_status s = cm_fail(CM_INVALID_ARGUMENT, "\"%.60s\" is not allowed; give one of %s", code, cm_text_get(&allowed));
    cm_text_clear(&allowed);
    return s;
}

cm_status cm_enum_parse(const ProtobufCEnumDescriptor *d, const char *code, int *value)
{
    size_t prefix = shared_prefix(d);

    *value = 0;
    if (!*code)
        return cm_ok();
    for (unsigned i = 0; i < d->n_value_names; i++) {
        const ProtobufCEnumValueIndex *named = &d->values_by_name[i];
        if (is_code(named->name + prefix, code) || strcmp(named->name, code) == 0) {
            *value = d->values[named->index].value;
            return cm_ok();
        }
    }
    return no_value(d, prefix, code);
}

const char *cm_enum_code(const ProtobufCEnumDescriptor *d, int value, cm_arena *arena)
{
    const ProtobufCEnumValue *found = protobuf_c_enum_descriptor_get_value(d, value);

    if (!found)
        return "";
    char *code = cm_arena_strdup(arena, found->name + shared_prefix(d));
    for (char *c = code; *c; c++)
        *c = lower(*c);
    return code;
}
