/* cityneg-negotiations: what was said in the negotiations of cities, by whom, and what came of it.
 *
 * It keeps negotiations, entries, positions and agreements with the sources that bear them out, and follows the
 * registry's journal to know the actors. Start reading at neg_kinds.c for what is kept, then neg_phase.c and
 * neg_agreement_status.c for how it may change, then neg_service.c for how it is called. */
#include "base/cm_memory.h"
#include "host/cm_host.h"
#include "negotiations/neg_actors.h"
#include "negotiations/neg_schema.h"
#include "negotiations/neg_service.h"

typedef struct program_state {
    neg_state service;
    cm_feed *actors; /* NULL before it was started */
} program_state;

static cm_status open_negotiations(cm_host *host, void **opened)
{
    program_state *state = cm_alloc(sizeof *state);

    state->service = (neg_state){.journal = cm_host_journal(host), .registry = cm_host_peer(host, "registry")};
    *opened = state;
    cm_service service = neg_service(&state->service);
    CM_TRY(neg_service_resume(cm_host_journal(host)));
    return cm_server_add(cm_host_server(host), &service);
}

static cm_status started(cm_host *host, void *opened)
{
    program_state *state = opened;

    return cm_feed_start(&(cm_feed_options){.topic = "cityneg.registry.events.v1",
                                            .kafka = cm_host_kafka(host),
                                            .metrics = cm_host_metrics(host),
                                            .journal = cm_host_peer(host, "registry"),
                                            .into = cm_host_journal(host),
                                            .apply = neg_actors_apply,
                                            .reset = neg_actors_reset},
                         &state->actors);
}

static void stopping(cm_host *host, void *opened)
{
    program_state *state = opened;

    if (state->actors)
        cm_feed_stop(state->actors);
    state->actors = NULL;
}

static void close_negotiations(cm_host *host, void *opened)
{
    free(opened);
}

int main(int argc, char **argv)
{
    static const char *const peers[] = {"registry", NULL};
    static const cm_program program = {.service = "negotiations",
                                       .about = "the log of international negotiations of cities",
                                       .port = 7002,
                                       .migrations = &neg_migrations,
                                       .peers = peers,
                                       .open = open_negotiations,
                                       .started = started,
                                       .stopping = stopping,
                                       .close = close_negotiations};

    return cm_host_main(&program, argc, argv);
}
