/* trd_kept.h: the newest report by each kind of bins, kept until one of its inputs moves. Reach for it to answer
 * without computing again. Any thread. */
#ifndef TRD_KEPT_H
#define TRD_KEPT_H

#include "trends/trd_report.h"

typedef struct trd_kept trd_kept;

trd_kept *trd_kept_new(void);
void trd_kept_free(trd_kept *kept); /* once nobody computes or waits */

/* The report of the positions that `db` (in a read transaction) shows. Of several that ask for the same at once one
 * computes, without a lock, and the others wait for it; where it is given up, one of those who wait computes anew. Who
 * asks for another state or other bins waits for nobody. CANCELLED where `how->stop` says so. */
cm_status trd_kept_report(trd_kept *kept, cm_db *db, const trd_how *how, cm_arena *arena,
                          TrdReport *report) CM_MUST_USE;

/* "topic/part/epoch/seq;…": whatever a report depends on. */
cm_status trd_kept_inputs(cm_db *db, cm_arena *arena, char **inputs) CM_MUST_USE;

#endif
