#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"
#include "store/pg.h"

/* An acknowledged commit is on disk, whatever the server's default says; a stricter default stays. */
static const char durable[] = "SELECT set_config('synchronous_commit', 'on', false) "
                              "WHERE current_setting('synchronous_commit') = 'off'";

/* The server finds out within half a minute that we are gone, and lets nobody wait longer for what we had locked; nor
 * for a transaction that stands still. */
static const char bounded[] = "SELECT set_config('tcp_keepalives_idle', '10', false), "
                              "set_config('tcp_keepalives_interval', '5', false), "
                              "set_config('tcp_keepalives_count', '4', false), "
                              "set_config('idle_in_transaction_session_timeout', '10s', false)";

/* A reader holds up only who changes a table, and may think between two questions: a report of many facts does. */
static const char reading[] = "SELECT set_config('default_transaction_read_only', 'on', false), "
                              "set_config('idle_in_transaction_session_timeout', '5min', false)";

static const char *option_of(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val ? options->val : "";
    return "";
}

cm_status pg_name(const char *url, char **name)
{
    char *problem = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &problem);

    if (!options) {
        cm_status s = cm_fail(CM_INVALID_ARGUMENT, "the store's URL: %.*s; give postgresql://USER@HOST:PORT/DATABASE",
                              problem ? (int)strcspn(problem, "\n") : 0, problem ? problem : "");
        PQfreemem(problem);
        return s;
    }
    const char *host = option_of(options, "host"), *port = option_of(options, "port");
    *name = cm_format("postgresql://%s%s%s/%s", host, *port ? ":" : "", port, option_of(options, "dbname"));
    PQconninfoFree(options);
    return cm_ok();
}

static void ignore_notice(void *context, const char *message)
{
}

static cm_status set(pg_db *db, const char *sql)
{
    PGresult *answer = PQexec(db->connection, sql);
    cm_status s = pg_outcome(db, answer, sql);

    PQclear(answer);
    return s;
}

static cm_status set_up(pg_db *db)
{
    if (PQstatus(db->connection) != CONNECTION_OK) {
        cm_status s = pg_outcome(db, NULL, NULL);
        if (PQconnectionNeedsPassword(db->connection))
            s.code = CM_PERMISSION_DENIED;
        return s;
    }
    PQsetNoticeProcessor(db->connection, ignore_notice, NULL);
    CM_TRY(set(db, durable));
    CM_TRY(set(db, bounded));
    if (db->reads_only)
        CM_TRY(set(db, reading));
    db->usable = true;
    db->session++;
    return cm_ok();
}

/* What the URL says goes before what stands above it, and is overruled by what stands below. */
static PGconn *dial(const char *url)
{
    static const char *const keywords[] = {"connect_timeout", "tcp_user_timeout", "application_name",
                                           "dbname",          "client_encoding",  NULL};
    const char *const values[] = {"10", "30000", "cityneg", url, "UTF8", NULL};

    return PQconnectdbParams(keywords, values, 1);
}

pg_db *pg_db_new(pg_store *store, bool reads_only)
{
    pg_db *db = cm_alloc(sizeof *db);

    db->base = (cm_db){&store_postgres, &store->base};
    db->reads_only = reads_only;
    return db;
}

void pg_disconnect(cm_db *base)
{
    pg_db *db = (pg_db *)base;

    pg_forget_statements(db);
    PQfinish(db->connection);
    free(db);
}

cm_status pg_ready(pg_db *db)
{
    if (db->usable && PQstatus(db->connection) == CONNECTION_OK)
        return cm_ok();
    pg_forget_statements(db);
    db->usable = false;
    db->ahead = false;
    db->ahead_count = 0;
    if (db->connection)
        PQreset(db->connection);
    else
        db->connection = dial(((pg_store *)db->base.store)->url);
    return set_up(db);
}

bool pg_in_transaction(const cm_db *base)
{
    const pg_db *db = (const pg_db *)base;
    PGTransactionStatusType state = PQtransactionStatus(db->connection);

    return db->usable && (db->ahead_count || state == PQTRANS_INTRANS || state == PQTRANS_INERROR);
}
