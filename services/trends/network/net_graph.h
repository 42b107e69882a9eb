/* net_graph.h: who is tied to whom, and how strongly: an undirected network over numbered nodes.
 * Reach for it to collect the ties of a window before net_measures.h measures them. Not shared between threads.
 *
 * Ties between the same two nodes become one edge whose weight is their sum; a tie of a node to itself is counted and
 * left out. Memory is bounded: at most NET_EDGES_MOST ties. */
#ifndef NET_GRAPH_H
#define NET_GRAPH_H

#include "base/cm_status.h"

enum { NET_EDGES_MOST = 1000000 };

typedef struct net_edge {
    uint32_t source, target; /* source < target once the graph is closed */
    double weight;           /* > 0; 1 where ties have none */
} net_edge;

typedef struct net_graph {
    uint32_t nodes; /* numbered 0 … nodes − 1; those without an edge count too */
    size_t edges;   /* in `list`, which is owned */
    net_edge *list; /* by source and target once closed */
    size_t capacity;
    size_t ties;   /* as added, loops among them */
    size_t loops;  /* left out */
    bool weighted; /* false: all weights are 1, also where ties were repeated */
} net_graph;       /* zero-initialise; set `weighted` before adding */
void net_graph_clear(net_graph *graph);
static inline void net_graph_cleanup(net_graph *graph)
{
    net_graph_clear(graph);
}

/* Adds a tie; `nodes` grows to hold both ends. RESOURCE_EXHAUSTED beyond NET_EDGES_MOST ties, with what would fit;
 * INVALID_ARGUMENT for a weight that is not above 0 and finite. */
cm_status net_graph_add(net_graph *graph, uint32_t source, uint32_t target, double weight) CM_MUST_USE;

/* After the last tie: orders the edges and joins those between the same two nodes, so that the order in which ties came
 * never matters. */
void net_graph_close(net_graph *graph);

#endif
