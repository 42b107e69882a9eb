#include "kafka/cm_broker.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "kafka/kafka_conf.h"
#include "kafka/kafka_frame.h"
#include "kafka/kafka_gateway.h"
#include <librdkafka/rdkafka_mock.h>

struct cm_broker {
    kafka_link link;    /* first: the opaque of librdkafka's callbacks */
    rd_kafka_t *client; /* lends the cluster its threads */
    rd_kafka_mock_cluster_t *cluster;
    kafka_gateway *gateway;
    int partitions;
    char *bootstrap;
};

/* The cluster would make a topic with four partitions when it is first asked for; made before, it has ours. One that is
 * there already stays as it is. Called now and then as long as there are clients, so logs are written here too. */
static void on_topic(void *context, const char *name)
{
    cm_broker *broker = context;

    rd_kafka_poll(broker->client, 0);
    rd_kafka_mock_topic_create(broker->cluster, name, broker->partitions, 1);
}

static cm_status start(cm_broker *broker, int port)
{
    static const kafka_setting none[] = {{NULL}};
    kafka_gateway_options options = {.port = port, .topic = on_topic, .context = broker};

    CM_TRY(kafka_client(RD_KAFKA_PRODUCER, NULL, none, NULL, broker, &broker->client));
    broker->cluster = rd_kafka_mock_cluster_new(broker->client, 1);
    if (!broker->cluster)
        return cm_fail(CM_UNAVAILABLE, "the in-process broker cannot listen on 127.0.0.1");
    rd_kafka_mock_set_apiversion(broker->cluster, KAFKA_METADATA, 0, KAFKA_FRAME_NEWEST);
    rd_kafka_mock_set_apiversion(broker->cluster, KAFKA_FIND_COORDINATOR, 0, KAFKA_FRAME_NEWEST);
    options.upstream = atoi(strrchr(rd_kafka_mock_cluster_bootstraps(broker->cluster), ':') + 1);
    CM_TRY(kafka_gateway_start(&options, &broker->gateway));
    broker->bootstrap = cm_format("127.0.0.1:%d", kafka_gateway_port(broker->gateway));
    return cm_ok();
}

cm_status cm_broker_start(int port, int partitions, cm_broker **broker)
{
    cm_broker *made = cm_alloc(sizeof *made);
    sigset_t all, before;
    cm_status s;

    made->partitions = partitions;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* signals are the main thread's */
    s = start(made, port);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (cm_is_ok(s))
        *broker = made;
    else
        cm_broker_stop(made);
    return s;
}

const char *cm_broker_bootstrap(const cm_broker *broker)
{
    return broker->bootstrap;
}

void cm_broker_stop(cm_broker *broker)
{
    if (!broker)
        return;
    if (broker->gateway)
        kafka_gateway_stop(broker->gateway);
    if (broker->cluster)
        rd_kafka_mock_cluster_destroy(broker->cluster);
    if (broker->client)
        rd_kafka_destroy(broker->client);
    free(broker->bootstrap);
    free(broker);
}
