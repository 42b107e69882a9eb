#include "trends/trd_network.h"

#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "trends/network/net_measures.h"
#include "trends/trd_finding.h"
#include "trends/trd_service.h"
#include "trends/trd_ties.h"

enum { TOP = 20, TOP_MOST = 1000 };

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

/* Indices of nodes by betweenness, then as they come, which is by name. */
typedef struct ranked {
    size_t node;
    double betweenness;
} ranked;

static int in_order(const void *a, const void *b)
{
    const ranked *x = a, *y = b;

    if (x->betweenness != y->betweenness)
        return x->betweenness > y->betweenness ? -1 : 1;
    return (x->node > y->node) - (x->node < y->node);
}

static void tell_top(const trd_ties *ties, const net_measures *m, size_t top, cm_arena *arena, TrdNetwork *network)
{
    CM_FREE ranked *order = cm_alloc((m->nodes + 1) * sizeof *order);

    for (size_t i = 0; i < m->nodes; i++)
        order[i] = (ranked){i, m->betweenness[i]};
    if (m->nodes)
        qsort(order, m->nodes, sizeof *order, in_order);
    network->top = cm_arena_take(arena, (top + 1) * sizeof *network->top);
    for (size_t i = 0; i < m->nodes && i < top; i++) {
        TrdNetworkNode *node = CM_NEW(arena, TrdNetworkNode);
        size_t k = order[i].node;
        node->actor = (char *)ties->actors[k];
        node->degree = (int64_t)m->degree[k];
        node->betweenness = m->betweenness[k];
        node->pagerank = m->pagerank[k];
        node->core = (int64_t)m->core[k];
        node->community = (int64_t)m->community[k];
        network->top[network->n_top++] = node;
    }
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
    tell_top(ties, m, top, arena, network);
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
    size_t top;

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
    return cm_ok();
}

cm_status trd_compare_networks(cm_call *call, const TrdCompareNetworksRequest *request, TrdNetworkComparison *response)
{
    window w[2] = {{.field = "before", .asked = request->before}, {.field = "after", .asked = request->after}};
    size_t top;

    CM_TRY(read_top(request->top, &top));
    cm_status s = compare_windows(call, w, top, response);
    net_graph_clear(&w[0].ties.graph);
    net_graph_clear(&w[1].ties.graph);
    return s;
}
