/* cli_export.h: `cityneg export KIND`: all resources of a kind, as JSON Lines or CSV, on standard output. */
#ifndef CLI_EXPORT_H
#define CLI_EXPORT_H

#include "cli/cli_command.h"

extern const cm_option cli_export_options[];
cm_status cli_export(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
