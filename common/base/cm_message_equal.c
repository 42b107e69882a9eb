#include <string.h>

#include "base/cm_message.h"

static bool equal_text(const char *a, const char *b)
{
    return strcmp(a ? a : "", b ? b : "") == 0;
}

static bool equal_double(double a, double b)
{
    return a == b || (a != a && b != b);
}

static bool equal_values(const void *a, const void *b, const ProtobufCFieldDescriptor *field)
{
    switch (field->type) {
        case PROTOBUF_C_TYPE_STRING:
            return equal_text(*(char *const *)a, *(char *const *)b);
        case PROTOBUF_C_TYPE_MESSAGE:
            return cm_message_equal(*(ProtobufCMessage *const *)a, *(ProtobufCMessage *const *)b);
        case PROTOBUF_C_TYPE_BYTES: {
            const ProtobufCBinaryData *x = a, *y = b;
            return x->len == y->len && (x->len == 0 || memcmp(x->data, y->data, x->len) == 0);
        }
        case PROTOBUF_C_TYPE_DOUBLE:
            return equal_double(*(const double *)a, *(const double *)b);
        case PROTOBUF_C_TYPE_FLOAT:
            return equal_double(*(const float *)a, *(const float *)b);
        default:
            return memcmp(a, b, cm_field_size(field)) == 0;
    }
}

bool cm_field_equal(const ProtobufCMessage *a, const ProtobufCMessage *b, const ProtobufCFieldDescriptor *field)
{
    size_t count = cm_field_count(a, field), size = cm_field_size(field);

    if (count != cm_field_count(b, field))
        return false;
    const char *x = cm_field_at(a, field), *y = cm_field_at(b, field);
    if (field->label == PROTOBUF_C_LABEL_REPEATED && count) {
        x = *(char *const *)x;
        y = *(char *const *)y;
    }
    for (size_t i = 0; i < count; i++)
        if (!equal_values(x + i * size, y + i * size, field))
            return false;
    return true;
}

bool cm_message_equal(const ProtobufCMessage *a, const ProtobufCMessage *b)
{
    if (a == b)
        return true;
    for (unsigned i = 0; i < a->descriptor->n_fields; i++)
        if (!cm_field_equal(a, b, &a->descriptor->fields[i]))
            return false;
    return true;
}
