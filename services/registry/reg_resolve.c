#include "registry/reg_resolve.h"

#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "registry/reg_members.h"

/* Homonyms that are weighed against each other; whoever is less populous than all of these is not likely meant. */
enum { WEIGHED = 50 };

/* What is asked for, its hints as they are compared. */
typedef struct question {
    reg_index *index;
    const RegRawActor *raw;
    const char *text, *country; /* as given, or parts of a text with commas */
    const char *state;          /* of the country; NULL where it is not known which */
    cm_arena *arena;
} question;

static const char *two_letters(const char *country, cm_arena *arena)
{
    char *state = cm_arena_format(arena, "states/%s", country);

    for (char *c = state; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c |= 0x20;
    return state;
}

/* A code, a name of a resource, or the name by which a state is known. */
static const char *state_of(reg_index *index, const char *country, cm_arena *arena)
{
    static const TypActorKind state = TYP_ACTOR_KIND_STATE;
    reg_wanted wanted = {.kinds = &state, .n_kinds = 1, .most = 1, .whole_only = true};
    reg_match *matches;
    size_t count;

    if (!*country)
        return NULL;
    if (strncmp(country, "states/", strlen("states/")) == 0)
        return country;
    if (strlen(country) == 2)
        return two_letters(country, arena);
    reg_index_search(index, country, &wanted, arena, &matches, &count);
    return count && !matches[0].is->edits ? matches[0].is->name : NULL;
}

static void add(const question *q, RegActorCandidate *candidate, RegEvidenceKind kind, double points,
                const char *detail)
{
    RegEvidence *evidence = candidate->evidence[candidate->n_evidence++] = CM_NEW(q->arena, RegEvidence);

    evidence->kind = kind;
    evidence->points = points;
    evidence->detail = (char *)detail;
    candidate->score += points;
}

static void weigh_name(const question *q, RegActorCandidate *candidate)
{
    static const double points[] = {
        [REG_MATCH_EXACT] = .60, [REG_MATCH_FOLDED] = .55, [REG_MATCH_TRANSLITERATED] = .50};
    const RegActorMatch *match = candidate->match;

    if (match->match == REG_MATCH_TYPO)
        add(q, candidate, REG_EVIDENCE_KIND_NAME, match->edits == 1 ? .35 : .25,
            cm_arena_format(q->arena, "%s, but for %d edit%s", match->matched, match->edits,
                            match->edits == 1 ? "" : "s"));
    else
        add(q, candidate, REG_EVIDENCE_KIND_NAME, points[match->match],
            cm_arena_format(q->arena, "%s%s", match->matched,
                            match->match == REG_MATCH_EXACT    ? ""
                            : match->match == REG_MATCH_FOLDED ? ", but for case and marks"
                                                               : ", in Latin letters"));
}

static void weigh_population(const question *q, RegActorCandidate *candidate)
{
    int64_t population = candidate->match->population;

    if (population > 0)
        add(q, candidate, REG_EVIDENCE_KIND_POPULATION, .20 * fmin(1, log10(1 + (double)population) / 8),
            cm_arena_format(q->arena, "%lld", (long long)population));
}

static void weigh_country(const question *q, RegActorCandidate *candidate)
{
    const RegActorMatch *match = candidate->match;

    if (!*q->country || !*match->state)
        return;
    if (!q->state)
        add(q, candidate, REG_EVIDENCE_KIND_COUNTRY, 0,
            cm_arena_format(q->arena, "\"%s\" is no state that is known", q->country));
    else if (strcmp(q->state, match->state) == 0)
        add(q, candidate, REG_EVIDENCE_KIND_COUNTRY, .20, cm_arena_format(q->arena, "in %s", match->state));
    else
        add(q, candidate, REG_EVIDENCE_KIND_COUNTRY, -.30,
            cm_arena_format(q->arena, "in %s, not in %s", match->state, q->state));
}

static void weigh_period(const question *q, RegActorCandidate *candidate, const reg_match *match)
{
    if (!*q->raw->date || (!*match->from && !*match->to))
        return;
    cm_date date = reg_date(q->raw->date);
    bool early = *match->from && cm_date_certainly_after(reg_date(match->from), date);
    bool late = *match->to && cm_date_certainly_after(date, reg_date(match->to));
    add(q, candidate, REG_EVIDENCE_KIND_PERIOD, early || late ? -.20 : 0,
        cm_arena_format(q->arena, "called so from %s to %s", *match->from ? match->from : "?",
                        *match->to ? match->to : "?"));
}

static RegActorCandidate *weigh(const question *q, const reg_match *match)
{
    RegActorCandidate *candidate = CM_NEW(q->arena, RegActorCandidate);

    candidate->match = match->is;
    candidate->evidence = cm_arena_take(q->arena, 4 * sizeof *candidate->evidence);
    weigh_name(q, candidate);
    weigh_population(q, candidate);
    weigh_country(q, candidate);
    weigh_period(q, candidate, match);
    candidate->score = fmax(0, fmin(1, candidate->score));
    return candidate;
}

static int compare(const void *left, const void *right)
{
    const RegActorCandidate *a = *(RegActorCandidate *const *)left, *b = *(RegActorCandidate *const *)right;

    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    return strcmp(a->match->name, b->match->name);
}

static void ask(question *q, RegActorResolution *resolution)
{
    reg_wanted wanted = {.kinds = q->raw->kinds, .n_kinds = q->raw->n_kinds, .most = WEIGHED, .whole_only = true};
    reg_match *matches;
    size_t count;

    reg_index_search(q->index, q->text, &wanted, q->arena, &matches, &count);
    q->state = state_of(q->index, q->country, q->arena);
    resolution->candidates = cm_arena_take(q->arena, (count + 1) * sizeof *resolution->candidates);
    resolution->n_candidates = count;
    for (size_t i = 0; i < count; i++)
        resolution->candidates[i] = weigh(q, &matches[i]);
    qsort(resolution->candidates, count, sizeof *resolution->candidates, compare);
}

/* "Kazan, Tatarstan, Russia": what is before the first comma, in what is behind the last one. */
static void ask_parts(question *q, const char *comma, RegActorResolution *resolution)
{
    const char *last = strrchr(q->text, ',') + 1;

    if (!*q->country)
        q->country = last + strspn(last, " ");
    q->text = cm_arena_strndup(q->arena, q->text, (size_t)(comma - q->text));
    ask(q, resolution);
}

RegActorResolution *reg_resolve(reg_index *index, const RegRawActor *raw, size_t most, cm_arena *arena)
{
    question q = {.index = index, .raw = raw, .text = raw->text, .country = raw->country, .arena = arena};
    RegActorResolution *resolution = CM_NEW(arena, RegActorResolution);
    const char *comma = strchr(raw->text, ',');

    ask(&q, resolution);
    if (!resolution->n_candidates && comma)
        ask_parts(&q, comma, resolution);
    if (resolution->n_candidates > most)
        resolution->n_candidates = most;
    return resolution;
}
