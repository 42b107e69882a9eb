/* net_measures.h: what a network looks like: degrees, components, triangles, communities, and who lies in between.
 * Reach for it with a closed net_graph, off the request threads: it may take a minute. No type of igraph shows here.
 *
 * igraph as packaged keeps its state in globals, so measurements of one process run one after the other: this file
 * makes callers wait, and asks those who wait whether to stop; any thread may call. The same graph gives the same
 * numbers: random choices have a fixed seed. What the definition does not give is NaN. */
#ifndef NET_MEASURES_H
#define NET_MEASURES_H

#include "trends/network/net_graph.h"

/* Asked now and then while waiting and measuring, on the caller's thread; true ends with CANCELLED. */
typedef struct net_stop {
    bool (*asked)(void *lent); /* NULL: never */
    void *lent;
} net_stop;

typedef struct net_measures {
    size_t nodes, edges;
    double density; /* edges / (n(n−1)/2); NaN below two nodes */

    double degree_mean, degree_median, degree_deviation; /* population's; NaN without a node */
    size_t degree_least, degree_most;
    double strength_mean; /* of summed weights */

    size_t components, largest; /* and the nodes of the largest; of equal ones that of the first node */
    size_t diameter;            /* of the largest component, in edges */

    size_t triangles;
    double transitivity;  /* 3·triangles / connected triples (Wasserman and Faust 1994); NaN without a triple */
    double clustering;    /* mean over nodes of the share of neighbours that are tied; 0 below degree 2
                             (Watts and Strogatz 1998); NaN without a node */
    double assortativity; /* correlation of the degrees at the ends of edges (Newman 2002); NaN where all are equal */

    size_t communities;
    double modularity; /* weighted (Newman 2006), of the partition by Leiden; NaN without an edge */
    size_t core_most;  /* k of the innermost k-core (Seidman 1983) … */
    size_t core_size;  /* … and the nodes in it */

    /* By node; owned. */
    size_t *degree, *core;
    size_t *community;   /* 0 … communities − 1, larger ones first, of equal ones that of the first node */
    double *betweenness; /* shortest paths through the node, split over equal ones, each pair once (Freeman 1977;
                            Brandes 2001); where weights are given an edge is 1/weight long */
    double *pagerank;    /* damping 0.85, by weight, an edge going both ways (Brin and Page 1998); sums to 1 */
} net_measures;
void net_measures_clear(net_measures *measures);
static inline void net_measures_cleanup(net_measures *measures)
{
    net_measures_clear(measures);
}

/* Betweenness and diameter look from every node at every edge: nodes·edges may be at most the first, and the second
 * where there are weights (about a minute on one core, and half of one). */
#define NET_WORK_MOST 1e9
#define NET_WEIGHTED_WORK_MOST 3e8

/* OK where the graph is small enough; else RESOURCE_EXHAUSTED with how many edges would fit. */
cm_status net_measures_fit(const net_graph *graph) CM_MUST_USE;

/* RESOURCE_EXHAUSTED as above; CANCELLED. On failure `measures` is as it was. */
cm_status net_measure(const net_graph *graph, net_stop stop, net_measures *measures) CM_MUST_USE;

#endif
