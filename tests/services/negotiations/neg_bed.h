/* neg_bed.h: what the tests of negotiations stand on: statuses and violations as they should be, and resources that are
 * right in every field, from which a test spoils one. */
#ifndef NEG_BED_H
#define NEG_BED_H

#include "../../common/base/check.h"

#include "base/cm_message.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "google/protobuf/wrappers.grpc-c.h"

static inline int bed_arena_new(void **state)
{
    *state = cm_arena_new();
    return 0;
}

static inline int bed_arena_free(void **state)
{
    cm_arena_free(*state);
    return 0;
}

#define BED_TEST(name) cmocka_unit_test_setup_teardown(name, bed_arena_new, bed_arena_free)

/* There is just this one violation, and its text holds the part; empties the list. */
static inline void bed_one_wrong(cm_violations *wrong, const char *field, const char *part)
{
    if (wrong->count != 1 || strcmp(wrong->first->field, field) != 0 || !strstr(wrong->first->description, part))
        fail_msg("%d wrong, the first is %s: \"%s\", in place of %s: \"…%s…\"", wrong->count,
                 wrong->count ? wrong->first->field : "-", wrong->count ? wrong->first->description : "-", field, part);
    cm_violations_clear(wrong);
}

static inline void bed_none_wrong(cm_violations *wrong)
{
    if (wrong->count)
        fail_msg("%d wrong, the first is %s: \"%s\"", wrong->count, wrong->first->field, wrong->first->description);
}

/* A list of strings in the arena: bed_strings(arena, &e->by, &e->n_by, "cities/a", "cities/b", NULL). */
static inline void bed_strings(cm_arena *arena, char ***list, size_t *count, ...)
{
    va_list args;
    const char *text;

    *list = cm_arena_take(arena, 16 * sizeof **list);
    *count = 0;
    va_start(args, count);
    while ((text = va_arg(args, const char *)))
        (*list)[(*count)++] = cm_arena_strdup(arena, text);
    va_end(args);
}

static inline TypCitation **bed_citations(cm_arena *arena, const char *source)
{
    TypCitation **citations = cm_arena_take(arena, sizeof *citations);

    citations[0] = CM_NEW(arena, TypCitation);
    citations[0]->source = cm_arena_strdup(arena, source);
    return citations;
}

static inline NegSource *bed_source(cm_arena *arena, const char *name)
{
    NegSource *s = CM_NEW(arena, NegSource);

    s->name = cm_arena_strdup(arena, name);
    s->url = "https://example.org/report";
    s->title = "A report";
    s->certainty = TYP_CERTAINTY_CHECKED;
    return s;
}

static inline NegParticipant *bed_participant(cm_arena *arena, const char *actor)
{
    NegParticipant *p = CM_NEW(arena, NegParticipant);

    p->actor = cm_arena_strdup(arena, actor);
    p->role = NEG_ROLE_PARTY;
    p->capacity = NEG_CAPACITY_OWN_RIGHT;
    return p;
}

/* Two cities that agreed. */
static inline NegNegotiation *bed_negotiation(cm_arena *arena, const char *name)
{
    NegNegotiation *n = CM_NEW(arena, NegNegotiation);

    n->name = cm_arena_strdup(arena, name);
    n->title = "Talks on twinning";
    n->format = NEG_FORMAT_BILATERAL;
    n->start = "2015-11";
    n->end = "2015-12-06";
    n->phase = NEG_PHASE_AGREED;
    n->host = "cities/paris-fr";
    bed_strings(arena, &n->topics, &n->n_topics, "climate", "culture", NULL);
    n->participants = cm_arena_take(arena, 8 * sizeof *n->participants);
    n->participants[0] = bed_participant(arena, "cities/paris-fr");
    n->participants[1] = bed_participant(arena, "cities/rome-it");
    n->n_participants = 2;
    n->sources = bed_citations(arena, "sources/report");
    n->n_sources = 1;
    return n;
}

static inline NegEntry *bed_entry(cm_arena *arena, const char *name)
{
    NegEntry *e = CM_NEW(arena, NegEntry);

    e->name = cm_arena_strdup(arena, name);
    e->date = "2015-12-04";
    e->kind = NEG_ENTRY_KIND_MEETING;
    e->channel = NEG_CHANNEL_IN_PERSON;
    bed_strings(arena, &e->by, &e->n_by, "cities/paris-fr", NULL);
    bed_strings(arena, &e->to, &e->n_to, "cities/rome-it", NULL);
    bed_strings(arena, &e->topics, &e->n_topics, "climate", NULL);
    e->language = "fr";
    e->sources = bed_citations(arena, "sources/report");
    e->n_sources = 1;
    return e;
}

static inline NegPosition *bed_position(cm_arena *arena, const char *name, int stance)
{
    NegPosition *p = CM_NEW(arena, NegPosition);

    p->name = cm_arena_strdup(arena, name);
    p->actor = "cities/paris-fr";
    p->issue = "issues/more-powers";
    p->stance = CM_NEW(arena, GoogleInt32Value);
    p->stance->value = stance;
    p->date = "2015-12-04";
    p->basis = "Said so.";
    p->sources = bed_citations(arena, "sources/report");
    p->n_sources = 1;
    return p;
}

static inline NegStatusStep *bed_step(cm_arena *arena, const char *date, NegAgreementStatus status)
{
    NegStatusStep *step = CM_NEW(arena, NegStatusStep);

    step->date = cm_arena_strdup(arena, date);
    step->status = status;
    return step;
}

static inline NegAgreement *bed_agreement(cm_arena *arena, const char *name)
{
    NegAgreement *a = CM_NEW(arena, NegAgreement);

    a->name = cm_arena_strdup(arena, name);
    a->kind = NEG_AGREEMENT_KIND_SISTER_CITY;
    bed_strings(arena, &a->parties, &a->n_parties, "cities/paris-fr", "cities/rome-it", NULL);
    a->status_history = cm_arena_take(arena, 8 * sizeof *a->status_history);
    a->status_history[0] = bed_step(arena, "1956-01-30", NEG_AGREEMENT_STATUS_SIGNED);
    a->n_status_history = 1;
    a->sources = bed_citations(arena, "sources/report");
    a->n_sources = 1;
    return a;
}

#endif
