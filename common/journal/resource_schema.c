#include "journal/resource.h"

static const cm_migration steps[] = {
    {1, "which resources name an actor",
     "CREATE TABLE mentions ("
     "  actor TEXT NOT NULL,"
     "  name TEXT NOT NULL,"
     "  PRIMARY KEY (actor, name));"},
    {2, "which actors were merged into which",
     "CREATE TABLE merges ("
     "  actor TEXT NOT NULL,"
     "  survivor TEXT NOT NULL,"
     "  since BIGINT NOT NULL," /* recorded, in wall microseconds; until: NULL where it is still so */
     "  until BIGINT);"
     "CREATE INDEX merges_by_survivor ON merges (survivor);"
     "CREATE INDEX merges_by_actor ON merges (actor);"},
};

const cm_migrations cm_resource_migrations = {"resources", steps, sizeof steps / sizeof *steps};
