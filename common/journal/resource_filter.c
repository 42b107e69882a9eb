/* The filter of a list, as far as the store can tell: comparisons of the kind's columns, of name and update_time, and
 * of actors that a resource mentions. What is left is asked of each resource that is read. */
#include <string.h>

#include "journal/resource.h"

static bool is_column(const cm_resource_kind *kind, const char *name)
{
    for (const char *const *column = kind->columns; *column; column++)
        if (strcmp(*column, name) == 0)
            return true;
    return false;
}

const char *resource_expression(const cm_resource_kind *kind, const char *field, cm_arena *arena)
{
    if (strcmp(field, "name") == 0)
        return "t.name";
    if (strcmp(field, "update_time") == 0)
        return "j.recorded_at";
    return is_column(kind, field) ? cm_arena_format(arena, "t.\"%s\"", field) : NULL;
}

static bool is_mention(const cm_resource_kind *kind, const cm_filter *term)
{
    bool asks = (term->operator== CM_FILTER_HAS || term->operator== CM_FILTER_EQUAL) && !term->anything;

    for (const char *const *path = kind->mentions; path && *path; path++)
        if (strcmp(*path, term->field) == 0)
            return asks && !term->open_begin && !term->open_end && *term->text;
    return false;
}

/* Whether the store's answer to the term is the whole answer. */
static bool is_exact(const cm_resource_kind *kind, const cm_filter *node, cm_arena *arena)
{
    if (node->kind == CM_FILTER_TERM)
        return !node->open_begin && resource_expression(kind, node->field, arena);
    for (size_t i = 0; i < node->count; i++)
        if (!is_exact(kind, node->parts[i], arena))
            return false;
    return true;
}

/* Which fields the store answers, and which are read from each resource. */
static void note_fields(const cm_resource_kind *kind, const cm_filter *node, resource_filter *filter)
{
    if (node->kind == CM_FILTER_TERM)
        cm_names_add(is_exact(kind, node, filter->scanned.arena) || is_mention(kind, node) ? &filter->indexed
                                                                                           : &filter->scanned,
                     node->field);
    for (size_t i = 0; i < node->count; i++)
        note_fields(kind, node->parts[i], filter);
}

cm_status resource_filter_parse(const cm_resource_kind *kind, const char *text, cm_arena *arena,
                                resource_filter *filter)
{
    *filter = (resource_filter){.kind = kind, .indexed.arena = arena, .scanned.arena = arena};
    CM_TRY(cm_filter_parse(kind->message, text, arena, &filter->tree));
    filter->exact = is_exact(kind, filter->tree, arena);
    note_fields(kind, filter->tree, filter);
    return cm_ok();
}

static int characters(const char *text)
{
    int count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xc0) != 0x80;
    return count;
}

static cm_value term_value(const cm_filter *term)
{
    switch (term->type) {
        case CM_FILTER_TEXT:
        case CM_FILTER_CODE:
            return cm_v_text(term->text);
        case CM_FILTER_REAL:
            return cm_v_real(term->real);
        default:
            return cm_v_int(term->integer);
    }
}

/* What is missing, '' or NULL, is another than any value, and neither below nor above one. */
static void add_term(const cm_filter *term, const char *column, cm_text *sql, cm_value *values, int *count)
{
    static const char *const operators[] = {"=", " IS DISTINCT FROM ", "<", "<=", ">", ">=", "="};
    bool is_text = term->type == CM_FILTER_TEXT || term->type == CM_FILTER_CODE;
    bool is_wrapped = term->path[0]->type == PROTOBUF_C_TYPE_MESSAGE;

    if (term->anything) {
        cm_text_format(sql, "%s %s", column, is_text ? "<> ''" : is_wrapped ? "IS NOT NULL" : "<> 0");
        return;
    }
    values[(*count)++] = term_value(term);
    if (term->open_end)
        cm_text_format(sql, "substr(%s, 1, %d)", column, characters(term->text));
    else
        cm_text_add(sql, column);
    cm_text_format(sql, "%s$%d", operators[term->operator], *count);
    if (is_text && term->operator> CM_FILTER_UNEQUAL && term->operator!= CM_FILTER_HAS)
        cm_text_format(sql, " AND %s <> ''", column);
}

static void add_node(const resource_filter *filter, const cm_filter *node, cm_arena *arena, cm_text *sql,
                     cm_value *values, int *count)
{
    if (node->kind == CM_FILTER_TERM) {
        const char *column = node->open_begin ? NULL : resource_expression(filter->kind, node->field, arena);
        if (column) {
            add_term(node, column, sql, values, count);
        } else if (is_mention(filter->kind, node)) {
            values[(*count)++] = cm_v_text(node->text);
            cm_text_format(sql, "t.name IN (SELECT m.name FROM mentions m WHERE m.actor = $%d)", *count);
        } else {
            cm_text_add(sql, "TRUE");
        }
    } else if (node->kind == CM_FILTER_NOT) {
        bool exact = is_exact(filter->kind, node, arena);
        cm_text_add(sql, exact ? "NOT coalesce((" : "TRUE");
        if (exact) {
            add_node(filter, node->parts[0], arena, sql, values, count);
            cm_text_add(sql, "), FALSE)");
        }
    } else {
        for (size_t i = 0; i < node->count; i++) {
            cm_text_add(sql, i == 0 ? "(" : node->kind == CM_FILTER_ALL ? ") AND (" : ") OR (");
            add_node(filter, node->parts[i], arena, sql, values, count);
        }
        cm_text_add(sql, node->count ? ")" : "TRUE");
    }
}

void resource_filter_add(const resource_filter *filter, cm_arena *arena, cm_text *sql, cm_value *values, int *count)
{
    add_node(filter, filter->tree, arena, sql, values, count);
}
