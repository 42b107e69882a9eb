/* neg_dyads.h: the pairs of actors that a negotiation brings together. Reach for it where relations of two are asked
 * for; a negotiation itself is one, however many take part. Pure; any thread. */
#ifndef NEG_DYADS_H
#define NEG_DYADS_H

#include "base/cm_arena.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"

/* Adds to the response the pairs from number `from` on (0 is the first), at most `size` of them, in order of names, and
 * how many there are in all. With an `actor` other than "", its pairs alone. */
void neg_dyads(const NegNegotiation *negotiation, const char *actor, int64_t from, size_t size, cm_arena *arena,
               NegListDyadsResponse *response);

#endif
