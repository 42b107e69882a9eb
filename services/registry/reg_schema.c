#include "registry/reg_schema.h"

static const cm_migration steps[] = {
    {1, "actors, memberships, grouping editions, influences, autonomy profiles",
     "CREATE TABLE actors ("
     "  name TEXT PRIMARY KEY,"
     "  part INTEGER NOT NULL,"
     "  seq BIGINT NOT NULL,"
     "  kind TEXT NOT NULL,"
     "  state TEXT NOT NULL,"
     "  parent TEXT NOT NULL,"
     "  collection TEXT NOT NULL);"
     "CREATE INDEX actors_by_state ON actors (state, name);"

     "CREATE TABLE external_ids ("
     "  scheme TEXT NOT NULL,"
     "  value TEXT NOT NULL,"
     "  name TEXT NOT NULL,"
     "  PRIMARY KEY (scheme, value));"

     "CREATE TABLE memberships ("
     "  name TEXT PRIMARY KEY,"
     "  part INTEGER NOT NULL,"
     "  seq BIGINT NOT NULL,"
     "  institution TEXT NOT NULL,"
     "  status TEXT NOT NULL,"
     "  \"from\" TEXT NOT NULL,"
     "  \"to\" TEXT NOT NULL,"
     "  collection TEXT NOT NULL);"
     "CREATE INDEX memberships_by_institution ON memberships (institution, name);"

     "CREATE TABLE grouping_editions ("
     "  name TEXT PRIMARY KEY,"
     "  part INTEGER NOT NULL,"
     "  seq BIGINT NOT NULL,"
     "  display_name TEXT NOT NULL,"
     "  collection TEXT NOT NULL);"

     "CREATE TABLE influences ("
     "  name TEXT PRIMARY KEY,"
     "  part INTEGER NOT NULL,"
     "  seq BIGINT NOT NULL,"
     "  measure TEXT NOT NULL,"
     "  year INTEGER NOT NULL,"
     "  collection TEXT NOT NULL);"

     "CREATE TABLE autonomy_profiles ("
     "  name TEXT PRIMARY KEY,"
     "  part INTEGER NOT NULL,"
     "  seq BIGINT NOT NULL,"
     "  collection TEXT NOT NULL);"},
};

const cm_migrations reg_migrations = {"registry", steps, sizeof steps / sizeof *steps};
