/* trd_groupings.h: editions of groupings of states, as the registry records them. Reach for it where states are told
 * apart by a grouping. In an arena. */
#ifndef TRD_GROUPINGS_H
#define TRD_GROUPINGS_H

#include "base/cm_arena.h"
#include "base/cm_date.h"
#include "trends/trd_moment.h"

typedef struct trd_edition {
    const char *grouping, *label; /* "brics", "2024-01-01" */
    cm_date date;
    const char **states; /* states/… */
    size_t count;
} trd_edition;

/* All editions, by grouping and date. */
cm_status trd_groupings_read(trd_moment at, cm_arena *arena, trd_edition **editions, size_t *count) CM_MUST_USE;

bool trd_edition_has(const trd_edition *edition, const char *state);

/* The newest edition of a grouping that begins not after `date` (by first days; NONE: of all); NULL where there is
 * none. */
const trd_edition *trd_grouping_at(const trd_edition *editions, size_t count, const char *grouping, cm_date date);

#endif
