#include "base/cm_message_scalar.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "base/cm_memory.h"

/* What stood in the JSON, short enough for a message. */
static cm_status wrong(const cm_path *path, const json_t *json, const char *right)
{
    CM_FREE char *text = json_dumps(json, JSON_ENCODE_ANY | JSON_COMPACT);

    return cm_path_invalid(path, "%.60s is not right; give %s", text ? text : "this", right);
}

/* A number as an integer of 64 bits and its sign: magnitudes of uint64 and int64 both fit. */
typedef struct integer {
    bool negative;
    uint64_t magnitude;
} integer;

static bool real_to_integer(double real, integer *n)
{
    if (!(fabs(real) < 18446744073709551616.0) || real != trunc(real))
        return false;
    *n = (integer){real < 0, (uint64_t)fabs(real)};
    return true;
}

static bool text_to_real(const char *text, double *real)
{
    char *end;

    if (!*text || strspn(text, "+-0123456789.eE") != strlen(text))
        return false;
    *real = strtod(text, &end);
    return *end == '\0' && isfinite(*real);
}

static bool text_to_integer(const char *text, integer *n)
{
    const char *digits = text + (*text == '-');
    double real;

    if (strspn(digits, "0123456789") != strlen(digits) || !*digits) /* 1e5 and 2.0 are integers too */
        return text_to_real(text, &real) && real_to_integer(real, n);
    errno = 0;
    *n = (integer){*text == '-', strtoull(digits, NULL, 10)};
    return errno == 0;
}

static bool json_to_integer(const json_t *json, integer *n)
{
    if (json_is_string(json))
        return strlen(json_string_value(json)) == json_string_length(json) &&
               text_to_integer(json_string_value(json), n);
    if (json_is_real(json))
        return real_to_integer(json_real_value(json), n);
    if (!json_is_integer(json))
        return false;
    json_int_t value = json_integer_value(json);
    *n = (integer){value < 0, value < 0 ? -(uint64_t)value : (uint64_t)value};
    return true;
}

/* Whether it lies between −(most + 1) and most, or between 0 and most for what has no sign. */
static bool fits(integer n, uint64_t most, bool is_signed)
{
    if (n.negative && n.magnitude)
        return is_signed && n.magnitude <= most + 1;
    return n.magnitude <= most;
}

static cm_status read_integer(const ProtobufCFieldDescriptor *field, const json_t *json, const cm_path *path,
                              void *value)
{
    integer n = {0};
    bool is_integer = json_to_integer(json, &n);
    uint64_t bits = is_integer && n.negative ? -n.magnitude : n.magnitude;

    switch (field->type) {
        case PROTOBUF_C_TYPE_UINT32:
        case PROTOBUF_C_TYPE_FIXED32:
            if (!is_integer || !fits(n, UINT32_MAX, false))
                return wrong(path, json, "a whole number from 0 to 4294967295");
            *(uint32_t *)value = (uint32_t)bits;
            return cm_ok();
        case PROTOBUF_C_TYPE_UINT64:
        case PROTOBUF_C_TYPE_FIXED64:
            if (!is_integer || !fits(n, UINT64_MAX, false))
                return wrong(path, json, "a whole number from 0 to 18446744073709551615");
            *(uint64_t *)value = bits;
            return cm_ok();
        case PROTOBUF_C_TYPE_INT64:
        case PROTOBUF_C_TYPE_SINT64:
        case PROTOBUF_C_TYPE_SFIXED64:
            if (!is_integer || !fits(n, INT64_MAX, true))
                return wrong(path, json, "a whole number of 64 bits");
            *(int64_t *)value = (int64_t)bits;
            return cm_ok();
        default:
            if (!is_integer || !fits(n, INT32_MAX, true))
                return wrong(path, json, "a whole number from -2147483648 to 2147483647");
            *(int32_t *)value = (int32_t)bits;
            return cm_ok();
    }
}

