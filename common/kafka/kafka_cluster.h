/* kafka_cluster.h: a cluster as the clients see it: what the user set. Reach for it only inside common/kafka. */
#ifndef KAFKA_CLUSTER_H
#define KAFKA_CLUSTER_H

#include "kafka/cm_cluster.h"
#include "kafka/kafka_conf.h"

/* Ends with a NULL key; valid as long as the cluster. */
const kafka_setting *kafka_cluster_settings(const cm_cluster *cluster);

#endif
