/* kafka_conf.h: what producer, consumer and topic checks share: a configuration with logs and connection state routed
 * here, and failures of librdkafka as cm_status. Reach for it only inside common/kafka. */
#ifndef KAFKA_CONF_H
#define KAFKA_CONF_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>

#include "kafka/cm_cluster.h"

/* The connection as librdkafka tells of it; any thread. Lies in the object that owns the client, as its opaque. */
typedef struct kafka_link {
    atomic_bool away;    /* no broker can be reached, as far as is known */
    atomic_uint lost;    /* connections that failed or ended */
    atomic_bool fatal;   /* librdkafka gave the client up: rd_kafka_fatal_error says why */
    atomic_bool refused; /* a broker was reached and did not let us in, or was not believed; `reason` says why */
    char reason[256];    /* written and read where the client is polled */
} kafka_link;

typedef struct kafka_setting {
    const char *key, *value;
    bool optional; /* left out where this librdkafka does not know the key */
} kafka_setting;

/* INVALID_ARGUMENT, beginning with `from`, where librdkafka does not take the setting. The value is not told. */
cm_status kafka_setting_check(const char *key, const char *value, const char *from) CM_MUST_USE;

/* A client of `type`, with these settings (ending with a NULL key) over the common ones, and the cluster's over both.
 * INVALID_ARGUMENT names the setting that is refused; `cluster` and `deliver` may be NULL. `opaque` is what callbacks
 * get; it begins with a kafka_link. */
cm_status kafka_client(rd_kafka_type_t type, const cm_cluster *cluster, const kafka_setting *settings,
                       void (*deliver)(rd_kafka_t *, const rd_kafka_message_t *, void *), void *opaque,
                       rd_kafka_t **client) CM_MUST_USE;

/* UNAUTHENTICATED with the reason, where a broker did not let the client in; OK where none did that. Polls. */
cm_status kafka_refusal(rd_kafka_t *client, kafka_link *link) CM_MUST_USE;

/* The failure that `error` is, beginning with the formatted words. */
cm_status kafka_failure(rd_kafka_resp_err_t error, const char *format, ...) CM_PRINTF(2, 3) CM_MUST_USE;

#endif
