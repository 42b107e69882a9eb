/* cli_rebuild.h: `cityneg rebuild trends`: counts the journals anew and compares with what trends had counted. */
#ifndef CLI_REBUILD_H
#define CLI_REBUILD_H

#include "cli/cli_command.h"

extern const cm_option cli_rebuild_options[];
cm_status cli_rebuild(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
