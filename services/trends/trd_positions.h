/* trd_positions.h: stances as recorded, and the pairs of a city's stance with the nearest one of its own state.
 * Reach for it where city and state are compared. In an arena; the pairing is pure. */
#ifndef TRD_POSITIONS_H
#define TRD_POSITIONS_H

#include "base/cm_arena.h"
#include "base/cm_date.h"
#include "trends/trd_moment.h"
#include "trends/trd_unit.h"

typedef struct trd_position {
    const char *name; /* positions/… */
    const char *actor, *issue;
    const char *negotiation; /* negotiations/…; "" for none */
    const char *state;       /* that the actor belongs to, as recorded; "" for none */
    int stance;              /* −2 … 2 */
    cm_date date;
    const char *collection; /* id */
    TypCertainty certainty;
} trd_position;

/* All positions that are known, in order of names. */
cm_status trd_positions_read(trd_moment at, cm_arena *arena, trd_position **positions, size_t *count) CM_MUST_USE;

typedef struct trd_divergence {
    const trd_position *city,
        *state; /* state NULL: no stance of its own state lies near enough; city then the latest */
} trd_divergence;

/* One for each city and issue, in order of city and issue: the pair nearest in time, at most 5 × 365.25 days apart; of
 * equals the later city date, then the later state date. A partial date counts from its first day. */
void trd_positions_pair(const trd_position *positions, size_t count, cm_arena *arena, trd_divergence **pairs,
                        size_t *pair_count);

enum { TRD_NEAR_QUARTER_DAYS = 5 * 1461 }; /* 5 × 365.25 days, in quarters of a day */

#endif