static bool json_to_real(const json_t *json, double *real)
{
    const char *text = json_string_value(json);

    *real = json_number_value(json);
    if (!text)
        return json_is_number(json);
    if (strcmp(text, "NaN") == 0)
        *real = (double)NAN;
    else if (strcmp(text, "Infinity") == 0)
        *real = (double)INFINITY;
    else if (strcmp(text, "-Infinity") == 0)
        *real = -(double)INFINITY;
    else
        return text_to_real(text, real);
    return true;
}

static cm_status read_real(const ProtobufCFieldDescriptor *field, const json_t *json, const cm_path *path, void *value)
{
    double real;

    if (!json_to_real(json, &real))
        return wrong(path, json, "a number");
    if (field->type == PROTOBUF_C_TYPE_DOUBLE) {
        *(double *)value = real;
        return cm_ok();
    }
    if (isfinite(real) && fabs(real) > (double)FLT_MAX)
        return wrong(path, json, "a number up to 3.4e38");
    *(float *)value = (float)real;
    return cm_ok();
}

static cm_status read_enum(const ProtobufCEnumDescriptor *descriptor, const json_t *json, const cm_path *path,
                           int *value)
{
    integer n;

    if (json_is_integer(json) && json_to_integer(json, &n) && fits(n, INT32_MAX, true)) {
        *value = (int)json_integer_value(json);
        return cm_ok();
    }
    if (!json_is_string(json) || json_string_length(json) == 0)
        return wrong(path, json, "the name of a value");
    cm_status s = cm_enum_parse(descriptor, json_string_value(json), value);
    if (cm_is_ok(s))
        return s;
    cm_status invalid = cm_path_invalid(path, "%s", cm_status_message(s));
    cm_status_clear(&s);
    return invalid;
}

static cm_status read_string(const json_t *json, const cm_path *path, cm_arena *arena, char **value)
{
    size_t length = json_string_length(json);

    if (!json_is_string(json))
        return wrong(path, json, "a string");
    if (memchr(json_string_value(json), 0, length))
        return cm_path_invalid(path, "there is a NUL in the text; send text without it");
    *value = cm_arena_strndup(arena, json_string_value(json), length);
    return cm_ok();
}

static cm_status read_bytes(const json_t *json, const cm_path *path, cm_arena *arena, ProtobufCBinaryData *value)
{
    if (!json_is_string(json))
        return wrong(path, json, "bytes in base64");
    cm_status s = cm_base64_decode(json_string_value(json), arena, &value->data, &value->len);
    if (cm_is_ok(s))
        return s;
    cm_status_clear(&s);
    return wrong(path, json, "bytes in base64");
}

cm_status cm_scalar_from_json(const ProtobufCFieldDescriptor *field, const json_t *json, const cm_path *path,
                              cm_arena *arena, void *value)
{
    switch (field->type) {
        case PROTOBUF_C_TYPE_BOOL:
            if (!json_is_boolean(json))
                return wrong(path, json, "true or false");
            *(protobuf_c_boolean *)value = json_is_true(json);
            return cm_ok();
        case PROTOBUF_C_TYPE_FLOAT:
        case PROTOBUF_C_TYPE_DOUBLE:
            return read_real(field, json, path, value);
        case PROTOBUF_C_TYPE_ENUM:
            return read_enum(field->descriptor, json, path, value);
        case PROTOBUF_C_TYPE_STRING:
            return read_string(json, path, arena, value);
        case PROTOBUF_C_TYPE_BYTES:
            return read_bytes(json, path, arena, value);
        default:
            return read_integer(field, json, path, value);
    }
}

cm_status cm_scalar_from_key(const ProtobufCFieldDescriptor *field, const char *key, const cm_path *path,
                             cm_arena *arena, void *value)
{
    bool is_bool = field->type == PROTOBUF_C_TYPE_BOOL;
    bool is_true = strcmp(key, "true") == 0, is_false = strcmp(key, "false") == 0;
    json_t *json = is_bool && (is_true || is_false) ? json_boolean(is_true) : json_string(key);
    cm_status s = cm_scalar_from_json(field, json, path, arena, value);

    json_decref(json);
    return s;
}
