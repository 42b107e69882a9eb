#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_memory.h"
#include "journal/journal.h"

static const char first_tables[] = "CREATE TABLE store_info ("
                                   "  one INTEGER PRIMARY KEY CHECK (one = 1),"
                                   "  service TEXT NOT NULL,"
                                   "  epoch BLOB NOT NULL,"
                                   "  partitions INTEGER NOT NULL,"
                                   "  created_at BIGINT NOT NULL);"

                                   /* The newest row of each partition, moved in the transaction that appends. */
                                   "CREATE TABLE heads ("
                                   "  part INTEGER PRIMARY KEY,"
                                   "  seq BIGINT NOT NULL,"
                                   "  hash BLOB NOT NULL,"
                                   "  recorded_at BIGINT NOT NULL);"

                                   "CREATE TABLE journal ("
                                   "  part INTEGER NOT NULL,"
                                   "  seq BIGINT NOT NULL,"
                                   "  id BLOB NOT NULL,"
                                   "  type TEXT NOT NULL,"
                                   "  resource TEXT NOT NULL,"
                                   "  revision BIGINT NOT NULL,"
                                   "  event_time TEXT NOT NULL,"
                                   "  event_precision INTEGER NOT NULL,"
                                   "  recorded_at BIGINT NOT NULL,"
                                   "  actor TEXT NOT NULL,"
                                   "  request_id TEXT NOT NULL,"
                                   "  traceparent TEXT NOT NULL,"
                                   "  payload BLOB NOT NULL,"
                                   "  salt BLOB NOT NULL,"
                                   "  payload_digest BLOB NOT NULL,"
                                   "  hash BLOB NOT NULL,"
                                   "  PRIMARY KEY (part, seq));"
                                   "CREATE UNIQUE INDEX journal_revisions ON journal (resource, revision);"

                                   "CREATE TABLE requests ("
                                   "  identity TEXT NOT NULL,"
                                   "  request_id TEXT NOT NULL,"
                                   "  method TEXT NOT NULL,"
                                   "  digest BLOB NOT NULL,"
                                   "  positions TEXT NOT NULL," /* of the rows written: \"3:17 3:18\" */
                                   "  recorded_at BIGINT NOT NULL,"
                                   "  PRIMARY KEY (identity, request_id));"

                                   /* The relay's watermark: the newest seq known to be in Kafka. */
                                   "CREATE TABLE sent ("
                                   "  part INTEGER PRIMARY KEY,"
                                   "  seq BIGINT NOT NULL);"

                                   /* How far other services' journals were applied. */
                                   "CREATE TABLE feeds ("
                                   "  topic TEXT NOT NULL,"
                                   "  part INTEGER NOT NULL,"
                                   "  epoch BLOB NOT NULL,"
                                   "  seq BIGINT NOT NULL,"
                                   "  kafka_offset BIGINT NOT NULL,"
                                   "  PRIMARY KEY (topic, part));";

static const cm_migration steps[] = {
    {1, "journal, heads, requests, positions", first_tables},
    {2, "requests by age", .index = "requests_by_age ON requests (recorded_at)"},
    {3, "erased",
     /* Resources that were erased: by the row at (part, seq), seq 0 where the store never had any of theirs. Pending:
      * known to have been erased in a store that this one was restored instead of. */
     "CREATE TABLE erased (name TEXT PRIMARY KEY, part INTEGER NOT NULL, seq BIGINT NOT NULL,"
     " recorded_at BIGINT NOT NULL, pending INTEGER NOT NULL)"},
    {4, "letters",
     /* What a feed has put aside: rows that could not be applied (seq > 0), and records that could not be read, which
      * go once the dead-letter topic has taken them. Record: what that topic is to get, empty afterwards. */
     "CREATE TABLE letters (id BLOB PRIMARY KEY, topic TEXT NOT NULL, part INTEGER NOT NULL, seq BIGINT NOT NULL,"
     " epoch BLOB NOT NULL, type TEXT NOT NULL, resource TEXT NOT NULL, why TEXT NOT NULL, made_at BIGINT NOT NULL,"
     " record BLOB NOT NULL);"
     "CREATE INDEX letters_by_place ON letters (topic, part, seq)"},
};

