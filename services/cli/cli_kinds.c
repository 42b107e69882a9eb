#include "cli/cli_kinds.h"

#include <string.h>

#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "cityneg/registry/v1/registry.grpc-c.h"

#define REGISTRY(plural, Plural, Type, parent)                                                                         \
    {                                                                                                                  \
        plural, true, &reg_registry_service_desc, "List" Plural, "BatchUpdate" Plural, parent, &Reg##Type##_descriptor \
    }
#define NEGOTIATIONS(plural, Plural, Type, parent)                                                                     \
    {                                                                                                                  \
        plural, false, &neg_negotiations_service_desc, "List" Plural, "BatchUpdate" Plural, parent,                    \
            &Neg##Type##_descriptor                                                                                    \
    }

/* In the order in which an import of all has to run. */
const cli_kind cli_kinds[] = {
    REGISTRY("actors", "Actors", Actor, "-"),
    REGISTRY("memberships", "Memberships", Membership, "-"),
    REGISTRY("groupingEditions", "GroupingEditions", GroupingEdition, "-"),
    REGISTRY("influences", "Influences", Influence, "-"),
    REGISTRY("autonomyProfiles", "AutonomyProfiles", AutonomyProfile, "-"),
    NEGOTIATIONS("sources", "Sources", Source, ""),
    NEGOTIATIONS("collections", "Collections", Collection, ""),
    NEGOTIATIONS("issues", "Issues", Issue, ""),
    NEGOTIATIONS("negotiations", "Negotiations", Negotiation, ""),
    NEGOTIATIONS("entries", "Entries", Entry, "negotiations/-"),
    NEGOTIATIONS("positions", "Positions", Position, ""),
    NEGOTIATIONS("agreements", "Agreements", Agreement, ""),
    {NULL},
};

const cli_kind *cli_kind_find(const char *plural)
{
    for (const cli_kind *kind = cli_kinds; kind->plural; kind++)
        if (strcmp(kind->plural, plural) == 0)
            return kind;
    return NULL;
}

const cm_method_desc *cli_kind_method(const cli_kind *kind, const char *name)
{
    for (size_t i = 0; i < kind->service->count; i++)
        if (strcmp(kind->service->methods[i].name, name) == 0)
            return &kind->service->methods[i];
    return NULL;
}
