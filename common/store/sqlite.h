/* sqlite.h: the parts of the SQLite engine as they see each other. Reach for it in sqlite_*.c only. */
#ifndef CM_STORE_SQLITE_H
#define CM_STORE_SQLITE_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <uthash.h>

#include "store/store_engine.h"

/* A prepared statement, found by its text. */
typedef struct sqlite_statement {
    sqlite3_stmt *stmt;
    bool busy;         /* its rows are being read */
    bool cached;       /* else it ends when its rows do */
    UT_hash_handle hh; /* by sqlite3_sql(stmt); in order of last use */
    int count;         /* of parameters: $1 … $count */
    int index[];       /* where SQLite has $n: index[n - 1] */
} sqlite_statement;

typedef struct sqlite_store {
    cm_store base;
    char *path;
    char *folder;       /* of a store in memory, removed at the end; NULL: none */
    int lock;           /* held while the store is open */
    cm_db *schema;      /* keeps the file open and migrates it */
    atomic_bool writes; /* the writer's connection is open */
} sqlite_store;

/* A text that was run, by its address: whoever runs it again most often gives the same one. */
enum { SQLITE_RECENT = 64 };
typedef struct sqlite_recent {
    const char *sql;
    sqlite_statement *statement;
} sqlite_recent;

typedef struct sqlite_db {
    cm_db base;
    sqlite3 *handle;
    bool writes;
    sqlite_statement *statements;
    sqlite_recent recent[SQLITE_RECENT]; /* of the statements that are kept */
} sqlite_db;

/* sqlite_lock.c: takes the file's lock for this process, which ends with it however it ends. */
cm_status sqlite_lock_take(const char *path, int *lock) CM_MUST_USE;
void sqlite_lock_release(int lock);

/* sqlite_status.c: the connection's last failure as a status; `sql` (may be NULL) is what was run. */
cm_status sqlite_failure(sqlite3 *handle, const char *name, const char *sql) CM_MUST_USE;

/* sqlite_statement.c */
cm_status sqlite_run(cm_db *db, const char *sql, const cm_value *values, int count, int64_t *changed) CM_MUST_USE;
cm_status sqlite_script(cm_db *db, const char *sql) CM_MUST_USE;
cm_status sqlite_query(cm_db *db, const char *sql, const cm_value *values, int count, cm_rows *rows) CM_MUST_USE;
void sqlite_forget_statements(sqlite_db *db);

/* sqlite_backup.c */
cm_status sqlite_backup(const char *where, const char *path, cm_copied copied, void *context) CM_MUST_USE;
cm_status sqlite_restore(const char *path, const char *where, const cm_restoring *restoring) CM_MUST_USE;
cm_status sqlite_check(cm_db *db) CM_MUST_USE;
cm_status sqlite_scrub(cm_db *db, int64_t deleted_at) CM_MUST_USE;

/* sqlite_rows.c */
bool sqlite_next(cm_rows *rows);
void sqlite_end(cm_rows *rows);
bool sqlite_is_null(const cm_rows *rows, int column);
int64_t sqlite_integer(const cm_rows *rows, int column);
double sqlite_real(const cm_rows *rows, int column);
const char *sqlite_text(const cm_rows *rows, int column);
cm_bytes sqlite_blob(const cm_rows *rows, int column);

/* Resets a statement, and ends it where it is not kept. */
void sqlite_statement_done(sqlite_statement *statement);

#endif
