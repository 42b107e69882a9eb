#include "trends/trd_ties.h"

#include <string.h>

#include "base/cm_filter.h"
#include "base/cm_memory.h"
#include "journal/cm_actor.h"
#include "journal/cm_resource.h"
#include "trends/trd_facts.h"
#include "trends/trd_fate.h"
#include "trends/trd_merges.h"
#include "trends/trd_report.h"

typedef struct dyad {
    const char *one, *other;
} dyad;

/* The facts behind a network, in place of it. */
typedef struct behind {
    const char *actors[2];
    size_t actor_count;
    trd_unit *units;
    size_t count, capacity;
} behind;

typedef struct reading {
    const TrdNetworkWindow *window;
    cm_call *stop;
    cm_arena *arena;
    int32_t from, to;
    cm_filter *filter;
    dyad *dyads;
    size_t count, capacity;
    trd_ties *ties;
    behind *behind; /* NULL: ties are wanted */
} reading;

/* A fact that ties, as it is recorded. */
typedef struct tying {
    const char *resource;
    const EvtEvent *event;
    cm_date date;
    const char *collection;
    TypCertainty certainty;
} tying;

/* ---- the window ---- */

static cm_status read_name(cm_db *db, const char *field, const char *type, const char *name)
{
    CM_FREE char *path = cm_format("%s.%s", field, type), *pattern = cm_format("%ss/{%s}", type, type);
    const char *const patterns[] = {pattern, NULL};

    if (!*name)
        return cm_ok();
    CM_TRY(cm_name_check(patterns, path, name));
    return trd_filter_known(db, type, name);
}

static cm_status check_kinds(const char *field, const TrdNetworkWindow *window)
{
    for (size_t i = 0; i < window->n_kinds; i++) {
        CM_FREE char *path = cm_format("%s.kinds[%zu]", field, i);
        if (!window->kinds[i] || !protobuf_c_enum_descriptor_get_value(&TypActorKind_descriptor, window->kinds[i]))
            return cm_invalid(path, "%d is no kind of actor; give ACTOR_KIND_CITY or another that it names",
                              (int)window->kinds[i]);
    }
    return cm_ok();
}

static cm_status read_words(const char *field, const TrdNetworkWindow *window, reading *r)
{
    CM_FREE char *prefix = cm_format("%s.", field);
    cm_status s =
        cm_filter_parse(window->ties == TRD_TIES_NEGOTIATIONS ? &NegNegotiation_descriptor : &NegAgreement_descriptor,
                        window->filter, r->arena, &r->filter);

    cm_status_within(&s, prefix);
    return s;
}

static cm_status read_window(cm_db *db, const char *field, const TrdNetworkWindow *window, reading *r)
{
    CM_FREE char *ties = cm_format("%s.ties", field), *from = cm_format("%s.from", field);
    CM_FREE char *to = cm_format("%s.to", field);
    cm_date date;

    if (!window)
        return cm_invalid(field, "is missing; say which ties to take");
    if (window->ties != TRD_TIES_NEGOTIATIONS && window->ties != TRD_TIES_AGREEMENTS &&
        window->ties != TRD_TIES_OPEN_AGREEMENTS)
        return cm_invalid(ties, "%d names no ties; give TIES_NEGOTIATIONS, TIES_AGREEMENTS or TIES_OPEN_AGREEMENTS",
                          (int)window->ties);
    r->from = INT32_MIN;
    r->to = INT32_MAX;
    CM_TRY(trd_filter_day(from, window->from, false, &r->from, &date));
    CM_TRY(trd_filter_day(to, window->to, true, &r->to, &date));
    if (r->from > r->to)
        return cm_invalid(to, "%s ends before %s begins: such a window is empty", window->to, window->from);
    CM_TRY(check_kinds(field, window));
    CM_TRY(read_name(db, field, "state", window->state));
    CM_TRY(read_name(db, field, "collection", window->collection));
    return read_words(field, window, r);
}

/* ---- the ties of one fact ---- */

static bool kind_fits(const reading *r, const EvtEvent *event, const char *actor)
{
    const TypActorSnapshot *snapshot = trd_snapshot(event, actor);
    bool fits = r->window->n_kinds == 0;

    for (size_t i = 0; snapshot && !fits && i < r->window->n_kinds; i++)
        fits = r->window->kinds[i] == snapshot->kind;
    return fits;
}

static bool is_inside(const reading *r, const EvtEvent *event, const char *actor)
{
    const TypActorSnapshot *snapshot = trd_snapshot(event, actor);
    const char *state = r->window->state;

    return !*state || strcmp(actor, state) == 0 || (snapshot && strcmp(snapshot->state, state) == 0);
}

static bool named_before(char *const *actors, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(actors[i], actors[index]) == 0)
            return true;
    return false;
}