const cm_migrations journal_migrations = {"journal", steps, sizeof steps / sizeof *steps};

static cm_status make_partition(cm_db *db, int part)
{
    static const uint8_t nothing[CM_SHA256];

    CM_TRY(cm_db_run(db, "INSERT INTO heads (part, seq, hash, recorded_at) VALUES ($1, 0, $2, 0)",
                     CM_WITH(cm_v_int(part), cm_v_blob(nothing, sizeof nothing))));
    return cm_db_run(db, "INSERT INTO sent (part, seq) VALUES ($1, 0)", CM_WITH(cm_v_int(part)));
}

static cm_status make_store(const cm_journal *journal, int partitions)
{
    cm_uuid epoch = cm_uuid_random();

    CM_TRY(cm_db_run(journal->lanes[0].db,
                     "INSERT INTO store_info (one, service, epoch, partitions, created_at) VALUES (1, $1, $2, $3, $4)",
                     CM_WITH(cm_v_text(journal->service), cm_v_blob(epoch.bytes, sizeof epoch.bytes),
                             cm_v_int(partitions), cm_v_int(journal->clock()))));
    for (int part = 0; part < partitions; part++)
        CM_TRY(make_partition(journal->lanes[0].db, part));
    return cm_ok();
}

static cm_status make_where_new(const cm_journal *journal, int partitions)
{
    cm_status s;
    int64_t made;

    CM_TRY(cm_db_begin(journal->lanes[0].db, true));
    s = cm_db_integer(journal->lanes[0].db, "SELECT count(*) FROM store_info", CM_NONE, 0, &made);
    if (cm_is_ok(s) && !made)
        s = make_store(journal, partitions);
    if (cm_is_ok(s))
        return cm_db_commit(journal->lanes[0].db);
    cm_db_rollback(journal->lanes[0].db);
    if (s.code == CM_ALREADY_EXISTS) /* another program that started at once was first */
        cm_status_clear(&s);
    return s;
}

static cm_status take_identity(cm_journal *journal, const cm_rows *rows)
{
    const char *service = cm_rows_text(rows, 0);

    if (strcmp(service, journal->service) != 0)
        return cm_fail(CM_FAILED_PRECONDITION, "%s: is the store of %s, not of %s; give another one",
                       cm_store_name(journal->store), service, journal->service);
    journal->partitions = (int)cm_rows_int(rows, 1);
    return cm_ok();
}

static cm_status load_identity(cm_journal *journal)
{
    cm_rows rows;
    cm_status s, end;

    CM_TRY(cm_db_query(journal->lanes[0].db, "SELECT service, partitions FROM store_info", CM_NONE, &rows));
    s = cm_rows_next(&rows) ? take_identity(journal, &rows) : cm_ok();
    end = cm_rows_end(&rows);
    if (!cm_is_ok(s)) {
        cm_status_clear(&end);
        return s;
    }
    CM_TRY(end);
    cm_uuid epoch;
    CM_TRY(journal_epoch(journal->lanes[0].db, &epoch));
    journal_set_epoch(journal, epoch);
    return cm_ok();
}

/* Other programs may erase at any time where the store is shared. */
static cm_status load_erases(cm_journal *journal)
{
    int64_t erased;

    CM_TRY(cm_db_integer(journal->lanes[0].db, "SELECT count(*) FROM erased", CM_NONE, 0, &erased));
    journal->erases = journal->shared || erased;
    return cm_ok();
}

cm_status journal_load(cm_journal *journal, int partitions)
{
    CM_TRY(make_where_new(journal, partitions));
    CM_TRY(load_identity(journal));
    CM_TRY(load_erases(journal));
    CM_TRY(journal_lanes_fill(journal));
    CM_TRY(journal_scrub_at_start(&journal->lanes[0]));
    return journal_load_heads(&journal->lanes[0]);
}
