#include "cli/cli_channel.h"

cm_status cli_channel(const cm_arguments *arguments, const char *name, cm_channel **channel)
{
    return cli_channel_to(arguments, cm_arguments_text(arguments, name), NULL, channel);
}

cm_status cli_channel_check(const cm_arguments *arguments)
{
    static const char *const parts[] = {"tls-cert", "tls-key", "tls-server-name"};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (cm_arguments_given(arguments, parts[i]) && !cm_arguments_given(arguments, "tls-ca"))
            return cm_fail(CM_INVALID_ARGUMENT,
                           "--%s: is for TLS; give --tls-ca too, the authorities that sign the services' certificates",
                           parts[i]);
    return cm_ok();
}

cm_status cli_channel_to(const cm_arguments *arguments, const char *target, const cm_channel_options *options,
                         cm_channel **channel)
{
    cm_channel_options all = options ? *options : (cm_channel_options){0};
    cm_channel_tls tls;

    *channel = NULL;
    CM_TRY(cli_channel_check(arguments));
    cm_channel_arguments(arguments, &all, &tls);
    return cm_channel_new(target, &all, channel);
}
