/* cli_analyze.h: `cityneg trends analyze FILE.csv`, `trends compare A.csv B.csv` and `trends network EDGES.csv`: every
 * statistic on a series, two mixes or a network of the user's own; nothing is stored and no service is needed. */
#ifndef CLI_ANALYZE_H
#define CLI_ANALYZE_H

#include "cli/cli_command.h"

extern const cm_option cli_analyze_options[], cli_compare_options[], cli_network_options[];
cm_status cli_analyze(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;
cm_status cli_compare(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;
cm_status cli_network(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
