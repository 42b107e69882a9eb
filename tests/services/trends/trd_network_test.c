/* Networks over windows: which ties are in them, what changed between two, and what is refused or given up. */
#include "trd_bed.h"

#include "trends/network/net_graph.h"
#include "trends/trd_evidence.h"
#include "trends/trd_network.h"
#include "trends/trd_service.h"
#include "trends/trd_ties.h"

/* An agreement of two or three cities, signed then ("": no date). */
static void agree(trd_bed *b, const char *id, const char *date, const char *one, const char *other, const char *third)
{
    char *name = cm_arena_format(b->arena, "agreements/%s", id);
    char *more = *third ? cm_arena_format(b->arena, ", 'cities/%s'", third) : "";

    bed_count(b, name,
              cm_arena_format(b->arena,
                              "{'agreement': {'name': '%s', 'parties': ['cities/%s', '%s'%s], 'statusHistory':"
                              " [{'status': 'signed'%s%s%s}]}, 'actors': [{'actor': 'cities/%s', 'kind':"
                              " 'ACTOR_KIND_CITY'}, {'actor': '%s', 'kind': '%s'}]}",
                              name, one, other, more, *date ? ", 'date': '" : "", date, *date ? "'" : "", one, other,
                              strncmp(other, "cities/", 7) == 0 ? "ACTOR_KIND_CITY" : "ACTOR_KIND_INSTITUTION"));
}

static void agree_all(trd_bed *b)
{
    agree(b, "a1", "1990", "a", "cities/b", "");
    agree(b, "a2", "1991-05", "b", "cities/c", "");
    agree(b, "a3", "1992", "a", "cities/c", "d"); /* a triangle with d at two of its corners */
    agree(b, "a4", "2001", "a", "cities/b", "");
    agree(b, "a5", "2002", "c", "cities/e", "");
    agree(b, "a6", "", "a", "cities/f", "");
    agree(b, "a7", "2003", "a", "institutions/g", "");
}

static TrdNetworkWindow window_of(const char *from, const char *to)
{
    TrdNetworkWindow w = CITYNEG__TRENDS__V1__NETWORK_WINDOW__INIT;

    w.ties = TRD_TIES_AGREEMENTS;
    w.from = (char *)from;
    w.to = (char *)to;
    return w;
}

static cm_status get(trd_bed *b, TrdNetworkWindow window, bool cancelled, TrdNetwork *network)
{
    trd_state service = {.journal = b->journal};
    TrdGetNetworkRequest request = CITYNEG__TRENDS__V1__GET_NETWORK_REQUEST__INIT;
    cm_call *call = cm_call_new_local(&service, NULL, "tester");
    TrdNetwork answer = CITYNEG__TRENDS__V1__NETWORK__INIT;

    request.window = &window;
    if (cancelled)
        cm_call_local_cancel(call);
    cm_status s = trd_get_network(call, &request, &answer);
    *network = *(TrdNetwork *)cm_message_copy(&answer.base, b->arena);
    cm_call_unref(call);
    return s;
}

static void a_window_holds_the_ties_that_are_dated_in_it(void **state)
{
    trd_bed *b = *state;
    TrdNetwork all, early, cities;
    TrdNetworkWindow of_cities = window_of("", "");
    TypActorKind city = TYP_ACTOR_KIND_CITY;

    agree_all(b);
    assert_ok(get(b, window_of("", ""), false, &all));
    assert_int_equal(all.nodes, 6); /* f is undated */
    assert_int_equal(all.edges, 7); /* ab bc ac ad cd ce ag */
    assert_int_equal(all.events, 6);
    assert_int_equal(all.undated, 1);
    assert_int_equal(all.triangles, 2);
    assert_int_equal(all.components, 1);
    assert_string_equal(all.top[0]->actor, "cities/a");
    assert_ok(get(b, window_of("1990", "1991"), false, &early));
    assert_int_equal(early.nodes, 3);
    assert_int_equal(early.edges, 2);
    assert_near(early.density->value, 2.0 / 3, 1e-12);
    of_cities.kinds = &city;
    of_cities.n_kinds = 1;
    assert_ok(get(b, of_cities, false, &cities));
    assert_int_equal(cities.nodes, 4); /* d is of no known kind */
}

/* ---- what is behind it ---- */

