#include "trends/trd_network.h"

#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "trends/network/net_measures.h"
#include "trends/trd_finding.h"
#include "trends/trd_service.h"
#include "trends/trd_ties.h"

enum { TOP = 20, TOP_MOST = 1000, LEADING = 5 };

static cm_status read_top(int32_t asked, size_t *top)
{
    if (asked < 0)
        return cm_invalid("top", "%d is negative; give 1 … %d, or 0 for %d", (int)asked, TOP_MOST, TOP);
    *top = asked == 0 ? TOP : asked > TOP_MOST ? TOP_MOST : (size_t)asked;
    return cm_ok();
}

/* ---- reading, in one state of the store ---- */

typedef struct window {
    const char *field;
    const TrdNetworkWindow *asked;
    trd_ties ties;
} window;

static cm_status read_in(cm_db *db, cm_call *call, window *windows, int count)
{
    cm_status s = cm_db_begin(db, false);

    for (int i = 0; cm_is_ok(s) && i < count; i++)
        s = trd_ties_read(db, windows[i].field, windows[i].asked, call, cm_call_arena(call), &windows[i].ties);
    cm_db_rollback(db);
    return s;
}

/* The background lends no connection: measuring holds none either. */
static cm_status read_windows(cm_call *call, window *windows, int count)
{
    trd_state *state = cm_call_state(call);
    cm_db *db;

    CM_TRY(cm_store_reader(cm_journal_store(state->journal), &db));
    cm_status s = read_in(db, call, windows, count);
    cm_db_close(db);
    return s;
}

/* ---- measuring ---- */

static bool caller_gone(void *lent)
{
    return cm_call_cancelled(lent);
}

/* Indices of nodes by a value, then as they come, which is by name. */
typedef struct ranked {
    size_t node;
    double value;
} ranked;

