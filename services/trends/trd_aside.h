/* trd_aside.h: the rows that a store of trends has put aside, as a list that another store takes over. Reach for it
 * where trends are counted anew: what was put aside is not counted there either, and may be replayed there. One thread.
 */
#ifndef TRD_ASIDE_H
#define TRD_ASIDE_H

#include "journal/cm_tx.h"

enum { TRD_ASIDE_COLUMNS = 10 };

typedef struct trd_aside {
    cm_value (*letters)[TRD_ASIDE_COLUMNS]; /* as the store has them, in the arena */
    size_t count;
} trd_aside;

cm_status trd_aside_read(cm_db *db, cm_arena *arena, trd_aside *aside) CM_MUST_USE;
bool trd_aside_has(const trd_aside *aside, const char *topic, cm_position at);

/* Writes those of a topic into a store that has none. */
cm_status trd_aside_write(const trd_aside *aside, cm_tx *tx, const char *topic) CM_MUST_USE;

#endif
