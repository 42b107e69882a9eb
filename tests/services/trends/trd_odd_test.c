/* Odd data: whatever is recorded, or is not, no response of trends holds a number that is none. */
#include "trd_all.h"

#include "../../common/base/check.h"

#include <math.h>

#include "trends/trd_evidence.h"
#include "trends/trd_forecast.h"
#include "trends/trd_network.h"
#include "trends/trd_service.h"

enum { WORLDS = 5, FACTS = 40 };

/* ---- no number that is none ---- */

static void assert_finite(const ProtobufCMessage *message, const char *of)
{
    for (unsigned i = 0; i < message->descriptor->n_fields; i++) {
        const ProtobufCFieldDescriptor *field = &message->descriptor->fields[i];
        const char *at = cm_field_at(message, field);
        size_t count = cm_field_count(message, field);
        if (field->label == PROTOBUF_C_LABEL_REPEATED)
            at = *(const char *const *)at;
        for (size_t k = 0; k < count; k++, at += cm_field_size(field)) {
            if (field->type == PROTOBUF_C_TYPE_MESSAGE && *(const ProtobufCMessage *const *)at)
                assert_finite(*(const ProtobufCMessage *const *)at, of);
            if (field->type == PROTOBUF_C_TYPE_DOUBLE && !isfinite(*(const double *)at))
                fail_msg("%s: %s of %s is %g", of, field->name, message->descriptor->name, *(const double *)at);
            bool words = field->type == PROTOBUF_C_TYPE_STRING && strcmp(field->name, "sentence") == 0;
            if (words && (strstr(*(char *const *)at, "nan") || strstr(*(char *const *)at, "inf ")))
                fail_msg("%s: %s", of, *(char *const *)at);
        }
    }
}

/* ---- odd worlds ---- */

