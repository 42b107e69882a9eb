/* cli_channel.h: a channel to a service, with the TLS and the token that the command line asks for. Reach for it in
 * every command that calls. One thread. */
#ifndef CLI_CHANNEL_H
#define CLI_CHANNEL_H

#include "base/cm_options.h"
#include "rpc/cm_channel_arguments.h"

/* The options that such a command has; CLI_ADDRESSES holds them already. */
#define CLI_SECURITY                                                                                                   \
    CM_CHANNEL_ARGUMENTS,                                                                                              \
        {.name = "tls-cert",                                                                                           \
         .kind = CM_OPTION_TEXT,                                                                                       \
         .value = "FILE",                                                                                              \
         .help = "show this certificate to services, PEM"},                                                            \
    {                                                                                                                  \
        .name = "tls-key", .kind = CM_OPTION_TEXT, .value = "FILE", .help = "the certificate's key, PEM"               \
    }

/* To the address that the option `name` has. INVALID_ARGUMENT names what makes no sense, NOT_FOUND and
 * PERMISSION_DENIED a file that cannot be read. */
cm_status cli_channel(const cm_arguments *arguments, const char *name, cm_channel **channel) CM_MUST_USE;

/* INVALID_ARGUMENT where parts of TLS are given without the authorities. */
cm_status cli_channel_check(const cm_arguments *arguments) CM_MUST_USE;

/* To `target`, with more `options` than the command line has; NULL: none. */
cm_status cli_channel_to(const cm_arguments *arguments, const char *target, const cm_channel_options *options,
                         cm_channel **channel) CM_MUST_USE;

#endif
