/* cm_kafka.h: records in and out of Kafka. Reach for it in the relay and in feeds; tools that show records too.
 * Failures are cm_status: UNAVAILABLE where the broker is away (librdkafka goes on trying), RESOURCE_EXHAUSTED where a
 * queue is full or a message too large, FAILED_PRECONDITION where a topic is not as it has to be. */
#ifndef CM_KAFKA_H
#define CM_KAFKA_H

#include "base/cm_arena.h"
#include "base/cm_digest.h"
#include "base/cm_status.h"
#include "kafka/cm_cluster.h"

typedef struct cm_header {
    const char *key;
    const void *value;
    size_t size;
} cm_header;

typedef struct cm_record {
    const char *topic;
    int32_t part;
    int64_t offset;    /* when read */
    int64_t timestamp; /* milliseconds */
    cm_bytes key, value;
    const cm_header *headers;
    int header_count;
} cm_record;

/* A record's largest size with its headers, as brokers take it unless told otherwise (message.max.bytes), with room for
 * framing. */
enum { CM_RECORD_LARGEST = 1000000 - 4096 };

/* A header's value as text, NULL where absent. */
const char *cm_record_header(const cm_record *record, const char *key, cm_arena *arena);

/* OK once a broker answers, UNAVAILABLE where none has within `wait_ms`; what else is wrong (a password, say) by its
 * own code, as soon as it is known. */
cm_status cm_kafka_answers(const cm_cluster *cluster, int wait_ms) CM_MUST_USE;

/* ---- topics ---- */

/* Makes sure that the topic exists with `partitions`; creates it where the broker lets us, for 30 days or compacted.
 * FAILED_PRECONDITION where it has another count, UNAVAILABLE where the broker does not answer within `wait_ms`. */
cm_status cm_kafka_topic(const cm_cluster *cluster, const char *topic, int partitions, bool compacted,
                         int wait_ms) CM_MUST_USE;

/* ---- producer: idempotent, gapless, acks=all, zstd ---- */

typedef struct cm_producer cm_producer;

/* Called from cm_producer_poll, in the order of each partition. `tag` is what the record was sent with. */
typedef void (*cm_delivered)(void *context, void *tag, int32_t part, int64_t offset, cm_status outcome);

/* Batches have at most `batch` bytes (0: as many as brokers usually take). A record that the broker finds too large, or
 * whose batch it does, is delivered as RESOURCE_EXHAUSTED. */
cm_status cm_producer_new(const cm_cluster *cluster, cm_delivered delivered, void *context, int batch,
                          cm_producer **producer) CM_MUST_USE;

/* Queues a record (copied) for the partition that it names. RESOURCE_EXHAUSTED: poll and try again. */
cm_status cm_producer_send(cm_producer *producer, const cm_record *record, void *tag) CM_MUST_USE;
int cm_producer_poll(cm_producer *producer, int wait_ms); /* deliveries reported */
int cm_producer_waiting(cm_producer *producer);           /* records not yet reported */

/* Ends a poll that waits, or the next one; from any thread that knows the producer to live. */
void cm_producer_wake(cm_producer *producer);

/* Why the producer has to be made anew: ABORTED after a fatal error (out of order, fenced), UNAVAILABLE once a
 * connection was lost: whoever answers next may not know what was sent before. OK where it may go on. */
cm_status cm_producer_fatal(cm_producer *producer) CM_MUST_USE;
void cm_producer_free(cm_producer *producer); /* drops what is queued */

/* ---- consumer: partitions assigned by the caller, offsets kept by the caller ---- */

typedef struct cm_consumer cm_consumer;
enum { CM_OFFSET_START = -2, CM_OFFSET_END = -1, CM_OFFSET_NONE = -3 }; /* NONE: not this partition */

cm_status cm_consumer_new(const cm_cluster *cluster, cm_consumer **consumer) CM_MUST_USE;

/* Reads partitions 0 … of a topic from these offsets (or CM_OFFSET_…), as many as `partitions`; replaces what was
 * assigned. An offset that the broker does not have becomes the start. Does not wait: where the topic is missing, a
 * later poll says NOT_FOUND. */
cm_status cm_consumer_assign(cm_consumer *consumer, const char *topic, int partitions,
                             const int64_t *offsets) CM_MUST_USE;

/* Up to `limit` records in the arena; waits at most `wait_ms` for the first. An empty answer is OK. UNAVAILABLE says
 * that no broker can be reached now (polling on is right, what was assigned stays); any other failure that the caller
 * assigns again. */
cm_status cm_consumer_poll(cm_consumer *consumer, int wait_ms, int limit, cm_arena *arena, cm_record **records,
                           int *count) CM_MUST_USE;

/* Ends a poll that waits, or the next one; from any thread that knows the consumer to live. */
void cm_consumer_wake(cm_consumer *consumer);

/* The first and the next offset of a partition. */
cm_status cm_consumer_watermarks(cm_consumer *consumer, const char *topic, int32_t part, int wait_ms, int64_t *low,
                                 int64_t *high) CM_MUST_USE;
void cm_consumer_free(cm_consumer *consumer);

#endif