static int in_order(const void *a, const void *b)
{
    const ranked *x = a, *y = b;

    if (x->value != y->value)
        return x->value > y->value ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static ranked *rank(const double *values, size_t nodes, cm_arena *arena)
{
    ranked *order = cm_arena_take(arena, (nodes + 1) * sizeof *order);

    for (size_t i = 0; i < nodes; i++)
        order[i] = (ranked){i, values[i]};
    if (nodes)
        qsort(order, nodes, sizeof *order, in_order);
    return order;
}

static double *strengths_of(const net_graph *graph, cm_arena *arena)
{
    double *strengths = cm_arena_zero(arena, ((size_t)graph->nodes + 1) * sizeof *strengths);

    for (size_t i = 0; i < graph->edges; i++) {
        strengths[graph->list[i].source] += graph->list[i].weight;
        strengths[graph->list[i].target] += graph->list[i].weight;
    }
    return strengths;
}

static TrdNetworkNode **tell_nodes(const trd_ties *ties, const net_measures *m, const double *strengths,
                                   const ranked *order, size_t top, cm_arena *arena, size_t *count)
{
    TrdNetworkNode **nodes = cm_arena_take(arena, (top + 1) * sizeof *nodes);

    for (size_t i = 0; i < m->nodes && i < top; i++) {
        TrdNetworkNode *node = CM_NEW(arena, TrdNetworkNode);
        size_t k = order[i].node;
        node->actor = (char *)ties->actors[k];
        node->degree = (int64_t)m->degree[k];
        node->betweenness = m->betweenness[k];
        node->pagerank = m->pagerank[k];
        node->core = (int64_t)m->core[k];
        node->community = (int64_t)m->community[k];
        node->strength = strengths[k];
        nodes[(*count)++] = node;
    }
    return nodes;
}

static void tell_communities(const trd_ties *ties, const net_measures *m, const ranked *by_pagerank, size_t top,
                             cm_arena *arena, TrdNetwork *network)
{
    size_t count = m->communities < top ? m->communities : top;

    network->largest_communities = cm_arena_take(arena, (count + 1) * sizeof *network->largest_communities);
    for (size_t k = 0; k < count; k++) {
        TrdNetworkCommunity *c = network->largest_communities[k] = CM_NEW(arena, TrdNetworkCommunity);
        c->community = (int64_t)k;
        c->leading = cm_arena_take(arena, LEADING * sizeof *c->leading);
    }
    network->n_largest_communities = count;
    for (size_t i = 0; i < m->nodes; i++) {
        size_t node = by_pagerank[i].node;
        if (m->community[node] >= count)
            continue;
        TrdNetworkCommunity *c = network->largest_communities[m->community[node]];
        c->nodes++;
        if (c->n_leading < LEADING)
            c->leading[c->n_leading++] = (char *)ties->actors[node];
    }
}

static void tell_lists(const trd_ties *ties, const net_measures *m, size_t top, cm_arena *arena, TrdNetwork *network)
{
    const double *strengths = strengths_of(&ties->graph, arena);
    const ranked *by_pagerank = rank(m->pagerank, m->nodes, arena);

    network->top = tell_nodes(ties, m, strengths, rank(m->betweenness, m->nodes, arena), top, arena, &network->n_top);
    network->top_pagerank = tell_nodes(ties, m, strengths, by_pagerank, top, arena, &network->n_top_pagerank);
    tell_communities(ties, m, by_pagerank, top, arena, network);
}

static void tell(const trd_ties *ties, const net_measures *m, size_t top, cm_arena *arena, TrdNetwork *network)
{
    network->nodes = (int64_t)m->nodes;
    network->edges = (int64_t)m->edges;
    network->events = ties->events;
    network->undated = ties->undated;
    network->density = trd_number(arena, m->density);
    network->degree_mean = trd_number(arena, m->degree_mean);
    network->degree_median = trd_number(arena, m->degree_median);
    network->degree_most = (int64_t)m->degree_most;
    network->components = (int64_t)m->components;
    network->largest = (int64_t)m->largest;
    network->diameter = (int64_t)m->diameter;
    network->triangles = (int64_t)m->triangles;
    network->transitivity = trd_number(arena, m->transitivity);
    network->clustering = trd_number(arena, m->clustering);
    network->assortativity = trd_number(arena, m->assortativity);
    network->communities = (int64_t)m->communities;
    network->modularity = trd_number(arena, m->modularity);
    network->core_most = (int64_t)m->core_most;
    network->core_size = (int64_t)m->core_size;
    network->degree_deviation = trd_number(arena, m->degree_deviation);
    network->strength_mean = trd_number(arena, m->strength_mean);
    network->registry_rows = ties->registry_rows;
    network->negotiations_rows = ties->negotiations_rows;
    tell_lists(ties, m, top, arena, network);
}

static cm_status measure(cm_call *call, const trd_ties *ties, size_t top, TrdNetwork *network)
{
    net_measures m = {0};

    CM_TRY(net_measure(&ties->graph, (net_stop){caller_gone, call}, &m));
    tell(ties, &m, top, cm_call_arena(call), network);
    net_measures_clear(&m);
    return cm_ok();
}

cm_status trd_get_network(cm_call *call, const TrdGetNetworkRequest *request, TrdNetwork *response)
{
    window w = {.field = "window", .asked = request->window};
    size_t top = 0;

    CM_TRY(read_top(request->top, &top));
    cm_status s = read_windows(call, &w, 1);
    if (cm_is_ok(s))
        s = measure(call, &w.ties, top, response);
    net_graph_clear(&w.ties.graph);
    return s;
}

/* ---- comparing ---- */

/* Actors of one that the other lacks. */
static int64_t lacking(const trd_ties *of, const trd_ties *other, size_t top, cm_arena *arena, char ***names,
                       size_t *count)
{
    int64_t n = 0;

    *names = cm_arena_take(arena, (top + 1) * sizeof **names);
    for (size_t i = 0; i < of->actor_count; i++) {
        if (trd_ties_find(other, of->actors[i]) < other->actor_count)
            continue;
        if (*count < top)
            (*names)[(*count)++] = (char *)of->actors[i];
        n++;
    }
    return n;
}

static int by_ends(const void *a, const void *b)
{
    const net_edge *x = a, *y = b;

    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (x->target > y->target) - (x->target < y->target);
}

static bool has_edge(const trd_ties *ties, const char *one, const char *other)
{
    size_t a = trd_ties_find(ties, one), b = trd_ties_find(ties, other);
    const net_edge key = {.source = (uint32_t)(a < b ? a : b), .target = (uint32_t)(a < b ? b : a)};

    return a < ties->actor_count && b < ties->actor_count &&
           bsearch(&key, ties->graph.list, ties->graph.edges, sizeof key, by_ends) != NULL;
}

static int by_weight(const void *a, const void *b)
{
    const net_edge *x = a, *y = b;

    return x->weight != y->weight ? (x->weight > y->weight ? -1 : 1) : by_ends(a, b);
}

/* Ties of one that the other lacks, the heaviest first. */
static int64_t lacking_ties(const trd_ties *of, const trd_ties *other, size_t top, cm_arena *arena,
                            TrdNetworkTie ***ties, size_t *count)
{
    CM_FREE net_edge *edges = cm_alloc((of->graph.edges + 1) * sizeof *edges);
    size_t n = 0;

    for (size_t i = 0; i < of->graph.edges; i++) {
        const net_edge *e = &of->graph.list[i];
        if (!has_edge(other, of->actors[e->source], of->actors[e->target]))
            edges[n++] = *e;
    }
    if (n)
        qsort(edges, n, sizeof *edges, by_weight);
    *ties = cm_arena_take(arena, (top + 1) * sizeof **ties);
    for (size_t i = 0; i < n && i < top; i++) {
        TrdNetworkTie *tie = CM_NEW(arena, TrdNetworkTie);
        tie->one = (char *)of->actors[edges[i].source];
        tie->other = (char *)of->actors[edges[i].target];
        tie->weight = edges[i].weight;
        (*ties)[(*count)++] = tie;
    }
    return (int64_t)n;
}

/* NaN where it is absent. */
static double value_of(const TrdNetwork *network, const ProtobufCFieldDescriptor *field)
{
    const void *at = cm_field_at(&network->base, field);

    if (field->type == PROTOBUF_C_TYPE_INT64)
        return (double)*(const int64_t *)at;
    const GoogleDoubleValue *number = *(GoogleDoubleValue *const *)at;
    return number ? number->value : NAN;
}

/* Of every single number, but for how many rows were counted, which is the same for both. */
static void compare_measures(cm_arena *arena, TrdNetworkComparison *c)
{
    const ProtobufCMessageDescriptor *d = &TrdNetwork_descriptor;

    c->measures = cm_arena_take(arena, d->n_fields * sizeof *c->measures);
    for (unsigned i = 0; i < d->n_fields; i++) {
        if (d->fields[i].label == PROTOBUF_C_LABEL_REPEATED)
            continue;
        double a = value_of(c->before, &d->fields[i]), b = value_of(c->after, &d->fields[i]);
        if (a == b || (isnan(a) && isnan(b)))
            continue;
        TrdMeasureChange *m = c->measures[c->n_measures++] = CM_NEW(arena, TrdMeasureChange);
        m->measure = (char *)d->fields[i].name;
        m->before = trd_number(arena, a);
        m->after = trd_number(arena, b);
        m->difference = trd_number(arena, b - a);
    }
}

static void compare(const trd_ties *before, const trd_ties *after, size_t top, cm_arena *arena, TrdNetworkComparison *c)
{
    c->nodes_come = lacking(after, before, top, arena, &c->come, &c->n_come);
    c->nodes_gone = lacking(before, after, top, arena, &c->gone, &c->n_gone);
    c->edges_come = lacking_ties(after, before, top, arena, &c->ties_come, &c->n_ties_come);
    c->edges_gone = lacking_ties(before, after, top, arena, &c->ties_gone, &c->n_ties_gone);
    double either = (double)(before->graph.edges + (size_t)c->edges_come);
    double both = (double)(before->graph.edges - (size_t)c->edges_gone);
    c->edges_kept = trd_number(arena, either > 0 ? both / either : NAN);
}

static cm_status compare_windows(cm_call *call, window w[2], size_t top, TrdNetworkComparison *response)
{
    cm_arena *arena = cm_call_arena(call);

    CM_TRY(read_windows(call, w, 2));
    response->before = CM_NEW(arena, TrdNetwork);
    response->after = CM_NEW(arena, TrdNetwork);
    CM_TRY(measure(call, &w[0].ties, top, response->before));
    CM_TRY(measure(call, &w[1].ties, top, response->after));
    compare(&w[0].ties, &w[1].ties, top, arena, response);
    compare_measures(arena, response);
    return cm_ok();
}

cm_status trd_compare_networks(cm_call *call, const TrdCompareNetworksRequest *request, TrdNetworkComparison *response)
{
    window w[2] = {{.field = "before", .asked = request->before}, {.field = "after", .asked = request->after}};
    size_t top = 0;

    CM_TRY(read_top(request->top, &top));
    cm_status s = compare_windows(call, w, top, response);
    net_graph_clear(&w[0].ties.graph);
    net_graph_clear(&w[1].ties.graph);
    return s;
}
