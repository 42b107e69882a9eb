/* up_platform.h: the programs that make the platform, as children. Reach for it in `up`. One thread. */
#ifndef UP_PLATFORM_H
#define UP_PLATFORM_H

#include "base/cm_options.h"
#include "cli/cli_child.h"

enum { UP_BROKER, UP_REGISTRY, UP_NEGOTIATIONS, UP_TRENDS, UP_CHILDREN };

/* What was asked for. */
typedef struct up_choices {
    const char *data;
    const char *kafka; /* of a Kafka that runs already; NULL: the embedded broker, on kafka_port */
    bool apache;       /* and not the embedded one */
    const char *const *kafka_options;
    int kafka_option_count;
    const char *kafka_config;      /* NULL: none */
    int kafka_port, base_port;     /* 0: any */
    const cm_arguments *arguments; /* of which those about TLS, tokens and roles are handed on */
} up_choices;

typedef struct up_platform {
    up_choices choices; /* borrowed */
    cli_child children[UP_CHILDREN];
    char *bootstrap; /* of Kafka */
    char *data, *logs;
} up_platform;

/* Makes the folders and says what will run. PERMISSION_DENIED names a folder without rights. The texts of `choices`
 * stay the caller's. */
cm_status up_platform_init(up_platform *platform, const up_choices *choices) CM_MUST_USE;

/* Starts one after the other, each once those that it calls serve. */
cm_status up_platform_start(up_platform *platform) CM_MUST_USE;

/* Starts again what has ended, with a line on stderr; fails where a child ends again and again. */
cm_status up_platform_mend(up_platform *platform) CM_MUST_USE;

void up_platform_stop(up_platform *platform); /* in the order that lets each finish */
void up_platform_clear(up_platform *platform);

#endif