/* The weight of all dated rows, page after page, and how many there are; `more` is of those without a date. */
static double weight_of(trd_bed *b, TrdNetworkWindow window, const char *one, const char *other, size_t *rows,
                        size_t *undated)
{
    cm_db *db = bed_reader(b);
    trd_report report = {.db = db, .arena = b->arena, .filter = &trd_filter_none};
    char *actors[] = {(char *)one, (char *)other};
    cm_call *call = cm_call_new_local(NULL, db, "tester");
    trd_evidence_page page = {.last = ""};
    trd_evidence evidence;
    trd_unit *units;
    size_t count;
    double sum = 0;

    *rows = *undated = 0;
    assert_ok(trd_evidence_begin(&report, 0, &evidence));
    assert_ok(trd_ties_evidence(db, "network", &window, actors,
                                *other ? 2
                                : *one ? 1
                                       : 0,
                                call, b->arena, &units, &count));
    do {
        assert_ok(trd_evidence_list_units(&evidence, units, count, page.last, 2, &page));
        for (size_t i = 0; i < page.count; i++) {
            bool dated = *page.rows[i]->date != '\0';
            sum += dated ? page.rows[i]->weight : 0;
            assert_int_equal(page.rows[i]->revision, 1);
            *rows += dated;
            *undated += !dated;
        }
    } while (page.more);
    cm_call_unref(call);
    cm_db_close(db);
    return sum;
}

static void every_number_of_a_network_has_the_events_that_make_it(void **state)
{
    trd_bed *b = *state;
    TrdNetworkWindow windows[] = {window_of("", ""), window_of("1991", "2001"), window_of("2003", "2003")};
    TrdNetwork n;
    size_t rows, undated;

    agree_all(b);
    windows[2].ties = TRD_TIES_OPEN_AGREEMENTS; /* all of them go on */
    for (size_t w = 0; w < sizeof windows / sizeof *windows; w++) {
        assert_ok(get(b, windows[w], false, &n));
        double all = weight_of(b, windows[w], "", "", &rows, &undated);
        assert_int_equal(rows, n.events);
        assert_int_equal(undated, n.undated);
        assert_near(2 * all, n.strength_mean->value * (double)n.nodes, 1e-9);
        assert_true(n.n_top == (size_t)n.nodes && n.nodes > 2);
        for (size_t i = 0; i < n.n_top; i++) {
            int64_t degree = 0;
            assert_near(weight_of(b, windows[w], n.top[i]->actor, "", &rows, &undated), n.top[i]->strength, 0);
            for (size_t k = 0; k < n.n_top; k++)
                degree += k != i && weight_of(b, windows[w], n.top[i]->actor, n.top[k]->actor, &rows, &undated) > 0;
            assert_int_equal(degree, n.top[i]->degree);
        }
    }
    assert_near(weight_of(b, windows[0], "cities/a", "cities/b", &rows, &undated), 2, 0);
    assert_int_equal(rows, 2);
    assert_near(weight_of(b, windows[0], "cities/a", "cities/f", &rows, &undated), 0, 0);
    assert_int_equal(undated, 1); /* which is in no window */
}

static void evidence_of_a_network_is_refused_where_it_makes_no_sense(void **state)
{
    trd_bed *b = *state;
    cm_db *db = bed_reader(b);
    cm_call *call = cm_call_new_local(NULL, db, "tester");
    char *actors[] = {"cities/a", "planets/b", "cities/c"};
    TrdNetworkWindow window = window_of("", "");
    trd_unit *units;
    size_t count;

    assert_fails(trd_ties_evidence(db, "network", &window, actors, 3, call, b->arena, &units, &count),
                 CM_INVALID_ARGUMENT, "actors: are 3");
    assert_fails(trd_ties_evidence(db, "network", &window, actors, 2, call, b->arena, &units, &count),
                 CM_INVALID_ARGUMENT, "actors[1]");
    window.ties = TRD_TIES_UNSPECIFIED;
    assert_fails(trd_ties_evidence(db, "network", &window, actors, 1, call, b->arena, &units, &count),
                 CM_INVALID_ARGUMENT, "network.ties");
    cm_call_unref(call);
    cm_db_close(db);
}

static void an_empty_window_has_no_number_that_is_not_defined(void **state)
{
    TrdNetwork none;

    assert_ok(get(*state, window_of("", ""), false, &none));
    assert_int_equal(none.nodes + none.edges + none.triangles, 0);
    assert_null(none.density);
    assert_null(none.degree_mean);
    assert_null(none.assortativity);
    assert_null(none.modularity);
}

