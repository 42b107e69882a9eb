/* cm_store.h: a service's database, and connections to it. Reach for it where SQL is written: statements are prepared
 * once a connection and found again by their text, parameters are typed, rows are read by column.
 *
 * Parameters are written $1, $2, … in SQL that every engine takes; what engines spell differently is asked of
 * cm_db_dialect. A cm_store belongs to the program; a cm_db to one thread at a time. */
#ifndef CM_STORE_H
#define CM_STORE_H

#include "base/cm_digest.h"
#include "base/cm_status.h"

typedef struct cm_store cm_store;
typedef struct cm_db cm_db;

/* One numbered step of a schema: SQL that runs once, in order, in one transaction with the note that it ran.
 *
 * On PostgreSQL a program of the version before goes on writing while a step runs and afterwards. So a step adds, and
 * leaves what is there as it was: new tables, new columns that may be NULL or have a constant as their default, indexes
 * that refuse nothing. What is to go goes a version after the last program that used it. An index on a table that may
 * be large is `index`, which holds up nobody there. */
typedef struct cm_migration {
    int number; /* 1, 2, 3 … without gaps, per set */
    const char *name;
    const char *sql;    /* NULL: only the index */
    const char *sqlite; /* what SQLite runs instead; NULL: the same */
    const char *index;  /* "NAME ON TABLE (COLUMNS)"; NULL: none */
} cm_migration;

/* A named set of migrations ("journal", "registry"); a store has several, each with numbers of its own. */
typedef struct cm_migrations {
    const char *set;
    const cm_migration *steps;
    int count;
} cm_migrations;

/* Opens `url`, of one of two engines:
 *
 * `sqlite:PATH` or PATH: a folder's file, made where it is missing. `sqlite::memory:` for tests is shared by the
 * store's connections and gone when it is closed. PERMISSION_DENIED, NOT_FOUND (no such folder), UNAVAILABLE (another
 * process has it open: one line says which file and which process; PATH.lock beside it is how it is known) and
 * DATA_LOSS (the file is no database) name the path. WAL, synchronous=FULL.
 *
 * `postgresql://USER@HOST:PORT/DATABASE`, with all that libpq takes in a URL: a database that exists. With
 * options=-csearch_path%3DNAME several stores share it, a schema each. A connection that is lost is made again when the
 * next transaction begins, or a statement outside of one. UNAVAILABLE where the server is not reached,
 * PERMISSION_DENIED where it wants a password.
 *
 * INVALID_ARGUMENT for what is neither. */
cm_status cm_store_open(const char *url, cm_store **store) CM_MUST_USE;

/* What the store is called in messages: its file, or its URL. */
const char *cm_store_name(const cm_store *store);

/* What the store belongs to (a journal), for whoever has but a connection: set before the first one is used. NULL where
 * none was set. */
void cm_store_set_owner(cm_store *store, void *owner);
void *cm_db_owner(const cm_db *db);

/* How often the server has given up a transaction because two waited for each other. Any thread. */
uint64_t cm_store_deadlocks(const cm_store *store);

/* After all its connections are closed. */
void cm_store_close(cm_store *store);

/* Brings each set to its newest step; of programs that do so at once one after the other. On PostgreSQL a step waits
 * half a second for a table that somebody uses, lets those go on who had to wait behind it, and tries again.
 * FAILED_PRECONDITION where the store is newer than the program, naming both; UNAVAILABLE where a table was in use for
 * five minutes on end, naming the step. */
cm_status cm_store_migrate(cm_store *store, const cm_migrations *const *sets, int count) CM_MUST_USE;

/* Connections. On SQLite only one may write: FAILED_PRECONDITION where it is open already. */
cm_status cm_store_writer(cm_store *store, cm_db **db) CM_MUST_USE;
cm_status cm_store_reader(cm_store *store, cm_db **db) CM_MUST_USE;
void cm_db_close(cm_db *db);

/* ---- statements ---- */

typedef enum cm_value_kind { CM_NULL, CM_INTEGER, CM_REAL, CM_STRING, CM_BLOB } cm_value_kind;
typedef struct cm_value {
    cm_value_kind kind;
    int64_t integer;
    double real;
    const void *data; /* valid until cm_db_run or cm_db_query has returned */
    size_t size;
} cm_value;

cm_value cm_v_null(void);
cm_value cm_v_int(int64_t integer);
cm_value cm_v_real(double real);
cm_value cm_v_text(const char *text); /* NULL gives SQL's NULL */
cm_value cm_v_textn(const char *text, size_t size);
cm_value cm_v_blob(const void *data, size_t size);

