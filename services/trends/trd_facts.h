/* trd_facts.h: the newest state of every resource that trends has seen, and the cells that sum their units. Reach for
 * it to count an event (in the transaction that moves the feed's position) and to read what was counted.
 *
 * Cells equal the sum of the units of all facts, exactly and whatever the order of events: a new version of a resource
 * takes its old units out and puts its new ones in. */
#ifndef TRD_FACTS_H
#define TRD_FACTS_H

#include "journal/cm_tx.h"
#include "trends/trd_filter.h"
#include "trends/trd_moment.h"
#include "trends/trd_own_cache.h"
#include "trends/trd_question.h"

enum { TRD_UNDATED = -10000000 }; /* the day of units without a date: earlier than any year */

/* Counts one row of a journal; `source` is "registry" or "negotiations", `cache` the writer's. */
cm_status trd_count(cm_tx *tx, trd_own_cache *cache, const char *source, const cm_row *row) CM_MUST_USE;

/* Forgets what came from one partition of a source. */
cm_status trd_forget(cm_tx *tx, const char *source, int part) CM_MUST_USE;

/* Forgets versions that no question about an earlier report can reach: those that had ended when the first row of this
 * store's own journal was recorded, since there is no report from before it. On the writer's lane. */
cm_status trd_facts_prune(cm_tx *tx) CM_MUST_USE;

/* How many facts were corrected, retracted or erased after a moment. */
cm_status trd_facts_former(trd_moment since, int64_t *count) CM_MUST_USE;

/* The names of what was erased after a moment, in order; nothing else is known of it. */
cm_status trd_facts_erased(trd_moment since, cm_arena *arena, char ***names, size_t *count) CM_MUST_USE;

/* Calls `visit` for each fact of a kind ("negotiation", "entry", "agreement" …) in order of names. The event lives
 * during the call, and names those that stay in place of actors that were merged into them; `resource` is its name as
 * it was recorded. */
typedef cm_status (*trd_visit)(void *context, const char *resource, const EvtEvent *event);
cm_status trd_facts_each(trd_moment at, const char *kind, trd_visit visit, void *context) CM_MUST_USE;

/* The units of an additive question that fit, from facts, in order of resource names; in the arena. */
cm_status trd_facts_units(trd_moment at, const trd_question *question, const trd_filter *filter, cm_arena *arena,
                          trd_unit **units, size_t *count) CM_MUST_USE;

/* One sum. */
typedef struct trd_cell {
    int32_t day; /* since 1970-01-01, TRD_UNDATED */
    const char *group, *category, *collection;
    TypCertainty certainty;
    int64_t weight; /* in parts of TRD_WHOLE */
} trd_cell;

/* The cells of a question, summed over sources and partitions, in order of their columns; in the arena. */
cm_status trd_cells(cm_db *db, const char *question, cm_arena *arena, trd_cell **cells, size_t *count) CM_MUST_USE;

#endif
