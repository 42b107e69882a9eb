#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cm_memory.h"
#include "store/sqlite.h"

/* Statements of a connection wait for another's lock that long; only checkpoints and recovery take one. */
enum { BUSY_MS = 10000 };

/* A bigger log than SQLite's default, since each checkpoint costs an fsync of the file; it is cut back to 32 MiB. */
static const char durable[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 16000; "
    "PRAGMA journal_size_limit = 33554432";
/* The store goes with the process anyway. */
static const char fleeting[] = "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF";
/* What is deleted is overwritten, so that what is erased is gone from the file. */
static const char every[] = "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; "
                            "PRAGMA secure_delete = ON";
static const char writing[] = "PRAGMA cache_size = -65536"; /* KiB: inserting meets pages all over the indexes */

static void disconnect(cm_db *base)
{
    sqlite_db *db = (sqlite_db *)base;
    sqlite_store *store = (sqlite_store *)base->store;

    sqlite_forget_statements(db);
    sqlite3_close_v2(db->handle);
    if (db->writes)
        atomic_store(&store->writes, false);
    free(db);
}

static cm_status set_up(sqlite_db *db, const sqlite_store *store)
{
    sqlite3_extended_result_codes(db->handle, 1);
    sqlite3_busy_timeout(db->handle, BUSY_MS);
    CM_TRY(sqlite_script(&db->base, store->folder ? fleeting : durable));
    CM_TRY(sqlite_script(&db->base, every));
    if (sqlite3_db_readonly(db->handle, "main") == 1)
        return cm_fail(CM_PERMISSION_DENIED, "%s: may be read but not written; give this user the right to write it",
                       store->path);
    return cm_ok();
}

static cm_status open_handle(sqlite_store *store, sqlite_db **result)
{
    sqlite_db *db = cm_alloc(sizeof *db);
    cm_status s;

    db->base = (cm_db){&store_sqlite, &store->base};
    if (sqlite3_open_v2(store->path, &db->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
                        NULL) == SQLITE_OK)
        s = set_up(db, store);
    else
        s = sqlite_failure(db->handle, store->base.name, NULL);
    if (!cm_is_ok(s)) {
        disconnect(&db->base);
        return s;
    }
    *result = db;
    return cm_ok();
}

static cm_status connect_writer(sqlite_store *store, cm_db **result)
{
    sqlite_db *db;
    cm_status s;

    if (atomic_exchange(&store->writes, true))
        return cm_fail(CM_FAILED_PRECONDITION, "%s: its writer is open already; close that one first",
                       store->base.name);
    s = open_handle(store, &db);
    if (!cm_is_ok(s)) {
        atomic_store(&store->writes, false);
        return s;
    }
    db->writes = true;
    s = sqlite_script(&db->base, writing);
    if (!cm_is_ok(s)) {
        disconnect(&db->base);
        return s;
    }
    *result = &db->base;
    return cm_ok();
}

static cm_status connect_reader(sqlite_store *store, cm_db **result)
{
    sqlite_db *db;
    cm_status s;

    CM_TRY(open_handle(store, &db));
    s = sqlite_script(&db->base, "PRAGMA query_only = ON");
    if (!cm_is_ok(s)) {
        disconnect(&db->base);
        return s;
    }
    *result = &db->base;
    return cm_ok();
}

static cm_status connect(cm_store *store, bool writes, cm_db **db)
{
    return writes ? connect_writer((sqlite_store *)store, db) : connect_reader((sqlite_store *)store, db);
}

/* A store in memory is a folder of files in memory, so that it behaves as a durable one does. */
static cm_status make_folder(sqlite_store *store)
{
    store->folder = cm_strdup(access("/dev/shm", W_OK) == 0 ? "/dev/shm/cityneg-XXXXXX" : "/tmp/cityneg-XXXXXX");
    if (!mkdtemp(store->folder)) {
        cm_status s = cm_fail(CM_UNAVAILABLE, "%s: cannot be made: %s", store->folder, strerror(errno));
        free(store->folder);
        store->folder = NULL;
        return s;
    }
    store->path = cm_format("%s/store.db", store->folder);
    return cm_ok();
}

static void remove_folder(const char *folder)
{
    DIR *files = opendir(folder);
    struct dirent *file;

    while (files && (file = readdir(files)))
        unlinkat(dirfd(files), file->d_name, 0);
    if (files)
        closedir(files);
    rmdir(folder);
}

static void close_store(cm_store *base)
{
    sqlite_store *store = (sqlite_store *)base;

    cm_db_close(store->schema);
    sqlite_lock_release(store->lock);
    if (store->folder)
        remove_folder(store->folder);
    free(store->folder);
    free(store->path);
    free(store->base.name);
    free(store);
}

/* The file itself where the path is a symbolic link, so that it has one lock under all its names. */
static cm_status resolve(const char *path, char **resolved)
{
    struct stat what;
    char *real = realpath(path, NULL);

    *resolved = cm_strdup(real ? real : path);
    free(real);
    if (stat(path, &what) == 0 && S_ISDIR(what.st_mode))
        return cm_fail(CM_INVALID_ARGUMENT, "%s: is a folder; give the file's path", path);
    return cm_ok();
}

static cm_status open_files(sqlite_store *store, const char *where)
{
    sqlite_db *schema;

    if (strcmp(where, ":memory:") == 0)
        CM_TRY(make_folder(store));
    else
        CM_TRY(resolve(where, &store->path));
    CM_TRY(sqlite_lock_take(store->path, &store->lock));
    CM_TRY(open_handle(store, &schema));
    store->schema = &schema->base;
    return cm_ok();
}

/* Counting memory would take a lock at each allocation, and nobody looks at the count. */
static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

static cm_status open_store(const char *where, cm_store **result)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    sqlite_store *store = cm_alloc(sizeof *store);
    cm_status s;

    pthread_once(&once, configure);
    store->base = (cm_store){&store_sqlite, cm_strdup(where)};
    store->lock = -1;
    s = open_files(store, where);
    if (!cm_is_ok(s)) {
        close_store(&store->base);
        return s;
    }
    *result = &store->base;
    return cm_ok();
}

