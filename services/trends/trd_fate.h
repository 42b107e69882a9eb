/* trd_fate.h: the life of a partnership: when it ran, what stopped it, where it stands. Reach for it to count
 * suspensions, endings and time at risk. Pure; in an arena. */
#ifndef TRD_FATE_H
#define TRD_FATE_H

#include "trends/trd_agreements.h"

typedef enum trd_standing { TRD_RUNNING, TRD_SUSPENDED, TRD_ENDED, TRD_STATES } trd_standing;

/* A step at its place in time: a day at itself, a month at its 15th, a year at the 2nd of July. */
typedef struct trd_placed {
    int32_t day;
    NegAgreementStatus status;
} trd_placed;

/* An open interval: from the day it opens, to the day on which it closes (not in it). */
typedef struct trd_interval_open {
    int32_t from, to;          /* to INT32_MAX: open */
    NegAgreementStatus closed; /* by suspended or ended; 0: open */
} trd_interval_open;

typedef struct trd_life {
    bool dated;        /* it has a dated step and no undated one that would close or reopen it */
    trd_placed *steps; /* the dated ones, in order */
    size_t step_count;
    trd_interval_open *intervals; /* none where no opening step has a date */
    size_t interval_count;
} trd_life;

trd_life trd_life_of(const trd_agreement *agreement, cm_arena *arena);

/* Where it stands at the end of a day; false where it has no dated step by then. */
bool trd_life_at(const trd_life *life, int32_t day, trd_standing *state);

#endif
