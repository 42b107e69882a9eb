#include "trends/network/net_measures.h"

#include <igraph.h>
#include <math.h>
#include <pthread.h>

#include "base/cm_memory.h"

enum { SEED = 20240121, LEIDEN_RUNS = 10 };
static const double DAMPING = 0.85, RANDOMNESS = 0.01;

enum { ASK_EVERY_NS = 20000000 }; /* whether one who waits is to stop */

/* igraph's handlers and its random numbers are globals: only who has set `busy` may call it. */
static pthread_mutex_t igraph_lock = PTHREAD_MUTEX_INITIALIZER; /* guards `busy` */
static pthread_cond_t igraph_freed = PTHREAD_COND_INITIALIZER;
static bool busy;
static net_stop current; /* of the one who has set `busy` */

/* A graph in igraph's form and what is reused between steps. */
typedef struct work {
    const net_graph *given;
    igraph_t graph;
    igraph_vector_t weights; /* by edge */
    net_measures m;
} work;

void net_measures_clear(net_measures *measures)
{
    free(measures->degree);
    free(measures->core);
    free(measures->community);
    free(measures->betweenness);
    free(measures->pagerank);
    *measures = (net_measures){0};
}

static double work_most(const net_graph *graph)
{
    return graph->weighted ? NET_WEIGHTED_WORK_MOST : NET_WORK_MOST;
}

cm_status net_measures_fit(const net_graph *graph)
{
    double nodes = graph->nodes, edges = (double)graph->edges;

    if (nodes * edges <= work_most(graph))
        return cm_ok();
    return cm_fail(CM_RESOURCE_EXHAUSTED,
                   "edges: %.0f among %.0f nodes are too many to measure; with so many nodes %.0f edges%s would fit: "
                   "take a shorter window, or leave out the weakest ties",
                   edges, nodes, floor(work_most(graph) / nodes), graph->weighted ? " with weights" : "");
}

static igraph_error_t interrupt(void *data)
{
    if (!current.asked || !current.asked(current.lent))
        return IGRAPH_SUCCESS;
    IGRAPH_FINALLY_FREE();
    return IGRAPH_INTERRUPTED;
}

static cm_status igraph_done(const char *what, igraph_error_t error)
{
    if (error == IGRAPH_SUCCESS)
        return cm_ok();
    if (error == IGRAPH_INTERRUPTED)
        return cm_fail(CM_CANCELLED, "network: stopped while measuring %s", what);
    return cm_fail(error == IGRAPH_ENOMEM ? CM_RESOURCE_EXHAUSTED : CM_INTERNAL, "network: %s: %s", what,
                   igraph_strerror(error));
}

/* Between steps too: not every one of igraph's asks by itself. */
static cm_status go_on(const char *what)
{
    return current.asked && current.asked(current.lent) ? igraph_done(what, IGRAPH_INTERRUPTED) : cm_ok();
}

static size_t *whole_numbers(const igraph_vector_int_t *from)
{
    size_t n = (size_t)igraph_vector_int_size(from);
    size_t *to = cm_realloc(NULL, n + 1, sizeof *to);

    for (size_t i = 0; i < n; i++)
        to[i] = (size_t)VECTOR(*from)[i];
    return to;
}

static double *numbers(const igraph_vector_t *from)
{
    size_t n = (size_t)igraph_vector_size(from);
    double *to = cm_realloc(NULL, n + 1, sizeof *to);

    for (size_t i = 0; i < n; i++)
        to[i] = VECTOR(*from)[i];
    return to;
}

static int compare_sizes(const void *a, const void *b)
{
    size_t x = *(const size_t *)a, y = *(const size_t *)b;

    return x < y ? -1 : x > y;
}

