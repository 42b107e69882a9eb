/* cm_channel_arguments.h: the options by which a program is told how to reach servers: whom to believe, what to show.
 * Reach for it in the table of options of whatever opens channels. One thread, at start. */
#ifndef CM_CHANNEL_ARGUMENTS_H
#define CM_CHANNEL_ARGUMENTS_H

#include "base/cm_options.h"
#include "rpc/cm_channel.h"

/* Beside --tls-cert and --tls-key, which a server has anyway. */
#define CM_CHANNEL_ARGUMENTS                                                                                           \
    {.name = "tls-ca",                                                                                                 \
     .kind = CM_OPTION_TEXT,                                                                                           \
     .value = "FILE",                                                                                                  \
     .help = "call services by TLS, and believe those whose certificate these authorities have signed, PEM"},          \
        {.name = "tls-server-name",                                                                                    \
         .kind = CM_OPTION_TEXT,                                                                                       \
         .value = "NAME",                                                                                              \
         .help = "the name that their certificates have, where it is not the address's"},                              \
    {                                                                                                                  \
        .name = "token-file", .kind = CM_OPTION_TEXT, .value = "FILE",                                                 \
        .help = "show this bearer token to other services; read again when it changes"                                 \
    }

/* Puts what was given into `options`, whose `tls` is then `tls`, or NULL without --tls-ca. Texts are the arguments'. */
void cm_channel_arguments(const cm_arguments *arguments, cm_channel_options *options, cm_channel_tls *tls);

#endif
