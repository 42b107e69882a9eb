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
    {3, "mentions in one tree", /* a table with a key is two trees of SQLite's, unless it says otherwise */
     "SELECT 1",
     "CREATE TABLE mentions_in_one (actor TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (actor, name)) WITHOUT ROWID;"
     "INSERT INTO mentions_in_one SELECT actor, name FROM mentions ORDER BY actor, name;"
     "DROP TABLE mentions;"
     "ALTER TABLE mentions_in_one RENAME TO mentions;"},
};

const cm_migrations cm_resource_migrations = {"resources", steps, sizeof steps / sizeof *steps};
