/* resource_list.h: one page of a list under way. Reach for it in resource_list*.c only. */
#ifndef CM_RESOURCE_LIST_H
#define CM_RESOURCE_LIST_H

#include "journal/resource.h"

/* Resources that are read for one page at most where the filter asks what the store cannot tell; a page ends there. */
enum { RESOURCE_SCAN = 10000, RESOURCE_CHUNK = 500 };

typedef struct resource_list {
    cm_db *db;
    const cm_resource_kind *kind;
    cm_arena *arena;
    resource_filter filter;
    cm_resource_wanted *wanted_too; /* NULL: all */
    const void *context;
    resource_order order;
    const char *prefix, *end; /* names lie between these */
    resource_page page;
    bool changed;        /* rows were written since the list's time */
    bool show_retracted; /* as if they were not */
    size_t wanted, count, bytes, examined;
    ProtobufCMessage **resources; /* one more than wanted tells that another page follows */
    const char *last;             /* the name that was looked at last */
    bool spent;                   /* ended before the page was full, since too many were looked at */
} resource_list;

bool resource_list_full(const resource_list *l);

/* How many rows to read next, of `limit` at most: no more than may still be looked at for this page. */
size_t resource_list_chunk(const resource_list *l, size_t limit);

/* Looks at one resource of the list's time: adds it if it fits. */
void resource_list_add(resource_list *l, const resource_revision *revision);

/* The values of a query that begins with "SELECT … WHERE t.name > $1 AND t.name < $2"; $3 is the limit. */
enum { RESOURCE_LIST_VALUES = 4 + 2 * RESOURCE_KEYS + CM_FILTER_TERMS };

/* Reads up to `limit` rows of the query: RESOURCE_COLUMNS and t.name. */
cm_status resource_list_read(resource_list *l, const char *sql, const cm_value *values, int count, size_t limit,
                             resource_revision **revisions, const char **names, size_t *found) CM_MUST_USE;

/* resource_list_named.c, resource_list_ordered.c: fill the page. `explain` receives the query alone. */
cm_status resource_list_named(resource_list *l) CM_MUST_USE;
cm_status resource_list_ordered(resource_list *l) CM_MUST_USE;
int resource_list_named_query(const resource_list *l, const char *after, size_t limit, cm_text *sql, cm_value *values);
int resource_list_ordered_query(const resource_list *l, const resource_revision *after, size_t limit, cm_text *sql,
                                cm_value *values);

#endif
