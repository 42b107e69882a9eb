/* cm_host.h: runs one service as a process: reads its options, opens store and journal, serves, relays, follows other
 * journals, and ends in order on SIGTERM or SIGINT. Reach for it in a service's main.c, which is then only a table.
 *
 * libuv's loop runs on the main thread: signals, the parent's life, readiness. */
#ifndef CM_HOST_H
#define CM_HOST_H

#include "base/cm_metrics.h"
#include "base/cm_options.h"
#include "journal/cm_feed.h"
#include "journal/cm_journal.h"
#include "rpc/cm_channel.h"
#include "rpc/cm_server.h"

typedef struct cm_host cm_host;

typedef struct cm_program {
    const char *service;             /* "registry" */
    const char *about;               /* one line for --help */
    int port;                        /* default, 7001 … */
    const cm_migrations *migrations; /* the service's tables */
    const char *topic;               /* NULL: cityneg.<service>.events.v1 */

    /* Other services that this one calls: names such as "registry"; each gives an option --registry ADDRESS and a
     * channel. Ends with NULL. */
    const char *const *peers;

    /* Makes the service's state and adds its services to the server, before it starts. */
    cm_status (*open)(cm_host *host, void **state);

    /* After the server serves: starts feeds. NULL: none. */
    cm_status (*started)(cm_host *host, void *state);

    /* Before the server drains / after it ended. NULL: nothing to do. */
    void (*stopping)(cm_host *host, void *state);
    void (*close)(cm_host *host, void *state);
} cm_program;

/* The whole of main. Answers the exit code: 0 after an orderly end, 2 for wrong options, 1 for what failed, with one
 * clear line on stderr. Options of every service: --listen ADDRESS (repeatable), --insecure,
 * --tls-cert FILE --tls-key FILE and those of host_security.h, --most-connections N, --most-waiting MIB,
 * --most-calls N, --data FOLDER,
 * --store URL (a database of PostgreSQL in place of the folder's file), --kafka BOOTSTRAP ("none": no relay),
 * --kafka-option NAME=VALUE and --kafka-config FILE (cm_cluster.h),
 * --partitions N, --metrics ADDRESS (HTTP: /metrics, /healthz, /readyz), --otlp-endpoint HOST:PORT --trace-ratio SHARE
 * (spans of calls, to a collector), --log-format json|text, --log-calls none|errors|all, --ready-fd FD (written with
 * the port when it serves), --parent-fd FD (the service ends when it closes), and those of `peers`: their addresses,
 * and rpc/cm_channel_arguments.h. */
int cm_host_main(const cm_program *program, int argc, char **argv);

cm_journal *cm_host_journal(cm_host *host);
cm_server *cm_host_server(cm_host *host);
cm_executor *cm_host_background(cm_host *host);
cm_channel *cm_host_peer(cm_host *host, const char *name);

/* The process's numbers, which /metrics serves; base/cm_metrics.h says how to add one. From `open` to `close`. */
cm_metrics *cm_host_metrics(cm_host *host);

const cm_cluster *cm_host_kafka(const cm_host *host); /* NULL where there is none */

#endif
