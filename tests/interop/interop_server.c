/* interop-server: serves gRPC's interoperability tests on loopback until it is told to end (SIGINT, SIGTERM).
 *
 *     interop-server --port 10000 [--impatient] [--gzip] [--tls-cert FILE --tls-key FILE] */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cm_log.h"
#include "base/cm_memory.h"
#include "base/cm_options.h"
#include "rpc/cm_server.h"
#include "test_service.h"

static const cm_option options[] = {
    {.name = "port",
     .kind = CM_OPTION_INTEGER,
     .value = "N",
     .preset = "10000",
     .help = "port of loopback; 0 takes a free one",
     .least = 0,
     .most = 65535},
    {.name = "impatient", .kind = CM_OPTION_FLAG, .help = "seconds, not minutes, for peers that do not answer"},
    {.name = "gzip", .kind = CM_OPTION_FLAG, .help = "compress answers for callers that take it"},
    {.name = "tls-cert", .kind = CM_OPTION_TEXT, .value = "FILE", .help = "serve with TLS: the certificate, PEM"},
    {.name = "tls-key", .kind = CM_OPTION_TEXT, .value = "FILE", .help = "the certificate's key, PEM"},
    {.name = NULL},
};

static cm_status start(const cm_arguments *arguments, cm_pool *pool, cm_server **server)
{
    CM_FREE char *address = cm_format("127.0.0.1:%d", (int)cm_arguments_integer(arguments, "port"));
    cm_server_tls tls = {.certificate = cm_arguments_text(arguments, "tls-cert"),
                         .key = cm_arguments_text(arguments, "tls-key")};
    const char *const listen[] = {address, NULL};
    const cm_server_limits impatient = {.handshake_ms = 2000, .keepalive_ms = 2000, .keepalive_timeout_ms = 2000};
    cm_service service = test_service();

    CM_TRY(cm_server_new(
        &(cm_server_options){.listen = listen,
                             .tls = tls.certificate || tls.key ? &tls : NULL,
                             .lanes[CM_BACKGROUND] = cm_pool_executor(pool),
                             .limits = cm_arguments_flag(arguments, "impatient") ? impatient : (cm_server_limits){0},
                             .compression =
                                 cm_arguments_flag(arguments, "gzip") ? CM_COMPRESS_GZIP : CM_COMPRESS_NOTHING,
                             .largest_request = 64 << 20},
        server));
    CM_TRY(cm_server_add(*server, &service));
    CM_TRY(cm_server_start(*server));
    printf("listening on 127.0.0.1:%d\n", cm_server_port(*server, 0));
    fflush(stdout);
    return cm_ok();
}

static cm_status serve(const cm_arguments *arguments, const sigset_t *ends)
{
    cm_pool *pool = NULL;
    cm_server *server = NULL;
    int signal;

    CM_TRY(cm_pool_new(&(cm_pool_options){.name = "streams", .threads = 8}, &pool));
    cm_status outcome = start(arguments, pool, &server);
    if (cm_is_ok(outcome)) {
        sigwait(ends, &signal);
        cm_server_drain(server, 0, 5000);
    }
    cm_server_free(server);
    cm_pool_free(pool);
    return outcome;
}

int main(int argc, char **argv)
{
    cm_arguments *arguments = NULL;
    sigset_t ends;

    cm_log_start("interop-server", CM_INFO);
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    cm_status outcome = cm_arguments_parse(options, argc, argv, &arguments);
    if (cm_is_ok(outcome) && cm_arguments_help(arguments))
        cm_options_print(options);
    else if (cm_is_ok(outcome))
        outcome = serve(arguments, &ends);
    cm_arguments_free(arguments);
    if (cm_is_ok(outcome))
        return EXIT_SUCCESS;
    cm_log_failure(CM_ERROR, "failed", &outcome);
    return EXIT_FAILURE;
}
