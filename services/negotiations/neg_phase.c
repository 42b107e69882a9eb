#include "negotiations/neg_phase.h"

#include "base/cm_memory.h"
#include "base/cm_text.h"

#define P(phase) NEG_SET(NEG_PHASE_##phase)

enum { LIVE = P(PRENEGOTIATION) | P(FORMULA) | P(DETAIL) | P(AGREED) | P(IMPLEMENTATION) };

/* The phase in which the talks rested, UNSPECIFIED where the history does not tell. */
static NegPhase rested_in(const NegNegotiation *n)
{
    return n->n_phase_history >= 2 ? n->phase_history[n->n_phase_history - 2]->phase : NEG_PHASE_UNSPECIFIED;
}

static bool goes_on(const NegNegotiation *n, NegPhase to)
{
    NegPhase rested = rested_in(n);

    return rested == NEG_PHASE_UNSPECIFIED || rested == to;
}

/* From any of these phases to any of those, where the guard (if any) allows it. */
static const struct step {
    neg_set from, to;
    bool (*guard)(const NegNegotiation *n, NegPhase to);
    const char *guard_text;
} steps[] = {
    {P(PRENEGOTIATION), P(FORMULA), NULL, NULL},
    {P(FORMULA), P(DETAIL), NULL, NULL},
    {P(DETAIL), P(AGREED), NULL, NULL},
    {P(AGREED), P(IMPLEMENTATION), NULL, NULL},
    {LIVE, P(SUSPENDED), NULL, NULL},
    {P(SUSPENDED), LIVE, goes_on, "where it rested"},
    {LIVE | P(SUSPENDED), P(TERMINATED), NULL, NULL},
    {LIVE | P(SUSPENDED), P(LAPSED), NULL, NULL},
};
enum { STEPS = sizeof steps / sizeof *steps };

neg_set neg_phase_next(const NegNegotiation *n)
{
    neg_set next = 0;

    for (int i = 0; i < STEPS; i++) {
        if (!neg_set_has(steps[i].from, (int)n->phase))
            continue;
        for (int to = 0; to < 32; to++)
            if (neg_set_has(steps[i].to, to) && (!steps[i].guard || steps[i].guard(n, (NegPhase)to)))
                next |= NEG_SET(to);
    }
    return next;
}

static cm_status wrong_step(const NegNegotiation *n, NegPhase to, cm_arena *arena)
{
    const char *from_code = cm_enum_code(&NegPhase_descriptor, (int)n->phase, arena);
    const char *to_code = cm_enum_code(&NegPhase_descriptor, (int)to, arena);
    neg_set next = neg_phase_next(n);
    const char *right =
        next ? cm_arena_format(arena, "it may move to %s", neg_set_text(&NegPhase_descriptor, next, arena))
             : "nothing follows";
    const char *text = cm_arena_format(arena, "cannot move from %s to %s; from %s %s", from_code,
                                       *to_code ? to_code : cm_arena_format(arena, "%d", (int)to), from_code, right);
    cm_status s = cm_fail(CM_FAILED_PRECONDITION, "phase: %s %s", n->name, text);

    cm_status_reason(&s, "PHASE_STEP_NOT_ALLOWED");
    cm_status_violation(&s, "phase", text);
    return s;
}

static cm_status too_early(cm_date date, cm_date bound, const char *what, cm_arena *arena)
{
    char given[CM_DATE_TEXT], least[CM_DATE_TEXT];
    const char *text = cm_arena_format(arena, "%s is before %s %s; give a date that is not",
                                       cm_date_format(date, given), what, cm_date_format(bound, least));
    cm_status s = cm_fail(CM_FAILED_PRECONDITION, "date: %s", text);

    cm_status_reason(&s, "PHASE_STEP_OUT_OF_ORDER");
    cm_status_violation(&s, "date", text);
    return s;
}

static cm_status check_order(const NegNegotiation *n, cm_date date, cm_arena *arena)
{
    cm_date bound;

    CM_TRY(cm_date_parse(n->start, &bound));
    if (cm_date_certainly_after(bound, date))
        return too_early(date, bound, "the start on", arena);
    for (size_t i = n->n_phase_history; i-- > 0;) {
        CM_TRY(cm_date_parse(n->phase_history[i]->date, &bound));
        if (cm_date_certainly_after(bound, date))
            return too_early(date, bound, "the last step on", arena);
    }
    return cm_ok();
}

static void add_step(NegNegotiation *n, NegPhase phase, const char *date, cm_arena *arena)
{
    NegPhaseStep **history = cm_arena_take(arena, (n->n_phase_history + 1) * sizeof *history);
    NegPhaseStep *step = CM_NEW(arena, NegPhaseStep);

    step->phase = phase;
    step->date = cm_arena_strdup(arena, date);
    for (size_t i = 0; i < n->n_phase_history; i++)
        history[i] = n->phase_history[i];
    history[n->n_phase_history++] = step;
    n->phase_history = history;
    n->phase = phase;
}

cm_status neg_phase_advance(NegNegotiation *n, NegPhase to, cm_date date, cm_arena *arena)
{
    char text[CM_DATE_TEXT];

    if (!neg_set_has(neg_phase_next(n), (int)to))
        return wrong_step(n, to, arena);
    CM_TRY(check_order(n, date, arena));
    add_step(n, to, cm_date_format(date, text), arena);
    return cm_ok();
}

void neg_phase_begin(NegNegotiation *n, cm_arena *arena)
{
    static const neg_set with_end = P(AGREED) | P(SUSPENDED) | P(TERMINATED) | P(LAPSED);
    const char *date = n->phase == NEG_PHASE_PRENEGOTIATION   ? n->start
                       : neg_set_has(with_end, (int)n->phase) ? n->end
                                                              : "";

    n->n_phase_history = 0;
    add_step(n, n->phase, date, arena);
}

const char *neg_phase_dated(const ProtobufCMessage *after, const ProtobufCMessage *before)
{
    const NegNegotiation *n = (const NegNegotiation *)after, *old = (const NegNegotiation *)before;

    return old && n->n_phase_history > old->n_phase_history ? n->phase_history[n->n_phase_history - 1]->date : n->start;
}

const char *neg_phase_picture(cm_arena *arena)
{
    CM_AUTO(cm_text) text = {0};
    neg_set final = neg_set_all(&NegPhase_descriptor);

    cm_text_add(&text, "stateDiagram-v2\n    [*] --> prenegotiation\n");
    for (int i = 0; i < STEPS; i++) {
        final &= ~steps[i].from;
        for (int from = 0; from < 32; from++)
            for (int to = 0; neg_set_has(steps[i].from, from) && to < 32; to++) {
                if (!neg_set_has(steps[i].to, to))
                    continue;
                cm_text_format(&text, "    %s --> %s", cm_enum_code(&NegPhase_descriptor, from, arena),
                               cm_enum_code(&NegPhase_descriptor, to, arena));
                if (steps[i].guard)
                    cm_text_format(&text, ": %s", steps[i].guard_text);
                cm_text_add(&text, "\n");
            }
    }
    for (int phase = 0; phase < 32; phase++)
        if (neg_set_has(final, phase))
            cm_text_format(&text, "    %s --> [*]\n", cm_enum_code(&NegPhase_descriptor, phase, arena));
    return cm_arena_strdup(arena, cm_text_get(&text));
}
