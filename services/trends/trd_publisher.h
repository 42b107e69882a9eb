/* trd_publisher.h: computes the report in the background whenever what was counted has moved and come to rest, and
 * publishes what changed. Reach for it in the wiring; whoever counts tells it that something moved.
 *
 * It waits until nothing has moved for TRD_QUIET_US, but under steady load never longer than TRD_MOST_US after the
 * first move that is not yet published. Its work runs on a thread of its own. Of several replicas one publishes, also
 * what the others counted, which it finds out within a second. */
#ifndef TRD_PUBLISHER_H
#define TRD_PUBLISHER_H

#include "journal/cm_journal.h"
#include "trends/trd_kept.h"

enum { TRD_QUIET_US = 500000, TRD_MOST_US = 30000000 };

typedef struct trd_publisher trd_publisher;

/* Journal and kept report are borrowed until it is stopped. What an earlier process left unpublished is published. */
cm_status trd_publisher_start(cm_journal *journal, trd_kept *kept, trd_publisher **publisher) CM_MUST_USE;

/* Something was counted. Any thread, also the writer's before its commit; never blocks for long. */
void trd_publisher_moved(trd_publisher *publisher);

/* Ends after the work under way; what moved last may be left for the next start. */
void trd_publisher_stop(trd_publisher *publisher);

/* Microseconds from `now` until what moved first and last at these times is to be published; ≤ 0: it is due. Pure. */
int64_t trd_publisher_wait(int64_t first, int64_t last, int64_t now);

#endif