static cm_status degrees(work *w)
{
    net_measures *m = &w->m;
    double n = (double)m->nodes, sum = 0, squares = 0, strength = 0;

    m->degree = cm_alloc((m->nodes + 1) * sizeof *m->degree);
    for (size_t i = 0; i < w->given->edges; i++) {
        const net_edge *edge = &w->given->list[i];
        m->degree[edge->source]++;
        m->degree[edge->target]++;
        strength += 2 * edge->weight;
    }
    CM_FREE size_t *sorted = cm_realloc(NULL, m->nodes + 1, sizeof *sorted);
    for (size_t i = 0; i < m->nodes; i++) {
        sorted[i] = m->degree[i];
        sum += (double)m->degree[i];
    }
    m->density = n < 2 ? NAN : (double)m->edges / (n * (n - 1) / 2);
    m->degree_mean = m->degree_median = m->degree_deviation = m->strength_mean = NAN;
    if (m->nodes == 0)
        return cm_ok();
    qsort(sorted, m->nodes, sizeof *sorted, compare_sizes);
    for (size_t i = 0; i < m->nodes; i++)
        squares += ((double)sorted[i] - sum / n) * ((double)sorted[i] - sum / n);
    m->degree_mean = sum / n;
    m->degree_median = (double)(sorted[(m->nodes - 1) / 2] + sorted[m->nodes / 2]) / 2;
    m->degree_deviation = sqrt(squares / n);
    m->degree_least = sorted[0];
    m->degree_most = sorted[m->nodes - 1];
    m->strength_mean = strength / n;
    return cm_ok();
}

static igraph_error_t diameter_of(const igraph_t *graph, const igraph_vector_int_t *component, igraph_integer_t which,
                                  igraph_integer_t size, igraph_real_t *diameter)
{
    igraph_vector_int_t members;
    igraph_t part;
    igraph_integer_t n = 0;

    IGRAPH_CHECK(igraph_vector_int_init(&members, size));
    for (igraph_integer_t i = 0; i < igraph_vector_int_size(component); i++)
        if (VECTOR(*component)[i] == which)
            VECTOR(members)[n++] = i;
    igraph_error_t error =
        igraph_induced_subgraph(graph, &part, igraph_vss_vector(&members), IGRAPH_SUBGRAPH_CREATE_FROM_SCRATCH);
    if (error == IGRAPH_SUCCESS) {
        error = igraph_diameter(&part, diameter, NULL, NULL, NULL, NULL, IGRAPH_UNDIRECTED, true);
        igraph_destroy(&part);
    }
    igraph_vector_int_destroy(&members);
    return error;
}

static cm_status components(work *w)
{
    igraph_vector_int_t component, sizes;
    igraph_integer_t count = 0, largest = 0;
    igraph_real_t diameter = 0;

    igraph_vector_int_init(&component, 0);
    igraph_vector_int_init(&sizes, 0);
    igraph_error_t error = igraph_connected_components(&w->graph, &component, &sizes, &count, IGRAPH_WEAK);
    if (error == IGRAPH_SUCCESS && count > 0) {
        for (igraph_integer_t k = 1; k < count; k++)
            if (VECTOR(sizes)[k] > VECTOR(sizes)[largest])
                largest = k;
        w->m.components = (size_t)count;
        w->m.largest = (size_t)VECTOR(sizes)[largest];
        error = diameter_of(&w->graph, &component, largest, VECTOR(sizes)[largest], &diameter);
        w->m.diameter = (size_t)diameter;
    }
    igraph_vector_int_destroy(&component);
    igraph_vector_int_destroy(&sizes);
    return igraph_done("components", error);
}

static cm_status triangles(work *w)
{
    igraph_vector_t around;
    double sum = 0, triples = 0, shares = 0;

    igraph_vector_init(&around, 0);
    igraph_error_t error = igraph_adjacent_triangles(&w->graph, &around, igraph_vss_all());
    if (error == IGRAPH_SUCCESS)
        for (size_t i = 0; i < w->m.nodes; i++) {
            double d = (double)w->m.degree[i], here = VECTOR(around)[i], pairs = d * (d - 1) / 2;
            sum += here;
            triples += pairs;
            shares += pairs > 0 ? here / pairs : 0;
        }
    igraph_vector_destroy(&around);
    w->m.triangles = (size_t)(sum / 3);
    w->m.transitivity = triples > 0 ? sum / triples : NAN;
    w->m.clustering = w->m.nodes > 0 ? shares / (double)w->m.nodes : NAN;
    return igraph_done("triangles", error);
}

/* Newman 2002, eq. 4, from degrees; sums of whole numbers, so that equal degrees are seen to be equal. */
static void assortativity(work *w)
{
    double edges = (double)w->m.edges, product = 0, sum = 0, squares = 0;

    for (size_t i = 0; i < w->given->edges; i++) {
        double a = (double)w->m.degree[w->given->list[i].source], b = (double)w->m.degree[w->given->list[i].target];
        product += a * b;
        sum += a + b;
        squares += a * a + b * b;
    }
    double above = 4 * edges * product - sum * sum, below = 2 * edges * squares - sum * sum;
    w->m.assortativity = below > 0 ? above / below : NAN;
}

