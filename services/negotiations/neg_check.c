#include "negotiations/neg_check.h"

#include <string.h>

#include "base/cm_utf8.h"
#include "journal/cm_actor.h"
#include "journal/cm_resource.h"
#include "negotiations/neg_codes.h"
#include "negotiations/neg_names.h"

void neg_check_line(cm_check check, const char *field, const char *text, neg_need need)
{
    size_t characters = 0;

    if (!*text && need == NEG_OPTIONAL)
        return;
    if (!cm_check_given(check, field, text, "give a text"))
        return;
    for (const char *rest = text; *rest; characters++)
        (void)cm_utf8_next(&rest);
    if (characters > NEG_LINE)
        cm_violations_add(check.wrong, field, "has %zu characters; give at most %d", characters, NEG_LINE);
}

void neg_check_count(cm_check check, const char *field, size_t count, size_t least)
{
    if (count < least)
        cm_violations_add(check.wrong, field, "%zu given; give at least %zu", count, least);
}

cm_date neg_check_dated(cm_check check, const char *field, char **text)
{
    if (!cm_check_given(check, field, *text, "give a date as it is known: 2015, 2015-12 or 2015-12-06"))
        return (cm_date){0};
    return cm_check_date(check, field, text);
}

void neg_check_code(cm_check check, const char *field, const ProtobufCEnumDescriptor *descriptor, int value,
                    neg_need need)
{
    if (value == 0 && need == NEG_OPTIONAL)
        return;
    if (value != 0 && protobuf_c_enum_descriptor_get_value(descriptor, value))
        return;
    const char *right = neg_set_text(descriptor, neg_set_all(descriptor), check.arena);
    if (value == 0)
        cm_violations_add(check.wrong, field, "is missing; give one of %s", right);
    else
        cm_violations_add(check.wrong, field, "%d is no code; give one of %s", value, right);
}

void neg_check_actor(cm_check check, const char *field, const char *name, neg_need need)
{
    cm_check_name(check, field, name, cm_actor_patterns, need == NEG_REQUIRED);
}

void neg_check_citations(cm_check check, const char *prefix, TypCitation *const *citations, size_t count, size_t least)
{
    if (count < least)
        neg_check_count(check, cm_check_path(check, "%ssources", prefix), count, least);
    cm_check_citations(check, prefix, citations, count);
}

void neg_check_actors(cm_check check, const char *field, char *const *names, size_t count, size_t least)
{
    neg_check_count(check, field, count, least);
    for (size_t i = 0; i < count; i++) {
        size_t first = cm_check_first(names, i);
        if (first == i && cm_name_fits(cm_actor_patterns, names[i]))
            continue;
        const char *at = cm_check_path(check, "%s[%zu]", field, i);
        neg_check_actor(check, at, names[i], NEG_REQUIRED);
        if (first < i)
            cm_violations_add(check.wrong, at, "%.120s is at %s[%zu] already; name it once", names[i], field, first);
    }
}

void neg_check_url(cm_check check, const char *field, const char *url)
{
    if (*url && strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
        cm_violations_add(check.wrong, field, "\"%.80s\" is no address; begin it with https:// or http://", url);
}
