#include "reg_bed.h"

/* States and regions: Alsace was in France, in Germany, and in France again. */
static void add_places(reg_bed *b)
{
    bed_add_actor(b, "states/fr", "");
    bed_add_actor(b, "states/de", "");
    bed_add_actor(b, "regions/alsace", "states/fr");
    bed_add_actor(b, "regions/grand-est", "states/fr");
    bed_add_actor(b, "regions/reichsland", "states/de");
}

static void lay(reg_bed *b, RegActor *actor, const char *parent, const char *from, const char *to)
{
    RegActorParent *span = BED_ADD(b, actor, parents, RegActorParent);

    span->parent = bed_text(b, parent);
    span->from = bed_text(b, from);
    span->to = bed_text(b, to);
}

static RegActor *strasbourg(reg_bed *b)
{
    RegActor *city = bed_actor(b, "cities/strasbourg-fr", "states/fr");

    lay(b, city, "regions/alsace", "", "1871-05-10");
    lay(b, city, "regions/reichsland", "1871-05-10", "1918-11-11");
    lay(b, city, "regions/alsace", "1918-11-11", "2016");
    lay(b, city, "regions/grand-est", "2016", "");
    return city;
}

/* "cities/strasbourg-fr<regions/alsace …" of a date. */
static const char *chain(reg_bed *b, const char *actor, const char *date)
{
    RegListParentsRequest request = CITYNEG__REGISTRY__V1__LIST_PARENTS_REQUEST__INIT;
    RegListParentsResponse *response;
    const char *text = "";

    request.actor = bed_text(b, actor);
    request.date = bed_text(b, date);
    assert_ok(bed_call(b, "ListParents", &request, &response));
    for (size_t i = 0; i < response->n_containments; i++)
        text = cm_arena_format(b->arena, "%s%s%s<%s", text, *text ? " " : "", response->containments[i]->actor,
                               response->containments[i]->parent);
    return text;
}

static void where_it_lay_follows_from_the_date(void **state)
{
    reg_bed *b = *state;
    RegActor *made;

    add_places(b);
    assert_ok(bed_create_actor(b, strasbourg(b), &made));
    assert_string_equal(made->parent, "regions/grand-est");
    assert_string_equal(chain(b, "cities/strasbourg-fr", "1900"),
                        "cities/strasbourg-fr<regions/reichsland regions/reichsland<states/de");
    assert_string_equal(chain(b, "cities/strasbourg-fr", "1800"),
                        "cities/strasbourg-fr<regions/alsace regions/alsace<states/fr");
    assert_string_equal(chain(b, "cities/strasbourg-fr", "2020-01-01"),
                        "cities/strasbourg-fr<regions/grand-est regions/grand-est<states/fr");
    assert_string_equal(chain(b, "cities/strasbourg-fr", "2016"), /* it changed in that year */
                        "cities/strasbourg-fr<regions/alsace cities/strasbourg-fr<regions/grand-est "
                        "regions/alsace<states/fr regions/grand-est<states/fr");
    EvtEvent *event = bed_event(b, "cities/strasbourg-fr");
    assert_int_equal(event->n_actors, 4); /* the state and three regions, as they were known */
}

static void without_spans_the_parent_holds_whenever(void **state)
{
    reg_bed *b = *state;
    RegActor *made, *city = bed_actor(b, "cities/colmar-fr", "states/fr");
    RegListParentsRequest request = CITYNEG__REGISTRY__V1__LIST_PARENTS_REQUEST__INIT;
    RegListParentsResponse *response;

    add_places(b);
    bed_add_actor(b, "cities/nancy-fr", "states/fr");
    city->parent = "regions/alsace";
    assert_ok(bed_create_actor(b, city, &made));
    assert_string_equal(chain(b, "cities/colmar-fr", "1500"),
                        "cities/colmar-fr<regions/alsace regions/alsace<states/fr");
    assert_string_equal(chain(b, "cities/nancy-fr", "1500"), "cities/nancy-fr<states/fr");
    request.actor = "cities/nowhere";
    assert_string_equal(bed_fields(b, bed_call(b, "ListParents", &request, &response)), "date");
    request.date = "2015-02-30";
    assert_string_equal(bed_fields(b, bed_call(b, "ListParents", &request, &response)), "date");
    request.date = "2015";
    assert_fails(bed_call(b, "ListParents", &request, &response), CM_NOT_FOUND, "cities/nowhere");
}

static void the_parent_is_the_span_without_an_end(void **state)
{
    reg_bed *b = *state;
    RegActor *made, *city = strasbourg(b), *change = bed_actor(b, "cities/strasbourg-fr", "states/fr");

    add_places(b);
    city->parent = "regions/alsace";
    assert_fails(bed_create_actor(b, city, &made), CM_INVALID_ARGUMENT,
                 "actor.parent: regions/alsace is not what `parents` says of now, regions/grand-est; change those");
    city->n_parents = 0;
    assert_ok(bed_create_actor(b, city, &made));
    assert_string_equal(made->parent, "regions/alsace");
    assert_ok(bed_update_actor(b, strasbourg(b), &made)); /* spans alone: the parent follows */
    assert_string_equal(made->parent, "regions/grand-est");
    change->parent = "regions/alsace";
    assert_string_equal(bed_fields(b, bed_update_actor(b, change, &made)), "actor.parent");
}

