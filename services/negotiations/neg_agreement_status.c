#include "negotiations/neg_agreement_status.h"

#include "base/cm_date.h"

#define S(status) NEG_SET(NEG_AGREEMENT_STATUS_##status)

/* rank: where a step stands among steps of the same date. */
static const struct status {
    neg_set next;
    int rank;
} statuses[] = {
    [NEG_AGREEMENT_STATUS_UNSPECIFIED] = {S(SIGNED) | S(IN_FORCE) | S(SUSPENDED) | S(ENDED), 2},
    [NEG_AGREEMENT_STATUS_SIGNED] = {S(SIGNED) | S(IN_FORCE) | S(SUSPENDED) | S(ENDED), 0},
    [NEG_AGREEMENT_STATUS_IN_FORCE] = {S(SIGNED) | S(IN_FORCE) | S(SUSPENDED) | S(ENDED), 1},
    [NEG_AGREEMENT_STATUS_SUSPENDED] = {S(RESUMED) | S(ENDED), 2},
    [NEG_AGREEMENT_STATUS_RESUMED] = {S(SIGNED) | S(IN_FORCE) | S(SUSPENDED) | S(ENDED), 2},
    [NEG_AGREEMENT_STATUS_ENDED] = {0, 3},
};

static const struct status *look_up(NegAgreementStatus status)
{
    return &statuses[(size_t)status < sizeof statuses / sizeof *statuses ? status : 0];
}

neg_set neg_agreement_next(NegAgreementStatus last)
{
    return look_up(last)->next;
}

static cm_date date_of(const NegStatusStep *step)
{
    cm_date date;
    cm_status s = cm_date_parse(step->date, &date);

    if (!cm_is_ok(s))
        date = (cm_date){0};
    cm_status_clear(&s);
    return date;
}

/* Whether `a` has to stand before `b`. A partial order, so that inserting before the first that must follow is enough.
 */
static bool comes_before(const NegStatusStep *a, const NegStatusStep *b)
{
    cm_date x = date_of(a), y = date_of(b);
    int rank_a = look_up(a->status)->rank, rank_b = look_up(b->status)->rank;

    if (x.precision != CM_PRECISION_NONE && y.precision != CM_PRECISION_NONE)
        return cm_date_compare(x, y) == 0 ? rank_a < rank_b : cm_date_certainly_after(y, x);
    if (rank_a == rank_b)
        return false;
    return (x.precision == CM_PRECISION_NONE && rank_a == 0) || (y.precision == CM_PRECISION_NONE && rank_b == 3);
}

static void order(NegStatusStep **steps, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        NegStatusStep *step = steps[i];
        size_t at = 0;
        while (at < i && !comes_before(step, steps[at]))
            at++;
        for (size_t j = i; j > at; j--)
            steps[j] = steps[j - 1];
        steps[at] = step;
    }
}

static const char *step_text(NegAgreementStatus last, NegAgreementStatus status, cm_arena *arena)
{
    const char *code = cm_enum_code(&NegAgreementStatus_descriptor, (int)status, arena);
    neg_set next = neg_agreement_next(last);
    const char *allowed = neg_set_text(&NegAgreementStatus_descriptor, next, arena);

    if (!*code)
        code = cm_arena_format(arena, "%d", (int)status);
    if (last == NEG_AGREEMENT_STATUS_UNSPECIFIED)
        return cm_arena_format(arena, "%s cannot come first; the first step is %s", code, allowed);
    const char *before = cm_enum_code(&NegAgreementStatus_descriptor, (int)last, arena);
    if (!next)
        return cm_arena_format(arena, "%s cannot follow %s, which is final", code, before);
    return cm_arena_format(arena, "%s cannot follow %s; after %s comes %s", code, before, before, allowed);
}

static size_t given_at(NegStatusStep *const *given, const NegStatusStep *step)
{
    size_t at = 0;

    while (given[at] != step)
        at++;
    return at;
}

void neg_agreement_settle(NegStatusStep **steps, size_t count, cm_arena *arena, cm_violations *wrong)
{
    NegAgreementStatus last = NEG_AGREEMENT_STATUS_UNSPECIFIED;
    NegStatusStep **given = cm_arena_copy(arena, steps, count * sizeof *steps);

    order(steps, count);
    for (size_t i = 0; i < count; i++) {
        if (!neg_set_has(neg_agreement_next(last), (int)steps[i]->status))
            cm_violations_add(wrong, cm_arena_format(arena, "status_history[%zu].status", given_at(given, steps[i])),
                              "%s", step_text(last, steps[i]->status, arena));
        last = steps[i]->status;
    }
}

const char *neg_agreement_dated(const ProtobufCMessage *after, const ProtobufCMessage *before)
{
    const NegAgreement *a = (const NegAgreement *)after, *old = (const NegAgreement *)before;
    bool grew = old && a->n_status_history > old->n_status_history;

    return a->status_history[grew ? a->n_status_history - 1 : 0]->date;
}

static cm_status refuse(const char *field, const char *reason, const char *text)
{
    cm_status s = cm_fail(CM_FAILED_PRECONDITION, "%s: %s", field, text);

    cm_status_reason(&s, reason);
    cm_status_violation(&s, field, text);
    return s;
}

static cm_status check_date(const NegAgreement *a, const NegStatusStep *step, cm_arena *arena)
{
    cm_date date = date_of(step);

    for (size_t i = a->n_status_history; i-- > 0;) {
        const NegStatusStep *earlier = a->status_history[i];
        if (cm_date_certainly_after(date_of(earlier), date))
            return refuse("step.date", "STATUS_STEP_OUT_OF_ORDER",
                          cm_arena_format(arena, "%s is before %s on %s; give a date that is not", step->date,
                                          cm_enum_code(&NegAgreementStatus_descriptor, (int)earlier->status, arena),
                                          earlier->date));
    }
    return cm_ok();
}

cm_status neg_agreement_advance(NegAgreement *a, NegStatusStep *step, cm_arena *arena)
{
    NegAgreementStatus last = a->n_status_history ? a->status_history[a->n_status_history - 1]->status : 0;

    if (!neg_set_has(neg_agreement_next(last), (int)step->status))
        return refuse("step.status", "STATUS_STEP_NOT_ALLOWED", step_text(last, step->status, arena));
    CM_TRY(check_date(a, step, arena));

    NegStatusStep **history = cm_arena_take(arena, (a->n_status_history + 1) * sizeof *history);
    for (size_t i = 0; i < a->n_status_history; i++)
        history[i] = a->status_history[i];
    history[a->n_status_history++] = step;
    order(history, a->n_status_history);
    a->status_history = history;
    a->status = history[a->n_status_history - 1]->status;
    return cm_ok();
}
