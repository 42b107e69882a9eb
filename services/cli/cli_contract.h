/* cli_contract.h: `cityneg events contract`: the contract of the topics as files, for whoever generates code from it or
 * reads it. No service is asked: it is the one that this program was built with. */
#ifndef CLI_CONTRACT_H
#define CLI_CONTRACT_H

#include "cli/cli_command.h"

extern const cm_option cli_contract_options[];
cm_status cli_contract(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

#endif
