#include "host/host_security.h"

void host_security_read(host_security *security, const cm_arguments *arguments, cm_server_options *options)
{
    cm_server_tls *tls = &security->tls;
    cm_server_tokens *tokens = &security->tokens;

    *tls = (cm_server_tls){.certificate = cm_arguments_text(arguments, "tls-cert"),
                           .key = cm_arguments_text(arguments, "tls-key"),
                           .client_authorities = cm_arguments_text(arguments, "tls-client-ca"),
                           .is_client_optional = cm_arguments_flag(arguments, "tls-client-optional")};
    *tokens = (cm_server_tokens){.keys = cm_arguments_text(arguments, "jwt-jwks"),
                                 .issuer = cm_arguments_text(arguments, "jwt-issuer"),
                                 .audience = cm_arguments_text(arguments, "jwt-audience")};
    if (tls->certificate || tls->key || tls->client_authorities || tls->is_client_optional)
        options->tls = tls;
    if (tokens->keys || tokens->issuer || tokens->audience)
        options->tokens = tokens;
    options->roles = cm_arguments_text(arguments, "roles");
    options->insecure = cm_arguments_flag(arguments, "insecure");
}
