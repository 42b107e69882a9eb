#include "neg_bed.h"

#include "negotiations/neg_checks.h"

typedef void (*check_function)(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena,
                               cm_violations *wrong);

/* After one field was spoilt there is just this wrong with the resource. */
static void wrong(cm_arena *arena, check_function check, void *resource, const char *field, const char *part)
{
    cm_violations violations = {0};

    check(resource, NULL, arena, &violations);
    bed_one_wrong(&violations, field, part);
}

static void fine(cm_arena *arena, check_function check, void *resource)
{
    cm_violations violations = {0};

    check(resource, NULL, arena, &violations);
    bed_none_wrong(&violations);
}

#define SPOIL(check, Type, make, change, field, part)                                                                  \
    do {                                                                                                               \
        Type *x = make;                                                                                                \
        change;                                                                                                        \
        wrong(arena, check, x, field, part);                                                                           \
    } while (0)

static void sources(void **state)
{
    cm_arena *arena = *state;
    NegSource *recalled = bed_source(arena, "sources/s");

    fine(arena, neg_check_source, bed_source(arena, "sources/s"));
    recalled->url = "";
    recalled->certainty = TYP_CERTAINTY_RECALLED;
    fine(arena, neg_check_source, recalled);
#define SPOIL_SOURCE(change, field, part)                                                                              \
    SPOIL(neg_check_source, NegSource, bed_source(arena, "sources/s"), change, field, part)
    SPOIL_SOURCE(x->certainty = 0, "certainty", "missing; give one of recalled, reported or checked");
    SPOIL_SOURCE(x->url = "", "url", "missing; give the address of what was read, or say that it is recalled");
    SPOIL_SOURCE(x->url = "ftp://a", "url", "\"ftp://a\" is no address; begin it with https:// or http://");
    SPOIL_SOURCE(x->published = "2015-02-29", "published", "2015-02-29");
    char *long_title = cm_arena_zero(arena, 502);
    memset(long_title, 'a', 501);
    SPOIL_SOURCE(x->title = long_title, "title", "has 501 characters; give at most 500");
}

static void lengths_are_counted_in_characters(void **state)
{
    cm_arena *arena = *state;
    NegSource *s = bed_source(arena, "sources/s");
    char *title = cm_arena_zero(arena, 2 * 500 + 1);

    for (int i = 0; i < 500; i++)
        memcpy(title + 2 * i, "ж", 2);
    s->title = title;
    fine(arena, neg_check_source, s);
}

static void collections_and_issues(void **state)
{
    cm_arena *arena = *state;
    NegCollection *c = CM_NEW(arena, NegCollection);
    NegIssue *issue = CM_NEW(arena, NegIssue);

    c->from = "1990";
    c->to = "2025";
    fine(arena, neg_check_collection, c);
    c->to = "1989";
    wrong(arena, neg_check_collection, c, "to", "1989 is before from 1990");
    wrong(arena, neg_check_issue, issue, "display_name", "missing");
    issue->display_name = "More powers for cities";
    fine(arena, neg_check_issue, issue);
}

static void negotiations(void **state)
{
    cm_arena *arena = *state;
    NegNegotiation *right = bed_negotiation(arena, "negotiations/n");

    fine(arena, neg_check_negotiation, right);
    assert_int_equal(right->derived_format, NEG_FORMAT_BILATERAL);
    assert_string_equal(right->derived_because, "two actors of one level take part");
    assert_int_equal(right->n_phase_history, 1);
    assert_string_equal(right->phase_history[0]->date, "2015-12-06");
#define SPOIL_TALKS(change, field, part)                                                                               \
    SPOIL(neg_check_negotiation, NegNegotiation, bed_negotiation(arena, "negotiations/n"), change, field, part)
    SPOIL_TALKS(x->title = "", "title", "missing");
    SPOIL_TALKS(x->format = 0, "format", "missing; give one of bilateral, multilateral or multilevel");
    SPOIL_TALKS(x->end = "2015-10-31", "end", "2015-10-31 is before start 2015-11");
    SPOIL_TALKS(x->start = "soon", "start", "soon");
    SPOIL_TALKS(x->phase = 0, "phase", "missing; give one of prenegotiation, ");
    SPOIL_TALKS(x->phase = 99, "phase", "99 is no code; give one of prenegotiation, ");
    SPOIL_TALKS(x->topics[1] = "sports", "topics[1]", "\"sports\" is no topic");
    SPOIL_TALKS(x->host = "paris", "host", "\"paris\" is no such name; give cities/{city}, ");
}

