#include "negotiations/neg_check.h"

#include <string.h>

#include "base/cm_utf8.h"
#include "journal/cm_resource.h"
#include "negotiations/neg_codes.h"
#include "negotiations/neg_names.h"

const char *neg_path(neg_check check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *path = cm_arena_vformat(check.arena, format, args);
    va_end(args);
    return path;
}

/* Puts what a status says, without a field, at the field; ends the status. */
static void add_status(neg_check check, const char *field, cm_status s)
{
    if (!cm_is_ok(s))
        cm_violations_add(check.wrong, field, "%s", cm_status_message(s));
    cm_status_clear(&s);
}

static bool missing(neg_check check, const char *field, const char *text, neg_need need, const char *right)
{
    if (*text)
        return false;
    if (need == NEG_REQUIRED)
        cm_violations_add(check.wrong, field, "missing; %s", right);
    return true;
}

void neg_check_line(neg_check check, const char *field, const char *text, neg_need need)
{
    size_t characters = 0;

    if (missing(check, field, text, need, "give a text"))
        return;
    for (const char *rest = text; *rest; characters++)
        (void)cm_utf8_next(&rest);
    if (characters > NEG_LINE)
        cm_violations_add(check.wrong, field, "has %zu characters; give at most %d", characters, NEG_LINE);
}

void neg_check_count(neg_check check, const char *field, size_t count, size_t least)
{
    if (count < least)
        cm_violations_add(check.wrong, field, "%zu given; give at least %zu", count, least);
}

cm_date neg_check_date(neg_check check, const char *field, char **text, neg_need need)
{
    char canonical[CM_DATE_TEXT];
    cm_date date = {0};

    if (missing(check, field, *text, need, "give a date as it is known: 2015, 2015-12 or 2015-12-06"))
        return date;
    cm_status s = cm_date_parse(*text, &date);
    if (!cm_is_ok(s)) {
        add_status(check, field, s);
        return (cm_date){0};
    }
    *text = cm_arena_strdup(check.arena, cm_date_format(date, canonical));
    return date;
}

void neg_check_span(neg_check check, const char *from_field, char **from, const char *to_field, char **to)
{
    cm_date first = neg_check_date(check, from_field, from, NEG_OPTIONAL);
    cm_date last = neg_check_date(check, to_field, to, NEG_OPTIONAL);

    if (cm_date_certainly_after(first, last))
        cm_violations_add(check.wrong, to_field, "%s is before %s %s; give a date that is not, or leave it out", *to,
                          from_field, *from);
}

void neg_check_code(neg_check check, const char *field, const ProtobufCEnumDescriptor *descriptor, int value,
                    neg_need need)
{
    if (value == 0 && need == NEG_OPTIONAL)
        return;
    if (value != 0 && protobuf_c_enum_descriptor_get_value(descriptor, value))
        return;
    const char *right = neg_set_text(descriptor, neg_set_all(descriptor), check.arena);
    if (value == 0)
        cm_violations_add(check.wrong, field, "missing; give one of %s", right);
    else
        cm_violations_add(check.wrong, field, "%d is no code; give one of %s", value, right);
}

void neg_check_name(neg_check check, const char *field, const char *name, const char *const *patterns, neg_need need)
{
    if (missing(check, field, name, need, cm_arena_format(check.arena, "give a name as %s", patterns[0])))
        return;
    cm_status s = cm_name_check(patterns, field, name);
    if (!cm_is_ok(s) && s.error->violations)
        cm_violations_add(check.wrong, field, "%s", s.error->violations->description);
    cm_status_clear(&s);
}

void neg_check_actor(neg_check check, const char *field, const char *name, neg_need need)
{
    neg_check_name(check, field, name, neg_actor_patterns, need);
}

void neg_check_citations(neg_check check, const char *prefix, TypCitation *const *citations, size_t count, size_t least)
{
    neg_check_count(check, neg_path(check, "%ssources", prefix), count, least);
    for (size_t i = 0; i < count; i++) {
        const char *field = neg_path(check, "%ssources[%zu].source", prefix, i);
        neg_check_name(check, field, citations[i]->source, neg_source_patterns, NEG_REQUIRED);
        for (size_t j = 0; j < i; j++)
            if (strcmp(citations[i]->source, citations[j]->source) == 0) {
                cm_violations_add(check.wrong, field, "%.120s is cited already; cite it once", citations[i]->source);
                break;
            }
    }
}

void neg_check_actors(neg_check check, const char *field, char *const *names, size_t count, size_t least)
{
    neg_check_count(check, field, count, least);
    for (size_t i = 0; i < count; i++) {
        const char *at = neg_path(check, "%s[%zu]", field, i);
        neg_check_actor(check, at, names[i], NEG_REQUIRED);
        for (size_t j = 0; j < i; j++)
            if (strcmp(names[i], names[j]) == 0) {
                cm_violations_add(check.wrong, at, "%.120s is at %s[%zu] already; name it once", names[i], field, j);
                break;
            }
    }
}
