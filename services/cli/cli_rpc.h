/* cli_rpc.h: every RPC as a command, made from the services' descriptions: `cityneg registry get-actor
 * cities/paris-fr`, `cityneg negotiations list-entries negotiations/- --page-size 5 -o csv`. Reach for it in the table
 * of commands. */
#ifndef CLI_RPC_H
#define CLI_RPC_H

#include "cli/cli_command.h"
#include "rpc/cm_service.h"

/* The service that `cityneg registry` etc. speaks of, with the option that holds its address. */
typedef struct cli_service {
    const char *word; /* "registry": also the option's name */
    const cm_service_desc *desc;
} cli_service;

/* Runs `cityneg WORD METHOD [NAME] …`, `command->data` being a cli_service. */
cm_status cli_rpc(const cli_command *command, const cm_arguments *arguments) CM_MUST_USE;

extern const cm_option cli_rpc_options[];

#endif