static void what_changed_between_two_snapshots_is_told(void **state)
{
    trd_bed *b = *state;
    trd_state service = {.journal = b->journal};
    TrdCompareNetworksRequest request = CITYNEG__TRENDS__V1__COMPARE_NETWORKS_REQUEST__INIT;
    TrdNetworkComparison c = CITYNEG__TRENDS__V1__NETWORK_COMPARISON__INIT;
    TrdNetworkWindow before = window_of("1990", "1999"), after = window_of("2000", "");

    agree_all(b);
    request.before = &before;
    request.after = &after;
    cm_call *call = cm_call_new_local(&service, NULL, "tester");
    assert_ok(trd_compare_networks(call, &request, &c));
    assert_int_equal(c.before->edges, 5);
    assert_int_equal(c.after->edges, 3);
    assert_int_equal(c.nodes_come, 2); /* e, g */
    assert_string_equal(c.come[0], "cities/e");
    assert_string_equal(c.come[1], "institutions/g");
    assert_int_equal(c.nodes_gone, 1); /* d */
    assert_int_equal(c.edges_come, 2);
    assert_int_equal(c.edges_gone, 4);
    assert_near(c.edges_kept->value, 1.0 / 7, 1e-12);
    assert_string_equal(c.ties_come[0]->one, "cities/a");
    assert_string_equal(c.ties_come[0]->other, "institutions/g");
    const TrdMeasureChange *edges = NULL;
    for (size_t i = 0; i < c.n_measures; i++)
        if (strcmp(c.measures[i]->measure, "edges") == 0)
            edges = c.measures[i];
    assert_non_null(edges);
    assert_near(edges->before->value, 5, 0);
    assert_near(edges->after->value, 3, 0);
    assert_near(edges->difference->value, -2, 0);
    cm_call_unref(call);
}

static void agreements_are_open_until_they_stop(void **state)
{
    trd_bed *b = *state;
    TrdNetwork then;
    /* Placed at its second of July, the year in which it ended closes it on that day. */
    static const struct {
        const char *from, *to;
        int64_t edges;
    } expected[] = {{"1999", "1999", 0},
                    {"2005", "2005", 2},
                    {"2010-07-01", "2010-07-01", 2},
                    {"2011", "2011", 1},
                    {"2010-07-02", "2010-07-02", 1},
                    {"2009", "", 2}};

    bed_count(b, "agreements/z",
              "{'agreement': {'name': 'agreements/z', 'parties': ['cities/a', 'cities/b'], 'statusHistory': [{'status':"
              " 'signed', 'date': '2000'}, {'status': 'ended', 'date': '2010'}]}}");
    agree(b, "y", "2000", "a", "cities/c", "");
    agree(b, "x", "", "a", "cities/d", "");
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        TrdNetworkWindow w = window_of(expected[i].from, expected[i].to);
        w.ties = TRD_TIES_OPEN_AGREEMENTS;
        assert_ok(get(b, w, false, &then));
        assert_int_equal(then.edges, expected[i].edges);
        assert_int_equal(then.undated, 1);
    }
}

static void a_state_and_a_filter_choose_ties(void **state)
{
    trd_bed *b = *state;
    TrdNetwork some;
    TrdNetworkWindow w = window_of("", "");

    agree_all(b);
    bed_count(b, "states/fr", "{'actor': {'name': 'states/fr', 'kind': 'ACTOR_KIND_STATE'}}");
    bed_count(b, "agreements/f1",
              "{'agreement': {'name': 'agreements/f1', 'kind': 'friendship', 'parties': ['cities/h', 'cities/i',"
              " 'cities/j'], 'statusHistory': [{'status': 'signed', 'date': '2001'}]}, 'actors': [{'actor': 'cities/h',"
              " 'kind': 'city', 'state': 'states/fr'}]}");
    w.state = "states/fr";
    assert_ok(get(b, w, false, &some));
    assert_int_equal(some.nodes, 3);
    assert_int_equal(some.edges, 2); /* i and j are tied to h, and not to each other */
    assert_int_equal(some.events, 1);
    w = window_of("", "");
    w.filter = "kind = friendship";
    assert_ok(get(b, w, false, &some));
    assert_int_equal(some.edges, 3);
    w.state = "states/atlantis";
    assert_fails(get(b, w, false, &some), CM_NOT_FOUND, "states/atlantis");
    w = window_of("", "");
    w.filter = "colour = red";
    assert_fails(get(b, w, false, &some), CM_INVALID_ARGUMENT, "colour");
}

