/* interop-client: runs gRPC's interoperability cases against a server, all of them or those that are named.
 *
 *     interop-client --server 127.0.0.1:10000 [--tls-ca FILE] [--tls-name NAME] [CASE …] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_options.h"
#include "interop_client.h"

static const cm_option options[] = {
    {.name = "server",
     .kind = CM_OPTION_TEXT,
     .value = "HOST:PORT",
     .preset = "127.0.0.1:10000",
     .help = "its address"},
    {.name = "tls-ca",
     .kind = CM_OPTION_TEXT,
     .value = "FILE",
     .help = "speak TLS, and believe servers whose certificate these authorities have signed, PEM"},
    {.name = "tls-name",
     .kind = CM_OPTION_TEXT,
     .value = "NAME",
     .help = "the name in the server's certificate, where it is not that of the address"},
    {.name = NULL},
};

static bool is_asked_for(const char *name, const char *const *names, int count)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return count == 0;
}

static int run(cm_channel *channel, const interop_case *cases, const char *const *names, int count, int *passed)
{
    int failed = 0;

    for (; cases->name; cases++) {
        if (!is_asked_for(cases->name, names, count))
            continue;
        CM_ARENA(arena);
        cm_status outcome = cases->run(channel, arena);
        bool ok = cm_is_ok(outcome);
        if (ok)
            printf("ok   %s\n", cases->name);
        else
            printf("FAIL %s: %s\n", cases->name, cm_status_message(outcome));
        *passed += ok;
        failed += !ok;
        cm_status_clear(&outcome);
    }
    return failed;
}

static cm_status run_all(const cm_arguments *arguments)
{
    cm_channel *channel;
    const char *const *names;
    int count = cm_arguments_words(arguments, &names), passed = 0;

    cm_channel_tls tls = {.authorities = cm_arguments_text(arguments, "tls-ca"),
                          .server_name = cm_arguments_text(arguments, "tls-name")};
    cm_channel_options with = {.tls = tls.authorities ? &tls : NULL};
    CM_TRY(cm_channel_new(cm_arguments_text(arguments, "server"), &with, &channel));
    int failed = run(channel, interop_unary_cases, names, count, &passed);
    failed += run(channel, interop_stream_cases, names, count, &passed);
    cm_channel_free(channel);
    printf("%d passed, %d failed\n", passed, failed);
    return failed || !passed ? cm_fail(CM_FAILED_PRECONDITION, "%d cases failed, %d passed", failed, passed) : cm_ok();
}

int main(int argc, char **argv)
{
    cm_arguments *arguments = NULL;
    cm_status outcome = cm_arguments_parse(options, argc, argv, &arguments);

    if (cm_is_ok(outcome) && cm_arguments_help(arguments))
        cm_options_print(options);
    else if (cm_is_ok(outcome))
        outcome = run_all(arguments);
    cm_arguments_free(arguments);
    if (cm_is_ok(outcome))
        return EXIT_SUCCESS;
    fprintf(stderr, "interop-client: %s\n", cm_status_message(outcome));
    cm_status_clear(&outcome);
    return EXIT_FAILURE;
}
