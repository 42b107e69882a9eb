#include <stdlib.h>

#include "base/cm_memory.h"
#include "store/pg.h"

/* Connects when it is used, so that it outlives any outage. */
static cm_status connect(cm_store *store, bool writes, cm_db **db)
{
    *db = &pg_db_new((pg_store *)store, !writes)->base;
    return cm_ok();
}

static void close_store(cm_store *base)
{
    pg_store *store = (pg_store *)base;

    cm_db_close(store->schema);
    free(store->url);
    free(store->base.name);
    free(store);
}

static cm_status open_store(const char *where, cm_store **result)
{
    pg_store *store = cm_alloc(sizeof *store);
    cm_status s;

    store->base.engine = &store_postgres;
    store->url = cm_format("postgresql:%s", where);
    s = pg_name(store->url, &store->base.name);
    store->schema = &pg_db_new(store, false)->base;
    if (cm_is_ok(s))
        s = pg_ready((pg_db *)store->schema);
    if (!cm_is_ok(s)) {
        close_store(&store->base);
        return s;
    }
    *result = &store->base;
    return cm_ok();
}

static cm_db *schema(cm_store *store)
{
    return ((pg_store *)store)->schema;
}

/* A reader sees one state throughout. A writer sees what was committed before each of its statements, so that after it
 * has waited for a lock it sees what the holder wrote: whoever reads in order to write takes the lock first. */
static cm_status begin(cm_db *db, bool write)
{
    const char *sql =
        write ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    cm_status s;

    ((pg_db *)db)->ahead = ((pg_db *)db)->spoilt = false;
    s = cm_db_run(db, sql, CM_NONE);
    if (s.code != CM_UNAVAILABLE) /* else a connection that was lost while nobody used it is found again */
        return s;
    cm_status_clear(&s);
    return cm_db_run(db, sql, CM_NONE);
}

static bool failed(const cm_db *base)
{
    const pg_db *db = (const pg_db *)base;

    return db->spoilt || PQtransactionStatus(db->connection) == PQTRANS_INERROR;
}

static int64_t session(const cm_db *db)
{
    return ((const pg_db *)db)->session;
}

static cm_status backup(const char *where, const char *path, cm_copied copied, void *context)
{
    return cm_fail(CM_UNIMPLEMENTED, "a store on PostgreSQL is copied by its own tools; use pg_dump or pg_basebackup");
}

static cm_status restore(const char *path, const char *where, const cm_restoring *restoring)
{
    return cm_fail(CM_UNIMPLEMENTED, "a store on PostgreSQL is restored by its own tools; use pg_restore");
}

/* PostgreSQL looks after its files by itself: checksums of pages as they are read, and pg_amcheck. */
static cm_status check(cm_db *db)
{
    return cm_ok();
}

static cm_status scrub(cm_db *db, int64_t deleted_at)
{
    return cm_db_run(db, "VACUUM", CM_NONE);
}

const store_engine store_postgres = {
    .dialect = CM_POSTGRES,
    .open = open_store,
    .close = close_store,
    .backup = backup,
    .restore = restore,
    .schema = schema,
    .lock_schema = pg_lock_schema,
    .step_begins = pg_step_begins,
    .make_index = pg_make_index,
    .connect = connect,
    .disconnect = pg_disconnect,
    .run = pg_run,
    .script = pg_script,
    .query = pg_query,
    .next = pg_next,
    .end = pg_end,
    .is_null = pg_is_null,
    .integer = pg_integer,
    .real = pg_real,
    .text = pg_text,
    .blob = pg_blob,
    .begin = begin,
    .in_transaction = pg_in_transaction,
    .failed = failed,
    .run_ahead = pg_run_ahead,
    .session = session,
    .check = check,
    .scrub = scrub,
};
