/* host_security.h: the options by which a service is told whom it lets in, and the server's options that follow. Reach
 * for it in cm_host, and in whatever starts services and hands such options on. One thread, at start. */
#ifndef HOST_SECURITY_H
#define HOST_SECURITY_H

#include "base/cm_options.h"
#include "rpc/cm_server.h"

/* Beside --tls-cert and --tls-key, which are also shown to other services. */
#define HOST_SECURITY_OPTIONS                                                                                          \
    {.name = "tls-client-ca",                                                                                          \
     .kind = CM_OPTION_TEXT,                                                                                           \
     .value = "FILE",                                                                                                  \
     .help = "demand certificates of callers, signed by these authorities, PEM"},                                      \
        {.name = "tls-client-optional", .kind = CM_OPTION_FLAG, .help = "let in callers without a certificate, too"},  \
        {.name = "jwt-jwks",                                                                                           \
         .kind = CM_OPTION_TEXT,                                                                                       \
         .value = "FILE",                                                                                              \
         .help = "believe callers by bearer tokens that these keys have signed, a JSON Web Key Set"},                  \
        {.name = "jwt-issuer", .kind = CM_OPTION_TEXT, .value = "URL", .help = "who has to have issued the tokens"},   \
        {.name = "jwt-audience", .kind = CM_OPTION_TEXT, .value = "NAME", .help = "for whom the tokens have to be"},   \
    {                                                                                                                  \
        .name = "roles", .kind = CM_OPTION_TEXT, .value = "FILE",                                                      \
        .help = "who may do what: lines of IDENTITY and none, read, write or admin"                                    \
    },                                                                                                                 \
    {                                                                                                                  \
        .name = "quotas", .kind = CM_OPTION_TEXT, .value = "FILE",                                                     \
        .help = "how much who may call: lines of IDENTITY, read, write or admin, calls a second, and at once"          \
    }

/* What the server's options point to. */
typedef struct host_security {
    cm_server_tls tls;
    cm_server_tokens tokens;
} host_security;

/* Fills the parts of `options` that are about who is let in. */
void host_security_read(host_security *security, const cm_arguments *arguments, cm_server_options *options);

#endif
