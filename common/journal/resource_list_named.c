/* Lists by name. Each row is read as it is now; where it is younger than the list, what it was then is read, too. */
#include "base/cm_memory.h"
#include "journal/resource_list.h"

/* The filter holds now, or the row is younger than the list, whose time decides then. */
static void add_filter(const resource_list *l, cm_text *sql, cm_value *values, int *count)
{
    cm_text_add(sql, " AND (");
    if (l->changed) {
        values[(*count)++] = cm_v_int(l->page.as_of);
        cm_text_format(sql, "j.recorded_at > $%d OR ", *count);
    }
    resource_filter_add(&l->filter, l->arena, sql, values, count);
    cm_text_add(sql, ")");
}

int resource_list_named_query(const resource_list *l, const char *after, size_t limit, cm_text *sql, cm_value *values)
{
    int count = 0;

    values[count++] = cm_v_text(after);
    values[count++] = cm_v_text(l->end);
    values[count++] = cm_v_int((int64_t)limit);
    cm_text_format(sql,
                   "SELECT " RESOURCE_COLUMNS ", t.name FROM %s t JOIN journal j ON j.part = t.part AND "
                   "j.seq = t.seq WHERE t.name > $1 AND t.name < $2",
                   l->kind->table);
    add_filter(l, sql, values, &count);
    cm_text_add(sql, " ORDER BY t.name LIMIT $3");
    return count;
}

/* The next rows by name, as they are now. */
static cm_status read_chunk(resource_list *l, const char *after, size_t limit, resource_revision **revisions,
                            const char **names, size_t *found)
{
    CM_AUTO(cm_text) sql = {0};
    cm_value values[RESOURCE_LIST_VALUES];
    int count = resource_list_named_query(l, after, limit, &sql, values);

    return resource_list_read(l, cm_text_get(&sql), values, count, limit, revisions, names, found);
}

static cm_status look_at(resource_list *l, const char *name, resource_revision *revision)
{
    if (revision && revision->recorded_at > l->page.as_of)
        CM_TRY(resource_as_of(l->db, l->kind, name, l->page.as_of, l->arena, &revision));
    if (revision)
        resource_list_add(l, revision);
    l->last = name;
    return cm_ok();
}

cm_status resource_list_named(resource_list *l)
{
    bool exact = l->filter.exact && !l->wanted_too;
    size_t limit = exact || l->wanted >= RESOURCE_CHUNK ? l->wanted + 1 : RESOURCE_CHUNK, found = limit;
    resource_revision **revisions = cm_arena_take(l->arena, limit * sizeof *revisions);
    const char **names = cm_arena_take(l->arena, limit * sizeof *names);

    l->last = *l->page.last ? l->page.last : l->prefix;
    while (found == limit && !resource_list_full(l) && !l->spent) {
        limit = resource_list_chunk(l, limit);
        CM_TRY(read_chunk(l, l->last, limit, revisions, names, &found));
        for (size_t i = 0; i < found && !resource_list_full(l); i++)
            CM_TRY(look_at(l, names[i], revisions[i]));
        l->spent = found == limit && l->examined >= RESOURCE_SCAN;
    }
    return cm_ok();
}
