/* The echo service on common/rpc, with every default of cm_server: prints its port and serves until SIGTERM. */
#include <signal.h>
#include <stdio.h>

#include "base/cm_log.h"
#include "bench.grpc-c.h"
#include "rpc/cm_server.h"

static cm_status say(cm_call *call, const BenchEchoMessage *request, BenchEchoMessage *response)
{
    response->payload = request->payload;
    return cm_ok();
}

static cm_status talk(cm_call *call, const BenchEchoMessage *request)
{
    bench_echo_service_talk_send(call, request);
    return cm_ok();
}

static const BenchEchoService rows = {
    .say = {.handler = say, .lane = CM_INLINE},
    .talk = {.message = talk, .lane = CM_INLINE},
};

static cm_status serve(const sigset_t *ends)
{
    static const char *const listen[] = {"127.0.0.1:0", NULL};
    cm_service service = bench_echo_service(&rows, NULL);
    cm_server *server;
    int signal;

    CM_TRY(cm_server_new(&(cm_server_options){.listen = listen}, &server));
    cm_status outcome = cm_server_add(server, &service);
    if (cm_is_ok(outcome))
        outcome = cm_server_start(server);
    if (cm_is_ok(outcome)) {
        printf("%d\n", cm_server_port(server, 0));
        fflush(stdout);
        sigwait(ends, &signal);
        cm_server_drain(server, 0, 1000);
    }
    cm_server_free(server);
    return outcome;
}

int main(void)
{
    sigset_t ends;

    cm_log_start("rpc_bench_server", CM_WARN);
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    cm_status outcome = serve(&ends);
    int code = cm_is_ok(outcome) ? 0 : 1;
    if (code)
        fprintf(stderr, "%s\n", cm_status_message(outcome));
    cm_status_clear(&outcome);
    return code;
}
