/* cm_relay.h: carries a journal's rows to their Kafka topic, each partition in order, at least once. Reach for it in a
 * service's wiring: start after the journal is open, stop before it closes. It has a thread of its own, waits for a
 * broker that is away (and says so), and after every start, disconnect and fatal error resumes at the newest record of
 * the partition: an empty, never-used topic is filled from the start. Each of several replicas starts one: they share
 * the partitions, and take over those of a replica that ends, is cut off, or stands still for half a minute. */
#ifndef CM_RELAY_H
#define CM_RELAY_H

#include "journal/cm_journal.h"
#include "kafka/cm_cluster.h"

typedef struct cm_relay cm_relay;

/* Does not wait for Kafka: what is wrong there is logged, once for each change, and tried again. A topic that is
 * missing is made, for 30 days where its name has ".events." in it, else compacted; one with another number of
 * partitions than the journal gets nothing. `kafka` is borrowed. */
cm_status cm_relay_start(cm_journal *journal, const cm_cluster *kafka, cm_relay **relay) CM_MUST_USE;

/* The newest seq of a partition that the broker has acknowledged, as far as this relay knows: where another one carries
 * the partition, the store has the news (cm_journal_sent). From any thread. */
int64_t cm_relay_acknowledged(const cm_relay *relay, int part);

/* OK while rows go to Kafka, by this relay or by those of other replicas; else why they wait: UNAVAILABLE before the
 * first answer and while no broker can be reached, FAILED_PRECONDITION where the topic is not as it has to be. From any
 * thread. */
cm_status cm_relay_state(cm_relay *relay) CM_MUST_USE;

/* What this relay has to carry, as counted about a second ago. From any thread. */
typedef struct cm_relay_backlog {
    int partitions;    /* that are this relay's */
    int64_t rows;      /* of them that the broker has not acknowledged */
    int64_t oldest_us; /* when the oldest of these was recorded, wall microseconds; INT64_MAX: there is none */
} cm_relay_backlog;
cm_relay_backlog cm_relay_waiting(cm_relay *relay);

/* Where Kafka is there, sends what the journal has for at most `wait_ms`; then ends. Before the journal closes. */
void cm_relay_stop(cm_relay *relay, int wait_ms);

#endif
