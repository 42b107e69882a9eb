/* Networks whose numbers are known, published or by hand; and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#include "base/cm_memory.h"
#include "trends/network/net_measures.h"

/* Who spent time with whom outside the karate club: Zachary 1977, J. Anthropological Research 33:452–473, figure 1. */
static const uint8_t karate[][2] = {
    {1, 2},   {1, 3},   {1, 4},   {1, 5},   {1, 6},   {1, 7},   {1, 8},   {1, 9},   {1, 11},  {1, 12},
    {1, 13},  {1, 14},  {1, 18},  {1, 20},  {1, 22},  {1, 32},  {2, 3},   {2, 4},   {2, 8},   {2, 14},
    {2, 18},  {2, 20},  {2, 22},  {2, 31},  {3, 4},   {3, 8},   {3, 9},   {3, 10},  {3, 14},  {3, 28},
    {3, 29},  {3, 33},  {4, 8},   {4, 13},  {4, 14},  {5, 7},   {5, 11},  {6, 7},   {6, 11},  {6, 17},
    {7, 17},  {9, 31},  {9, 33},  {9, 34},  {10, 34}, {14, 34}, {15, 33}, {15, 34}, {16, 33}, {16, 34},
    {19, 33}, {19, 34}, {20, 34}, {21, 33}, {21, 34}, {23, 33}, {23, 34}, {24, 26}, {24, 28}, {24, 30},
    {24, 33}, {24, 34}, {25, 26}, {25, 28}, {25, 32}, {26, 32}, {27, 30}, {27, 34}, {28, 34}, {29, 32},
    {29, 34}, {30, 33}, {30, 34}, {31, 33}, {31, 34}, {32, 33}, {32, 34}, {33, 34}};
enum { KARATE_EDGES = sizeof karate / sizeof *karate };

static void add(net_graph *graph, uint32_t a, uint32_t b, double weight)
{
    assert_true(cm_is_ok(net_graph_add(graph, a, b, weight)));
}

static net_graph karate_graph(bool backwards)
{
    net_graph graph = {0};

    for (size_t i = 0; i < KARATE_EDGES; i++) {
        const uint8_t *edge = karate[backwards ? KARATE_EDGES - 1 - i : i];
        add(&graph, edge[backwards] - 1u, edge[!backwards] - 1u, 1);
    }
    net_graph_close(&graph);
    return graph;
}

static net_measures measured(const net_graph *graph)
{
    net_measures m = {0};

    assert_true(cm_is_ok(net_measure(graph, (net_stop){0}, &m)));
    return m;
}

static void the_karate_club_has_its_published_numbers(void **state)
{
    CM_AUTO(net_graph) graph = karate_graph(false);
    CM_AUTO(net_measures) m = measured(&graph);

    assert_int_equal(m.nodes, 34);
    assert_int_equal(m.edges, 78);
    assert_int_equal(m.triangles, 45);
    assert_int_equal(m.diameter, 5);
    assert_int_equal(m.components, 1);
    assert_int_equal(m.degree_most, 17);
    /* The largest modularity that any partition has is 0.4198, with four communities (Agarwal and Kempe 2008, Eur.
     * Phys. J. B 66:409–418, table 1). */
    assert_float_equal(m.modularity, 0.4198, 5e-5);
    assert_int_equal(m.communities, 4);
    /* Newman 2003, SIAM Review 45:167–256, §III.B: C = 3·45/528; degree correlation by his equation. */
    assert_float_equal(m.transitivity, 135.0 / 528, 1e-12);
    assert_float_equal(m.assortativity, -0.47561309768461413, 1e-12);
    assert_float_equal(m.betweenness[0], 231.0714285714286, 1e-9);
    assert_int_equal(m.core_most, 4);
    assert_int_equal(m.core_size, 10);
    double sum = 0;
    for (size_t i = 0; i < m.nodes; i++) {
        sum += m.pagerank[i];
        assert_true(m.pagerank[i] <= m.pagerank[33]);
        assert_true(m.betweenness[i] <= m.betweenness[0]);
        assert_true(m.community[i] < m.communities);
    }
    assert_float_equal(sum, 1, 1e-9);
}

