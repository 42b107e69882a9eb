/* cli_release.h: `cityneg export release FOLDER` and `cityneg export check FOLDER`: everything that is known, as of one
 * time, a file a kind, with a manifest of digests; the same time gives the same bytes. */
#ifndef CLI_RELEASE_H
#define CLI_RELEASE_H

#include "cli/cli_command.h"

extern const cm_option cli_release_options[], cli_release_check_options[];
cm_status cli_release(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;
cm_status cli_release_check(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
