/* kaf_properties.h: the server.properties of an Apache Kafka node, alone or one of several. Reach for it before such a
 * node starts. Any thread. */
#ifndef KAF_PROPERTIES_H
#define KAF_PROPERTIES_H

#include "base/cm_status.h"

typedef struct kaf_properties {
    const char *folder; /* its log goes into `log` there */
    int port;           /* on 127.0.0.1 */
    int controller_port;
    int partitions;       /* of topics that nobody says a number for */
    int node;             /* its number, which is among the voters */
    const char *voters;   /* NODE@HOST:PORT of each controller, commas between; NULL: it is alone */
    const char *settings; /* a file whose lines win over ours; NULL: none */
} kaf_properties;

/* What `voters` says of `node`: its controller's port, and how many there are. INVALID_ARGUMENT names what is no
 * NODE@HOST:PORT, a number that is there twice, and a node that is not among them. */
cm_status kaf_voters(const char *voters, int node, int *controller_port, int *count) CM_MUST_USE;

/* Writes the file. Of three nodes and more, topics have 3 replicas and take a record that 2 of them have; of two, 2
 * and 1. NOT_FOUND where `settings` cannot be read, PERMISSION_DENIED and RESOURCE_EXHAUSTED where `path` cannot be
 * written. */
cm_status kaf_properties_write(const kaf_properties *properties, const char *path) CM_MUST_USE;

#endif
