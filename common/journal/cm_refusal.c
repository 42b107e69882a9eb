#include "journal/cm_refusal.h"

#include "base/cm_message.h"

static TypFieldViolation *violation_of(const cm_violation *v, cm_arena *arena)
{
    TypFieldViolation *violation = CM_NEW(arena, TypFieldViolation);

    violation->field = cm_arena_strdup(arena, v->field);
    violation->description = cm_arena_strdup(arena, v->description);
    return violation;
}

TypRefusal *cm_refusal(int64_t index, const cm_status *refused, cm_arena *arena)
{
    TypRefusal *refusal = CM_NEW(arena, TypRefusal);
    size_t count = 0;

    for (const cm_violation *v = refused->error->violations; v; v = v->next)
        count++;
    refusal->index = index;
    refusal->code = (int32_t)refused->code;
    refusal->message = cm_arena_strdup(arena, cm_status_message(*refused));
    refusal->reason = cm_arena_strdup(arena, refused->error->reason ? refused->error->reason : "");
    refusal->violations = cm_arena_take(arena, count * sizeof *refusal->violations);
    for (const cm_violation *v = refused->error->violations; v; v = v->next)
        refusal->violations[refusal->n_violations++] = violation_of(v, arena);
    return refusal;
}