static void participants(void **state)
{
    cm_arena *arena = *state;

    SPOIL_TALKS(x->participants[1]->role = 0, "participants[1].role", "missing; give one of host, party, ");
    SPOIL_TALKS(x->participants[1]->capacity = 0, "participants[1].capacity", "missing; give one of state_authority");
    SPOIL_TALKS((x->participants[1]->from = "2016", x->participants[1]->to = "2015-12"), "participants[1].to",
                "2015-12 is before participants[1].from 2016");
    SPOIL_TALKS((x->participants[1]->actor = "cities/paris-fr", x->participants[1]->role = NEG_ROLE_HOST),
                "participants", "1 different actor takes part; give at least two");
    SPOIL_TALKS((x->participants[2] = bed_participant(arena, "cities/rome-it"), x->n_participants = 3),
                "participants[2]", "cities/rome-it takes part in this role at participants[1] already");
    SPOIL_TALKS((x->participants[2] = bed_participant(arena, "people/x"), x->n_participants = 3),
                "participants[2].actor", "\"people/x\" is no such name; give cities/{city}, ");
}

static void citations(void **state)
{
    cm_arena *arena = *state;

    SPOIL_TALKS(x->n_sources = 0, "sources", "0 given; give at least 1");
    SPOIL_TALKS(x->sources[0]->source = "report", "sources[0].source",
                "\"report\" is no such name; give sources/{source}");
    SPOIL_TALKS(x->sources[0]->source = "", "sources[0].source", "missing");
    NegNegotiation *twice = bed_negotiation(arena, "negotiations/n");
    TypCitation *list[] = {twice->sources[0], twice->sources[0]};
    twice->sources = list;
    twice->n_sources = 2;
    wrong(arena, neg_check_negotiation, twice, "sources[1].source", "sources/report is sources[0] already");
}

static void a_phase_that_is_not_given_stays_as_it_was(void **state)
{
    cm_arena *arena = *state;
    NegNegotiation *before = bed_negotiation(arena, "negotiations/n"),
                   *after = bed_negotiation(arena, "negotiations/n");
    cm_violations violations = {0};

    after->phase = NEG_PHASE_UNSPECIFIED;
    neg_check_negotiation(&after->base, &before->base, arena, &violations);
    bed_none_wrong(&violations);
    assert_int_equal(after->phase, NEG_PHASE_AGREED);
    assert_int_equal(after->n_phase_history, 0); /* it begins but once */
}

static void entries(void **state)
{
    cm_arena *arena = *state;
    NegEntry *bare = bed_entry(arena, "negotiations/n/entries/1");

    bare->n_by = bare->n_to = bare->n_topics = 0;
    bare->language = "";
    bare->channel = 0;
    fine(arena, neg_check_entry, bare);
#define SPOIL_ENTRY(change, field, part)                                                                               \
    SPOIL(neg_check_entry, NegEntry, bed_entry(arena, "negotiations/n/entries/1"), change, field, part)
    SPOIL_ENTRY(x->date = "", "date", "missing; give a date as it is known");
    SPOIL_ENTRY(x->date = "06.12.2015", "date", "06.12.2015");
    SPOIL_ENTRY(x->kind = 0, "kind", "missing; give one of meeting, visit, ");
    SPOIL_ENTRY(x->channel = 42, "channel", "42 is no code; give one of unknown, in_person, ");
    SPOIL_ENTRY(x->by[0] = "mayor", "by[0]", "\"mayor\" is no such name");
    SPOIL_ENTRY(bed_strings(arena, &x->to, &x->n_to, "cities/a", "cities/b", "cities/a", NULL), "to[2]",
                "cities/a is at to[0] already");
    SPOIL_ENTRY(x->language = "french!", "language", "\"french!\" is no language tag; give one of BCP 47: en, zh-Hant");
    SPOIL_ENTRY(x->language = "f", "language", "\"f\" is no language tag");
    SPOIL_ENTRY(x->collection = "climate", "collection", "give collections/{collection}");
    SPOIL_ENTRY(x->n_sources = 0, "sources", "0 given; give at least 1");
}

static void dates_are_put_into_their_canonical_form(void **state)
{
    cm_arena *arena = *state;
    NegEntry *e = bed_entry(arena, "negotiations/n/entries/1");

    e->date = "2015-12-06T01:00:00+02:00";
    fine(arena, neg_check_entry, e);
    assert_string_equal(e->date, "2015-12-05T23:00:00Z");
}

