#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "journal/resource.h"

cm_status resource_kind_of(const cm_resource_kind *const *kinds, const char *field, const char *name,
                           const cm_resource_kind **kind)
{
    CM_AUTO(cm_text) allowed = {0};

    for (size_t i = 0; kinds[i]; i++) {
        cm_status s = cm_name_check(kinds[i]->patterns, field, name);
        *kind = kinds[i];
        if (cm_is_ok(s))
            return s;
        cm_status_clear(&s);
        for (const char *const *pattern = kinds[i]->patterns; *pattern; pattern++)
            cm_text_format(&allowed, "%s%s", *cm_text_get(&allowed) ? ", " : "", *pattern);
    }
    return cm_invalid(field, "\"%.160s\" is no such name; give one of %s", name, cm_text_get(&allowed));
}

typedef struct gathering {
    cm_arena *arena;
    resource_child *children;
    size_t count, capacity;
} gathering;

static void add(gathering *g, const cm_resource_kind *kind, const char *name)
{
    if (g->count == g->capacity) {
        size_t capacity = g->capacity ? 2 * g->capacity : 16;
        resource_child *more = cm_arena_take(g->arena, capacity * sizeof *more);
        if (g->count)
            memcpy(more, g->children, g->count * sizeof *more);
        g->children = more;
        g->capacity = capacity;
    }
    g->children[g->count++] = (resource_child){kind, cm_arena_strdup(g->arena, name)};
}

/* Names with the prefix "name/" lie before "name0". */
static cm_status gather(gathering *g, cm_db *db, const cm_resource_kind *kind, const char *name)
{
    const char *from = cm_arena_format(g->arena, "%s/", name), *to = cm_arena_format(g->arena, "%s0", name);
    cm_rows rows;

    CM_TRY(cm_db_query(
        db, cm_arena_format(g->arena, "SELECT name FROM %s WHERE name > $1 AND name < $2 ORDER BY name", kind->table),
        CM_WITH(cm_v_text(from), cm_v_text(to)), &rows));
    while (cm_rows_next(&rows))
        add(g, kind, cm_rows_text(&rows, 0));
    return cm_rows_end(&rows);
}

cm_status resource_below(cm_db *db, const cm_resource_kind *const *kinds, const char *name, cm_arena *arena,
                         resource_child **children, size_t *count)
{
    gathering g = {.arena = arena};

    for (size_t i = 0; kinds[i]; i++)
        CM_TRY(gather(&g, db, kinds[i], name));
    *children = g.children;
    *count = g.count;
    return cm_ok();
}

cm_status resource_refuse_below(const char *name, size_t count, const char *what)
{
    cm_status s = cm_fail(CM_FAILED_PRECONDITION, "%s has %zu resources below it; set force to %s them with it", name,
                          count, what);

    cm_status_reason(&s, "HAS_RESOURCES_BELOW");
    return s;
}
