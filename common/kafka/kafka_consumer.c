#include <stdlib.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "kafka/cm_kafka.h"
#include "kafka/kafka_conf.h"
#include "kafka/kafka_record.h"

enum { RETRY_MS = 50, LEADER_MS = 1000 };

/* Partitions are fetched into one queue without a group: whoever consumes knows where it stands. */
struct cm_consumer {
    kafka_link link; /* first: the opaque of librdkafka's callbacks */
    rd_kafka_t *client;
    rd_kafka_queue_t *records;
    rd_kafka_topic_t *topic; /* what is assigned; NULL: nothing */
    int partitions;
    cm_status pending; /* what was wrong after the records of the last poll */
};

static const kafka_setting settings[] = {
    {"allow.auto.create.topics", "false"},
    {"auto.offset.reset", "earliest"},
    {"fetch.wait.max.ms", "100"},
    {"fetch.error.backoff.ms", "100"},
    {"queued.max.messages.kbytes", "8192"},
    {"enable.auto.offset.store", "false"},
    {"check.crcs", "true"},
    {NULL},
};

cm_status cm_consumer_new(const cm_cluster *cluster, cm_consumer **consumer)
{
    cm_consumer *made = cm_alloc(sizeof *made);
    cm_status s = kafka_client(RD_KAFKA_CONSUMER, cluster, settings, NULL, made, &made->client);

    if (!cm_is_ok(s)) {
        free(made);
        return s;
    }
    made->records = rd_kafka_queue_new(made->client);
    *consumer = made;
    return cm_ok();
}

static void unassign(cm_consumer *consumer)
{
    for (int i = 0; i < consumer->partitions; i++)
        rd_kafka_consume_stop(consumer->topic, i);
    if (consumer->topic)
        rd_kafka_topic_destroy(consumer->topic);
    consumer->topic = NULL;
    consumer->partitions = 0;
}

cm_status cm_consumer_assign(cm_consumer *consumer, const char *topic, int partitions, const int64_t *offsets)
{
    unassign(consumer);
    consumer->topic = rd_kafka_topic_new(consumer->client, topic, NULL);
    if (!consumer->topic)
        return kafka_failure(rd_kafka_last_error(), "topic %s", topic);
    for (; consumer->partitions < partitions; consumer->partitions++) {
        int part = consumer->partitions;
        if (offsets[part] == CM_OFFSET_NONE)
            continue;
        int64_t from = offsets[part] == CM_OFFSET_START ? RD_KAFKA_OFFSET_BEGINNING
                       : offsets[part] == CM_OFFSET_END ? RD_KAFKA_OFFSET_END
                                                        : offsets[part];
        if (rd_kafka_consume_start_queue(consumer->topic, part, from, consumer->records) < 0)
            return kafka_failure(rd_kafka_last_error(), "%s [%d] from %lld", topic, part, (long long)from);
    }
    return cm_ok();
}

/* Takes one message: a record into the arena, or what is wrong. */
static cm_status take(cm_consumer *consumer, rd_kafka_message_t *message, cm_arena *arena, cm_record *records,
                      int *count)
{
    cm_status s = cm_ok();

    if (!message->err) {
        atomic_store(&consumer->link.away, false);
        records[(*count)++] = kafka_record_of(message, arena);
    } else if (message->err != RD_KAFKA_RESP_ERR__TRANSPORT) {
        s = kafka_failure(message->err, "%s [%d]", message->rkt ? rd_kafka_topic_name(message->rkt) : "consumer",
                          message->partition);
    }
    rd_kafka_message_destroy(message);
    return s;
}

/* Whether a broker answers: asked only while none did. */
static cm_status reach(cm_consumer *consumer, int wait_ms)
{
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t error;

    if (!atomic_load(&consumer->link.away))
        return cm_ok();
    error = rd_kafka_metadata(consumer->client, 0, consumer->topic, &metadata, wait_ms);
    if (error)
        return kafka_failure(error, "no broker can be reached");
    rd_kafka_metadata_destroy(metadata);
    atomic_store(&consumer->link.away, false);
    return cm_ok();
}

