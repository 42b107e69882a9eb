#include "cli/ana_edges.h"

#include <math.h>
#include <string.h>
#include <uthash.h>

#include "base/cm_memory.h"
#include "cli/ana_field.h"

typedef struct node {
    UT_hash_handle hh;
    char *name; /* the key; in the arena */
    uint32_t number;
} node;

typedef struct reading {
    const char *path;
    cm_table *table;
    cm_arena *arena;
    node *nodes; /* by name */
    net_graph graph;
} reading;

static cm_status number_of(reading *r, const char *column, uint32_t *number)
{
    const char *name = cm_table_field(r->table, column);
    node *n;

    if (!*name)
        return ana_field_wrong(r->path, r->table, column, "is empty; name the node at this end");
    HASH_FIND_STR(r->nodes, name, n);
    if (!n) {
        n = cm_arena_zero(r->arena, sizeof *n);
        n->name = cm_arena_strdup(r->arena, name);
        n->number = HASH_COUNT(r->nodes);
        HASH_ADD_KEYPTR(hh, r->nodes, n->name, strlen(n->name), n);
    }
    *number = n->number;
    return cm_ok();
}

static cm_status read_edge(reading *r)
{
    uint32_t source, target;
    double weight = 1;

    CM_TRY(number_of(r, "source", &source));
    CM_TRY(number_of(r, "target", &target));
    if (r->graph.weighted) {
        CM_TRY(ana_field_number(r->path, r->table, "weight", &weight));
        if (!(weight > 0))
            return ana_field_wrong(r->path, r->table, "weight", "is no weight; give a number above 0");
    }
    cm_status status = net_graph_add(&r->graph, source, target, weight);
    cm_status_prefix(&status, "%s: line %ld", r->path, cm_table_line(r->table));
    return status;
}

static void keep(reading *r, ana_edges *edges)
{
    node *n, *next;

    net_graph_close(&r->graph);
    edges->graph = r->graph;
    edges->names = cm_arena_take(r->arena, (r->graph.nodes + 1) * sizeof *edges->names);
    HASH_ITER (hh, r->nodes, n, next)
        edges->names[n->number] = n->name;
}

cm_status ana_edges_read(const char *path, cm_arena *arena, ana_edges *edges)
{
    static const char *const columns[] = {"source", "target", NULL};
    reading r = {.path = path, .arena = arena};
    bool more;

    CM_TRY(ana_table_open(path, columns, &r.table));
    r.graph.weighted = cm_table_column(r.table, "weight") >= 0;
    cm_status status = ana_table_next(path, r.table, &more);
    while (cm_is_ok(status) && more) {
        status = read_edge(&r);
        if (cm_is_ok(status))
            status = ana_table_next(path, r.table, &more);
    }
    if (cm_is_ok(status))
        keep(&r, edges);
    else
        net_graph_clear(&r.graph);
    HASH_CLEAR(hh, r.nodes);
    cm_table_close(r.table);
    return status;
}

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *count(size_t value)
{
    return json_integer((json_int_t)value);
}

static void put(json_t *object, const char *key, json_t *value)
{
    json_object_set_new(object, key, value);
}

/* The place of a node in a ranking: the larger value, of equal ones the lesser name. */
typedef struct ranked {
    const char *name;
    double value;
    size_t node;
} ranked;

static int compare(const void *a, const void *b)
{
    const ranked *x = a, *y = b;

    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    return strcmp(x->name, y->name);
}

static json_t *ranking(const ana_edges *edges, const net_measures *m, const char *key, const double *values, size_t top)
{
    CM_FREE ranked *all = cm_realloc(NULL, m->nodes + 1, sizeof *all);
    json_t *list = json_array();

    for (size_t i = 0; i < m->nodes; i++)
        all[i] = (ranked){edges->names[i], values[i], i};
    qsort(all, m->nodes, sizeof *all, compare);
    for (size_t i = 0; i < m->nodes && i < top; i++) {
        json_t *one = json_object();
        put(one, "node", json_string(all[i].name));
        put(one, key, number(all[i].value));
        put(one, "degree", count(m->degree[all[i].node]));
        put(one, "core", count(m->core[all[i].node]));
        put(one, "community", count(m->community[all[i].node]));
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *degree(const net_measures *m)
{
    json_t *j = json_object();

    put(j, "mean", number(m->degree_mean));
    put(j, "median", number(m->degree_median));
    put(j, "deviation", number(m->degree_deviation));
    put(j, "least", count(m->degree_least));
    put(j, "most", count(m->degree_most));
    return j;
}

static json_t *community_sizes(const net_measures *m, size_t top)
{
    CM_FREE size_t *sizes = cm_alloc((m->communities + 1) * sizeof *sizes);
    json_t *list = json_array();

    for (size_t i = 0; i < m->nodes; i++)
        sizes[m->community[i]]++;
    for (size_t k = 0; k < m->communities && k < top; k++)
        json_array_append_new(list, count(sizes[k]));
    return list;
}

json_t *ana_edges_json(const ana_edges *edges, const net_measures *m, size_t top)
{
    json_t *j = json_object(), *component = json_object(), *core = json_object();

    put(j, "nodes", count(m->nodes));
    put(j, "edges", count(m->edges));
    put(j, "rows", count(edges->graph.ties));
    put(j, "loops", count(edges->graph.loops));
    put(j, "weighted", json_boolean(edges->graph.weighted));
    put(j, "density", number(m->density));
    put(j, "degree", degree(m));
    put(j, "strength_mean", number(m->strength_mean));
    put(j, "components", count(m->components));
    put(component, "nodes", count(m->largest));
    put(component, "diameter", count(m->diameter));
    put(j, "largest_component", component);
    put(j, "diameter", count(m->diameter));
    put(j, "triangles", count(m->triangles));
    put(j, "transitivity", number(m->transitivity));
    put(j, "clustering", number(m->clustering));
    put(j, "assortativity", number(m->assortativity));
    put(j, "modularity", number(m->modularity));
    put(j, "communities", count(m->communities));
    put(j, "community_sizes", community_sizes(m, top));
    put(core, "k", count(m->core_most));
    put(core, "nodes", count(m->core_size));
    put(j, "core", core);
    put(j, "top_betweenness", ranking(edges, m, "betweenness", m->betweenness, top));
    put(j, "top_pagerank", ranking(edges, m, "pagerank", m->pagerank, top));
    return j;
}
