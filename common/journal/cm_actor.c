#include "journal/cm_actor.h"

#include <string.h>

const char *const cm_actor_patterns[] = {
    "cities/{city}",
    "states/{state}",
    "regions/{region}",
    "institutions/{institution}",
    "organisations/{organisation}",
    "companies/{company}",
    NULL,
};

static const struct collection {
    const char *prefix;
    TypActorKind kind;
} collections[] = {
    {"cities/", TYP_ACTOR_KIND_CITY},
    {"states/", TYP_ACTOR_KIND_STATE},
    {"regions/", TYP_ACTOR_KIND_REGION},
    {"institutions/", TYP_ACTOR_KIND_INSTITUTION},
    {"organisations/", TYP_ACTOR_KIND_ORGANISATION},
    {"companies/", TYP_ACTOR_KIND_COMPANY},
};

TypActorKind cm_actor_kind(const char *name)
{
    for (size_t i = 0; i < sizeof collections / sizeof *collections; i++)
        if (strncmp(name, collections[i].prefix, strlen(collections[i].prefix)) == 0)
            return collections[i].kind;
    return TYP_ACTOR_KIND_UNSPECIFIED;
}
