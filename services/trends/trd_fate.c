#include "trends/trd_fate.h"

#include <stdlib.h>

static bool opens(NegAgreementStatus status)
{
    return status == NEG_AGREEMENT_STATUS_SIGNED || status == NEG_AGREEMENT_STATUS_IN_FORCE ||
           status == NEG_AGREEMENT_STATUS_RESUMED;
}

static bool closes(NegAgreementStatus status)
{
    return status == NEG_AGREEMENT_STATUS_SUSPENDED || status == NEG_AGREEMENT_STATUS_ENDED;
}

/* On one day: signed, in_force, resumed, suspended, ended. */
static int rank(NegAgreementStatus status)
{
    switch (status) {
        case NEG_AGREEMENT_STATUS_SIGNED:
            return 0;
        case NEG_AGREEMENT_STATUS_IN_FORCE:
            return 1;
        case NEG_AGREEMENT_STATUS_RESUMED:
            return 2;
        case NEG_AGREEMENT_STATUS_SUSPENDED:
            return 3;
        default:
            return 4;
    }
}

static int in_order(const void *a, const void *b)
{
    const trd_placed *x = a, *y = b;

    return x->day != y->day ? (x->day > y->day) - (x->day < y->day) : rank(x->status) - rank(y->status);
}

static void find_intervals(trd_life *life)
{
    trd_interval_open *open = NULL;

    for (size_t i = 0; i < life->step_count; i++) {
        const trd_placed *s = &life->steps[i];
        if (opens(s->status) && !open) {
            open = &life->intervals[life->interval_count++];
            *open = (trd_interval_open){.from = s->day, .to = INT32_MAX};
        } else if (closes(s->status) && open) {
            open->to = s->day;
            open->closed = s->status;
            open = NULL;
        }
    }
}

trd_life trd_life_of(const trd_agreement *agreement, cm_arena *arena)
{
    trd_life life = {.steps = cm_arena_take(arena, (agreement->step_count + 1) * sizeof *life.steps),
                     .intervals = cm_arena_take(arena, (agreement->step_count + 1) * sizeof *life.intervals)};
    bool undated_change = false;

    for (size_t i = 0; i < agreement->step_count; i++) {
        const trd_step *s = &agreement->steps[i];
        if (s->date.precision == CM_PRECISION_NONE) {
            undated_change |= closes(s->status) || s->status == NEG_AGREEMENT_STATUS_RESUMED;
            continue;
        }
        life.steps[life.step_count++] = (trd_placed){cm_date_middle_day(s->date), s->status};
    }
    qsort(life.steps, life.step_count, sizeof *life.steps, in_order);
    life.dated = life.step_count > 0 && !undated_change;
    find_intervals(&life);
    return life;
}

bool trd_life_at(const trd_life *life, int32_t day, trd_standing *state)
{
    bool begun = false;

    for (size_t i = 0; i < life->step_count && life->steps[i].day <= day; i++) {
        begun = true;
        switch (life->steps[i].status) {
            case NEG_AGREEMENT_STATUS_SUSPENDED:
                *state = TRD_SUSPENDED;
                break;
            case NEG_AGREEMENT_STATUS_ENDED:
                *state = TRD_ENDED;
                break;
            default:
                *state = TRD_RUNNING;
        }
    }
    return begun;
}
