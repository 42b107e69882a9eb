/* imp_steps.h: the steps of an agreement's life, put in order as rows give them. Reach for it in importers of agreements.
 */
#ifndef IMP_STEPS_H
#define IMP_STEPS_H

#include "base/cm_arena.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"

/* Adds a step to the agreement's history, by date and, on one date, by status; one that is there already is left out. A
 * date that cannot be read comes first, for the service to refuse. */
void imp_step_add(cm_arena *arena, NegAgreement *agreement, NegStatusStep *step);

#endif