/* Those of a fact whose kind fits; `inside` tells which of them the window's state has. */
static size_t take_ends(const reading *r, const EvtEvent *event, char *const *actors, size_t count, const char **ends,
                        bool *inside)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        if (named_before(actors, i) || !kind_fits(r, event, actors[i]))
            continue;
        inside[n] = is_inside(r, event, actors[i]);
        ends[n++] = cm_arena_strdup(r->arena, actors[i]);
    }
    return n;
}

/* Whether a tie is between those that are asked for, or of the one that is. */
static bool is_asked(const behind *b, const char *one, const char *other)
{
    for (size_t i = 0; i < b->actor_count; i++)
        if (strcmp(b->actors[i], one) != 0 && strcmp(b->actors[i], other) != 0)
            return false;
    return true;
}

static void note(reading *r, const tying *f, const char *const *ends, const bool *inside, size_t n)
{
    behind *b = r->behind;
    bool dated = f->date.precision != CM_PRECISION_NONE;
    int64_t ties = 0;

    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++)
            ties += (inside[i] || inside[k]) && is_asked(b, ends[i], ends[k]);
    if (!ties && (dated || b->actor_count))
        return;
    CM_GROW(b->units, b->capacity, b->count + 1);
    b->units[b->count++] = (trd_unit){.resource = cm_arena_strdup(r->arena, f->resource),
                                      .group = "",
                                      .category = "",
                                      .date = f->date,
                                      .collection = cm_arena_strdup(r->arena, trd_collection(f->collection)),
                                      .certainty = f->certainty,
                                      .weight = ties * TRD_WHOLE};
}

static cm_status add_dyads(reading *r, const tying *f, char *const *actors, size_t count)
{
    CM_FREE const char **ends = cm_alloc((count + 1) * sizeof *ends);
    CM_FREE bool *inside = cm_alloc((count + 1) * sizeof *inside);
    size_t n = take_ends(r, f->event, actors, count, ends, inside), before = r->count;

    if (r->behind)
        note(r, f, ends, inside, n);
    if (r->behind || f->date.precision == CM_PRECISION_NONE)
        return cm_ok();
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            if (!inside[i] && !inside[k])
                continue;
            if (r->count == NET_EDGES_MOST)
                return cm_fail(CM_RESOURCE_EXHAUSTED,
                               "the window has more than %d ties; a shorter one, or fewer kinds of actors, would fit",
                               NET_EDGES_MOST);
            CM_GROW(r->dyads, r->capacity, r->count + 1);
            r->dyads[r->count++] = (dyad){ends[i], ends[k]};
        }
    r->ties->events += r->count > before;
    return cm_ok();
}

static bool fits(const reading *r, const ProtobufCMessage *fact, const char *collection)
{
    return (!*r->window->collection ||
            strcmp(trd_collection(r->window->collection), trd_collection(collection)) == 0) &&
           cm_filter_fits(r->filter, fact);
}

/* What has no date is in none; it goes on to be counted beside. */
static bool in_window(reading *r, cm_date date)
{
    if (date.precision == CM_PRECISION_NONE) {
        r->ties->undated++;
        return true;
    }
    int32_t day = cm_date_first_day(date);
    return day >= r->from && day <= r->to;
}

/* Open as partnership-fate has it: from the day that opens it to the day before the one that closes it. *date is that
 * of its signature, else the day that opens it first; none where nobody knows when it was open. */
static cm_status is_open(reading *r, const char *resource, const EvtEvent *event, bool *open, cm_date *date)
{
    CM_ARENA(scratch);
    trd_agreement agreement;

    *open = false;
    CM_TRY(trd_agreement_of(event, resource, scratch, &agreement));
    trd_life life = trd_life_of(&agreement, scratch);
    *date = trd_signed_on(event->agreement);
    if (!life.dated || life.interval_count == 0) {
        *date = (cm_date){.precision = CM_PRECISION_NONE};
        *open = in_window(r, *date);
        return cm_ok();
    }
    if (date->precision == CM_PRECISION_NONE)
        *date = cm_date_of_day(life.intervals[0].from);
    for (size_t i = 0; i < life.interval_count; i++) {
        const trd_interval_open *o = &life.intervals[i];
        int32_t last = o->closed && o->to > o->from ? o->to - 1 : o->closed ? o->from : INT32_MAX;
        *open |= o->from <= r->to && last >= r->from;
    }
    return cm_ok();
}

static cm_status read_negotiation(void *context, const char *resource, const EvtEvent *event)
{
    reading *r = context;
    const NegNegotiation *n = event->negotiation;
    CM_FREE char **actors = cm_alloc((n->n_participants + 1) * sizeof *actors);
    tying f = {.resource = resource,
               .event = event,
               .collection = n->collection,
               .certainty = trd_surest(n->sources, n->n_sources)};

    if (cm_call_cancelled(r->stop))
        return cm_fail(CM_CANCELLED, "the caller has gone");
    CM_TRY(cm_date_parse(n->start, &f.date));
    if (!fits(r, &n->base, n->collection) || !in_window(r, f.date))
        return cm_ok();
    for (size_t i = 0; i < n->n_participants; i++)
        actors[i] = n->participants[i]->actor;
    return add_dyads(r, &f, actors, n->n_participants);
}

