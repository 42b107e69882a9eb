#include "cli/imp_steps.h"

#include <string.h>

void imp_step_add(cm_arena *arena, NegAgreement *agreement, NegStatusStep *step)
{
    size_t count = agreement->n_status_history;

    for (size_t i = 0; i < count; i++) {
        const NegStatusStep *known = agreement->status_history[i];
        if (known->status == step->status && strcmp(known->date, step->date) == 0 &&
            strcmp(known->reason, step->reason) == 0)
            return;
    }
    NegStatusStep **history = cm_arena_take(arena, (count + 1) * sizeof *history);
    if (count > 0)
        memcpy(history, agreement->status_history, count * sizeof *history);
    history[count] = step;
    agreement->status_history = history;
    agreement->n_status_history = count + 1;
}
