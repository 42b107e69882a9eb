/* cm_cluster.h: which Kafka, and how to get in: its address and settings of librdkafka that a user gave. Reach for it
 * in a program's wiring; producers, consumers and topic checks take it.
 *
 * Nothing changes it after it was made: any thread. It outlives whatever was given it. */
#ifndef CM_CLUSTER_H
#define CM_CLUSTER_H

#include "base/cm_options.h"
#include "base/cm_status.h"

typedef struct cm_cluster cm_cluster;

/* `options` are `count` texts NAME=VALUE; `file` (NULL: none) has the same, one a line, with empty lines and lines that
 * begin with '#' between them. Options win over the file. INVALID_ARGUMENT names what librdkafka does not know or take,
 * and settings on which this library's promises rest (acks, idempotence, offsets …), which are not for choosing;
 * NOT_FOUND and PERMISSION_DENIED name the file. Values are never in a message: they may be secrets. */
cm_status cm_cluster_new(const char *bootstrap, const char *const *options, int count, const char *file,
                         cm_cluster **cluster) CM_MUST_USE;
void cm_cluster_free(cm_cluster *cluster); /* NULL is fine */

/* Values go out in the frame of schema registries with this id; 0, as a new cluster has it: without one. Before the
 * cluster is given to anybody. */
void cm_cluster_set_schema_id(cm_cluster *cluster, int32_t schema_id);
int32_t cm_cluster_schema_id(const cm_cluster *cluster);

/* As whom consumers join a group: a name that no other replica has (copied). NULL, as a new cluster has it: they join
 * none. Before the cluster is given to anybody. */
void cm_cluster_set_replica(cm_cluster *cluster, const char *name);
const char *cm_cluster_replica(const cm_cluster *cluster);

const char *cm_cluster_bootstrap(const cm_cluster *cluster); /* "127.0.0.1:9092" */

/* The options of a program's command line, after its --kafka. */
#define CM_CLUSTER_OPTIONS                                                                                             \
    {.name = "kafka-option",                                                                                           \
     .kind = CM_OPTION_LIST,                                                                                           \
     .value = "NAME=VALUE",                                                                                            \
     .help = "a setting of librdkafka, as security.protocol=SSL; may be given again"},                                 \
    {                                                                                                                  \
        .name = "kafka-config", .kind = CM_OPTION_TEXT, .value = "FILE",                                               \
        .help = "more of them, a line each: for passwords, which no process list should show"                          \
    }

/* From --kafka and the options above; *cluster is NULL where --kafka is "none". */
cm_status cm_cluster_of_arguments(const cm_arguments *arguments, cm_cluster **cluster) CM_MUST_USE;

#endif
