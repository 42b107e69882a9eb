/* cli_verify.h: `cityneg verify`: recomputes the hash chains of all services' journals. */
#ifndef CLI_VERIFY_H
#define CLI_VERIFY_H

#include "cli/cli_command.h"

extern const cm_option cli_verify_options[];
cm_status cli_verify(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
