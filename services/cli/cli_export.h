/* cli_export.h: `cityneg export KIND`: all resources of a kind, as JSON Lines or CSV, on standard output. Reach for
 * cli_export_kind where a command writes them elsewhere. */
#ifndef CLI_EXPORT_H
#define CLI_EXPORT_H

#include "cli/cli_command.h"
#include "cli/cli_kinds.h"
#include "cli/cli_output.h"

extern const cm_option cli_export_options[];
cm_status cli_export(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

/* Whence, and which: a filter ("": all), a time that they were there at (wall microseconds; 0: now). */
typedef struct cli_export_query {
    cm_channel *channel; /* to the kind's service */
    const char *filter;
    int64_t as_of;
} cli_export_query;

/* All of the kind, in the order of their names, page by page. */
cm_status cli_export_kind(const cli_export_query *query, const cli_kind *kind, FILE *out,
                          cli_format format) CM_MUST_USE;

#endif
