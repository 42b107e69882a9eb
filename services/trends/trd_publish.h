/* trd_publish.h: publishes what a report says: one row of the journal for each trend whose value is another than the
 * newest published one, and for each that the facts give no longer. Reach for it when a report has been made. */
#ifndef TRD_PUBLISH_H
#define TRD_PUBLISH_H

#include "cityneg/trends/v1/trends.grpc-c.h"
#include "journal/cm_journal.h"
#include "store/cm_claims.h"

/* Writes in steps of some hundred trends, each on the writer's lane and durable when done, and tells how many rows were
 * appended: 0 where nothing changed. Values are compared by their bytes, and the same report gives the same bytes. What
 * fails leaves whole steps undone, and publishing again completes it. Not on a lane of the journal.
 *
 * `claims`, whose piece 0 is publishing, may be NULL. ABORTED where it is no longer held: another replica publishes,
 * and knows more. */
cm_status trd_publish(cm_journal *journal, const cm_claims *claims, const TrdReport *report,
                      int64_t *appended) CM_MUST_USE;

#endif
