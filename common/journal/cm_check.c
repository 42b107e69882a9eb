#include "journal/cm_check.h"

#include <string.h>

#include "journal/cm_resource.h"

static const char *const source_patterns[] = {"sources/{source}", NULL};
static const char *const collection_patterns[] = {"collections/{collection}", NULL};

const char *cm_check_path(cm_check check, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    const char *path = cm_arena_vformat(check.arena, format, args);
    va_end(args);
    return path;
}

size_t cm_check_first(char *const *texts, size_t at)
{
    size_t first = 0;

    while (first < at && strcmp(texts[first], texts[at]) != 0)
        first++;
    return first;
}

bool cm_check_given(cm_check check, const char *field, const char *text, const char *right)
{
    if (!*text)
        cm_violations_add(check.wrong, field, "is missing; %s", right);
    return *text;
}

cm_date cm_check_date(cm_check check, const char *field, char **text)
{
    char canonical[CM_DATE_TEXT];
    cm_date date;
    cm_status s = cm_date_parse(*text, &date);

    if (!cm_is_ok(s)) {
        cm_violations_add(check.wrong, field, "%s", cm_status_message(s));
        cm_status_clear(&s);
        return (cm_date){0};
    }
    if (**text && strcmp(*text, cm_date_format(date, canonical)) != 0)
        *text = cm_arena_strdup(check.arena, canonical);
    return date;
}

void cm_check_span(cm_check check, const char *prefix, const char *first, char **from, const char *last, char **to)
{
    const char *from_field = cm_arena_join(check.arena, prefix, first, NULL);
    const char *to_field = cm_arena_join(check.arena, prefix, last, NULL);
    cm_date begin = cm_check_date(check, from_field, from), end = cm_check_date(check, to_field, to);

    if (cm_date_certainly_after(begin, end))
        cm_violations_add(check.wrong, to_field, "%s is before %s %s; give a date that is not, or leave it out", *to,
                          from_field, *from);
}

void cm_check_name(cm_check check, const char *field, const char *name, const char *const *patterns, bool required)
{
    if (!*name) {
        if (required)
            cm_violations_add(check.wrong, field, "is missing; give a name as %s", patterns[0]);
        return;
    }
    if (cm_name_fits(patterns, name))
        return;
    cm_status s = cm_name_check(patterns, field, name);
    cm_violations wrong = cm_violations_take(&s);
    cm_violations_move(check.wrong, "", &wrong);
}

static size_t first_citation(TypCitation *const *citations, size_t at)
{
    size_t first = 0;

    while (first < at && strcmp(citations[first]->source, citations[at]->source) != 0)
        first++;
    return first;
}

void cm_check_citations(cm_check check, const char *prefix, TypCitation *const *citations, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t first = first_citation(citations, i);
        if (first == i && cm_name_fits(source_patterns, citations[i]->source))
            continue;
        const char *field = cm_check_path(check, "%ssources[%zu].source", prefix, i);
        cm_check_name(check, field, citations[i]->source, source_patterns, true);
        if (first < i)
            cm_violations_add(check.wrong, field, "%.160s is sources[%zu] already; cite it once", citations[i]->source,
                              first);
    }
}

void cm_check_collection(cm_check check, const char *name)
{
    cm_check_name(check, "collection", name, collection_patterns, false);
}
