/* cli_events.h: `cityneg events SERVICE`: what lies in a service's Kafka topic, as a consumer of it gets it. Reach for
 * it to see events without another tool, and in scripts that count them. */
#ifndef CLI_EVENTS_H
#define CLI_EVENTS_H

#include "cli/cli_command.h"

extern const cm_option cli_events_options[];
/* `cityneg events tail SERVICE`: the newest, then what comes, as JSON Lines. */
extern const cm_option cli_tail_options[];
cm_status cli_tail(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

cm_status cli_events(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