static cm_status read_agreement(void *context, const char *resource, const EvtEvent *event)
{
    reading *r = context;
    const NegAgreement *a = event->agreement;
    tying f = {.resource = resource,
               .event = event,
               .date = trd_signed_on(a),
               .collection = a->collection,
               .certainty = trd_surest(a->sources, a->n_sources)};
    bool in;

    if (cm_call_cancelled(r->stop))
        return cm_fail(CM_CANCELLED, "the caller has gone");
    if (!fits(r, &a->base, a->collection))
        return cm_ok();
    if (r->window->ties == TRD_TIES_OPEN_AGREEMENTS)
        CM_TRY(is_open(r, resource, event, &in, &f.date));
    else
        in = in_window(r, f.date);
    return in ? add_dyads(r, &f, a->parties, a->n_parties) : cm_ok();
}

/* ---- the graph ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

size_t trd_ties_find(const trd_ties *ties, const char *actor)
{
    const char **found =
        ties->actor_count ? bsearch(&actor, ties->actors, ties->actor_count, sizeof *ties->actors, by_name) : NULL;

    return found ? (size_t)(found - ties->actors) : ties->actor_count;
}

static cm_status connect(reading *r)
{
    trd_ties *t = r->ties;
    const char **names = cm_arena_take(r->arena, (2 * r->count + 1) * sizeof *names);

    for (size_t i = 0; i < r->count; i++) {
        names[2 * i] = r->dyads[i].one;
        names[2 * i + 1] = r->dyads[i].other;
    }
    if (r->count)
        qsort(names, 2 * r->count, sizeof *names, by_name);
    for (size_t i = 0; i < 2 * r->count; i++)
        if (i == 0 || strcmp(names[i - 1], names[i]) != 0)
            t->actor_count++;
    t->actors = cm_arena_take(r->arena, (t->actor_count + 1) * sizeof *t->actors);
    for (size_t i = 0, n = 0; i < 2 * r->count; i++)
        if (i == 0 || strcmp(names[i - 1], names[i]) != 0)
            t->actors[n++] = names[i];
    t->graph.weighted = true;
    for (size_t i = 0; i < r->count; i++)
        CM_TRY(net_graph_add(&t->graph, (uint32_t)trd_ties_find(t, r->dyads[i].one),
                             (uint32_t)trd_ties_find(t, r->dyads[i].other), 1));
    net_graph_close(&t->graph);
    return cm_ok();
}

static cm_status read_facts(cm_db *db, reading *r)
{
    return r->window->ties == TRD_TIES_NEGOTIATIONS ? trd_facts_each(trd_now(db), "negotiation", read_negotiation, r)
                                                    : trd_facts_each(trd_now(db), "agreement", read_agreement, r);
}

cm_status trd_ties_read(cm_db *db, const char *field, const TrdNetworkWindow *window, cm_call *stop, cm_arena *arena,
                        trd_ties *ties)
{
    reading r = {.window = window, .stop = stop, .arena = arena, .ties = ties};

    *ties = (trd_ties){0};
    CM_TRY(read_window(db, field, window, &r));
    cm_status s = read_facts(db, &r);
    if (cm_is_ok(s))
        s = connect(&r);
    if (cm_is_ok(s))
        s = trd_report_rows(db, arena, "cityneg.registry.events.v1", &ties->registry_rows);
    if (cm_is_ok(s))
        s = trd_report_rows(db, arena, "cityneg.negotiations.events.v1", &ties->negotiations_rows);
    free(r.dyads);
    return s;
}

/* ---- the facts behind it ---- */

static cm_status read_actors(cm_db *db, char *const *actors, size_t count, cm_arena *arena, behind *b)
{
    trd_merges merges;

    if (count > 2)
        return cm_invalid("actors", "are %zu; give one node, the two of a tie, or none", count);
    CM_TRY(trd_merges_read(db, arena, &merges));
    for (size_t i = 0; i < count; i++) {
        CM_FREE char *path = cm_format("actors[%zu]", i);
        CM_TRY(cm_name_check(cm_actor_patterns, path, actors[i]));
        b->actors[b->actor_count++] = trd_merges_survivor(&merges, actors[i]);
    }
    return cm_ok();
}

cm_status trd_ties_evidence(cm_db *db, const char *field, const TrdNetworkWindow *window, char *const *actors,
                            size_t actor_count, cm_call *stop, cm_arena *arena, trd_unit **units, size_t *count)
{
    trd_ties ties = {0};
    behind b = {.count = 0};
    reading r = {.window = window, .stop = stop, .arena = arena, .ties = &ties, .behind = &b};

    CM_TRY(read_actors(db, actors, actor_count, arena, &b));
    CM_TRY(read_window(db, field, window, &r));
    cm_status s = read_facts(db, &r);
    *units = cm_arena_copy(arena, b.units, b.count * sizeof *b.units);
    *count = b.count;
    free(b.units);
    return s;
}
