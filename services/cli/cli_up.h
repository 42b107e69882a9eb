/* cli_up.h: `cityneg up`: the whole platform on one machine. It starts the embedded broker and the three services as
 * children, imports the samples at the first run, prints the trend report and the addresses, and then watches: a child
 * that ends is started again. When this process ends, however it ends, its children do. */
#ifndef CLI_UP_H
#define CLI_UP_H

#include "cli/cli_command.h"

extern const cm_option cli_up_options[];
cm_status cli_up(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
