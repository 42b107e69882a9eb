/* up_platform.h: the programs that make the platform, as children. Reach for it in `up`. One thread. */
#ifndef UP_PLATFORM_H
#define UP_PLATFORM_H

#include "cli/cli_child.h"

enum { UP_BROKER, UP_REGISTRY, UP_NEGOTIATIONS, UP_TRENDS, UP_CHILDREN };

typedef struct up_platform {
    cli_child children[UP_CHILDREN];
    char *bootstrap; /* of Kafka */
    bool own_broker;
    int kafka_port, base_port; /* asked for; 0: any */
    char *data, *logs;
} up_platform;

/* Makes the folders and says what will run. PERMISSION_DENIED names a folder without rights. `kafka` NULL: the embedded
 * broker on kafka_port. */
cm_status up_platform_init(up_platform *platform, const char *data, const char *kafka, int kafka_port,
                           int base_port) CM_MUST_USE;

/* Starts one after the other, each once those that it calls serve. */
cm_status up_platform_start(up_platform *platform) CM_MUST_USE;

/* Starts again what has ended, with a line on stderr; fails where a child ends again and again. */
cm_status up_platform_mend(up_platform *platform) CM_MUST_USE;

void up_platform_stop(up_platform *platform); /* in the order that lets each finish */
void up_platform_clear(up_platform *platform);

#endif