cm_status cm_consumer_poll(cm_consumer *consumer, int wait_ms, int limit, cm_arena *arena, cm_record **records,
                           int *count)
{
    rd_kafka_message_t *message;
    cm_status s = consumer->pending;

    consumer->pending = cm_ok();
    *records = cm_arena_take(arena, (size_t)limit * sizeof **records);
    *count = 0;
    rd_kafka_poll(consumer->client, 0);
    if (cm_is_ok(s))
        s = reach(consumer, wait_ms);
    while (cm_is_ok(s) && *count < limit && (message = rd_kafka_consume_queue(consumer->records, *count ? 0 : wait_ms)))
        s = take(consumer, message, arena, *records, count);
    if (!*count)
        return s;
    consumer->pending = s;
    return cm_ok();
}

void cm_consumer_wake(cm_consumer *consumer)
{
    rd_kafka_queue_yield(consumer->records);
}

/* `which`: RD_KAFKA_OFFSET_BEGINNING or RD_KAFKA_OFFSET_END, which are times to Kafka. rd_kafka_query_watermark_offsets
 * of librdkafka before 2.3.0 waits for ever where the leader has gone meanwhile (librdkafka#2588); this call keeps to
 * its time. */
static rd_kafka_resp_err_t query_offset(cm_consumer *consumer, const char *topic, int32_t part, int64_t which,
                                        int wait_ms, int64_t *offset)
{
    rd_kafka_topic_partition_list_t *asked = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_t *place = rd_kafka_topic_partition_list_add(asked, topic, part);

    place->offset = which;
    rd_kafka_resp_err_t error = rd_kafka_offsets_for_times(consumer->client, asked, wait_ms);
    if (!error)
        error = asked->elems[0].err;
    *offset = asked->elems[0].offset;
    rd_kafka_topic_partition_list_destroy(asked);
    return error;
}

/* Learns anew who leads. What fails here fails again where it is asked for. */
static void look_for_leaders(cm_consumer *consumer, const char *name, int wait_ms)
{
    rd_kafka_topic_t *topic = rd_kafka_topic_new(consumer->client, name, NULL);
    const struct rd_kafka_metadata *metadata;

    if (topic && !rd_kafka_metadata(consumer->client, 0, topic, &metadata, wait_ms))
        rd_kafka_metadata_destroy(metadata);
    if (topic)
        rd_kafka_topic_destroy(topic);
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A partition that is new, or whose leader moves, is asked for again: librdkafka does that only for records. */
cm_status cm_consumer_watermarks(cm_consumer *consumer, const char *topic, int32_t part, int wait_ms, int64_t *low,
                                 int64_t *high)
{
    int64_t deadline_us = cm_clock_monotonic_us() + (int64_t)wait_ms * 1000;

    for (;;) {
        int64_t left_ms = (deadline_us - cm_clock_monotonic_us()) / 1000;
        int once_ms = (int)least(left_ms > 0 ? left_ms : 0, LEADER_MS);
        rd_kafka_resp_err_t error = query_offset(consumer, topic, part, RD_KAFKA_OFFSET_BEGINNING, once_ms, low);

        if (!error)
            error = query_offset(consumer, topic, part, RD_KAFKA_OFFSET_END, once_ms, high);
        if (!error)
            break;
        cm_status s = kafka_failure(error, "%s [%d], its offsets", topic, part);
        if (s.code != CM_UNAVAILABLE || left_ms <= RETRY_MS)
            return s;
        cm_status_clear(&s);
        rd_kafka_poll(consumer->client, RETRY_MS);
        look_for_leaders(consumer, topic, once_ms);
    }
    atomic_store(&consumer->link.away, false);
    return cm_ok();
}

void cm_consumer_free(cm_consumer *consumer)
{
    if (!consumer)
        return;
    unassign(consumer);
    cm_status_clear(&consumer->pending);
    rd_kafka_queue_destroy(consumer->records);
    rd_kafka_destroy(consumer->client);
    free(consumer);
}
