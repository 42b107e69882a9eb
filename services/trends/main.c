/* cityneg-trends: what the negotiations of cities mean.
 *
 * It follows the journals of registry and negotiations, keeps the newest state of every resource (facts) and sums of
 * what questions count (cells), and answers with statistics. Start reading at trd_question.c, then trd_facts.c for how
 * an event is counted, then trd_report.c for how an answer comes to be. */
#include "base/cm_memory.h"
#include "host/cm_host.h"
#include "trends/trd_kept.h"
#include "trends/trd_schema.h"
#include "trends/trd_service.h"

static cm_status open_trends(cm_host *host, void **opened)
{
    trd_state *state = cm_alloc(sizeof *state);

    state->journal = cm_host_journal(host);
    state->metrics = cm_host_metrics(host);
    state->kept = trd_kept_new();
    *opened = state;
    cm_service service = trd_service(state);
    return cm_server_add(cm_host_server(host), &service);
}

static cm_status started(cm_host *host, void *state)
{
    return trd_follow(state, cm_host_kafka(host), cm_host_peer(host, "registry"), cm_host_peer(host, "negotiations"));
}

static void stopping(cm_host *host, void *state)
{
    trd_unfollow(state);
}

static void close_trends(cm_host *host, void *opened)
{
    trd_state *state = opened;

    trd_kept_free(state->kept);
    free(state);
}

static const char *const peers[] = {"registry", "negotiations", NULL};

int main(int argc, char **argv)
{
    static const cm_program program = {.service = "trends",
                                       .about = "what the international negotiations of cities mean",
                                       .port = 7003,
                                       .topic = "cityneg.trends.v1",
                                       .migrations = &trd_migrations,
                                       .peers = peers,
                                       .open = open_trends,
                                       .started = started,
                                       .stopping = stopping,
                                       .close = close_trends};

    return cm_host_main(&program, argc, argv);
}
