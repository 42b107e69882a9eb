/* cli_broker.h: `cityneg broker`: the embedded Kafka broker, or a node of Apache Kafka, as a process of its own,
 * which `up` and tests start. */
#ifndef CLI_BROKER_H
#define CLI_BROKER_H

#include "cli/cli_command.h"

extern const cm_option cli_broker_options[];
cm_status cli_broker(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
