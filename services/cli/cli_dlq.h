/* cli_dlq.h: `cityneg dlq list|replay SERVICE`: what of a service's events a consumer of ours could not read or apply.
 * Reach for it to see why, and to apply rows once more when the reason is gone. */
#ifndef CLI_DLQ_H
#define CLI_DLQ_H

#include "cli/cli_command.h"

extern const cm_option cli_dlq_options[];
cm_status cli_dlq_list(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;
cm_status cli_dlq_replay(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
