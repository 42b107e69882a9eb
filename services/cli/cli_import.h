/* cli_import.h: `cityneg import KIND FILE` and what `up` imports at its first run. */
#ifndef CLI_IMPORT_H
#define CLI_IMPORT_H

#include "cli/cli_command.h"
#include "rpc/cm_channel.h"

extern const cm_option cli_import_options[];
cm_status cli_import(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

/* Imports the packaged samples, all kinds in order. */
cm_status cli_import_samples(cm_channel *registry, cm_channel *negotiations, const char *rejects) CM_MUST_USE;

#endif
