/* cli_report.h: `cityneg trends report`, and the waiting for trends to have counted everything. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include <stdio.h>

#include "cli/cli_command.h"
#include "cli/cli_output.h"
#include "cli/rep_text.h"
#include "rpc/cm_channel.h"

extern const cm_option cli_report_options[], cli_evidence_options[];
cm_status cli_report(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;
cm_status cli_evidence(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

/* Asks for the report and prints it; colour and width are those of `out`. */
cm_status cli_report_print(cm_channel *trends, const TrdGetReportRequest *request, cli_format format, rep_style style,
                           FILE *out) CM_MUST_USE;

/* Waits until trends has counted every row that the journals have now; progress on stderr. DEADLINE_EXCEEDED names how
 * far it came. */
cm_status cli_report_wait(cm_channel *registry, cm_channel *negotiations, cm_channel *trends, int wait_ms) CM_MUST_USE;

#endif
