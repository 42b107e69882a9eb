/* neg_compare.h: a city's claims on an issue beside those of a state. Reach for it where the two are compared.
 * Pure; any thread. */
#ifndef NEG_COMPARE_H
#define NEG_COMPARE_H

#include "base/cm_arena.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"

/* Pairs each of the city's claims with the state's claim that is nearest in time, at most 5 × 365.25 days away; of
 * equals the later one. A partial date counts from its first day. Both lists are of the one issue, in any order; they
 * are sorted by date in place, and the comparison points into them. The nearest of all pairs is marked; of equals the
 * later city date, then the later state date. */
void neg_compare(NegPosition **city, size_t city_count, NegPosition **state, size_t state_count, cm_arena *arena,
                 NegIssueComparison *comparison);

#endif
