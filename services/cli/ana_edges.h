/* ana_edges.h: a network from a CSV file of the user's own, and what was measured about it as JSON. Reach for it in
 * `trends network`. One thread. */
#ifndef ANA_EDGES_H
#define ANA_EDGES_H

#include <jansson.h>

#include "base/cm_arena.h"
#include "trends/network/net_measures.h"

typedef struct ana_edges {
    net_graph graph;    /* closed; ended with net_graph_clear */
    const char **names; /* by node, numbered as they first come; in the arena */
} ana_edges;

/* Columns source, target and optionally weight, in any order. INVALID_ARGUMENT names the file, the line, the value and
 * what would be right; RESOURCE_EXHAUSTED, as soon as it is known, where the network is too large, with what would
 * fit. On failure nothing is to be ended. */
cm_status ana_edges_read(const char *path, cm_arena *arena, ana_edges *edges) CM_MUST_USE;

/* A new reference; lists the `top` nodes by betweenness and by PageRank, and so many sizes of communities. */
json_t *ana_edges_json(const ana_edges *edges, const net_measures *measures, size_t top);

#endif
