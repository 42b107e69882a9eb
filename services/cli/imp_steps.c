#include "cli/imp_steps.h"

#include <string.h>

#include "base/cm_date.h"

static cm_date when(const NegStatusStep *step)
{
    cm_date date = {0};
    cm_status status = cm_date_parse(step->date, &date);

    cm_status_clear(&status);
    return date;
}

static int order(const NegStatusStep *a, const NegStatusStep *b)
{
    int by_date = cm_date_compare(when(a), when(b));

    return by_date ? by_date : (a->status > b->status) - (a->status < b->status);
}

void imp_step_add(cm_arena *arena, NegAgreement *agreement, NegStatusStep *step)
{
    size_t count = agreement->n_status_history, at = count;

    for (size_t i = 0; i < count; i++)
        if (order(agreement->status_history[i], step) == 0 &&
            strcmp(agreement->status_history[i]->reason, step->reason) == 0)
            return;
    NegStatusStep **history = cm_arena_take(arena, (count + 1) * sizeof *history);
    while (at > 0 && order(agreement->status_history[at - 1], step) > 0)
        at--;
    if (at > 0)
        memcpy(history, agreement->status_history, at * sizeof *history);
    history[at] = step;
    if (count > at)
        memcpy(history + at + 1, agreement->status_history + at, (count - at) * sizeof *history);
    agreement->status_history = history;
    agreement->n_status_history = count + 1;
}
