/* cityneg-registry: who takes part in the international negotiations of cities.
 *
 * Actors, their memberships, groupings of states, and what their power rests on. Start reading at reg_service.c, the
 * table of methods, then reg_actor.c for what a kind of resource is; journal/cm_resource.h does the rest. */
#include "contract/cm_contract.h"
#include "host/cm_host.h"
#include "registry/reg_schema.h"
#include "registry/reg_service.h"

static cm_status open_registry(cm_host *host, void **state)
{
    cm_service service = reg_service(), contract = cm_contract_service();

    CM_TRY(reg_service_resume(cm_host_journal(host)));
    CM_TRY(cm_server_add(cm_host_server(host), &service));
    return cm_server_add(cm_host_server(host), &contract);
}

int main(int argc, char **argv)
{
    static const cm_program program = {.service = "registry",
                                       .about = "who takes part in the international negotiations of cities",
                                       .port = 7001,
                                       .migrations = &reg_migrations,
                                       .open = open_registry};

    return cm_host_main(&program, argc, argv);
}
