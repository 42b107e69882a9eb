/* cli_health.h: `cityneg health`: asks a server whether it is SERVING, by gRPC's standard health service. Reach for it
 * in container health checks and scripts: the exit code is 0 only for SERVING. */
#ifndef CLI_HEALTH_H
#define CLI_HEALTH_H

#include "cli/cli_command.h"

extern const cm_option cli_health_options[];
cm_status cli_health(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
