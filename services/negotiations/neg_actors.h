/* neg_actors.h: what this service knows of the registry's actors: a table of snapshots, so that an entry is recorded
 * without asking anyone. Reach for it in the feed of the registry's topic and where a snapshot is needed.
 *
 * Rows come by two ways, the feed and the answers to questions, and either may be late: within one epoch of the
 * registry only a newer revision is written; a row of another epoch replaces what is known, and the feed's reset
 * removes what an epoch left behind. */
#ifndef NEG_ACTORS_H
#define NEG_ACTORS_H

#include "cityneg/registry/v1/registry.grpc-c.h"
#include "journal/cm_tx.h"

/* For cm_feed: applies rows of actors, leaves others alone; forgets what a partition's old epoch told. The context is
 * not used. On the writer. */
cm_status neg_actors_apply(void *context, cm_tx *tx, const cm_row *row) CM_MUST_USE;
cm_status neg_actors_reset(void *context, cm_tx *tx, int part) CM_MUST_USE;

/* What the registry's answer says of an actor, in the arena. `epoch` is that of the registry's journal. */
TypActorSnapshot *neg_actors_snapshot(const RegActor *actor, int64_t revision, const char *epoch, cm_arena *arena);

/* Writes a snapshot where it is newer than what is known; `part` < 0: not known. */
cm_status neg_actors_put(cm_db *db, const TypActorSnapshot *snapshot, int part) CM_MUST_USE;

/* Fills the snapshot; *known is false where there is none. Strings are in the arena. */
cm_status neg_actors_find(cm_db *db, const char *name, cm_arena *arena, TypActorSnapshot *snapshot,
                          bool *known) CM_MUST_USE;
cm_status neg_actors_known(cm_db *db, const char *name, bool *known) CM_MUST_USE;

#endif
