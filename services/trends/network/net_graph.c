#include "trends/network/net_graph.h"

#include <math.h>

#include "base/cm_memory.h"

void net_graph_clear(net_graph *graph)
{
    free(graph->list);
    *graph = (net_graph){0};
}

cm_status net_graph_add(net_graph *graph, uint32_t source, uint32_t target, double weight)
{
    if (!(weight > 0 && isfinite(weight)))
        return cm_fail(CM_INVALID_ARGUMENT, "weight: %g is none; give a number above 0", weight);
    if (graph->ties >= NET_EDGES_MOST)
        return cm_fail(CM_RESOURCE_EXHAUSTED,
                       "edges: more than %d are too many for one network; take a shorter window, or join the edges "
                       "between the same two nodes into one with their summed weight",
                       NET_EDGES_MOST);
    uint32_t last = source > target ? source : target;
    graph->nodes = last >= graph->nodes ? last + 1 : graph->nodes;
    graph->ties++;
    if (source == target) {
        graph->loops++;
        return cm_ok();
    }
    CM_GROW(graph->list, graph->capacity, graph->edges + 1);
    graph->list[graph->edges++] =
        (net_edge){.source = source < target ? source : target, .target = last, .weight = graph->weighted ? weight : 1};
    return cm_ok();
}

/* By ends, then by weight, so that sums come out the same whatever the order. */
static int compare(const void *a, const void *b)
{
    const net_edge *x = a, *y = b;

    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    if (x->target != y->target)
        return x->target < y->target ? -1 : 1;
    return x->weight < y->weight ? -1 : x->weight > y->weight;
}

void net_graph_close(net_graph *graph)
{
    size_t kept = 0;

    if (graph->edges > 0)
        qsort(graph->list, graph->edges, sizeof *graph->list, compare);
    for (size_t i = 0; i < graph->edges; i++) {
        net_edge edge = graph->list[i], *last = kept > 0 ? &graph->list[kept - 1] : NULL;
        if (last && last->source == edge.source && last->target == edge.target)
            last->weight += graph->weighted ? edge.weight : 0;
        else
            graph->list[kept++] = edge;
    }
    graph->edges = kept;
}
