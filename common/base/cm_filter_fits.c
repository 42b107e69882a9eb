#include <string.h>

#include "base/cm_filter.h"

static bool text_equal(const cm_filter *term, const char *text)
{
    size_t length = strlen(term->text), given = strlen(text);

    if (!term->open_begin && !term->open_end)
        return strcmp(text, term->text) == 0;
    if (given < length)
        return false;
    if (term->open_begin && term->open_end)
        return strstr(text, term->text) != NULL;
    return memcmp(term->open_end ? text : text + given - length, term->text, length) == 0;
}

static int order(double a, double b)
{
    return (a > b) - (a < b);
}

static int order_integers(int64_t a, int64_t b)
{
    return (a > b) - (a < b);
}

static int64_t integer_at(const ProtobufCFieldDescriptor *field, const void *at)
{
    switch (field->type) {
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
            return *(const int64_t *)at;
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64: {
            uint64_t value = *(const uint64_t *)at;
            return value > INT64_MAX ? INT64_MAX : (int64_t)value;
        }
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
            return *(const uint32_t *)at;
        case PROTOBUF_C_TYPE_BOOL:
            return *(const protobuf_c_boolean *)at;
        default:
            return *(const int32_t *)at;
    }
}

/* Seconds and nanos by their names, so that this needs no generated header. */
static int64_t time_at(const ProtobufCMessage *time)
{
    const ProtobufCFieldDescriptor *seconds = cm_message_field(time->descriptor, "seconds");
    const ProtobufCFieldDescriptor *nanos = cm_message_field(time->descriptor, "nanos");

    return *(const int64_t *)cm_field_at(time, seconds) * 1000000 + *(const int32_t *)cm_field_at(time, nanos) / 1000;
}

static bool decide(const cm_filter *term, bool equal, bool missing, int ordered)
{
    switch (term->operator) {
        case CM_FILTER_UNEQUAL:
            return !equal;
        case CM_FILTER_BELOW:
            return !missing && ordered < 0;
        case CM_FILTER_AT_MOST:
            return !missing && ordered <= 0;
        case CM_FILTER_ABOVE:
            return !missing && ordered > 0;
        case CM_FILTER_AT_LEAST:
            return !missing && ordered >= 0;
        default:
            return equal;
    }
}

/* For field:*, where there is no presence of its own: whether a value is not the default. */
static bool is_something(const ProtobufCFieldDescriptor *field, const void *at)
{
    if (field->label == PROTOBUF_C_LABEL_REPEATED || field->type == PROTOBUF_C_TYPE_MESSAGE)
        return true;
    if (field->type == PROTOBUF_C_TYPE_BYTES)
        return ((const ProtobufCBinaryData *)at)->len > 0;
    if (field->type == PROTOBUF_C_TYPE_DOUBLE)
        return *(const double *)at != 0;
    return field->type == PROTOBUF_C_TYPE_FLOAT ? *(const float *)at != 0 : integer_at(field, at) != 0;
}

/* One value: what lies at `at`. */
static bool value_fits(const cm_filter *term, const ProtobufCFieldDescriptor *field, const void *at)
{
    const ProtobufCFieldDescriptor *value = cm_filter_value_field(field);
    int ordered;

    if (value != field)
        at = cm_field_at(*(ProtobufCMessage *const *)at, value);
    if (term->type == CM_FILTER_TEXT) {
        const char *text = *(char *const *)at;
        if (term->anything)
            return *text;
        return decide(term, text_equal(term, text), !*text, strcmp(text, term->text));
    }
    if (term->anything)
        return value != field || is_something(field, at);
    if (term->type == CM_FILTER_TIME)
        ordered = order_integers(time_at(*(ProtobufCMessage *const *)at), term->integer);
    else if (value->type == PROTOBUF_C_TYPE_DOUBLE)
        ordered = order(*(const double *)at, term->real);
    else if (value->type == PROTOBUF_C_TYPE_FLOAT)
        ordered = order((double)*(const float *)at, term->real);
    else
        ordered = order_integers(integer_at(value, at), term->integer);
    return decide(term, ordered == 0, false, ordered);
}

static bool has_presence(const ProtobufCFieldDescriptor *field)
{
    return field->type == PROTOBUF_C_TYPE_MESSAGE || field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF;
}

/* Whether a value on the path, from its `from`th field on, fits; `*seen` tells whether there was one. */
static bool path_fits(const cm_filter *term, int from, const ProtobufCMessage *message, bool *seen)
{
    const ProtobufCFieldDescriptor *field = term->path[from];
    bool repeated = field->label == PROTOBUF_C_LABEL_REPEATED, last = from == term->depth - 1;
    const char *at = cm_field_at(message, field);
    size_t size = cm_field_size(field), count = repeated ? cm_field_count(message, field) : 1;

    if (!repeated && has_presence(field) && !cm_field_is_set(message, field))
        return false;
    if (repeated)
        at = *(char *const *)at;
    for (size_t i = 0; i < count; i++, at += size) {
        if (last)
            *seen = true;
        if (last ? value_fits(term, field, at) : path_fits(term, from + 1, *(ProtobufCMessage *const *)at, seen))
            return true;
    }
    return false;
}

static bool term_fits(const cm_filter *term, const ProtobufCMessage *message)
{
    bool seen = false, fits = path_fits(term, 0, message, &seen);

    if (seen)
        return fits;
    return term->operator== CM_FILTER_UNEQUAL ||(term->operator== CM_FILTER_EQUAL &&
                                                 term->type <= CM_FILTER_CODE && !* term->text && !term->open_end);
}

bool cm_filter_fits(const cm_filter *filter, const ProtobufCMessage *message)
{
    switch (filter->kind) {
        case CM_FILTER_NOT:
            return !cm_filter_fits(filter->parts[0], message);
        case CM_FILTER_TERM:
            return term_fits(filter, message);
        default:
            for (size_t i = 0; i < filter->count; i++)
                if (cm_filter_fits(filter->parts[i], message) == (filter->kind == CM_FILTER_ANY))
                    return filter->kind == CM_FILTER_ANY;
            return filter->kind == CM_FILTER_ALL;
    }
}
