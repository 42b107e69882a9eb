/* trd_agreements.h: agreements as recorded, with the states of their parties and their life in steps. Reach for it
 * where partnerships are counted. In an arena; what is computed from them is pure. */
#ifndef TRD_AGREEMENTS_H
#define TRD_AGREEMENTS_H

#include "base/cm_arena.h"
#include "base/cm_date.h"
#include "trends/trd_moment.h"
#include "trends/trd_unit.h"

typedef struct trd_step {
    cm_date date; /* CM_PRECISION_NONE: not known */
    NegAgreementStatus status;
    NegStatusBasis basis;
} trd_step;

typedef struct trd_agreement {
    const char *name;               /* agreements/… */
    const char **parties, **states; /* states[i]: of parties[i], "" for none */
    size_t party_count;
    trd_step *steps;
    size_t step_count;
    const char *collection; /* id */
    TypCertainty certainty;
} trd_agreement;

/* The agreement that an event is of. */
cm_status trd_agreement_of(const EvtEvent *event, const char *resource, cm_arena *arena,
                           trd_agreement *agreement) CM_MUST_USE;

/* All that are known, in order of names. */
cm_status trd_agreements_read(trd_moment at, cm_arena *arena, trd_agreement **agreements, size_t *count) CM_MUST_USE;

/* The earliest dated signature; CM_PRECISION_NONE where there is none. */
cm_date trd_agreement_signed(const trd_agreement *agreement);

/* Whether all parties are cities. */
bool trd_agreement_of_cities(const trd_agreement *agreement);

#endif
