#include "base/cm_message_known.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "base/cm_text.h"

#define BILLION INT64_C(1000000000)
#define MOST_DURATION INT64_C(315576000000) /* seconds: 10,000 years, as duration.proto says */
#define FIRST_SECOND INT64_C(-62135596800)  /* 0001-01-01T00:00:00Z */
#define LAST_SECOND INT64_C(253402300799)   /* 9999-12-31T23:59:59Z */

/* Timestamp and Duration are one struct to C: seconds and nanos. The fields are found by their descriptors, since the
 * generated types belong to whoever generated them. */
typedef struct span {
    int64_t seconds;
    int32_t nanos;
} span;

cm_known cm_known_of(const ProtobufCMessageDescriptor *descriptor)
{
    static const char package[] = "google.protobuf.";
    static const struct {
        const char *name;
        cm_known known;
    } names[] = {
        {"Timestamp", CM_TIMESTAMP}, {"Duration", CM_DURATION},   {"FieldMask", CM_FIELD_MASK},
        {"DoubleValue", CM_WRAPPER}, {"FloatValue", CM_WRAPPER},  {"Int64Value", CM_WRAPPER},
        {"UInt64Value", CM_WRAPPER}, {"Int32Value", CM_WRAPPER},  {"UInt32Value", CM_WRAPPER},
        {"BoolValue", CM_WRAPPER},   {"StringValue", CM_WRAPPER}, {"BytesValue", CM_WRAPPER},
    };

    if (strncmp(descriptor->name, package, sizeof package - 1) != 0)
        return CM_ORDINARY;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(descriptor->name + sizeof package - 1, names[i].name) == 0)
            return names[i].known;
    return CM_ORDINARY;
}

static void *member(const ProtobufCMessage *message, const char *name)
{
    return cm_field_at(message, cm_message_field(message->descriptor, name));
}

static span get_span(const ProtobufCMessage *message)
{
    return (span){*(int64_t *)member(message, "seconds"), *(int32_t *)member(message, "nanos")};
}

static void set_span(ProtobufCMessage *message, span value)
{
    *(int64_t *)member(message, "seconds") = value.seconds;
    *(int32_t *)member(message, "nanos") = value.nanos;
}

/* `.5` as .500, in three, six or nine digits; "" for 0. */
static void add_fraction(cm_text *text, int32_t nanos)
{
    if (nanos % 1000 != 0)
        cm_text_format(text, ".%09d", (int)nanos);
    else if (nanos % 1000000 != 0)
        cm_text_format(text, ".%06d", (int)(nanos / 1000));
    else if (nanos != 0)
        cm_text_format(text, ".%03d", (int)(nanos / 1000000));
}

static cm_status write_timestamp(cm_text *text, span value, const cm_path *path)
{
    enum { TO_SECONDS = sizeof "2015-12-06T10:00:00" - 1 };
    char time[CM_TIME_TEXT];

    if (value.seconds < FIRST_SECOND || value.seconds > LAST_SECOND || value.nanos < 0 || value.nanos >= BILLION)
        return cm_path_invalid(path, "%lld s and %d ns since 1970 are no time from year 0001 to 9999",
                               (long long)value.seconds, (int)value.nanos);
    cm_text_bytes(text, cm_time_format(value.seconds * 1000000, time), TO_SECONDS);
    add_fraction(text, value.nanos);
    cm_text_char(text, 'Z');
    return cm_ok();
}

static cm_status write_duration(cm_text *text, span value, const cm_path *path)
{
    bool mixed = (value.seconds > 0 && value.nanos < 0) || (value.seconds < 0 && value.nanos > 0);

    if (mixed || value.seconds > MOST_DURATION || value.seconds < -MOST_DURATION || value.nanos >= BILLION ||
        value.nanos <= -BILLION)
        return cm_path_invalid(path, "%lld s and %d ns are no duration; both have one sign, and 10,000 years are most",
                               (long long)value.seconds, (int)value.nanos);
    bool negative = value.seconds < 0 || value.nanos < 0;
    cm_text_format(text, "%s%lld", negative ? "-" : "", (long long)(negative ? -value.seconds : value.seconds));
    add_fraction(text, negative ? -value.nanos : value.nanos);
    cm_text_char(text, 's');
    return cm_ok();
}

static void write_mask(cm_text *text, const ProtobufCMessage *message)
{
    const ProtobufCFieldDescriptor *paths = cm_message_field(message->descriptor, "paths");
    char *const *items = *(char ***)cm_field_at(message, paths);
    CM_ARENA(scratch);

    cm_text_add(text, "");
    for (size_t i = 0; i < cm_field_count(message, paths); i++)
        cm_text_format(text, "%s%s", i ? "," : "", cm_json_name(items[i], scratch));
}