static void the_same_ties_give_the_same_numbers_in_any_order(void **state)
{
    CM_AUTO(net_graph) one = karate_graph(false);
    CM_AUTO(net_graph) other = karate_graph(true);
    CM_AUTO(net_measures) a = measured(&one);
    CM_AUTO(net_measures) b = measured(&other);

    assert_memory_equal(a.community, b.community, a.nodes * sizeof *a.community);
    assert_memory_equal(a.betweenness, b.betweenness, a.nodes * sizeof *a.betweenness);
    assert_memory_equal(a.pagerank, b.pagerank, a.nodes * sizeof *a.pagerank);
    assert_true(a.modularity == b.modularity);
}

static void a_star_a_triangle_and_a_lone_node_are_as_counted_by_hand(void **state)
{
    CM_AUTO(net_graph) graph = {0};

    for (uint32_t leaf = 1; leaf <= 4; leaf++)
        add(&graph, 0, leaf, 1);
    add(&graph, 5, 6, 1);
    add(&graph, 7, 6, 1);
    add(&graph, 7, 5, 1);
    add(&graph, 5, 7, 1);
    add(&graph, 8, 8, 1);
    net_graph_close(&graph);
    CM_AUTO(net_measures) m = measured(&graph);
    assert_int_equal(m.nodes, 9);
    assert_int_equal(m.edges, 7);
    assert_int_equal(graph.ties, 9);
    assert_int_equal(graph.loops, 1);
    assert_int_equal(m.components, 3);
    assert_int_equal(m.largest, 5);
    assert_int_equal(m.diameter, 2);
    assert_int_equal(m.triangles, 1);
    assert_float_equal(m.transitivity, 3.0 / 9, 1e-12);
    assert_float_equal(m.clustering, 3.0 / 9, 1e-12);
    assert_float_equal(m.betweenness[0], 6, 1e-12);
    assert_int_equal(m.core_most, 2);
    assert_int_equal(m.core_size, 3);
    assert_int_equal(m.communities, 3);
    assert_int_equal(m.community[0], 0); /* the star is larger than the triangle, and that than the lone node */
    assert_int_equal(m.community[5], 1);
    assert_int_equal(m.community[8], 2);
    /* Shares of edges 4/7 and 3/7 within, and the same shares of ends. */
    assert_float_equal(m.modularity, 1 - (16 + 9) / 49.0, 1e-12);
}

static void weights_shorten_the_way_and_add_up(void **state)
{
    CM_AUTO(net_graph) graph = {.weighted = true};

    add(&graph, 0, 1, 4); /* 0–1–2 is 1/4 + 1/4 long, 0–2 is 1 */
    add(&graph, 1, 2, 3);
    add(&graph, 2, 1, 1);
    add(&graph, 0, 2, 1);
    net_graph_close(&graph);
    CM_AUTO(net_measures) m = measured(&graph);
    assert_int_equal(m.edges, 3);
    assert_float_equal(m.strength_mean, 2.0 * 9 / 3, 1e-12);
    assert_float_equal(m.betweenness[1], 1, 1e-12);
    assert_true(m.pagerank[1] > m.pagerank[0]);
}

static void nothing_to_measure_is_no_failure(void **state)
{
    CM_AUTO(net_graph) graph = {0};

    net_graph_close(&graph);
    CM_AUTO(net_measures) empty = measured(&graph);
    assert_int_equal(empty.components, 0);
    assert_true(isnan(empty.modularity) && isnan(empty.density) && isnan(empty.degree_mean));
    add(&graph, 0, 1, 1);
    net_graph_close(&graph);
    CM_AUTO(net_measures) pair = measured(&graph);
    assert_true(isnan(pair.assortativity) && isnan(pair.transitivity));
    assert_int_equal(pair.diameter, 1);
}

static void assert_refused(cm_status status, cm_code code, const char *text)
{
    assert_int_equal(status.code, code);
    assert_non_null(strstr(cm_status_message(status), text));
    cm_status_clear(&status);
}

