#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "kafka/cm_kafka.h"
#include "kafka/kafka_conf.h"
#include "kafka/kafka_record.h"

struct cm_producer {
    kafka_link link; /* first: the opaque of librdkafka's callbacks */
    rd_kafka_t *client;
    rd_kafka_queue_t *events;
    cm_delivered delivered; /* NULL while the producer ends */
    void *context;
    int reported; /* by the poll under way */
};

/* No record is given up while its producer lives. librdkafka lets go of a record that waited too long, begins its
 * numbers anew, and sends what was queued a moment later: a gap that no broker notices (librdkafka#2163, #4134). */
static const kafka_setting settings[] = {
    {"enable.idempotence", "true"},
    {"enable.gapless.guarantee", "true", .optional = true},
    {"acks", "all"},
    {"compression.type", "zstd"},
    {"retry.backoff.ms", "100"},
    {"linger.ms", "5"},
    {"batch.num.messages", "10000"},
    {"queue.buffering.max.messages", "20000"},
    {"queue.buffering.max.kbytes", "65536"},
    {"message.timeout.ms", "0"}, /* for ever */
    {NULL},
};

static void deliver(rd_kafka_t *client, const rd_kafka_message_t *message, void *opaque)
{
    cm_producer *producer = opaque;

    producer->reported++;
    if (!producer->delivered)
        return;
    producer->delivered(
        producer->context, message->_private, message->partition, message->offset,
        message->err ? kafka_failure(message->err, "%s [%d]", rd_kafka_topic_name(message->rkt), message->partition)
                     : cm_ok());
}

cm_status cm_producer_new(const cm_cluster *cluster, cm_delivered delivered, void *context, int batch,
                          cm_producer **producer)
{
    cm_producer *made = cm_alloc(sizeof *made);
    kafka_setting all[sizeof settings / sizeof *settings + 1] = {{"batch.size", NULL}};
    CM_FREE char *size = cm_format("%d", batch ? batch : CM_RECORD_LARGEST);
    cm_status s;

    all[0].value = size;
    memcpy(all + 1, settings, sizeof settings);
    made->delivered = delivered;
    made->context = context;
    s = kafka_client(RD_KAFKA_PRODUCER, cluster, all, deliver, made, &made->client);
    if (!cm_is_ok(s)) {
        free(made);
        return s;
    }
    made->events = rd_kafka_queue_get_main(made->client);
    *producer = made;
    return cm_ok();
}

cm_status cm_producer_send(cm_producer *producer, const cm_record *record, void *tag)
{
    rd_kafka_headers_t *headers = kafka_record_headers(record);
    rd_kafka_resp_err_t error = rd_kafka_producev(
        producer->client, RD_KAFKA_V_TOPIC(record->topic), RD_KAFKA_V_PARTITION(record->part),
        RD_KAFKA_V_KEY(record->key.data, record->key.size),
        RD_KAFKA_V_VALUE((void *)record->value.data, record->value.size), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
        RD_KAFKA_V_TIMESTAMP(record->timestamp), RD_KAFKA_V_HEADERS(headers), RD_KAFKA_V_OPAQUE(tag), RD_KAFKA_V_END);

    if (!error)
        return cm_ok();
    rd_kafka_headers_destroy(headers);
    return kafka_failure(error, "%s [%d], a record of %zu bytes", record->topic, record->part, record->value.size);
}

int cm_producer_poll(cm_producer *producer, int wait_ms)
{
    producer->reported = 0;
    rd_kafka_poll(producer->client, wait_ms);
    return producer->reported;
}

void cm_producer_wake(cm_producer *producer)
{
    rd_kafka_queue_yield(producer->events);
}

int cm_producer_waiting(cm_producer *producer)
{
    return rd_kafka_outq_len(producer->client);
}

cm_status cm_producer_fatal(cm_producer *producer)
{
    char why[512];

    if (atomic_load(&producer->link.fatal))
        return kafka_failure(rd_kafka_fatal_error(producer->client, why, sizeof why), "the producer ended (%s)", why);
    if (atomic_load(&producer->link.away) || atomic_load(&producer->link.lost))
        return cm_fail(CM_UNAVAILABLE, "the connection to Kafka was lost");
    return cm_ok();
}

void cm_producer_free(cm_producer *producer)
{
    if (!producer)
        return;
    producer->delivered = NULL;
    rd_kafka_purge(producer->client,
                   RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
    rd_kafka_flush(producer->client, 0);
    rd_kafka_queue_destroy(producer->events);
    rd_kafka_destroy(producer->client);
    free(producer);
}
