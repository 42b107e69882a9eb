/* Filters that ask for an actor also let through what names the actors that were merged into it. */
#include <string.h>

#include "base/cm_memory.h"
#include "journal/cm_merge.h"
#include "journal/resource.h"

cm_status cm_merge_note(cm_db *db, const char *actor, const char *survivor, int64_t since)
{
    int64_t same, known;

    CM_TRY(cm_db_integer(db, "SELECT count(*) FROM merges WHERE actor = $1 AND until IS NULL",
                         CM_WITH(cm_v_text(actor)), 0, &known));
    CM_TRY(cm_db_integer(db, "SELECT count(*) FROM merges WHERE actor = $1 AND survivor = $2 AND until IS NULL",
                         CM_WITH(cm_v_text(actor), cm_v_text(survivor)), 0, &same));
    if (same || (!known && !*survivor))
        return cm_ok();
    if (known)
        CM_TRY(cm_db_run(db, "UPDATE merges SET until = $1 WHERE actor = $2 AND until IS NULL",
                         CM_WITH(cm_v_int(since), cm_v_text(actor))));
    if (!*survivor)
        return cm_ok();
    return cm_db_run(db, "INSERT INTO merges (actor, survivor, since, until) VALUES ($1, $2, $3, NULL)",
                     CM_WITH(cm_v_text(actor), cm_v_text(survivor), cm_v_int(since)));
}

cm_status cm_merge_forget(cm_db *db, const char *actor)
{
    return cm_db_run(db, "DELETE FROM merges WHERE actor = $1 OR survivor = $1", CM_WITH(cm_v_text(actor)));
}

typedef struct expansion {
    cm_db *db;
    int64_t as_of; /* 0: now */
    cm_arena *arena;
    size_t terms;
} expansion;

static bool names_one(const cm_filter *term)
{
    bool asks =
        term->operator== CM_FILTER_EQUAL || term->operator== CM_FILTER_UNEQUAL || term->operator== CM_FILTER_HAS;

    return asks && term->type == CM_FILTER_TEXT && !term->anything && !term->open_begin && !term->open_end &&
           strchr(term->text, '/') && strcmp(term->field, "name") != 0;
}

static cm_status find_merged(const expansion *e, const char *survivor, const char **names, size_t *count)
{
    cm_rows rows;

    *count = 0;
    CM_TRY(cm_db_query(
        e->db,
        "SELECT DISTINCT actor FROM merges WHERE survivor = $1 AND since <= $2 AND "
        "(until IS NULL OR until > $2) ORDER BY actor LIMIT $3",
        CM_WITH(cm_v_text(survivor), cm_v_int(e->as_of ? e->as_of : INT64_MAX), cm_v_int(CM_FILTER_TERMS)), &rows));
    while (cm_rows_next(&rows))
        names[(*count)++] = cm_arena_strdup(e->arena, cm_rows_text(&rows, 0));
    return cm_rows_end(&rows);
}

/* The term becomes one of several: this actor, or one that was merged into it; for !=, none of them. */
static cm_status expand_term(expansion *e, cm_filter *term)
{
    const char *merged[CM_FILTER_TERMS];
    size_t count;

    CM_TRY(find_merged(e, term->text, merged, &count));
    if (!count)
        return cm_ok();
    e->terms += count;
    if (e->terms > CM_FILTER_TERMS)
        return cm_invalid("filter",
                          "with the actors that were merged into those that it names, it has more than %d comparisons; "
                          "ask for fewer at once",
                          CM_FILTER_TERMS);
    cm_filter **parts = cm_arena_take(e->arena, (count + 1) * sizeof(cm_filter *));
    parts[0] = cm_arena_copy(e->arena, term, sizeof *term);
    for (size_t i = 0; i < count; i++) {
        parts[i + 1] = cm_arena_copy(e->arena, term, sizeof *term);
        parts[i + 1]->text = merged[i];
    }
    *term = (cm_filter){
        .kind = term->operator== CM_FILTER_UNEQUAL ? CM_FILTER_ALL : CM_FILTER_ANY, .parts = parts, .count = count + 1};
    return cm_ok();
}

static cm_status expand(expansion *e, cm_filter *node)
{
    if (node->kind == CM_FILTER_TERM)
        return names_one(node) ? expand_term(e, node) : cm_ok();
    for (size_t i = 0; i < node->count; i++)
        CM_TRY(expand(e, node->parts[i]));
    return cm_ok();
}

static size_t count_terms(const cm_filter *node)
{
    size_t count = node->kind == CM_FILTER_TERM;

    for (size_t i = 0; i < node->count; i++)
        count += count_terms(node->parts[i]);
    return count;
}

cm_status resource_filter_merge(cm_db *db, const resource_filter *filter, int64_t as_of, cm_arena *arena)
{
    expansion e = {.db = db, .as_of = as_of, .arena = arena, .terms = count_terms(filter->tree)};

    return expand(&e, filter->tree);
}
