#include "trends/trd_schema.h"

static const cm_migration steps[] = {
    {1, "facts and cells",
     /* The newest state of every resource, with where it came from. */
     "CREATE TABLE facts ("
     " resource TEXT PRIMARY KEY, kind TEXT NOT NULL, source TEXT NOT NULL, part INTEGER NOT NULL,"
     " seq INTEGER NOT NULL, epoch BLOB NOT NULL, revision INTEGER NOT NULL, event BLOB NOT NULL);"
     "CREATE INDEX facts_by_kind ON facts(kind, resource);"
     "CREATE INDEX facts_by_part ON facts(source, part);"
     /* Sums of units, by day; day NULL would not be unique, so undated ones lie on TRD_UNDATED. */
     "CREATE TABLE cells ("
     " question TEXT NOT NULL, day INTEGER NOT NULL, grp TEXT NOT NULL, category TEXT NOT NULL,"
     " collection TEXT NOT NULL, certainty INTEGER NOT NULL, source TEXT NOT NULL, part INTEGER NOT NULL,"
     " weight INTEGER NOT NULL,"
     " PRIMARY KEY (question, day, grp, category, collection, certainty, source, part));"
     "CREATE INDEX cells_by_part ON cells(source, part);"},
    {2, "trends",
     /* Where the newest row of every trend is; the row is its body. The digest is of the body. */
     "CREATE TABLE trends ("
     " name TEXT PRIMARY KEY, question TEXT NOT NULL, part INTEGER NOT NULL, seq BIGINT NOT NULL,"
     " digest BLOB NOT NULL, withdrawn INTEGER NOT NULL);"
     "CREATE INDEX trends_by_question ON trends(question, name);"},
    {3, "when facts were recorded",
     /* Microseconds since 1970 of the newest revision; 0 of what was counted before this was kept. */
     "ALTER TABLE facts ADD COLUMN recorded BIGINT NOT NULL DEFAULT 0;",
     .index = "facts_by_record ON facts (recorded)"},
    {4, "questions of one's own",
     /* What is asked; the body is in the journal, the definition of it here for counting. Facts up to the name
      * `reached` are counted. */
     "CREATE TABLE own_questions ("
     " name TEXT PRIMARY KEY, part INTEGER NOT NULL, seq BIGINT NOT NULL, definition BLOB NOT NULL,"
     " reached TEXT NOT NULL, filled BIGINT NOT NULL, done INTEGER NOT NULL);"
     "CREATE TABLE own_cells ("
     " question TEXT NOT NULL, bin INTEGER NOT NULL, category TEXT NOT NULL, collection TEXT NOT NULL,"
     " certainty INTEGER NOT NULL, source TEXT NOT NULL, part INTEGER NOT NULL, weight INTEGER NOT NULL,"
     " PRIMARY KEY (question, bin, category, collection, certainty, source, part));"
     "CREATE INDEX own_cells_by_part ON own_cells(source, part);"},
    {5, "alerts",
     /* What is watched; `definition` is the newest state, with what fired last. */
     "CREATE TABLE alerts ("
     " name TEXT PRIMARY KEY, trend TEXT NOT NULL, part INTEGER NOT NULL, seq BIGINT NOT NULL, definition BLOB NOT "
     "NULL);"
     "CREATE INDEX alerts_by_trend ON alerts(trend, name);"},
    {6, "facts as they were",
     /* Versions that were corrected or retracted: from `recorded` until `ended`, when the next one was recorded. Of
      * what was erased only that it was, with kind ''. */
     "CREATE TABLE former_facts ("
     " resource TEXT NOT NULL, revision INTEGER NOT NULL, kind TEXT NOT NULL, source TEXT NOT NULL,"
     " part INTEGER NOT NULL, recorded BIGINT NOT NULL, ended BIGINT NOT NULL, event BLOB NOT NULL,"
     " PRIMARY KEY (resource, revision));"
     "CREATE INDEX former_facts_by_end ON former_facts(ended);"
     "CREATE INDEX former_facts_by_part ON former_facts(source, part);"},
};

const cm_migrations trd_migrations = {"trends", steps, sizeof steps / sizeof *steps};
