/* cli_changes.h: `cityneg export changes SERVICE`: what changed since a position, erasures and retractions included, as
 * JSON Lines or CSV, for who keeps a mirror. */
#ifndef CLI_CHANGES_H
#define CLI_CHANGES_H

#include "cli/cli_command.h"

extern const cm_option cli_changes_options[];
cm_status cli_changes(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
