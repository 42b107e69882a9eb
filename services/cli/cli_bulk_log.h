/* cli_bulk_log.h: `cityneg negotiations bulk-log FILE.jsonl`: records entries, a line of JSON each, by the stream
 * BulkLog; begun again with the same file, it goes on where it was. */
#ifndef CLI_BULK_LOG_H
#define CLI_BULK_LOG_H

#include "cli/cli_command.h"

extern const cm_option cli_bulk_log_options[];
cm_status cli_bulk_log(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