static void spans_that_make_no_sense_are_refused(void **state)
{
    reg_bed *b = *state;
    RegActor *made, *city = bed_actor(b, "cities/strasbourg-fr", "states/fr");
    RegActor *institution = bed_actor(b, "institutions/uclg", "");

    add_places(b);
    lay(b, city, "regions/alsace", "1871", "1870");
    lay(b, city, "cities/strasbourg-fr", "1871", "1872");
    lay(b, city, "institutions/uclg", "1873", "1874");
    lay(b, city, "states/de", "1875", "");
    lay(b, city, "regions/grand-est", "2016", "");
    assert_string_equal(bed_fields(b, bed_create_actor(b, city, &made)),
                        "actor.parents[0].to actor.parents[1].parent actor.parents[2].parent actor.parents[3].parent "
                        "actor.parents[4].from");
    city->n_parents = 0;
    lay(b, city, "regions/reichsland", "1871", "");
    assert_fails(bed_create_actor(b, city, &made), CM_INVALID_ARGUMENT,
                 "actor.parents[0].parent: regions/reichsland is in states/de, not in states/fr");
    city->n_parents = 0;
    lay(b, city, "regions/lorraine", "1871", "1918");
    assert_fails(bed_create_actor(b, city, &made), CM_INVALID_ARGUMENT,
                 "actor.parents[0].parent: regions/lorraine does not exist");
    lay(b, institution, "regions/alsace", "1871", "1918");
    assert_string_equal(bed_fields(b, bed_create_actor(b, institution, &made)), "actor.parents");
}

static void where_it_lay_was_known_otherwise_before(void **state)
{
    reg_bed *b = *state;
    RegActor *made, *city = bed_actor(b, "cities/strasbourg-fr", "states/fr");
    RegListParentsRequest request = CITYNEG__REGISTRY__V1__LIST_PARENTS_REQUEST__INIT;
    RegListParentsResponse *response;

    add_places(b);
    lay(b, city, "regions/alsace", "", "");
    assert_ok(bed_create_actor(b, city, &made));
    request.as_of = made->update_time;
    assert_ok(bed_update_actor(b, strasbourg(b), &made));
    request.actor = "cities/strasbourg-fr";
    request.date = "1900";
    assert_ok(bed_call(b, "ListParents", &request, &response));
    assert_int_equal(response->n_containments, 2);
    assert_string_equal(response->containments[0]->parent, "regions/alsace");
    assert_string_equal(response->containments[1]->parent, "states/fr");
    request.as_of = NULL;
    assert_ok(bed_call(b, "ListParents", &request, &response));
    assert_string_equal(response->containments[0]->parent, "regions/reichsland");
}

/* a was in b until 1950; b may be in a from then on, also by way of c, but not before. */
static void a_cycle_at_some_date_is_refused(void **state)
{
    reg_bed *b = *state;
    RegActor *made, *a, *other, *third;

    bed_add_actor(b, "states/fr", "");
    bed_add_actor(b, "regions/b", "states/fr");
    bed_add_actor(b, "regions/c", "states/fr");
    a = bed_actor(b, "regions/a", "states/fr");
    lay(b, a, "regions/b", "1900", "1950");
    assert_ok(bed_create_actor(b, a, &made));
    third = bed_actor(b, "regions/c", "states/fr");
    lay(b, third, "regions/a", "1940", "");
    assert_ok(bed_update_actor(b, third, &made));
    other = bed_actor(b, "regions/b", "states/fr");
    lay(b, other, "regions/c", "1945", "1960");
    assert_fails(bed_update_actor(b, other, &made), CM_INVALID_ARGUMENT,
                 "actor.parents[0].parent: regions/c is itself within regions/b from 1945 to 1950");
    other->parents[0]->from = "1950";
    assert_ok(bed_update_actor(b, other, &made));
    other->parents[0]->from = "";
    assert_fails(bed_update_actor(b, other, &made), CM_INVALID_ARGUMENT, "from 1940 to 1950");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(where_it_lay_follows_from_the_date),    BED_TEST(without_spans_the_parent_holds_whenever),
        BED_TEST(the_parent_is_the_span_without_an_end), BED_TEST(spans_that_make_no_sense_are_refused),
        BED_TEST(a_cycle_at_some_date_is_refused),       BED_TEST(where_it_lay_was_known_otherwise_before),
    };

    return pg_server_run_on_every_engine(&bed_postgres, tests, sizeof tests / sizeof *tests);
}
