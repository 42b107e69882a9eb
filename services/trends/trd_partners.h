/* trd_partners.h: pairs of a focal city and a foreign party, by their first agreement. Reach for it to see towards whom
 * a set of cities turns. Pure; in an arena. */
#ifndef TRD_PARTNERS_H
#define TRD_PARTNERS_H

#include "trends/trd_agreements.h"

typedef struct trd_pair {
    const char *city, *party;
    const char *state;              /* the party's; "" : it belongs to none, or the weight cannot be split: unknown */
    const trd_agreement *agreement; /* their first */
    cm_date date;                   /* its signature; NONE: undated */
    int64_t weight;                 /* of TRD_WHOLE: split over the agreement's foreign parties */
} trd_pair;

/* Pairs of all cities of `focal` (states/ru), in order of city and party. A pair counts in the agreement with the
 * earliest dated signature, of equal dates in the one whose name comes first; without any, in the first by name. */
void trd_partners_pair(const trd_agreement *agreements, size_t count, const char *focal, cm_arena *arena,
                       trd_pair **pairs, size_t *pair_count);

#endif
