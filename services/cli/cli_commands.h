/* cli_commands.h: the table of all commands. Reach for it to see, or to add to, what the command line can do. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli_command.h"

extern const cli_command cli_commands[];

#endif