/* The partition of the largest modularity among a few runs. */
static igraph_error_t partition(work *w, const igraph_vector_t *strengths, double twice, igraph_vector_int_t *best)
{
    igraph_vector_int_t found;
    igraph_real_t modularity = 0;

    IGRAPH_CHECK(igraph_vector_int_init(&found, 0));
    igraph_error_t error = IGRAPH_SUCCESS;
    for (int run = 0; run < LEIDEN_RUNS && error == IGRAPH_SUCCESS; run++) {
        error = igraph_community_leiden(&w->graph, &w->weights, strengths, 1 / twice, RANDOMNESS, false, -1, &found,
                                        NULL, NULL);
        if (error == IGRAPH_SUCCESS)
            error = igraph_modularity(&w->graph, &found, &w->weights, 1, IGRAPH_UNDIRECTED, &modularity);
        if (error == IGRAPH_SUCCESS && (run == 0 || modularity > w->m.modularity)) {
            w->m.modularity = modularity;
            error = igraph_vector_int_update(best, &found);
        }
        if (error == IGRAPH_SUCCESS)
            error = interrupt(NULL);
    }
    igraph_vector_int_destroy(&found);
    return error;
}

typedef struct community {
    size_t size, first, number;
} community;

static int compare_communities(const void *a, const void *b)
{
    const community *x = a, *y = b;

    if (x->size != y->size)
        return x->size > y->size ? -1 : 1;
    return x->first < y->first ? -1 : x->first > y->first;
}

/* Numbers communities by size, then by first node. */
static void renumber(net_measures *m)
{
    CM_FREE community *all = cm_alloc((m->nodes + 1) * sizeof *all);
    CM_FREE size_t *to = cm_realloc(NULL, m->nodes + 1, sizeof *to);

    for (size_t i = 0; i < m->nodes; i++) {
        community *c = &all[m->community[i]];
        if (c->size++ == 0)
            *c = (community){.size = 1, .first = i, .number = m->community[i]};
        m->communities = m->community[i] + 1 > m->communities ? m->community[i] + 1 : m->communities;
    }
    qsort(all, m->communities, sizeof *all, compare_communities);
    for (size_t k = 0; k < m->communities; k++)
        to[all[k].number] = k;
    for (size_t i = 0; i < m->nodes; i++)
        m->community[i] = to[m->community[i]];
}

static cm_status communities(work *w)
{
    igraph_vector_t strengths;
    igraph_vector_int_t best;
    double twice = 0;

    igraph_vector_init(&strengths, (igraph_integer_t)w->m.nodes);
    igraph_vector_int_init_range(&best, 0, (igraph_integer_t)w->m.nodes);
    for (size_t i = 0; i < w->given->edges; i++) {
        const net_edge *edge = &w->given->list[i];
        VECTOR(strengths)[edge->source] += edge->weight;
        VECTOR(strengths)[edge->target] += edge->weight;
        twice += 2 * edge->weight;
    }
    w->m.modularity = NAN;
    igraph_error_t error = w->given->edges > 0 ? partition(w, &strengths, twice, &best) : IGRAPH_SUCCESS;
    if (error == IGRAPH_SUCCESS) {
        w->m.community = whole_numbers(&best);
        renumber(&w->m);
    }
    igraph_vector_destroy(&strengths);
    igraph_vector_int_destroy(&best);
    return igraph_done("communities", error);
}

static cm_status cores(work *w)
{
    igraph_vector_int_t core;

    igraph_vector_int_init(&core, 0);
    igraph_error_t error = igraph_coreness(&w->graph, &core, IGRAPH_ALL);
    if (error == IGRAPH_SUCCESS)
        w->m.core = whole_numbers(&core);
    igraph_vector_int_destroy(&core);
    CM_TRY(igraph_done("cores", error));
    for (size_t i = 0; i < w->m.nodes; i++) {
        if (w->m.core[i] > w->m.core_most) {
            w->m.core_most = w->m.core[i];
            w->m.core_size = 0;
        }
        w->m.core_size += w->m.core[i] == w->m.core_most;
    }
    return cm_ok();
}

