/* trd_kept.h: the newest report, kept until one of its inputs moves. Reach for it to answer without computing again.
 * Any thread. */
#ifndef TRD_KEPT_H
#define TRD_KEPT_H

#include "trends/trd_report.h"

typedef struct trd_kept trd_kept;

trd_kept *trd_kept_new(void);
void trd_kept_free(trd_kept *kept);

/* The report of the positions that `db` (in a read transaction) shows. Of several that ask for the same at once one
 * computes, and the others wait for it. */
cm_status trd_kept_report(trd_kept *kept, cm_db *db, cm_arena *arena, TrdReport *report) CM_MUST_USE;

/* "topic/part/epoch/seq;…": whatever a report depends on. */
cm_status trd_kept_inputs(cm_db *db, cm_arena *arena, char **inputs) CM_MUST_USE;

#endif
