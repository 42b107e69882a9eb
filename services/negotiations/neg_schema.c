#include "negotiations/neg_schema.h"

/* Every kind's table begins so: cm_resource keeps here where the newest row is. */
#define RESOURCE "name TEXT PRIMARY KEY, part INTEGER NOT NULL, seq BIGINT NOT NULL"

static const char first_tables[] =
    "CREATE TABLE sources (" RESOURCE ", certainty TEXT NOT NULL, publisher TEXT NOT NULL);"
    "CREATE TABLE collections (" RESOURCE ", completeness TEXT NOT NULL);"
    "CREATE TABLE issues (" RESOURCE ");"
    "CREATE TABLE negotiations (" RESOURCE ", format TEXT NOT NULL, derived_format TEXT NOT NULL,"
    "  phase TEXT NOT NULL, collection TEXT NOT NULL, start TEXT NOT NULL, host TEXT NOT NULL);"
    "CREATE TABLE entries (" RESOURCE ", kind TEXT NOT NULL, channel TEXT NOT NULL, collection TEXT NOT NULL,"
    "  date TEXT NOT NULL);"
    "CREATE TABLE positions (" RESOURCE ", actor TEXT NOT NULL, issue TEXT NOT NULL, negotiation TEXT NOT NULL,"
    "  collection TEXT NOT NULL, date TEXT NOT NULL, stance INTEGER NOT NULL);"
    "CREATE INDEX positions_by_issue ON positions (issue, actor);"
    "CREATE INDEX positions_by_actor ON positions (actor);"
    "CREATE TABLE agreements (" RESOURCE ", kind TEXT NOT NULL, status TEXT NOT NULL, negotiation TEXT NOT NULL,"
    "  collection TEXT NOT NULL);"
    "CREATE INDEX agreements_by_negotiation ON agreements (negotiation);"
    "CREATE TABLE known_actors ("
    "  name TEXT PRIMARY KEY,"
    "  kind INTEGER NOT NULL,"
    "  state TEXT NOT NULL,"
    "  revision BIGINT NOT NULL,"
    "  epoch TEXT NOT NULL,"
    "  part INTEGER" /* of the registry's journal; NULL where the registry was asked */
    ");"
    "CREATE INDEX known_actors_by_part ON known_actors (part);";

static const char threads[] = "ALTER TABLE entries ADD COLUMN in_reply_to TEXT NOT NULL DEFAULT '';";
static const char replies[] = "entries_by_reply ON entries (in_reply_to) WHERE in_reply_to <> ''";

static const char uploads[] = "CREATE TABLE uploads ("
                              "  identity TEXT NOT NULL,"
                              "  upload TEXT NOT NULL,"
                              "  position BIGINT NOT NULL," /* entries that were looked at */
                              "  refused BIGINT NOT NULL,"
                              "  recorded_at BIGINT NOT NULL,"
                              "  PRIMARY KEY (identity, upload));"
                              "CREATE INDEX uploads_by_age ON uploads (recorded_at);"
                              "CREATE TABLE refusals ("
                              "  identity TEXT NOT NULL,"
                              "  upload TEXT NOT NULL,"
                              "  position BIGINT NOT NULL," /* of the entry */
                              "  refusal BLOB NOT NULL,"    /* cityneg.type.v1.Refusal */
                              "  PRIMARY KEY (identity, upload, position));";

/* A table with a key is two trees of SQLite's, unless it says otherwise: each row would be written twice. */
static const char one_tree[] =
    "CREATE TABLE entries_in_one (" RESOURCE ", kind TEXT NOT NULL, channel TEXT NOT NULL,"
    "  collection TEXT NOT NULL, date TEXT NOT NULL, in_reply_to TEXT NOT NULL DEFAULT '') WITHOUT ROWID;"
    "INSERT INTO entries_in_one SELECT name, part, seq, kind, channel, collection, date, in_reply_to FROM entries"
    "  ORDER BY name;"
    "DROP TABLE entries;"
    "ALTER TABLE entries_in_one RENAME TO entries;";

static const cm_migration steps[] = {{1, "first tables", first_tables},
                                     {2, "what entries answer", threads, .index = replies},
                                     {3, "uploads", uploads},
                                     {4, "entries in one tree", "SELECT 1", one_tree}};

const cm_migrations neg_migrations = {"negotiations", steps, sizeof steps / sizeof *steps};
