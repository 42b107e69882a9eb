/* pg.h: the parts of the PostgreSQL engine as they see each other. Reach for it in pg_*.c only. */
#ifndef CM_STORE_PG_H
#define CM_STORE_PG_H

#include <libpq-fe.h>
#include <uthash.h>

#include "base/cm_arena.h"
#include "base/cm_text.h"
#include "store/store_engine.h"

/* A statement that the server has prepared, found by its text. */
typedef struct pg_statement {
    char *sql;
    char name[16];     /* what the server calls it */
    int count;         /* of parameters: $1 … $count */
    UT_hash_handle hh; /* by sql; in order of last use */
} pg_statement;

/* The rows of one answer, which lie in memory whole, so that a connection may be asked again while they are read. */
typedef struct pg_rows {
    PGresult *answer;
    int at;          /* of the row that is read; -1 before the first */
    cm_arena *blobs; /* those of this row */
} pg_rows;

typedef struct pg_store {
    cm_store base;
    char *url;
    cm_db *schema; /* migrates */
} pg_store;

typedef struct pg_db {
    cm_db base;
    PGconn *connection;
    bool reads_only;
    bool usable;       /* set up, and not known to be lost */
    int64_t session;   /* how often it was connected */
    unsigned prepared; /* statements so far: names them */
    pg_statement *statements;
    bool ahead, spoilt; /* cm_db_run_ahead, and one has failed since: of the transaction */
    int ahead_count;    /* sent, and their answers not drawn */
    size_t ahead_bytes; /* of those, at most; where there are any */
} pg_db;

enum { PG_PARAMETERS_MAX = 64, PG_DIGITS = 32 /* of an int64 or a double */ };

/* Values as the protocol has them: numbers as digits, which fit whatever type of number the server expects; texts and
 * blobs as their bytes. */
typedef struct pg_bound {
    const char *values[PG_PARAMETERS_MAX];
    int lengths[PG_PARAMETERS_MAX], formats[PG_PARAMETERS_MAX];
    char digits[PG_PARAMETERS_MAX][PG_DIGITS];
} pg_bound;

/* pg_connect.c: a connection that is made when pg_ready is first called. `reads_only`: the server refuses what would
 * write. */
pg_db *pg_db_new(pg_store *store, bool reads_only);
void pg_disconnect(cm_db *db);
/* Connects where it is not connected, or no more; not within a transaction. UNAVAILABLE where that fails. */
cm_status pg_ready(pg_db *db) CM_MUST_USE;
/* Whether one is open, also where it has failed and can only be undone. */
bool pg_in_transaction(const cm_db *db);
/* "postgresql://host:port/database", without any password. INVALID_ARGUMENT where `url` is none. */
cm_status pg_name(const char *url, char **name) CM_MUST_USE;

/* pg_status.c: an answer (NULL: there was none) as a status; `sql` (may be NULL) is what was run. Where the connection
 * is lost, it is usable no more. */
cm_status pg_outcome(pg_db *db, const PGresult *answer, const char *sql) CM_MUST_USE;

/* pg_ahead.c: pg_send sends a statement and waits for nothing; pg_ask sends one and waits for its answer, those of
 * whatever was sent before it included, and so does pg_settle without one. The first failure of all is told. */
void pg_run_ahead(cm_db *db);
cm_status pg_send(pg_db *db, const pg_statement *statement, const pg_bound *bound) CM_MUST_USE;
cm_status pg_ask(pg_db *db, const pg_statement *statement, const pg_bound *bound, PGresult **answer) CM_MUST_USE;
cm_status pg_settle(pg_db *db) CM_MUST_USE;

/* pg_statement.c */
cm_status pg_run(cm_db *db, const char *sql, const cm_value *values, int count, int64_t *changed) CM_MUST_USE;
cm_status pg_query(cm_db *db, const char *sql, const cm_value *values, int count, cm_rows *rows) CM_MUST_USE;
void pg_forget_statements(pg_db *db);

/* pg_script.c: DDL as services write it, in PostgreSQL's words: BLOB is BYTEA, INTEGER is BIGINT, REAL is DOUBLE
 * PRECISION, and TEXT is ordered by its bytes whatever the database's locale. Only words in capitals outside of quotes
 * and comments. */
void pg_translate(const char *sql, cm_text *text);
cm_status pg_script(cm_db *db, const char *sql) CM_MUST_USE;

/* pg_schema.c: what store_engine.h says of schemas. */
cm_status pg_lock_schema(cm_db *db, bool locked) CM_MUST_USE;
cm_status pg_step_begins(cm_db *db) CM_MUST_USE;
cm_status pg_make_index(cm_db *db, const char *index, bool used) CM_MUST_USE;

/* pg_rows.c */
void pg_rows_begin(PGresult *answer, cm_rows *rows); /* takes the answer over */
bool pg_next(cm_rows *rows);
void pg_end(cm_rows *rows);
bool pg_is_null(const cm_rows *rows, int column);
int64_t pg_integer(const cm_rows *rows, int column);
double pg_real(const cm_rows *rows, int column);
const char *pg_text(const cm_rows *rows, int column);
cm_bytes pg_blob(const cm_rows *rows, int column);

#endif
