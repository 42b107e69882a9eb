/* imp_steps.h: the steps of an agreement's life, gathered from rows. Reach for it in importers of agreements. */
#ifndef IMP_STEPS_H
#define IMP_STEPS_H

#include "base/cm_arena.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"

/* Adds a step to the agreement's history as rows give it, but not twice; the service puts steps in order of time. */
void imp_step_add(cm_arena *arena, NegAgreement *agreement, NegStatusStep *step);

#endif