static cm_status betweenness(work *w)
{
    igraph_vector_t lengths, result;

    igraph_vector_init(&result, 0);
    igraph_vector_init(&lengths, (igraph_integer_t)w->given->edges);
    for (size_t i = 0; i < w->given->edges; i++)
        VECTOR(lengths)[i] = 1 / w->given->list[i].weight;
    igraph_error_t error = igraph_betweenness(&w->graph, &result, igraph_vss_all(), IGRAPH_UNDIRECTED,
                                              w->given->weighted ? &lengths : NULL);
    if (error == IGRAPH_SUCCESS)
        w->m.betweenness = numbers(&result);
    igraph_vector_destroy(&lengths);
    igraph_vector_destroy(&result);
    return igraph_done("betweenness", error);
}

static cm_status pagerank(work *w)
{
    igraph_vector_t result;
    igraph_real_t value;

    igraph_vector_init(&result, 0);
    igraph_error_t error = igraph_pagerank(&w->graph, IGRAPH_PAGERANK_ALGO_PRPACK, &result, &value, igraph_vss_all(),
                                           IGRAPH_UNDIRECTED, DAMPING, &w->weights, NULL);
    if (error == IGRAPH_SUCCESS)
        w->m.pagerank = numbers(&result);
    igraph_vector_destroy(&result);
    return igraph_done("PageRank", error);
}

static cm_status measure_all(work *w)
{
    typedef cm_status step(work *);
    static step *const steps[] = {degrees, components, triangles, communities, cores, betweenness, pagerank};

    w->m.nodes = w->given->nodes;
    w->m.edges = w->given->edges;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        CM_TRY(go_on("it"));
        CM_TRY(steps[i](w));
    }
    assortativity(w);
    return cm_ok();
}

static cm_status measure_locked(const net_graph *graph, net_measures *measures)
{
    work w = {.given = graph};
    igraph_vector_int_t ends;

    igraph_vector_int_init(&ends, 2 * (igraph_integer_t)graph->edges);
    igraph_vector_init(&w.weights, (igraph_integer_t)graph->edges);
    for (size_t i = 0; i < graph->edges; i++) {
        VECTOR(ends)[2 * i] = graph->list[i].source;
        VECTOR(ends)[2 * i + 1] = graph->list[i].target;
        VECTOR(w.weights)[i] = graph->list[i].weight;
    }
    cm_status status = igraph_done("edges", igraph_create(&w.graph, &ends, graph->nodes, IGRAPH_UNDIRECTED));
    igraph_vector_int_destroy(&ends);
    if (cm_is_ok(status)) {
        igraph_rng_seed(igraph_rng_default(), SEED);
        status = measure_all(&w);
        igraph_destroy(&w.graph);
    }
    igraph_vector_destroy(&w.weights);
    if (cm_is_ok(status))
        *measures = w.m;
    else
        net_measures_clear(&w.m);
    return status;
}

static void wait_a_little(void)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += ASK_EVERY_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&igraph_freed, &igraph_lock, &until);
}

/* Waits for its turn; false where it was to stop before. */
static bool begin(net_stop stop)
{
    bool stopped = false;

    pthread_mutex_lock(&igraph_lock);
    while (busy && !stopped) {
        wait_a_little();
        stopped = stop.asked && stop.asked(stop.lent);
    }
    busy |= !stopped;
    pthread_mutex_unlock(&igraph_lock);
    return !stopped;
}

static void end(void)
{
    pthread_mutex_lock(&igraph_lock);
    busy = false;
    pthread_cond_signal(&igraph_freed);
    pthread_mutex_unlock(&igraph_lock);
}

cm_status net_measure(const net_graph *graph, net_stop stop, net_measures *measures)
{
    CM_TRY(net_measures_fit(graph));
    if (!begin(stop))
        return cm_fail(CM_CANCELLED, "network: stopped while others were measured");
    current = stop;
    igraph_set_error_handler(igraph_error_handler_ignore);
    igraph_set_warning_handler(igraph_warning_handler_ignore);
    igraph_set_interruption_handler(interrupt);
    cm_status status = measure_locked(graph, measures);
    igraph_set_interruption_handler(NULL);
    current = (net_stop){0};
    end();
    return status;
}
