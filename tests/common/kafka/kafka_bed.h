/* kafka_bed.h: the broker that a test of Kafka runs against: the in-process one, or the one that CITYNEG_KAFKA names.
 * Reach for it in every test that needs a broker; topics have names of chance, so that a real broker may be used again
 * and again. */
#ifndef KAFKA_BED_H
#define KAFKA_BED_H

#include "../store/store_bed.h"

#include <stdio.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "base/cm_uuid.h"
#include "kafka/cm_broker.h"
#include "kafka/cm_kafka.h"

enum { BED_PARTITIONS = 4, BED_WAIT_MS = 30000 };

typedef struct kafka_bed {
    cm_broker *broker; /* NULL where it is a real one */
    char bootstrap[128];
    cm_cluster *cluster; /* there */
    char topic[64];
} kafka_bed;

static inline int64_t bed_deadline(void)
{
    return cm_clock_monotonic_us() + (int64_t)BED_WAIT_MS * 1000;
}

static inline void bed_name_topic(kafka_bed *bed)
{
    char id[CM_UUID_TEXT];

    snprintf(bed->topic, sizeof bed->topic, "test.events.%s", cm_uuid_format(cm_uuid_random(), id));
}

/* cmocka's setup: the in-process broker. */
static inline int bed_embedded(void **state)
{
    kafka_bed *bed = cm_alloc(sizeof *bed);

    assert_ok(cm_broker_start(0, BED_PARTITIONS, &bed->broker));
    snprintf(bed->bootstrap, sizeof bed->bootstrap, "%s", cm_broker_bootstrap(bed->broker));
    assert_ok(cm_cluster_new(bed->bootstrap, NULL, 0, NULL, &bed->cluster));
    bed_name_topic(bed);
    *state = bed;
    return 0;
}

/* cmocka's setup: the broker of CITYNEG_KAFKA. */
static inline int bed_real(void **state)
{
    kafka_bed *bed = cm_alloc(sizeof *bed);

    snprintf(bed->bootstrap, sizeof bed->bootstrap, "%s", getenv("CITYNEG_KAFKA"));
    assert_ok(cm_cluster_new(bed->bootstrap, NULL, 0, NULL, &bed->cluster));
    bed_name_topic(bed);
    *state = bed;
    return 0;
}

/* Whether a real broker is named, which the tests then run against in place of the in-process one. */
static inline bool bed_has_real(void)
{
    return getenv("CITYNEG_KAFKA") != NULL;
}

#define BED_EMBEDDED(test) cmocka_unit_test_setup_teardown(test, bed_embedded, bed_end)
#define BED_REAL(test) cmocka_unit_test_setup_teardown(test, bed_real, bed_end)

static inline int bed_port(const kafka_bed *bed)
{
    return atoi(strrchr(bed->bootstrap, ':') + 1);
}

/* Ends the in-process broker, and starts an empty one at the same port. */
static inline void bed_stop(kafka_bed *bed)
{
    cm_broker_stop(bed->broker);
    bed->broker = NULL;
}

static inline void bed_start(kafka_bed *bed)
{
    assert_ok(cm_broker_start(bed_port(bed), BED_PARTITIONS, &bed->broker));
}

static inline int bed_end(void **state)
{
    kafka_bed *bed = *state;

    cm_broker_stop(bed->broker);
    cm_cluster_free(bed->cluster);
    free(bed);
    return 0;
}

/* Reads until `want` records are there; fails after BED_WAIT_MS. */
static inline cm_record *bed_read(cm_consumer *consumer, int want, cm_arena *arena)
{
    cm_record *all = cm_arena_take(arena, (size_t)want * sizeof *all), *some;
    int64_t deadline = bed_deadline();
    int have = 0, count;

    while (have < want) {
        cm_status s = cm_consumer_poll(consumer, 200, want - have, arena, &some, &count);
        if (s.code == CM_UNAVAILABLE)
            cm_status_clear(&s);
        assert_ok(s);
        memcpy(all + have, some, (size_t)count * sizeof *all);
        have += count;
        if (cm_clock_monotonic_us() > deadline)
            fail_msg("%d of %d records after %d ms", have, want, BED_WAIT_MS);
    }
    return all;
}

#endif
