/* kafka_record.h: records as librdkafka has them and as cm_kafka.h has them. Reach for it only inside common/kafka. */
#ifndef KAFKA_RECORD_H
#define KAFKA_RECORD_H

#include <librdkafka/rdkafka.h>

#include "kafka/cm_kafka.h"

/* Copies what a consumer got, headers too. */
cm_record kafka_record_of(const rd_kafka_message_t *message, cm_arena *arena);

/* The headers of a record for librdkafka; the caller or the message that takes them owns them. */
rd_kafka_headers_t *kafka_record_headers(const cm_record *record);

#endif
