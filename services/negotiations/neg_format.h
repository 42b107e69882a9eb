/* neg_format.h: the format of a negotiation as its participants' kinds make it, and why. Reach for it when a
 * negotiation is recorded: the derived format stands beside the recorded one, so that where they differ can be seen.
 * Pure; any thread.
 *
 * Multilevel: actors of more than one level of government (cities, regions, states) are at the table, or an
 * international organisation is (an institution or organisation), however many take part. Else two are bilateral, more
 * are multilateral. A company is no level of government. */
#ifndef NEG_FORMAT_H
#define NEG_FORMAT_H

#include "base/cm_arena.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"

/* `kinds` are those of the different actors that take part, each once. UNSPECIFIED for fewer than two. `why` (may be
 * NULL) receives a clause such as "cities and states are at the table", in the arena. */
NegFormat neg_format_derive(const TypActorKind *kinds, size_t count, cm_arena *arena, const char **why);

#endif
