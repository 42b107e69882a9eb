/* store_engine.h: what an SQL engine does for this folder. Reach for it when an engine is added: fill the table, name
 * its URLs in store.c, and run the suite in tests/common/store with a URL of it. */
#ifndef CM_STORE_ENGINE_H
#define CM_STORE_ENGINE_H

#include "base/cm_metrics.h"
#include "store/cm_backup.h"
#include "store/cm_store.h"

/* Contracts are those of the functions of the same names in cm_store.h and cm_backup.h. */
typedef struct store_engine {
    cm_dialect dialect;
    cm_status (*open)(const char *where, cm_store **store); /* `where`: the URL after `engine:` */
    void (*close)(cm_store *store);
    cm_status (*backup)(const char *where, const char *path, cm_copied copied, void *context);
    cm_status (*restore)(const char *path, const char *where, const cm_restoring *restoring);
    cm_db *(*schema)(cm_store *store);                /* the store's own connection, on which migrations run */
    cm_status (*lock_schema)(cm_db *db, bool locked); /* so that one program at a time migrates */
    cm_status (*step_begins)(cm_db *db);              /* in the transaction of a step, before its first statement */
    /* That of a cm_migration, where it is not there; outside of transactions. `used`: the tables may be in use. */
    cm_status (*make_index)(cm_db *db, const char *index, bool used);
    cm_status (*connect)(cm_store *store, bool writes, cm_db **db);
    void (*disconnect)(cm_db *db);

    cm_status (*run)(cm_db *db, const char *sql, const cm_value *values, int count, int64_t *changed); /* may be NULL */
    cm_status (*script)(cm_db *db, const char *sql);
    cm_status (*query)(cm_db *db, const char *sql, const cm_value *values, int count, cm_rows *rows);
    bool (*next)(cm_rows *rows);
    void (*end)(cm_rows *rows);
    bool (*is_null)(const cm_rows *rows, int column);
    int64_t (*integer)(const cm_rows *rows, int column);
    double (*real)(const cm_rows *rows, int column);
    const char *(*text)(const cm_rows *rows, int column);
    cm_bytes (*blob)(const cm_rows *rows, int column);

    cm_status (*begin)(cm_db *db, bool write);
    bool (*in_transaction)(const cm_db *db);
    bool (*failed)(const cm_db *db);
    void (*run_ahead)(cm_db *db);
    int64_t (*session)(const cm_db *db);
    cm_status (*check)(cm_db *db);
    cm_status (*scrub)(cm_db *db, int64_t deleted_at);
} store_engine;

/* What every engine's store and connection begin with. */
struct cm_store {
    const store_engine *engine;
    char *name;
    void *owner;          /* cm_store_set_owner */
    cm_counter deadlocks; /* cm_store_deadlocks */
};

struct cm_db {
    const store_engine *engine;
    cm_store *store;
};

extern const store_engine store_sqlite;
extern const store_engine store_postgres;

#endif