static const char *one_of(uint64_t r, const char *const *words, uint64_t count)
{
    return words[r % count];
}
#define ONE_OF(r, ...)                                                                                                 \
    one_of(r, (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* Of every precision, of none, and far away. */
static const char *odd_date(cm_arena *arena, uint64_t r, uint64_t world)
{
    if (world % 4 == 0)
        return "2001"; /* one point */
    if (r % 11 == 0)
        return "";
    if (r % 13 == 0)
        return ONE_OF(r / 13, "0002", "9999", "1000-01-01", "9999-12-31");
    return cm_arena_format(arena, "%d%s", 1990 + (int)(r / 1000 % 12), ONE_OF(r / 143, "", "-02", "-12-31"));
}

static const char *odd_actors(cm_arena *arena, uint64_t r)
{
    const char *state = ONE_OF(r, "states/ru", "states/de", "");

    return cm_arena_format(arena,
                           "[{'actor': 'cities/c%d', 'kind': 'ACTOR_KIND_CITY', 'state': '%s'},"
                           " {'actor': 'cities/d%d', 'kind': 'ACTOR_KIND_CITY', 'state': 'states/fr'}]",
                           (int)(r / 3 % 4), state, (int)(r / 12 % 3));
}

static void count_odd(trd_bed *b, uint64_t r, uint64_t world, int i)
{
    cm_arena *a = b->arena;
    const char *date = odd_date(a, r / 8, world), *actors = odd_actors(a, r / 64);
    const char *from = ONE_OF(r / 7, "collections/seen", "collections/blind", "");
    int c = (int)(r / 64 / 3 % 4), d = (int)(r / 64 / 12 % 3);
    char *city = cm_arena_format(a, "cities/c%d", c), *n = cm_arena_format(a, "negotiations/n%d", i);
    char *e = cm_arena_format(a, "%s/entries/1", n), *t = cm_arena_format(a, "agreements/a%d", i);
    char *p = cm_arena_format(a, "positions/p%d", i), *m = cm_arena_format(a, "%s/memberships/m%d", city, i);
    char *f = cm_arena_format(a, "%s/influences/f%d", city, i);

    count(b, n,
          "{'negotiation': {'name': '%s', 'format': '%s', 'start': '%s', 'topics': [%s], 'collection': '%s',"
          " 'participants': [%s]}, 'actors': %s}",
          n, world % 3 ? ONE_OF(r, "bilateral", "multilateral", "multilevel") : "bilateral", date,
          ONE_OF(r / 5, "", "'climate'", "'climate', 'culture', 'health'"), from,
          ONE_OF(r / 9, "", "{'actor': 'cities/c1', 'capacity': 'own_right'}", "{'actor': 'institutions/i'}"), actors);
    count(b, e, "{'entry': {'name': '%s', 'date': '%s', 'channel': '%s', 'collection': '%s'}}", e, date,
          world % 3 ? ONE_OF(r / 5, "virtual", "in_person", "unknown") : "virtual", from);
    count(b, t,
          "{'agreement': {'name': '%s', 'parties': [%s], 'collection': '%s', 'statusHistory': [%s{'status': '%s',"
          " 'date': '%s', 'basis': 'political'}]}, 'actors': %s}",
          t, r % 9 ? cm_arena_format(a, "'cities/c%d', 'cities/d%d'", c, d) : "", from,
          r % 5 ? cm_arena_format(a, "{'status': 'signed', 'date': '%s'}, ", date) : "",
          ONE_OF(r / 3, "signed", "suspended", "ended", "resumed"), odd_date(a, r / 4096, world), actors);
    count(b, p,
          "{'position': {'name': '%s', 'actor': '%s', 'issue': 'issues/i%d', 'stance': %d, 'date': '%s',"
          " 'collection': '%s'}, 'actors': %s}",
          p, r % 4 ? city : ONE_OF(r, "states/ru", "states/de"), (int)(r / 5 % 3), world % 3 ? (int)(r % 5) - 2 : 0,
          *date ? date : "2001", from, actors);
    count(b, m,
          "{'membership': {'name': '%s', 'institution': 'institutions/%s', 'status': '%s', 'from': '%s',"
          " 'collection': '%s'}, 'actors': %s}",
          m, ONE_OF(r / 3, "i", "k"), ONE_OF(r / 5, "member", "left", "associate"), date, from, actors);
    count(b, f,
          "{'influence': {'name': '%s', 'measure': '%s', 'year': %d, 'tier': '%s', 'number': %s, 'unit': 'percent'},"
          " 'actors': %s}",
          f, ONE_OF(r / 3, "gawc_2024", "gdp_share", "foreign_missions"), world % 4 ? 2000 + (int)(r % 3) : 0,
          ONE_OF(r / 2, "Alpha", "Beta-", "none"), ONE_OF(r / 5, "0", "-5", "1e308", "1e-308"), actors);
}

static void count_world(trd_bed *b, uint64_t world)
{
    uint64_t random = 977 * world + 1;
    static const char *const states[] = {"ru", "de", "fr"};

    count(b, "collections/seen",
          "{'collection': {'name': 'collections/seen', 'displayName': 'seen', 'from': '1990', 'to': '2001-12'}}");
    count(b, "collections/blind", "{'collection': {'name': 'collections/blind', 'displayName': 'blind'}}");
    count(b, "groupings/ru-unfriendly/editions/2022",
          "{'groupingEdition': {'name': 'groupings/ru-unfriendly/editions/2022', 'members': [%s]}}",
          world % 2 ? "{'state': 'states/de'}" : ""); /* a grouping without members */
    count(b, "groupings/none/editions/2000", "{'groupingEdition': {'name': 'groupings/none/editions/2000'}}");
    for (int i = 0; i < 3; i++) {
        char *state = cm_arena_format(b->arena, "states/%s", states[i]);
        count(b, state, "{'actor': {'name': '%s', 'kind': 'ACTOR_KIND_STATE', 'state': '%s'}}", state, state);
        state = cm_arena_format(b->arena, "states/%s/autonomyProfiles/2000", states[i]);
        count(b, state, "{'autonomyProfile': {'name': '%s', 'index': %s}}", state, world % 3 ? "50" : "0");
    }
    for (int i = 0; i < (world == 1 ? 1 : FACTS); i++)
        count_odd(b, check_random(&random), world, i);
}

/* ---- every response ---- */

static void ask_evidence(trd_bed *b, const TrdFinding *f)
{
    const char *const names[] = {f->evidence, f->evidence_of_total};
    trd_evidence_page page;
    trd_evidence evidence;
    cm_db *db = bed_reader(b);
    trd_report report = {.db = db, .arena = b->arena, .filter = &trd_filter_none};

    assert_ok(trd_evidence_begin(&report, 0, &evidence));
    for (int i = 0; i < 2; i++) {
        assert_ok(trd_evidence_list(&evidence, names[i], "", 1000, &page));
        for (size_t k = 0; k < page.count; k++)
            assert_finite(&page.rows[k]->base, names[i]);
    }
    cm_db_close(db);
}

static void ask_forecast(trd_bed *b, TrdFinding *f)
{
    TrdForecast forecast = CITYNEG__TRENDS__V1__FORECAST__INIT;
    cm_status s = trd_forecast_of(f, 20, b->arena, &forecast);

    if (!cm_is_ok(s) && s.code != CM_FAILED_PRECONDITION)
        fail_msg("%s: its forecast fails with code %d", f->evidence, (int)s.code);
    cm_status_clear(&s);
    assert_finite(&forecast.base, "forecast");
}

static void ask_report(trd_bed *b, int per)
{
    TrdReport *report = report_by(b, per);

    assert_int_equal(report->n_questions, trd_question_count);
    assert_finite(&report->base, "report");
    for (size_t i = 0; per == 1 && i < report->n_questions; i++)
        for (size_t k = 0; k < report->questions[i]->n_findings; k++) {
            ask_forecast(b, report->questions[i]->findings[k]);
            if (k % 5 == 0) /* some of them: each reads its facts */
                ask_evidence(b, report->questions[i]->findings[k]);
        }
}

static void ask_filtered(trd_bed *b)
{
    TrdUnitFilter asked = CITYNEG__TRENDS__V1__UNIT_FILTER__INIT;
    TrdReport *report = report_by(b, 1);
    cm_db *db = bed_reader(b);
    trd_filter filter;

    asked.state = "states/de";
    asked.from = "2050"; /* an empty period */
    assert_ok(trd_filter_read(db, &asked, b->arena, &filter));
    assert_ok(trd_report_filter(db, &trd_by_year, b->arena, &filter, report));
    assert_finite(&report->base, "filtered report");
    cm_db_close(db);
}

static void ask_networks(trd_bed *b)
{
    trd_state service = {.journal = b->journal};

    for (int ties = TRD_TIES_NEGOTIATIONS; ties <= TRD_TIES_OPEN_AGREEMENTS; ties++) {
        TrdCompareNetworksRequest request = CITYNEG__TRENDS__V1__COMPARE_NETWORKS_REQUEST__INIT;
        TrdNetworkComparison answer = CITYNEG__TRENDS__V1__NETWORK_COMPARISON__INIT;
        TrdNetworkWindow empty = CITYNEG__TRENDS__V1__NETWORK_WINDOW__INIT, all = empty;
        empty.ties = all.ties = (TrdTies)ties;
        empty.from = empty.to = "0001-01-01"; /* before anything */
        request.before = &empty;
        request.after = &all;
        cm_call *call = cm_call_new_local(&service, NULL, "tester");
        assert_ok(trd_compare_networks(call, &request, &answer));
        assert_finite(&answer.base, "networks");
        assert_int_equal(answer.before->nodes, 0);
        cm_call_unref(call);
    }
}

static void every_number_of_every_response_is_one(void **state)
{
    for (uint64_t world = 0; world < WORLDS; world++) {
        void *fresh;
        bed_set_up(&fresh);
        if (world != 2) /* which is empty */
            count_world(fresh, world);
        for (int per = 1; per <= 12; per *= per == 1 ? 4 : 3)
            ask_report(fresh, per);
        if (world != 2)
            ask_filtered(fresh);
        ask_networks(fresh);
        bed_tear_down(&fresh);
    }
}

static void a_grouping_without_members_has_everybody_outside(void **state)
{
    trd_bed *b = *state;

    count_all(b);
    count(b, "groupings/none/editions/2000", "{'groupingEdition': {'name': 'groupings/none/editions/2000'}}");
    const TrdFinding *f = find(report_by(b, 1), "reorientation", "inside none/2000", "");
    assert_near(f->estimate->value, 0, 0);
    assert_true(f->total > 0);
    assert_null(f->p);
    assert_string_not_equal(f->untested, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_of_every_response_is_one),
        BED_TEST(a_grouping_without_members_has_everybody_outside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
