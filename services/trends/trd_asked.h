/* trd_asked.h: what users asked of a store of trends, which no journal of another service tells: questions of their own
 * and alerts. Reach for it where trends are counted anew, so that the new store is asked the same. One thread. */
#ifndef TRD_ASKED_H
#define TRD_ASKED_H

#include "trends/trd_alert.h"
#include "trends/trd_own_store.h"

typedef struct trd_asked {
    trd_own_kept *questions; /* in the arena */
    size_t question_count;
    TrdAlert **alerts;
    size_t alert_count;
} trd_asked;

cm_status trd_asked_read(cm_db *db, cm_arena *arena, trd_asked *asked) CM_MUST_USE;

/* Asks a store that was asked nothing: questions are not filled yet; alerts remember how often they fired. */
cm_status trd_asked_write(const trd_asked *asked, cm_tx *tx, cm_arena *arena) CM_MUST_USE;

#endif
