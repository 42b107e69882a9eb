#include "rpc/cm_channel_arguments.h"

void cm_channel_arguments(const cm_arguments *arguments, cm_channel_options *options, cm_channel_tls *tls)
{
    *tls = (cm_channel_tls){.authorities = cm_arguments_text(arguments, "tls-ca"),
                            .certificate = cm_arguments_text(arguments, "tls-cert"),
                            .key = cm_arguments_text(arguments, "tls-key"),
                            .server_name = cm_arguments_text(arguments, "tls-server-name")};
    options->tls = tls->authorities ? tls : NULL;
    options->token_file = cm_arguments_text(arguments, "token-file");
}