/* Five rays around one: every pair of them passes through it. */
static void a_star_is_led_by_its_middle(void **state)
{
    trd_bed *b = *state;
    TrdNetwork star, again;

    for (int i = 0; i < 5; i++)
        agree(b, cm_arena_format(b->arena, "s%d", i), "2000", "middle", cm_arena_format(b->arena, "cities/r%d", i), "");
    agree(b, "t", "2001", "middle", "cities/r3", ""); /* the tie to r3 weighs 2 */
    assert_ok(get(b, window_of("", ""), false, &star));
    assert_int_equal(star.edges, 5);
    assert_string_equal(star.top[0]->actor, "cities/middle");
    assert_near(star.top[0]->betweenness, 10, 1e-12);
    assert_near(star.top[0]->strength, 6, 0);
    assert_string_equal(star.top[1]->actor, "cities/r0"); /* equal ones by name */
    assert_string_equal(star.top_pagerank[0]->actor, "cities/middle");
    assert_string_equal(star.top_pagerank[1]->actor, "cities/r3");
    assert_int_equal(star.n_top_pagerank, 6);
    assert_near(star.strength_mean->value, 2, 1e-12);
    assert_int_equal(star.n_largest_communities, star.communities);
    int64_t nodes = 0;
    for (size_t i = 0; i < star.n_largest_communities; i++)
        nodes += star.largest_communities[i]->nodes;
    assert_int_equal(nodes, 6);
    assert_string_equal(star.largest_communities[0]->leading[0], "cities/middle");
    assert_ok(get(b, window_of("", ""), false, &again));
    cm_bytes one = cm_message_pack(&star.base, b->arena), other = cm_message_pack(&again.base, b->arena);
    assert_int_equal(one.size, other.size);
    assert_memory_equal(one.data, other.data, one.size);
}

/* A thousand at one table are 499,500 pairs, which can be held and not measured. */
static void what_cannot_be_measured_is_refused_with_what_would_fit(void **state)
{
    trd_bed *b = *state;
    cm_text event = {0};
    TrdNetwork none;
    TrdNetworkWindow w = window_of("", "");

    cm_text_add(&event, "{'negotiation': {'name': 'negotiations/n', 'start': '2001', 'participants': [");
    for (int i = 0; i < 1000; i++)
        cm_text_format(&event, "%s{'actor': 'cities/c%d'}", i ? ", " : "", i);
    cm_text_add(&event, "]}}");
    bed_count(b, "negotiations/n", cm_text_get(&event));
    cm_text_clear(&event);
    w.ties = TRD_TIES_NEGOTIATIONS;
    assert_fails(get(b, w, false, &none), CM_RESOURCE_EXHAUSTED,
                 "with so many nodes 300000 edges with weights would fit");
}

static void what_makes_no_sense_is_refused(void **state)
{
    trd_bed *b = *state;
    TrdNetwork none;
    TrdNetworkWindow no_ties = window_of("", "");

    no_ties.ties = TRD_TIES_UNSPECIFIED;
    assert_fails(get(b, no_ties, false, &none), CM_INVALID_ARGUMENT, "names no ties");
    assert_fails(get(b, window_of("2000", "1999"), false, &none), CM_INVALID_ARGUMENT, "1999 ends before 2000 begins");
    assert_fails(get(b, window_of("then", ""), false, &none), CM_INVALID_ARGUMENT, "'then' is no date");
}

static void a_caller_who_has_gone_ends_it(void **state)
{
    trd_bed *b = *state;
    TrdNetwork none;

    agree_all(b);
    assert_fails(get(b, window_of("", ""), true, &none), CM_CANCELLED, "");
}

/* 1,500 at one table are 1,124,250 pairs. */
static void too_many_ties_are_refused_with_what_would_fit(void **state)
{
    enum { AT_TABLE = 1500 };
    trd_bed *b = *state;
    cm_text event = {0};
    TrdNetwork none;
    TrdNetworkWindow negotiations = window_of("", "");

    cm_text_add(&event, "{'negotiation': {'name': 'negotiations/n', 'start': '2001', 'participants': [");
    for (int i = 0; i < AT_TABLE; i++)
        cm_text_format(&event, "%s{'actor': 'cities/c%d'}", i ? ", " : "", i);
    cm_text_add(&event, "]}}");
    bed_count(b, "negotiations/n", cm_text_get(&event));
    cm_text_clear(&event);
    negotiations.ties = TRD_TIES_NEGOTIATIONS;
    assert_fails(get(b, negotiations, false, &none), CM_RESOURCE_EXHAUSTED, "more than 1000000 ties");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_window_holds_the_ties_that_are_dated_in_it),
        BED_TEST(every_number_of_a_network_has_the_events_that_make_it),
        BED_TEST(evidence_of_a_network_is_refused_where_it_makes_no_sense),
        BED_TEST(an_empty_window_has_no_number_that_is_not_defined),
        BED_TEST(what_changed_between_two_snapshots_is_told),
        BED_TEST(agreements_are_open_until_they_stop),
        BED_TEST(a_state_and_a_filter_choose_ties),
        BED_TEST(a_star_is_led_by_its_middle),
        BED_TEST(what_cannot_be_measured_is_refused_with_what_would_fit),
        BED_TEST(what_makes_no_sense_is_refused),
        BED_TEST(a_caller_who_has_gone_ends_it),
        BED_TEST(too_many_ties_are_refused_with_what_would_fit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
