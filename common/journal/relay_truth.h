/* relay_truth.h: where a relay goes on: what the topic itself says of each partition, compared with the journal.
 * Reach for it in the relay only, on its thread. */
#ifndef CM_RELAY_TRUTH_H
#define CM_RELAY_TRUTH_H

#include "journal/cm_journal.h"
#include "kafka/cm_kafka.h"

/* What a partition of the topic says. */
typedef enum relay_verdict {
    RELAY_UNUSED,    /* never written: from the start */
    RELAY_EMPTIED,   /* by retention: after the stored watermark */
    RELAY_CONTINUES, /* its newest record is a row of this journal: after it */
    RELAY_FOREIGN,   /* its newest record is of another epoch: from the start */
    RELAY_LOST,      /* its newest record is of this epoch, but not this journal's, which has to begin another one */
} relay_verdict;

typedef struct relay_truth {
    relay_verdict verdict;
    int64_t after; /* the seq to go on after */
    int64_t next;  /* the offset that the next record will get */
} relay_truth;

/* Asks the broker and the journal, for every partition. UNAVAILABLE where the broker does not answer within `wait_ms`.
 */
cm_status relay_truth_find(cm_journal *journal, cm_db *db, const cm_cluster *kafka, int wait_ms,
                           relay_truth *truths) CM_MUST_USE;

#endif
