#include <string.h>

#include "journal/cm_actor.h"
#include "negotiations/neg_checks.h"
#include "negotiations/neg_format.h"
#include "negotiations/neg_names.h"
#include "negotiations/neg_phase.h"
#include "negotiations/neg_topic.h"

static bool same_seat(const NegParticipant *a, const NegParticipant *b)
{
    return strcmp(a->actor, b->actor) == 0 && a->role == b->role && strcmp(a->from, b->from) == 0;
}

static void check_participant(cm_check check, const NegNegotiation *n, size_t i)
{
    NegParticipant *p = n->participants[i];

    neg_check_actor(check, cm_check_path(check, "participants[%zu].actor", i), p->actor, NEG_REQUIRED);
    neg_check_code(check, cm_check_path(check, "participants[%zu].role", i), &NegRole_descriptor, (int)p->role,
                   NEG_REQUIRED);
    neg_check_code(check, cm_check_path(check, "participants[%zu].capacity", i), &NegCapacity_descriptor,
                   (int)p->capacity, NEG_REQUIRED);
    cm_check_span(check, cm_check_path(check, "participants[%zu].", i), "from", &p->from, "to", &p->to);
    for (size_t j = 0; j < i; j++)
        if (same_seat(p, n->participants[j])) {
            cm_violations_add(check.wrong, cm_check_path(check, "participants[%zu]", i),
                              "%.120s takes part in this role at participants[%zu] already; name it once", p->actor, j);
            break;
        }
}

/* The kinds of the different actors that take part, each actor once; answers how many. */
static size_t different_actors(const NegNegotiation *n, cm_arena *arena, TypActorKind **kinds)
{
    size_t count = 0;

    *kinds = cm_arena_take(arena, (n->n_participants + 1) * sizeof **kinds);
    for (size_t i = 0; i < n->n_participants; i++) {
        size_t j = 0;
        while (j < i && strcmp(n->participants[i]->actor, n->participants[j]->actor) != 0)
            j++;
        if (j == i && *n->participants[i]->actor)
            (*kinds)[count++] = cm_actor_kind(n->participants[i]->actor);
    }
    return count;
}

static void check_participants(cm_check check, NegNegotiation *n)
{
    TypActorKind *kinds;
    const char *why;

    for (size_t i = 0; i < n->n_participants; i++)
        check_participant(check, n, i);
    size_t count = different_actors(n, check.arena, &kinds);
    if (count < 2)
        cm_violations_add(check.wrong, "participants", "%zu different %s; give at least two", count,
                          count == 1 ? "actor takes part" : "actors take part");
    n->derived_format = neg_format_derive(kinds, count, check.arena, &why);
    n->derived_because = cm_arena_strdup(check.arena, why);
}

void neg_check_negotiation(ProtobufCMessage *resource, const ProtobufCMessage *before, cm_arena *arena,
                           cm_violations *wrong)
{
    NegNegotiation *n = (NegNegotiation *)resource;
    cm_check check = {arena, wrong};

    if (before && n->phase == NEG_PHASE_UNSPECIFIED)
        n->phase = ((const NegNegotiation *)before)->phase;
    neg_check_line(check, "title", n->title, NEG_REQUIRED);
    neg_check_code(check, "format", &NegFormat_descriptor, (int)n->format, NEG_REQUIRED);
    cm_check_span(check, "", "start", &n->start, "end", &n->end);
    neg_check_code(check, "phase", &NegPhase_descriptor, (int)n->phase, NEG_REQUIRED);
    neg_topics_check(n->topics, n->n_topics, arena, wrong);
    neg_topics_check_weights(n->topics, n->n_topics, n->topic_weights, n->n_topic_weights, arena, wrong);
    neg_check_actor(check, "host", n->host, NEG_OPTIONAL);
    check_participants(check, n);
    neg_check_citations(check, "", n->sources, n->n_sources, 1);
    cm_check_name(check, "collection", n->collection, neg_collection_patterns, false);
    if (!before)
        neg_phase_begin(n, arena);
}