static void positions(void **state)
{
    cm_arena *arena = *state;

    for (int stance = -2; stance <= 2; stance++)
        fine(arena, neg_check_position, bed_position(arena, "positions/p", stance));
#define SPOIL_POSITION(change, field, part)                                                                            \
    SPOIL(neg_check_position, NegPosition, bed_position(arena, "positions/p", 2), change, field, part)
    SPOIL_POSITION(x->stance->value = 3, "stance", "3 is out of range; give -2 (strongly against)");
    SPOIL_POSITION(x->stance->value = -3, "stance", "-3 is out of range");
    SPOIL_POSITION(x->stance = NULL, "stance", "missing; give -2");
    SPOIL_POSITION(x->actor = "", "actor", "missing");
    SPOIL_POSITION(x->issue = "", "issue", "missing; give a name as issues/{issue}");
    SPOIL_POSITION(x->date = "", "date", "missing");
    SPOIL_POSITION(x->negotiation = "cop21", "negotiation", "give negotiations/{negotiation}");
    SPOIL_POSITION(x->n_sources = 0, "sources", "0 given; give at least 1");
}

static void agreements(void **state)
{
    cm_arena *arena = *state;
    NegAgreement *right = bed_agreement(arena, "agreements/a");

    right->status_history[1] = bed_step(arena, "1950", NEG_AGREEMENT_STATUS_SIGNED);
    right->n_status_history = 2;
    fine(arena, neg_check_agreement, right);
    assert_string_equal(right->status_history[0]->date, "1950");
    assert_int_equal(right->status, NEG_AGREEMENT_STATUS_SIGNED);
#define SPOIL_AGREEMENT(change, field, part)                                                                           \
    SPOIL(neg_check_agreement, NegAgreement, bed_agreement(arena, "agreements/a"), change, field, part)
    SPOIL_AGREEMENT(x->kind = 0, "kind", "missing; give one of sister_city, ");
    SPOIL_AGREEMENT(x->n_parties = 1, "parties", "1 given; give at least 2");
    SPOIL_AGREEMENT(x->parties[1] = x->parties[0], "parties[1]", "cities/paris-fr is at parties[0] already");
    SPOIL_AGREEMENT(x->n_status_history = 0, "status_history", "0 given; give at least 1");
    SPOIL_AGREEMENT(x->status_history[0]->status = 0, "status_history[0].status", "missing; give one of signed, ");
    SPOIL_AGREEMENT(x->status_history[0]->date = "1956-13", "status_history[0].date", "1956-13");
    SPOIL_AGREEMENT(x->status_history[0]->basis = 9, "status_history[0].basis",
                    "9 is no code; give one of political, ");
    SPOIL_AGREEMENT(
        bed_strings(arena, &x->status_history[0]->decided_by, &x->status_history[0]->n_decided_by, "x", NULL),
        "status_history[0].decided_by[0]", "\"x\" is no such name");
    SPOIL_AGREEMENT((x->status_history[0]->sources = bed_citations(arena, "s"), x->status_history[0]->n_sources = 1),
                    "status_history[0].sources[0].source", "\"s\" is no such name");
    SPOIL_AGREEMENT(x->status_history[0]->status = NEG_AGREEMENT_STATUS_RESUMED, "status_history[0].status",
                    "resumed cannot come first");
    NegAgreement *endless = bed_agreement(arena, "agreements/a");
    endless->n_status_history = 101;
    wrong(arena, neg_check_agreement, endless, "status_history", "101 steps given; give at most 100");
}

static void everything_that_is_wrong_is_told_at_once(void **state)
{
    NegPosition *p = bed_position(*state, "positions/p", 7);
    cm_violations violations = {0};

    p->date = "never";
    p->n_sources = 0;
    neg_check_position(&p->base, NULL, *state, &violations);
    assert_int_equal(violations.count, 3);
    check_fails(cm_violations_status(&violations), CM_INVALID_ARGUMENT, "stance: 7 is out of range");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(sources),
        BED_TEST(lengths_are_counted_in_characters),
        BED_TEST(collections_and_issues),
        BED_TEST(negotiations),
        BED_TEST(participants),
        BED_TEST(citations),
        BED_TEST(a_phase_that_is_not_given_stays_as_it_was),
        BED_TEST(entries),
        BED_TEST(dates_are_put_into_their_canonical_form),
        BED_TEST(positions),
        BED_TEST(agreements),
        BED_TEST(everything_that_is_wrong_is_told_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
