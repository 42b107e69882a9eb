/* kafka_gateway.h: one fixed port of 127.0.0.1 in front of the in-process broker, which listens on a port of chance and
 * tells clients of that one. Reach for it only in cm_broker.c. Frames pass through it whole: it tells of the topics
 * that are asked for before the broker hears of them, and puts its own port where answers name the broker's. */
#ifndef KAFKA_GATEWAY_H
#define KAFKA_GATEWAY_H

#include "base/cm_status.h"

typedef struct kafka_gateway kafka_gateway;

typedef struct kafka_gateway_options {
    int port;                                       /* 0: any */
    int upstream;                                   /* port of the broker on 127.0.0.1 */
    void (*topic)(void *context, const char *name); /* on the gateway's thread */
    void *context;
} kafka_gateway_options;

/* Listens, then serves on a thread of its own. UNAVAILABLE names a port that cannot be had. */
cm_status kafka_gateway_start(const kafka_gateway_options *options, kafka_gateway **gateway) CM_MUST_USE;
int kafka_gateway_port(const kafka_gateway *gateway);

/* Closes every connection and ends the thread. */
void kafka_gateway_stop(kafka_gateway *gateway);

#endif
