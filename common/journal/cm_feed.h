/* cm_feed.h: follows another service's journal through its Kafka topic and applies each row once, in order, in the same
 * transaction that moves the position. Reach for it where a service keeps something of another's: negotiations its
 * actors, trends its facts.
 *
 * Replicas on one database follow a topic together: each partition is followed by one of them, and by another within
 * half a minute where that one ends, is cut off or stands still.
 *
 * A gap in a partition, a broker that is away, and a topic that is idle behind the journal's head are filled from
 * JournalService.Read. Another epoch than the one applied so far is told to `reset` before its rows come, from 1. */
#ifndef CM_FEED_H
#define CM_FEED_H

#include "base/cm_metrics.h"
#include "journal/cm_tx.h"
#include "kafka/cm_cluster.h"
#include "rpc/cm_channel.h"

typedef struct cm_feed cm_feed;

typedef struct cm_feed_options {
    const char *topic;       /* cityneg.registry.events.v1; also the key under which positions are kept */
    const cm_cluster *kafka; /* borrowed; NULL: the journal alone is followed */
    cm_channel *journal;     /* where the topic's journal is served; borrowed */
    cm_journal *into;        /* whose writer applies and keeps the position */
    cm_metrics *metrics;     /* gets how far the feed is behind; borrowed, NULL: none */
    int largest_batch;       /* rows in one transaction; 0: 1,000 */

    /* Applies one row. A failure undoes the batch; its rows are then applied one by one, and the one that fails is
     * logged and tried again with backoff. Its partition waits for it, the others go on. Where the reason lies in the
     * row (INVALID_ARGUMENT, INTERNAL, DATA_LOSS and the like) and four tries did not mend it, the row is put aside as
     * a dead letter, and its partition goes on: `apply` has to do with a row whatever its resource's former rows were.
     * A row that was put aside is applied later on demand (JournalService.ReplayDeadLetters) unless a newer one of its
     * resource was applied. An erasure is never put aside. What a Kafka record does not
     * carry (actor, request_id, salt, payload_digest, hash) is empty in a row that came from there. */
    cm_status (*apply)(void *context, cm_tx *tx, const cm_row *row);

    /* Everything of this partition that came from another epoch goes. Called for all partitions in one transaction. */
    cm_status (*reset)(void *context, cm_tx *tx, int part);
    void *context;
} cm_feed_options;

/* Waits for neither Kafka nor the journal: what is away is logged, once for each change, and tried again. Strings are
 * copied. */
cm_status cm_feed_start(const cm_feed_options *options, cm_feed **feed) CM_MUST_USE;

/* Ends after the batch under way. Before `into` closes and the channel is freed. */
void cm_feed_stop(cm_feed *feed);

/* Positions as kept in a store: rows of (part, epoch, seq), for progress. */
typedef struct cm_feed_position {
    cm_position at;
    cm_uuid epoch;
} cm_feed_position;
cm_status cm_feed_positions(cm_db *db, const char *topic, cm_arena *arena, cm_feed_position **positions,
                            int *count) CM_MUST_USE;

/* For how long the feeds into this journal have not been level with what they follow, as far as they know: the longest,
 * microseconds, 0 where all are level. From any thread. */
int64_t cm_feeds_behind_us(cm_journal *into);

/* How many rows of the topic are put aside, of which no newer one of their resource was applied. */
cm_status cm_feed_aside(cm_db *db, const char *topic, int64_t *rows) CM_MUST_USE;

#endif
