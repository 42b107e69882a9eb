/* cityneg-registry: who takes part in the international negotiations of cities.
 *
 * Actors, their memberships, groupings of states, and what their power rests on. Start reading at reg_service.c, the
 * table of methods, then reg_actor.c for what a kind of resource is; journal/cm_resource.h does the rest. */
#include "base/cm_memory.h"
#include "contract/cm_contract.h"
#include "host/cm_host.h"
#include "registry/reg_follow.h"
#include "registry/reg_schema.h"
#include "registry/reg_service.h"

typedef struct program_state {
    reg_index *index;
    reg_follow *follow;
} program_state;

static cm_status open_registry(cm_host *host, void **opened)
{
    program_state *state = cm_alloc(sizeof *state);

    *opened = state;
    CM_TRY(reg_index_new(&state->index));
    state->follow = reg_follow_new(cm_host_journal(host), state->index);
    cm_service service = reg_service(state->index), contract = cm_contract_service();
    CM_TRY(reg_service_resume(cm_host_journal(host)));
    reg_follow_start(state->follow);
    CM_TRY(cm_server_add(cm_host_server(host), &service));
    return cm_server_add(cm_host_server(host), &contract);
}

static void close_registry(cm_host *host, void *opened)
{
    program_state *state = opened;

    reg_follow_free(state->follow);
    reg_index_free(state->index);
    free(state);
}

int main(int argc, char **argv)
{
    static const cm_program program = {.service = "registry",
                                       .about = "who takes part in the international negotiations of cities",
                                       .port = 7001,
                                       .migrations = &reg_migrations,
                                       .open = open_registry,
                                       .close = close_registry};

    return cm_host_main(&program, argc, argv);
}
