#include "journal/resource.h"

static const cm_migration steps[] = {
    {1, "which resources name an actor",
     "CREATE TABLE mentions ("
     "  actor TEXT NOT NULL,"
     "  name TEXT NOT NULL,"
     "  PRIMARY KEY (actor, name));"},
};

const cm_migrations cm_resource_migrations = {"resources", steps, sizeof steps / sizeof *steps};
