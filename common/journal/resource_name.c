#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "journal/resource.h"

enum { ID_MAX = 127 };

static bool is_id_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool is_id(const char *text, size_t length)
{
    if (length < 1 || length > ID_MAX || text[0] == '-' || text[length - 1] == '-')
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_id_character(text[i]))
            return false;
    return true;
}

/* Whether `name` fits the first `length` characters of a pattern, segment by segment. With `wildcard`, its last segment
 * may be "-" where the pattern has an id. */
static bool fits(const char *pattern, size_t length, const char *name, bool wildcard)
{
    const char *end = pattern + length;

    for (;;) {
        size_t part = strcspn(pattern, "/"), given = strcspn(name, "/");
        bool last = pattern + part >= end;
        bool is_any = wildcard && last && given == 1 && *name == '-';
        bool same = *pattern == '{' ? is_id(name, given) || is_any : part == given && memcmp(pattern, name, part) == 0;
        if (!same || last != (name[given] == '\0'))
            return false;
        if (last)
            return true;
        pattern += part + 1;
        name += given + 1;
    }
}

bool cm_name_fits(const char *const *patterns, const char *name)
{
    for (size_t i = 0; patterns[i]; i++)
        if (fits(patterns[i], strlen(patterns[i]), name, false))
            return true;
    return false;
}

cm_status cm_name_check(const char *const *patterns, const char *field, const char *name)
{
    CM_AUTO(cm_text) allowed = {0};

    if (cm_name_fits(patterns, name))
        return cm_ok();
    for (size_t i = 0; patterns[i]; i++)
        cm_text_format(&allowed, "%s%s", i ? ", " : "", patterns[i]);
    return cm_invalid(field,
                      "\"%.160s\" is no such name; give %s, with ids of 1 to %d characters of a-z, 0-9 and - that "
                      "neither begin nor end with -",
                      name, cm_text_get(&allowed), ID_MAX);
}

/* The pattern without its last segment, and without the last two: "cities/{city}/memberships", "cities/{city}". */
static size_t collection_length(const char *pattern)
{
    return (size_t)(strrchr(pattern, '/') - pattern);
}

static size_t parent_length(const char *pattern)
{
    const char *slash = memrchr(pattern, '/', collection_length(pattern));

    return slash ? (size_t)(slash - pattern) : 0;
}

static cm_status no_parent(const cm_resource_kind *kind, const char *parent)
{
    CM_AUTO(cm_text) allowed = {0};

    for (size_t i = 0; kind->patterns[i]; i++) {
        const char *pattern = kind->patterns[i];
        size_t length = parent_length(pattern) ? parent_length(pattern) : collection_length(pattern);
        cm_text_format(&allowed, "%.*s, ", (int)length, pattern);
    }
    return cm_invalid("parent", "\"%.160s\" has no %s; give %sor - for all", parent, kind->plural,
                      cm_text_get(&allowed));
}

cm_status resource_parent(const cm_resource_kind *kind, const char *parent, cm_arena *arena, const char **prefix)
{
    *prefix = "";
    if (!*parent || strcmp(parent, "-") == 0)
        return cm_ok();
    for (size_t i = 0; kind->patterns[i]; i++) {
        const char *pattern = kind->patterns[i];
        size_t collection = collection_length(pattern), length = parent_length(pattern);
        size_t given = strlen(parent);
        if (!length && given == collection && memcmp(parent, pattern, collection) == 0) {
            *prefix = cm_arena_format(arena, "%s/", parent);
            return cm_ok();
        }
        if (length && fits(pattern, length, parent, true)) {
            bool all = parent[given - 1] == '-';
            *prefix = all ? cm_arena_strndup(arena, parent, given - 1)
                          : cm_arena_format(arena, "%s%.*s/", parent, (int)(collection - length), pattern + length);
            return cm_ok();
        }
    }
    return no_parent(kind, parent);
}
