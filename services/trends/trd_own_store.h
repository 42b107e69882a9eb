/* trd_own_store.h: questions of users' own as they are kept: what is asked, the cells that sum their units, and how far
 * they are filled. Reach for it where events are counted, and to answer.
 *
 * A question fills from facts in order of their names; what an event changes is counted at once where the fact's name
 * is reached already, and later by the filling where it is not. So every fact counts once, however both interleave. */
#ifndef TRD_OWN_STORE_H
#define TRD_OWN_STORE_H

#include "journal/cm_tx.h"
#include "trends/trd_own_cache.h"

typedef struct trd_own_kept {
    trd_own own;
    TrdOwnQuestion *asked; /* with its outputs, facts aside */
    const char *reached;   /* facts up to this name are counted */
    cm_position at;        /* of its row in the journal */
} trd_own_kept;

/* All of them, by name; in the arena. `write` holds them still until the transaction ends. */
cm_status trd_own_all(cm_db *db, bool write, cm_arena *arena, trd_own_kept **all, size_t *count) CM_MUST_USE;

/* One of them; *found is NULL where there is none of that name. */
cm_status trd_own_find(cm_db *db, const char *name, cm_arena *arena, trd_own_kept **found) CM_MUST_USE;

/* Puts an event's units in (sign 1) or takes them out (−1), of every question that has reached the resource. */
cm_status trd_own_count(cm_db *db, trd_own_cache *cache, const char *source, int part, const char *resource,
                        const EvtEvent *event, int64_t sign, cm_arena *arena) CM_MUST_USE;

/* Forgets what came from one partition of a source. */
cm_status trd_own_forget(cm_db *db, const char *source, int part) CM_MUST_USE;

/* Fills the first question that is not yet, with the next facts, at most `most` of them; *name is "" where all are
 * filled, and *done whether that one is now. */
cm_status trd_own_fill(cm_tx *tx, int most, cm_arena *arena, const char **name, bool *done) CM_MUST_USE;

/* The cells as units, each dated by its bin; the fields that cells lack are "". */
cm_status trd_own_tally(cm_db *db, const trd_own *own, cm_arena *arena, trd_unit **units, size_t *count) CM_MUST_USE;

/* How many facts of the kind there are. */
cm_status trd_own_facts(cm_db *db, const trd_own *own, int64_t *facts) CM_MUST_USE;

/* Keeps a new question, not filled, with its row in the journal, and tells when that was recorded (may be NULL);
 * removes one with its cells, with a row that says so. Outputs of the question are not kept. On the writer's lane. */
cm_status trd_own_ask(cm_tx *tx, const TrdOwnQuestion *asked, const char *actor, const char *traceparent,
                      cm_arena *arena, int64_t *recorded_at) CM_MUST_USE;
cm_status trd_own_remove(cm_tx *tx, const TrdOwnQuestion *asked, const char *actor, const char *traceparent,
                         cm_arena *arena) CM_MUST_USE;

/* A question without its outputs: what the caller says. */
TrdOwnQuestion *trd_own_words(const TrdOwnQuestion *question, cm_arena *arena);

#endif
