/* cli_backup.h: `cityneg backup` and `cityneg restore`: copies of the services' stores, taken while they run, and put
 * back while they do not. */
#ifndef CLI_BACKUP_H
#define CLI_BACKUP_H

#include "cli/cli_command.h"

extern const cm_option cli_backup_options[];
cm_status cli_backup(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

extern const cm_option cli_restore_options[];
cm_status cli_restore(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
