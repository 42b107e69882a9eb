/* trd_merges.h: actors that were merged into others, by what the registry's events told. Reach for it where facts are
 * read: they name actors as they stood when they were recorded, and are rewritten to name those that stay, so that a
 * merge that is taken back costs nothing. On the thread of its database. */
#ifndef TRD_MERGES_H
#define TRD_MERGES_H

#include "cityneg/events/v1/events.grpc-c.h"
#include "store/cm_store.h"

typedef struct trd_merge {
    const char *actor, *survivor;
    const char *state; /* of the survivor, "" where it has none */
} trd_merge;

typedef struct trd_merges {
    trd_merge *items; /* in order of actors; in the arena */
    size_t count;
} trd_merges;

/* What holds now. */
cm_status trd_merges_read(cm_db *db, cm_arena *arena, trd_merges *merges) CM_MUST_USE;

/* Remembers what an event of an actor, recorded at that time, says of it. On the writer. */
cm_status trd_merges_note(cm_db *db, const EvtEvent *event, int64_t recorded_at) CM_MUST_USE;

/* Forgets those of a partition of the registry, while its facts are there. On the writer. */
cm_status trd_merges_forget(cm_db *db, int part) CM_MUST_USE;

/* The one that stays, or `actor` itself. */
const char *trd_merges_survivor(const trd_merges *merges, const char *actor);

/* Lets the event name survivors wherever it names what was merged into them, in names of resources below too; in a list
 * of names each stays once. What was known of an actor stays as it was; where it had no state, the survivor's counts.
 * `met` (NULL: not told) has a byte for each merge: what the event takes of it is added there. */
typedef enum trd_met { TRD_MET_NAME = 1, TRD_MET_STATE = 2 } trd_met;
void trd_merges_apply(const trd_merges *merges, EvtEvent *event, cm_arena *arena, uint8_t *met);

#endif
