#include "trends/trd_agreements.h"

#include <string.h>

#include "base/cm_memory.h"
#include "trends/trd_facts.h"

cm_status trd_agreement_of(const EvtEvent *event, const char *resource, cm_arena *arena, trd_agreement *kept)
{
    const NegAgreement *a = event->agreement;

    *kept = (trd_agreement){.name = cm_arena_strdup(arena, resource),
                            .parties = cm_arena_take(arena, (a->n_parties + 1) * sizeof(char *)),
                            .states = cm_arena_take(arena, (a->n_parties + 1) * sizeof(char *)),
                            .party_count = a->n_parties,
                            .steps = cm_arena_zero(arena, (a->n_status_history + 1) * sizeof(trd_step)),
                            .step_count = a->n_status_history,
                            .collection = cm_arena_strdup(arena, trd_collection(a->collection)),
                            .certainty = trd_surest(a->sources, a->n_sources)};
    for (size_t i = 0; i < a->n_parties; i++) {
        const TypActorSnapshot *actor = trd_snapshot(event, a->parties[i]);
        kept->parties[i] = cm_arena_strdup(arena, a->parties[i]);
        kept->states[i] = cm_arena_strdup(arena, actor ? actor->state : "");
    }
    for (size_t i = 0; i < a->n_status_history; i++) {
        CM_TRY(cm_date_parse(a->status_history[i]->date, &kept->steps[i].date));
        kept->steps[i].status = a->status_history[i]->status;
        kept->steps[i].basis = a->status_history[i]->basis;
    }
    return cm_ok();
}

typedef struct reading {
    cm_arena *arena;
    trd_agreement *agreements;
    size_t count, capacity;
} reading;

static cm_status read_agreement(void *context, const char *resource, const EvtEvent *event)
{
    reading *r = context;

    CM_GROW(r->agreements, r->capacity, r->count + 1);
    return trd_agreement_of(event, resource, r->arena, &r->agreements[r->count++]);
}

cm_status trd_agreements_read(trd_moment at, cm_arena *arena, trd_agreement **agreements, size_t *count)
{
    reading r = {.arena = arena};
    cm_status status = trd_facts_each(at, "agreement", read_agreement, &r);

    *agreements = cm_arena_copy(arena, r.agreements, r.count * sizeof *r.agreements);
    *count = r.count;
    free(r.agreements);
    return status;
}

cm_date trd_agreement_signed(const trd_agreement *agreement)
{
    cm_date first = {.precision = CM_PRECISION_NONE};

    for (size_t i = 0; i < agreement->step_count; i++) {
        const trd_step *s = &agreement->steps[i];
        if (s->status != NEG_AGREEMENT_STATUS_SIGNED || s->date.precision == CM_PRECISION_NONE)
            continue;
        if (first.precision == CM_PRECISION_NONE || cm_date_compare(s->date, first) < 0)
            first = s->date;
    }
    return first;
}

bool trd_agreement_of_cities(const trd_agreement *agreement)
{
    for (size_t i = 0; i < agreement->party_count; i++)
        if (strncmp(agreement->parties[i], "cities/", 7) != 0)
            return false;
    return agreement->party_count > 0;
}
