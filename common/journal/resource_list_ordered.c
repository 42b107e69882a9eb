/* Lists in another order than by name. The columns tell the order of today, so rows that are older than the list come
 * from the store in order, and those that changed since are read as they were, sorted here, and merged in. */
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "journal/resource_list.h"

enum { CHANGED_MAX = 10000 };

typedef struct moved {
    resource_revision **revisions;
    size_t count, next;
} moved;

int resource_list_ordered_query(const resource_list *l, const resource_revision *after, size_t limit, cm_text *sql,
                                cm_value *values)
{
    int count = 0;

    values[count++] = cm_v_text(l->prefix);
    values[count++] = cm_v_text(l->end);
    values[count++] = cm_v_int((int64_t)limit);
    values[count++] = cm_v_int(l->page.as_of);
    cm_text_format(sql,
                   "SELECT " RESOURCE_COLUMNS ", t.name FROM %s t JOIN journal j ON j.part = t.part AND "
                   "j.seq = t.seq WHERE t.name > $1 AND t.name < $2 AND j.recorded_at <= $4 AND (",
                   l->kind->table);
    resource_filter_add(&l->filter, l->arena, sql, values, &count);
    if (after) {
        cm_text_add(sql, ") AND (");
        resource_order_after(&l->order, after, l->arena, sql, values, &count);
    }
    cm_text_add(sql, ") ORDER BY ");
    resource_order_add(&l->order, sql);
    cm_text_add(sql, " LIMIT $3");
    return count;
}

static cm_status too_many(void)
{
    cm_status s = cm_fail(CM_ABORTED,
                          "more than %d resources changed since the time of this list; begin it again, or order it by "
                          "name",
                          CHANGED_MAX);

    cm_status_reason(&s, "LIST_OUTRUN");
    return s;
}

/* The names of the list that were written in a partition since its time. */
static cm_status changed_names(resource_list *l, int64_t part, cm_names *names)
{
    cm_rows rows;

    CM_TRY(cm_db_query(l->db,
                       "SELECT DISTINCT resource FROM journal WHERE part = $1 AND seq > coalesce((SELECT seq FROM "
                       "journal WHERE part = $1 AND recorded_at <= $2 ORDER BY seq DESC LIMIT 1), 0) AND resource > $3 "
                       "AND resource < $4 LIMIT $5",
                       CM_WITH(cm_v_int(part), cm_v_int(l->page.as_of), cm_v_text(l->prefix), cm_v_text(l->end),
                               cm_v_int(CHANGED_MAX + 1)),
                       &rows));
    while (cm_rows_next(&rows))
        cm_names_add(names, cm_arena_strdup(l->arena, cm_rows_text(&rows, 0)));
    CM_TRY(cm_rows_end(&rows));
    return names->count > CHANGED_MAX ? too_many() : cm_ok();
}

static bool is_of_kind(const cm_resource_kind *kind, const char *name)
{
    cm_status s = cm_name_check(kind->patterns, "name", name);
    bool fits = cm_is_ok(s);

    cm_status_clear(&s);
    return fits;
}

static int by_order(const void *a, const void *b, void *list)
{
    const resource_list *l = list;

    return resource_order_compare(&l->order, *(resource_revision *const *)a, *(resource_revision *const *)b, l->arena);
}

/* What was there at the list's time and has changed since, behind `after`, in order. */
static cm_status read_changed(resource_list *l, const resource_revision *after, moved *changed)
{
    cm_names names = {.arena = l->arena};
    int64_t parts;

    *changed = (moved){0};
    if (!l->changed)
        return cm_ok();
    CM_TRY(cm_db_integer(l->db, "SELECT count(*) FROM heads", CM_NONE, 0, &parts));
    for (int64_t part = 0; part < parts; part++)
        CM_TRY(changed_names(l, part, &names));
    changed->revisions = cm_arena_take(l->arena, (names.count + 1) * sizeof *changed->revisions);
    for (size_t i = 0; i < names.count; i++) {
        resource_revision *revision = NULL;
        if (is_of_kind(l->kind, names.names[i]))
            CM_TRY(resource_as_of(l->db, l->kind, names.names[i], l->page.as_of, l->arena, &revision));
        if (revision && (!after || resource_order_compare(&l->order, revision, after, l->arena) > 0))
            changed->revisions[changed->count++] = revision;
    }
    qsort_r(changed->revisions, changed->count, sizeof *changed->revisions, by_order, l);
    return cm_ok();
}

static void look_at(resource_list *l, const resource_revision *revision)
{
    resource_list_add(l, revision);
    l->last = cm_message_string(revision->body, "name");
}

/* Those of the changed ones that come before `next`; all that are left where it is NULL. */
static void merge(resource_list *l, moved *changed, const resource_revision *next)
{
    while (changed->next < changed->count && !resource_list_full(l)) {
        const resource_revision *first = changed->revisions[changed->next];
        if (next && resource_order_compare(&l->order, first, next, l->arena) > 0)
            return;
        look_at(l, first);
        changed->next++;
    }
}

static cm_status take_last(resource_list *l, resource_revision **after)
{
    *after = NULL;
    if (!*l->page.last)
        return cm_ok();
    CM_TRY(resource_as_of(l->db, l->kind, l->page.last, l->page.as_of, l->arena, after));
    return *after ? cm_ok()
                  : cm_invalid("page_token", "%s, where the page before ended, is gone; leave the token out",
                               l->page.last);
}

cm_status resource_list_ordered(resource_list *l)
{
    size_t limit = l->wanted >= RESOURCE_CHUNK ? l->wanted + 1 : RESOURCE_CHUNK, found = limit;
    resource_revision **revisions = cm_arena_take(l->arena, limit * sizeof *revisions), *after;
    const char **names = cm_arena_take(l->arena, limit * sizeof *names);
    moved changed;

    CM_TRY(take_last(l, &after));
    CM_TRY(read_changed(l, after, &changed));
    while (found == limit && !resource_list_full(l) && !l->spent) {
        limit = resource_list_chunk(l, limit);
        CM_AUTO(cm_text) sql = {0};
        cm_value values[RESOURCE_LIST_VALUES];
        int count = resource_list_ordered_query(l, after, limit, &sql, values);
        CM_TRY(resource_list_read(l, cm_text_get(&sql), values, count, limit, revisions, names, &found));
        for (size_t i = 0; i < found; i++) {
            if (!revisions[i])
                continue;
            merge(l, &changed, revisions[i]);
            if (resource_list_full(l))
                break;
            look_at(l, revisions[i]);
            after = revisions[i];
        }
        l->spent = found == limit && l->examined >= RESOURCE_SCAN;
    }
    if (found < limit)
        merge(l, &changed, NULL);
    return cm_ok();
}
