/* kaf_server.h: one Apache Kafka node, broker and controller in one process of Java, with its log in a folder. Reach
 * for it in `cityneg broker --apache`. The node ends when this process does, however it ends. One thread, the main one.
 */
#ifndef KAF_SERVER_H
#define KAF_SERVER_H

#include <sys/types.h>

#include "base/cm_status.h"

typedef struct kaf_options {
    const char *jars;          /* kaf_jars */
    const char *folder;        /* made where it is missing */
    int port, controller_port; /* on 127.0.0.1; 0: any that is free */
    int node;                  /* its number in the cluster */
    const char *voters;        /* as kaf_properties has them: the controllers of all nodes; NULL: it is alone */
    const char *cluster;       /* the cluster's id, which a new folder gets; NULL: one of chance */
    int partitions;            /* of topics that nobody says a number for */
    const char *scram_user;    /* NAME:PASSWORD of a user that a new folder gets; NULL: none */
    const char *settings;      /* a file of server.properties whose lines win over ours; NULL: none */
} kaf_options;

typedef struct kaf_server {
    pid_t pid;
    int port;
} kaf_server;

/* Writes server.properties, gives a new folder its cluster id, starts Java, and waits until the node answers: one of
 * several does so when more than half of them run. UNAVAILABLE names a port in use, or says how it ended; its own words
 * are on this process's stderr. */
cm_status kaf_server_start(const kaf_options *options, kaf_server *server) CM_MUST_USE;

/* SIGTERM, and SIGKILL where it is not over after `wait_ms`. */
void kaf_server_stop(kaf_server *server, int wait_ms);

#endif
