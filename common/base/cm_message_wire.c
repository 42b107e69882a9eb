#include "base/cm_message_wire.h"

#include <string.h>

#include "base/cm_path.h"
#include "base/cm_text.h"

/* Where the check stands: one level of nesting. */
typedef struct level {
    struct level *outer;
    cm_path path; /* filled where something is wrong */
    const ProtobufCMessageDescriptor *descriptor;
    const ProtobufCFieldDescriptor *field; /* that is being read */
    const uint8_t *begin, *end;
    const uint8_t *at; /* of the field's key */
    int depth;
} level;

typedef struct wire_field {
    uint32_t id;
    unsigned type;
    cm_bytes content; /* of length-delimited fields */
} wire_field;

static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 70; shift += 7) {
        if (*at == end)
            return false;
        uint8_t byte = *(*at)++;
        if (shift < 64)
            *value |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return true;
    }
    return false;
}

static bool skip(const uint8_t **at, const uint8_t *end, uint64_t size)
{
    if ((uint64_t)(end - *at) < size)
        return false;
    *at += size;
    return true;
}

static bool read_field(const uint8_t **at, const uint8_t *end, wire_field *field)
{
    uint64_t key, value;

    if (!read_varint(at, end, &key) || key >> 3 == 0 || key >> 3 > UINT32_MAX >> 3)
        return false;
    *field = (wire_field){.id = (uint32_t)(key >> 3), .type = key & 7};
    switch (field->type) {
        case PROTOBUF_C_WIRE_TYPE_VARINT:
            return read_varint(at, end, &value);
        case PROTOBUF_C_WIRE_TYPE_64BIT:
            return skip(at, end, 8);
        case PROTOBUF_C_WIRE_TYPE_32BIT:
            return skip(at, end, 4);
        case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
            if (!read_varint(at, end, &value))
                return false;
            field->content = (cm_bytes){*at, (size_t)value};
            return skip(at, end, value);
        default:
            return false;
    }
}

/* How many of the same field came before in the level's message. */
static size_t index_of(const level *l)
{
    const uint8_t *at = l->begin;
    size_t index = 0;
    wire_field field;

    while (at < l->at && read_field(&at, l->end, &field))
        if (field.id == l->field->id)
            index++;
    return at > l->at ? index - 1 : index;
}

static const cm_path *path_of(level *l)
{
    bool repeated = l->field->label == PROTOBUF_C_LABEL_REPEATED;

    l->path = CM_PATH(l->outer ? path_of(l->outer) : NULL, l->field->name);
    if (repeated)
        l->path.index = (long)index_of(l);
    return &l->path;
}

static cm_status check_string(level *l, cm_bytes text)
{
    size_t at;

    if (!cm_utf8_valid(text.data, text.size, &at))
        return cm_path_invalid(path_of(l), "byte %zu (0x%02x) is not UTF-8; send text in UTF-8", at + 1, text.data[at]);
    const uint8_t *nul = text.size ? memchr(text.data, 0, text.size) : NULL;
    if (nul)
        return cm_path_invalid(path_of(l), "byte %td is NUL; send text without it", nul - text.data + 1);
    return cm_ok();
}

static cm_status check(level *l)
{
    const uint8_t *at = l->begin;
    wire_field field;

    if (l->depth > CM_WIRE_DEPTH)
        return cm_fail(CM_INVALID_ARGUMENT, "messages nest deeper than %d", CM_WIRE_DEPTH);
    while (at < l->end) {
        l->at = at;
        if (!read_field(&at, l->end, &field))
            return cm_fail(CM_INVALID_ARGUMENT, "the bytes are no %s: there is no whole field at byte %td of %td",
                           l->descriptor->name, l->at - l->begin + 1, l->end - l->begin);
        l->field = protobuf_c_message_descriptor_get_field(l->descriptor, field.id);
        if (!l->field || field.type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED)
            continue;
        if (l->field->type == PROTOBUF_C_TYPE_STRING)
            CM_TRY(check_string(l, field.content));
        if (l->field->type == PROTOBUF_C_TYPE_MESSAGE) {
            level inner = {l, .descriptor = l->field->descriptor, .begin = field.content.data,
                           .end = field.content.data + field.content.size, .depth = l->depth + 1};
            CM_TRY(check(&inner));
        }
    }
    return cm_ok();
}

cm_status cm_wire_check(const ProtobufCMessageDescriptor *descriptor, cm_bytes packed)
{
    level top = {.descriptor = descriptor, .depth = 1};

    if (packed.size == 0)
        return cm_ok();
    top.begin = packed.data;
    top.end = packed.data + packed.size;
    return check(&top);
}
