/* A list is read by name, page by page. Every page shows what was there when the first was read: the newest revision of
 * each resource that is not younger than that. */
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_text.h"
#include "journal/resource.h"

enum { PAGE = 100, PAGE_MAX = 1000, PAGE_BYTES = 2 << 20, FIXED_VALUES = 4 };

typedef struct list {
    cm_db *db;
    const cm_resource_kind *kind;
    cm_arena *arena;
    resource_filter filter;
    const char *prefix, *end; /* names lie between these */
    resource_page page;
    bool changed; /* rows were written since the first page */
    size_t wanted, count, bytes;
    ProtobufCMessage **resources;
} list;

static cm_status take_size(const ProtobufCMessage *request, size_t *size)
{
    int32_t given = resource_int(request, "page_size");

    if (given < 0)
        return cm_invalid("page_size", "%d is negative; give 1 to %d, or 0 for %d", given, PAGE_MAX, PAGE);
    *size = given == 0 ? PAGE : given > PAGE_MAX ? PAGE_MAX : (size_t)given;
    return cm_ok();
}

static void digest_query(const char *method, const char *parent, const char *filter, uint8_t digest[CM_SHA256])
{
    const cm_bytes parts[] = {
        {(const uint8_t *)method, strlen(method) + 1}, /* with their ends, so that nothing runs into the next */
        {(const uint8_t *)parent, strlen(parent) + 1},
        {(const uint8_t *)filter, strlen(filter) + 1},
    };

    cm_sha256(parts, sizeof parts / sizeof *parts, digest);
}

/* Starts at the newest row of the journal, or goes on where the token says. */
static cm_status take_page(list *l, const char *token, const uint8_t query[CM_SHA256])
{
    resource_page given;
    int64_t newest;

    CM_TRY(cm_db_integer(l->db, "SELECT max(recorded_at) FROM heads", CM_NONE, 0, &newest));
    l->page = (resource_page){.as_of = newest, .last = ""};
    memcpy(l->page.query, query, CM_SHA256);
    CM_TRY(journal_epoch(l->db, &l->page.epoch));
    if (!*token)
        return cm_ok();
    CM_TRY(resource_token_parse(token, l->arena, &given));
    if (memcmp(given.query, query, CM_SHA256) != 0)
        return cm_invalid("page_token",
                          "\"%.80s\" is of another query; keep parent and filter as they were, or leave the "
                          "token out",
                          token);
    if (!cm_uuid_equal(given.epoch, l->page.epoch))
        return cm_invalid("page_token",
                          "\"%.80s\" is of another store, or of this one before it was restored; leave it out", token);
    if (given.as_of > newest)
        return cm_invalid("page_token", "\"%.80s\" is of a time that has not come; leave it out", token);
    l->page = given;
    l->changed = given.as_of < newest;
    return cm_ok();
}

/* What is missing, '' or NULL, is another than any value, and neither below nor above one. */
static void add_term(cm_text *sql, const resource_term *term, int number)
{
    const char *column = term->field->name;

    if (strcmp(term->operator, "<>") == 0)
        cm_text_format(sql, "t.\"%s\" IS DISTINCT FROM $%d", column, number);
    else
        cm_text_format(sql, "t.\"%s\" %s $%d", column, term->operator, number);
    if (term->operator[0] != '=' && strcmp(term->operator, "<>") != 0 && resource_is_text(term->field))
        cm_text_format(sql, " AND t.\"%s\" <> ''", column);
}

/* The filter holds now, or the row is younger than the list, whose time decides then. */
static void add_filter(const list *l, cm_text *sql, cm_value *values, int *count)
{
    if (!l->filter.count)
        return;
    cm_text_add(sql, " AND (");
    if (l->changed) {
        values[(*count)++] = cm_v_int(l->page.as_of);
        cm_text_format(sql, "j.recorded_at > $%d OR ", *count);
    }
    for (int i = 0; i < l->filter.count; i++) {
        values[(*count)++] = l->filter.terms[i].value;
        cm_text_add(sql, i ? " AND " : "(");
        add_term(sql, &l->filter.terms[i], *count);
    }
    cm_text_add(sql, "))");
}