static cm_db *schema(cm_store *store)
{
    return ((sqlite_store *)store)->schema;
}

/* No other program has the file open. */
static cm_status lock_schema(cm_db *db, bool locked)
{
    return cm_ok();
}

static cm_status step_begins(cm_db *db)
{
    return cm_ok();
}

static cm_status make_index(cm_db *db, const char *index, bool used)
{
    CM_FREE char *sql = cm_format("CREATE INDEX IF NOT EXISTS %s", index);

    return cm_db_script(db, sql);
}

static cm_status begin(cm_db *db, bool write)
{
    return cm_db_run(db, write ? "BEGIN IMMEDIATE" : "BEGIN DEFERRED", CM_NONE);
}

static bool in_transaction(const cm_db *db)
{
    return !sqlite3_get_autocommit(((const sqlite_db *)db)->handle);
}

static bool failed(const cm_db *db)
{
    return false;
}

static void run_ahead(cm_db *db)
{
}

/* A file is opened once, and is nobody else's meanwhile. */
static int64_t session(const cm_db *db)
{
    return 1;
}

const store_engine store_sqlite = {
    .dialect = CM_SQLITE,
    .open = open_store,
    .close = close_store,
    .backup = sqlite_backup,
    .restore = sqlite_restore,
    .schema = schema,
    .lock_schema = lock_schema,
    .step_begins = step_begins,
    .make_index = make_index,
    .connect = connect,
    .disconnect = disconnect,
    .run = sqlite_run,
    .script = sqlite_script,
    .query = sqlite_query,
    .next = sqlite_next,
    .end = sqlite_end,
    .is_null = sqlite_is_null,
    .integer = sqlite_integer,
    .real = sqlite_real,
    .text = sqlite_text,
    .blob = sqlite_blob,
    .begin = begin,
    .in_transaction = in_transaction,
    .failed = failed,
    .run_ahead = run_ahead,
    .session = session,
    .check = sqlite_check,
    .scrub = sqlite_scrub,
};
