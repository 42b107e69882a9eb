/* cm_broker.h: a Kafka broker inside this process, for one machine without Kafka: librdkafka's own, which speaks the
 * real protocol and keeps nothing on disk. Reach for it in `cityneg up`, in a child process, and in tests. */
#ifndef CM_BROKER_H
#define CM_BROKER_H

#include "base/cm_status.h"

typedef struct cm_broker cm_broker;

/* Starts it; `port` (0: any) on 127.0.0.1 leads to it. UNAVAILABLE names a port in use. Topics that are asked for come
 * to be with `partitions`. */
cm_status cm_broker_start(int port, int partitions, cm_broker **broker) CM_MUST_USE;
const char *cm_broker_bootstrap(const cm_broker *broker); /* "127.0.0.1:9092" */
void cm_broker_stop(cm_broker *broker);

#endif