/* cm_db_run(db, sql, CM_WITH(cm_v_text(name), cm_v_int(5))); CM_NONE where there are no parameters. */
#define CM_WITH(...)                                                                                                   \
    ((const cm_value[]){__VA_ARGS__}), (int)(sizeof((const cm_value[]){__VA_ARGS__}) / sizeof(cm_value))
#define CM_NONE NULL, 0

/* Runs a statement that gives no rows. `changed` variants tell how many rows it touched.
 * Failures: ALREADY_EXISTS (a unique key), FAILED_PRECONDITION (another constraint), RESOURCE_EXHAUSTED (disk full),
 * UNAVAILABLE (busy, or the disk failed, or the server is not reached: nothing is settled), ABORTED (the server gave
 * the transaction up for another's sake, or a statement of it failed before), UNKNOWN (COMMIT alone: the connection was
 * lost before its answer), DATA_LOSS (a corrupt file), INTERNAL (wrong SQL or another number of values than it has
 * parameters, with its text). */
cm_status cm_db_run(cm_db *db, const char *sql, const cm_value *values, int count) CM_MUST_USE;
cm_status cm_db_run_changed(cm_db *db, const char *sql, const cm_value *values, int count,
                            int64_t *changed) CM_MUST_USE;

/* Several statements without parameters, as a migration has them. */
cm_status cm_db_script(cm_db *db, const char *sql) CM_MUST_USE;

/* Rows, one after the other:
 *     cm_rows rows;
 *     CM_TRY(cm_db_query(db, sql, CM_WITH(…), &rows));
 *     while (cm_rows_next(&rows))
 *         … cm_rows_text(&rows, 0) …
 *     CM_TRY(cm_rows_end(&rows));
 * On PostgreSQL all rows are in memory when the query returns, so long tables are read in pages.
 * cm_rows_end is always called; it may come early. Text and blobs are valid until the next call on the rows. */
typedef struct cm_rows {
    void *statement;
    cm_db *db;
    cm_status status;
} cm_rows;

cm_status cm_db_query(cm_db *db, const char *sql, const cm_value *values, int count, cm_rows *rows) CM_MUST_USE;
bool cm_rows_next(cm_rows *rows);
cm_status cm_rows_end(cm_rows *rows) CM_MUST_USE;
bool cm_rows_null(const cm_rows *rows, int column);
int64_t cm_rows_int(const cm_rows *rows, int column);
double cm_rows_real(const cm_rows *rows, int column);
const char *cm_rows_text(const cm_rows *rows, int column); /* "" for NULL */
cm_bytes cm_rows_blob(const cm_rows *rows, int column);

/* The single integer of the first row; `otherwise` where there is no row or it is NULL. */
cm_status cm_db_integer(cm_db *db, const char *sql, const cm_value *values, int count, int64_t otherwise,
                        int64_t *integer) CM_MUST_USE;

/* ---- transactions ---- */

cm_status cm_db_begin(cm_db *db, bool write) CM_MUST_USE; /* a read transaction sees one state throughout */
cm_status cm_db_commit(cm_db *db) CM_MUST_USE;
void cm_db_rollback(cm_db *db); /* does nothing where none is open */
cm_status cm_db_savepoint(cm_db *db) CM_MUST_USE;
cm_status cm_db_release(cm_db *db) CM_MUST_USE;
void cm_db_rollback_to(cm_db *db); /* undoes to the savepoint and ends it */

/* Whether a transaction is open. False also after a failure at which the engine gave up the transaction by itself, as
 * SQLite may on a full disk: nothing of it is left then. */
bool cm_db_in_transaction(const cm_db *db);

/* Whether a statement of the open transaction failed, and the engine refuses all others until it is undone, to the
 * savepoint at least: PostgreSQL does, SQLite goes on. */
bool cm_db_failed(const cm_db *db);

/* For the rest of the open transaction cm_db_run waits for no answer: statements are sent together with the next one
 * that gives something, so that they cost no time on the way. What fails of them is told by a later statement, by
 * COMMIT at the latest; then the transaction is lost as a whole, whatever its savepoints, and cm_db_failed stays true
 * until the next one begins. For whoever can run it again, waiting. On SQLite, which is in the process, nothing. */
void cm_db_run_ahead(cm_db *db);

/* Counts how often the connection was made: where it is another number than before, the server may be another one, or
 * have another past. */
int64_t cm_db_session(const cm_db *db);

typedef enum cm_dialect { CM_SQLITE, CM_POSTGRES } cm_dialect;
cm_dialect cm_db_dialect(const cm_db *db);

#endif