static cm_status query(const list *l, const char *after, size_t limit, cm_rows *rows)
{
    CM_AUTO(cm_text) sql = {0};
    cm_value values[FIXED_VALUES + RESOURCE_TERMS] = {cm_v_text(after), cm_v_text(l->end), cm_v_int((int64_t)limit)};
    int count = 3;

    cm_text_format(&sql,
                   "SELECT " RESOURCE_COLUMNS ", t.name FROM %s t JOIN journal j ON j.part = t.part AND "
                   "j.seq = t.seq WHERE t.name > $1 AND t.name < $2",
                   l->kind->table);
    add_filter(l, &sql, values, &count);
    cm_text_add(&sql, " ORDER BY t.name LIMIT $3");
    return cm_db_query(l->db, cm_text_get(&sql), values, count, rows);
}

/* The next rows by name, as they are now. */
static cm_status read_chunk(list *l, const char *after, size_t limit, resource_revision **revisions, const char **names,
                            size_t *count)
{
    cm_rows rows;
    cm_status s;

    *count = 0;
    CM_TRY(query(l, after, limit, &rows));
    for (s = cm_ok(); cm_is_ok(s) && cm_rows_next(&rows); ++*count) {
        names[*count] = cm_arena_strdup(l->arena, cm_rows_text(&rows, 7));
        s = resource_take(l->kind, &rows, l->arena, &revisions[*count]);
    }
    return resource_db_end(&rows, s);
}

static bool is_full(const list *l)
{
    return l->count > l->wanted || (l->count > 1 && l->bytes > PAGE_BYTES);
}

/* Adds what the resource was at the list's time, if it was and fits the filter. */
static cm_status add(list *l, const char *name, resource_revision *revision)
{
    if (revision && revision->recorded_at > l->page.as_of) {
        CM_TRY(resource_as_of(l->db, l->kind, name, l->page.as_of, l->arena, &revision));
        if (revision && !resource_filter_fits(&l->filter, revision->body, l->arena))
            revision = NULL;
    }
    if (revision) {
        l->resources[l->count++] = resource_stamped(revision, l->arena);
        l->bytes += revision->bytes;
    }
    return cm_ok();
}

static cm_status fill(list *l)
{
    size_t limit = l->wanted + 1, count = limit;
    resource_revision **revisions = cm_arena_take(l->arena, limit * sizeof *revisions);
    const char **names = cm_arena_take(l->arena, limit * sizeof *names);
    const char *after = *l->page.last ? l->page.last : l->prefix;

    l->resources = cm_arena_take(l->arena, (limit + 1) * sizeof *l->resources);
    while (count == limit && !is_full(l)) {
        CM_TRY(read_chunk(l, after, limit, revisions, names, &count));
        for (size_t i = 0; i < count && !is_full(l); i++)
            CM_TRY(add(l, names[i], revisions[i]));
        if (count)
            after = names[count - 1];
    }
    return cm_ok();
}

/* Names with the prefix lie before the prefix whose last character is the next one; all names lie before "~". */
static void bound(list *l)
{
    char *end = cm_arena_strdup(l->arena, *l->prefix ? l->prefix : "~");

    if (*l->prefix)
        end[strlen(end) - 1]++;
    l->end = end;
}

cm_status cm_resource_list(cm_call *call, const cm_resource_kind *kind, const ProtobufCMessage *request,
                           ProtobufCMessage *response)
{
    list l = {.db = cm_call_lent(call), .kind = kind, .arena = cm_call_arena(call)};
    const char *parent = cm_message_string(request, "parent"), *filter = cm_message_string(request, "filter");
    uint8_t query_digest[CM_SHA256];

    CM_TRY(take_size(request, &l.wanted));
    CM_TRY(resource_parent(kind, parent, l.arena, &l.prefix));
    CM_TRY(resource_filter_parse(kind, filter, l.arena, &l.filter));
    digest_query(cm_call_method(call), parent, filter, query_digest);
    CM_TRY(take_page(&l, cm_message_string(request, "page_token"), query_digest));
    bound(&l);
    CM_TRY(fill(&l));
    if (is_full(&l)) {
        l.page.last = cm_message_string(l.resources[--l.count - 1], "name");
        cm_message_set_string(response, "next_page_token", resource_token(&l.page, l.arena));
    }
    resource_answer_many(response, kind->plural, l.resources, l.count);
    return cm_ok();
}