static void what_is_no_weight_is_refused(void **state)
{
    const double wrong[] = {0, -1, NAN, INFINITY};
    CM_AUTO(net_graph) graph = {.weighted = true};

    for (size_t i = 0; i < 4; i++)
        assert_refused(net_graph_add(&graph, 0, 1, wrong[i]), CM_INVALID_ARGUMENT, "above 0");
    assert_int_equal(graph.ties, 0);
}

static void a_network_that_is_too_large_says_what_would_fit(void **state)
{
    CM_AUTO(net_graph) graph = {0};
    cm_status status = cm_ok();

    for (uint32_t i = 0; i < NET_EDGES_MOST; i++)
        add(&graph, i, i + 1, 1);
    assert_refused(net_graph_add(&graph, 0, 1, 1), CM_RESOURCE_EXHAUSTED, "1000000");
    net_graph_close(&graph);
    net_measures m = {.nodes = 7};
    status = net_measure(&graph, (net_stop){0}, &m);
    assert_refused(status, CM_RESOURCE_EXHAUSTED, "with so many nodes 999 edges would fit");
    assert_int_equal(m.nodes, 7);
}

static bool after_some(void *lent)
{
    return --*(int *)lent < 0;
}

/* Wherever it is asked to stop, it stops; asked often enough to the end, it ends. */
static void measuring_stops_when_asked(void **state)
{
    CM_AUTO(net_graph) graph = {0};
    bool ended = false;

    for (uint32_t i = 0; i < 400; i++)
        for (uint32_t k = 1; k < 4; k++)
            add(&graph, i, (i * 7 + k * k * 31) % 400, 1);
    net_graph_close(&graph);
    for (int allowed = 0; !ended; allowed += 1 + allowed / 4) {
        int left = allowed;
        net_measures m = {0};
        cm_status status = net_measure(&graph, (net_stop){after_some, &left}, &m);
        ended = cm_is_ok(status);
        if (ended)
            assert_true(allowed > 20); /* it is asked within the steps too, not only between them */
        else
            assert_refused(status, CM_CANCELLED, "stopped");
        net_measures_clear(&m);
    }
}

/* One measures and, when first asked whether to stop, lets another try: it has to wait, is asked too, and stops. */
typedef struct turn {
    const net_graph *graph;
    bool tried;
    cm_code other;
} turn;

static bool at_once(void *lent)
{
    return true;
}

static void *try_meanwhile(void *argument)
{
    turn *t = argument;
    net_measures m = {0};
    cm_status status = net_measure(t->graph, (net_stop){at_once, NULL}, &m);

    t->other = status.code;
    cm_status_clear(&status);
    net_measures_clear(&m);
    return NULL;
}

static bool let_another_try(void *lent)
{
    turn *t = lent;
    pthread_t thread;

    if (!t->tried) {
        t->tried = true;
        assert_int_equal(pthread_create(&thread, NULL, try_meanwhile, t), 0);
        pthread_join(thread, NULL);
    }
    return false;
}

static void one_who_waits_for_another_can_be_stopped(void **state)
{
    CM_AUTO(net_graph) graph = karate_graph(false);
    turn t = {.graph = &graph};
    CM_AUTO(net_measures) m = {0};

    assert_true(cm_is_ok(net_measure(&graph, (net_stop){let_another_try, &t}, &m)));
    assert_true(t.tried);
    assert_int_equal(t.other, CM_CANCELLED);
    assert_int_equal(m.nodes, 34);
    CM_AUTO(net_measures) next = measured(&graph);
    assert_int_equal(next.nodes, 34);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_karate_club_has_its_published_numbers),
        cmocka_unit_test(the_same_ties_give_the_same_numbers_in_any_order),
        cmocka_unit_test(a_star_a_triangle_and_a_lone_node_are_as_counted_by_hand),
        cmocka_unit_test(weights_shorten_the_way_and_add_up),
        cmocka_unit_test(nothing_to_measure_is_no_failure),
        cmocka_unit_test(what_is_no_weight_is_refused),
        cmocka_unit_test(a_network_that_is_too_large_says_what_would_fit),
        cmocka_unit_test(measuring_stops_when_asked),
        cmocka_unit_test(one_who_waits_for_another_can_be_stopped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