cm_status cm_known_to_json(cm_known known, const ProtobufCMessage *message, const cm_path *path, json_t **json)
{
    CM_AUTO(cm_text) text = {0};

    if (known == CM_TIMESTAMP)
        CM_TRY(write_timestamp(&text, get_span(message), path));
    else if (known == CM_DURATION)
        CM_TRY(write_duration(&text, get_span(message), path));
    else
        write_mask(&text, message);
    *json = json_stringn(text.data, text.size);
    return *json ? cm_ok() : cm_path_invalid(path, "the text is not UTF-8");
}

/* The digits behind a point as nanoseconds; false where there are none or more than nine. */
static bool read_nanos(const char **at, int32_t *nanos)
{
    int digits = 0;

    *nanos = 0;
    for (; **at >= '0' && **at <= '9'; (*at)++, digits++)
        if (digits < 9)
            *nanos = *nanos * 10 + (**at - '0');
    for (int i = digits; i < 9; i++)
        *nanos *= 10;
    return digits >= 1 && digits <= 9;
}

static cm_status read_timestamp(const char *text, const cm_path *path, span *value)
{
    int64_t us;
    cm_status s = cm_time_parse(text, &us);

    if (!cm_is_ok(s)) {
        cm_status invalid = cm_path_invalid(path, "%s", cm_status_message(s));
        cm_status_clear(&s);
        return invalid;
    }
    const char *point = strchr(text, '.');
    value->seconds = us / 1000000 - (us % 1000000 < 0);
    value->nanos = 0;
    if (point) {
        point++;
        read_nanos(&point, &value->nanos);
    }
    return cm_ok();
}

static bool parse_duration(const char *at, span *value)
{
    bool negative = *at == '-';
    char *end;

    at += negative;
    if (*at < '0' || *at > '9')
        return false;
    errno = 0;
    *value = (span){strtoll(at, &end, 10), 0};
    if (errno || value->seconds > MOST_DURATION)
        return false;
    at = end;
    if (*at == '.' && (at++, !read_nanos(&at, &value->nanos)))
        return false;
    if (negative)
        *value = (span){-value->seconds, -value->nanos};
    return strcmp(at, "s") == 0;
}

static void read_mask(const char *text, cm_arena *arena, ProtobufCMessage *message)
{
    size_t count = 0, room = 1;

    for (const char *c = text; *c; c++)
        room += *c == ',';
    char **items = cm_arena_take(arena, room * sizeof *items);
    while (*text) {
        size_t length = strcspn(text, ",");
        if (length)
            items[count++] = cm_proto_name(cm_arena_strndup(arena, text, length), arena);
        text += length + (text[length] == ',');
    }
    *(char ***)member(message, "paths") = items;
    const ProtobufCFieldDescriptor *paths = cm_message_field(message->descriptor, "paths");
    *(size_t *)((char *)message + paths->quantifier_offset) = count;
}

cm_status cm_known_from_json(cm_known known, const json_t *json, const cm_path *path, cm_arena *arena,
                             ProtobufCMessage *message)
{
    const char *text = json_string_value(json);
    span value = {0};

    if (!text)
        return cm_path_invalid(path, "a %s is a string in JSON", message->descriptor->short_name);
    if (known == CM_FIELD_MASK) {
        read_mask(text, arena, message);
        return cm_ok();
    }
    if (known == CM_TIMESTAMP)
        CM_TRY(read_timestamp(text, path, &value));
    else if (!parse_duration(text, &value))
        return cm_path_invalid(path, "\"%.60s\" is no duration; give seconds, such as 1.5s", text);
    set_span(message, value);
    return cm_ok();
}

char *cm_json_name(const char *name, cm_arena *arena)
{
    char *camel = cm_arena_take(arena, strlen(name) + 1), *end = camel;

    for (; *name; name++) {
        if (*name == '_' && name[1] >= 'a' && name[1] <= 'z')
            *end++ = (char)(*++name & ~0x20);
        else if (*name != '_')
            *end++ = *name;
    }
    *end = '\0';
    return camel;
}

char *cm_proto_name(const char *json_name, cm_arena *arena)
{
    char *snake = cm_arena_take(arena, 2 * strlen(json_name) + 1), *end = snake;

    for (; *json_name; json_name++) {
        bool upper = *json_name >= 'A' && *json_name <= 'Z';
        if (upper)
            *end++ = '_';
        *end++ = (char)(upper ? *json_name | 0x20 : *json_name);
    }
    *end = '\0';
    return snake;
}
