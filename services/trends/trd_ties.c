#include "trends/trd_ties.h"

#include <string.h>

#include "base/cm_date.h"
#include "base/cm_memory.h"
#include "trends/trd_facts.h"

typedef struct dyad {
    const char *one, *other;
} dyad;

typedef struct reading {
    const TrdNetworkWindow *window;
    cm_call *stop;
    cm_arena *arena;
    int32_t from, to;
    dyad *dyads;
    size_t count, capacity;
    trd_ties *ties;
} reading;

/* ---- the window ---- */

static cm_status read_day(const char *field, const char *part, const char *text, bool last, int32_t *day)
{
    CM_FREE char *path = cm_format("%s.%s", field, part);
    cm_date date;
    cm_status s = cm_date_parse(text, &date);

    if (!cm_is_ok(s)) {
        cm_status_clear(&s);
        return cm_invalid(path, "'%.40s' is no date; write 2015, 2015-12 or 2015-12-06", text);
    }
    if (date.precision != CM_PRECISION_NONE)
        *day = last ? cm_date_last_day(date) : cm_date_first_day(date);
    return cm_ok();
}

static cm_status read_window(const char *field, const TrdNetworkWindow *window, reading *r)
{
    CM_FREE char *ties = cm_format("%s.ties", field), *to = cm_format("%s.to", field);

    if (!window)
        return cm_invalid(field, "is missing; say which ties to take");
    if (window->ties != TRD_TIES_NEGOTIATIONS && window->ties != TRD_TIES_AGREEMENTS)
        return cm_invalid(ties, "%d names no ties; give TIES_NEGOTIATIONS or TIES_AGREEMENTS", (int)window->ties);
    r->from = INT32_MIN;
    r->to = INT32_MAX;
    CM_TRY(read_day(field, "from", window->from, false, &r->from));
    CM_TRY(read_day(field, "to", window->to, true, &r->to));
    if (r->from > r->to)
        return cm_invalid(to, "%s ends before %s begins: such a window is empty", window->to, window->from);
    return cm_ok();
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

static bool named_before(char *const *actors, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(actors[i], actors[index]) == 0)
            return true;
    return false;
}

static cm_status add_dyads(reading *r, const EvtEvent *event, char *const *actors, size_t count)
{
    CM_FREE const char **ends = cm_alloc((count + 1) * sizeof *ends);
    size_t n = 0;

    for (size_t i = 0; i < count; i++)
        if (!named_before(actors, i) && kind_fits(r, event, actors[i]))
            ends[n++] = cm_arena_strdup(r->arena, actors[i]);
    r->ties->events += n > 1;
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            if (r->count == NET_EDGES_MOST)
                return cm_fail(CM_RESOURCE_EXHAUSTED,
                               "the window has more than %d ties; a shorter one, or fewer kinds of actors, would fit",
                               NET_EDGES_MOST);
            CM_GROW(r->dyads, r->capacity, r->count + 1);
            r->dyads[r->count++] = (dyad){ends[i], ends[k]};
        }
    return cm_ok();
}

static bool in_window(reading *r, cm_date date, const char *collection)
{
    if (*r->window->collection && strcmp(trd_collection(r->window->collection), trd_collection(collection)) != 0)
        return false;
    if (date.precision == CM_PRECISION_NONE) {
        r->ties->undated++;
        return false;
    }
    int32_t day = cm_date_first_day(date);
    return day >= r->from && day <= r->to;
}

static cm_status read_negotiation(void *context, const char *resource, const EvtEvent *event)
{
    reading *r = context;
    const NegNegotiation *n = event->negotiation;
    CM_FREE char **actors = cm_alloc((n->n_participants + 1) * sizeof *actors);
    cm_date date;

    if (cm_call_cancelled(r->stop))
        return cm_fail(CM_CANCELLED, "the caller has gone");
    CM_TRY(cm_date_parse(n->start, &date));
    if (!in_window(r, date, n->collection))
        return cm_ok();
    for (size_t i = 0; i < n->n_participants; i++)
        actors[i] = n->participants[i]->actor;
    return add_dyads(r, event, actors, n->n_participants);
}

static cm_status read_agreement(void *context, const char *resource, const EvtEvent *event)
{
    reading *r = context;
    const NegAgreement *a = event->agreement;

    if (cm_call_cancelled(r->stop))
        return cm_fail(CM_CANCELLED, "the caller has gone");
    if (!in_window(r, trd_signed_on(a), a->collection))
        return cm_ok();
    return add_dyads(r, event, a->parties, a->n_parties);
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

cm_status trd_ties_read(cm_db *db, const char *field, const TrdNetworkWindow *window, cm_call *stop, cm_arena *arena,
                        trd_ties *ties)
{
    reading r = {.window = window, .stop = stop, .arena = arena, .ties = ties};

    *ties = (trd_ties){0};
    CM_TRY(read_window(field, window, &r));
    cm_status s = window->ties == TRD_TIES_NEGOTIATIONS ? trd_facts_each(db, "negotiation", read_negotiation, &r)
                                                        : trd_facts_each(db, "agreement", read_agreement, &r);
    if (cm_is_ok(s))
        s = connect(&r);
    free(r.dyads);
    return s;
}
