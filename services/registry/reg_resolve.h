/* reg_resolve.h: which actors a text means, each with what speaks for and against it. Reach for it where names come
 * from elsewhere. Looks at the index only; any thread. */
#ifndef REG_RESOLVE_H
#define REG_RESOLVE_H

#include "registry/reg_index.h"

/* Up to `most` candidates, the likeliest first. Points (docs/registry.md):
 *   name        0.60 as written, 0.55 but for case and marks, 0.50 transliterated, 0.35 or 0.25 with one or two edits
 *   population  0.20 · log10(1 + population) / 8, at most 0.20
 *   country     0.20 where it fits the hint, -0.30 where not; none where there is no hint, or the actor has no state
 *   period      -0.20 where the name was not in use at the date; else none
 * The score is their sum, cut to 0 … 1. */
RegActorResolution *reg_resolve(reg_index *index, const RegRawActor *raw, size_t most, cm_arena *arena);

#endif
