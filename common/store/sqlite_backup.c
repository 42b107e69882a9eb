/* Backups by SQLite's online backup: one read transaction holds the source still while others write on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cm_memory.h"
#include "store/sqlite.h"

enum { PAGES_AT_ONCE = 1024, BUSY_MS = 10000, CUT_MS = 200 /* so long the writer waits for readers */ };

static cm_status open_file(const char *path, int flags, sqlite3 **handle)
{
    cm_status s = cm_ok();

    if (sqlite3_open_v2(path, handle, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        s = sqlite_failure(*handle, path, NULL);
    if (!cm_is_ok(s)) {
        sqlite3_close(*handle);
        return s;
    }
    sqlite3_extended_result_codes(*handle, 1);
    sqlite3_busy_timeout(*handle, BUSY_MS);
    return cm_ok();
}

static cm_status run(sqlite3 *handle, const char *path, const char *sql)
{
    return sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK ? cm_ok() : sqlite_failure(handle, path, NULL);
}

static cm_status copy_pages(sqlite3 *from, sqlite3 *to, const char *path, cm_copied copied, void *context)
{
    sqlite3_backup *copy = sqlite3_backup_init(to, "main", from, "main");
    int outcome;

    if (!copy)
        return sqlite_failure(to, path, NULL);
    do {
        outcome = sqlite3_backup_step(copy, PAGES_AT_ONCE);
        int64_t total = sqlite3_backup_pagecount(copy);
        if (copied && (outcome == SQLITE_OK || outcome == SQLITE_DONE))
            copied(context, total - sqlite3_backup_remaining(copy), total);
    } while (outcome == SQLITE_OK);
    return sqlite3_backup_finish(copy) == SQLITE_OK ? cm_ok() : sqlite_failure(to, path, NULL);
}

static int first_line(void *told, int columns, char **values, char **names)
{
    char **line = told;

    if (!*line)
        *line = cm_strdup(columns && values[0] ? values[0] : "");
    return 0;
}

static cm_status check(sqlite3 *handle, const char *path, const char *pragma)
{
    CM_FREE char *line = NULL;

    if (sqlite3_exec(handle, pragma, first_line, &line, NULL) != SQLITE_OK)
        return sqlite_failure(handle, path, NULL);
    if (!line || strcmp(line, "ok") != 0)
        return cm_fail(CM_DATA_LOSS, "%s: is damaged: %s; restore a backup", path,
                       line ? line : "it cannot be checked");
    return cm_ok();
}

/* The copy as one plain file, which may then lie where nothing can be written. */
static cm_status copy_into(sqlite3 *from, const char *path, cm_copied copied, void *context)
{
    sqlite3 *to;
    cm_status s;

    CM_TRY(open_file(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &to));
    s = copy_pages(from, to, path, copied, context);
    if (cm_is_ok(s))
        s = run(to, path, "PRAGMA journal_mode = DELETE");
    if (cm_is_ok(s))
        s = check(to, path, "PRAGMA quick_check(1)");
    sqlite3_close(to);
    return s;
}

static cm_status copy_still(const char *from_path, int flags, const char *to_path, cm_copied copied, void *context)
{
    sqlite3 *from;
    cm_status s;

    if (access(from_path, F_OK) != 0)
        return cm_fail(CM_NOT_FOUND, "%s: is not there; give the path of a store", from_path);
    CM_TRY(open_file(from_path, flags, &from));
    s = run(from, from_path, "BEGIN; SELECT count(*) FROM sqlite_schema");
    if (cm_is_ok(s))
        s = copy_into(from, to_path, copied, context);
    sqlite3_close(from);
    return s;
}

/* A name is on disk once its folder is. */
static cm_status sync_folder(const char *path)
{
    CM_FREE char *folder = cm_strdup(path);
    char *slash = strrchr(folder, '/');

    if (slash)
        slash[slash == folder] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed = fd < 0 || fsync(fd) != 0;
    int error = errno;
    if (fd >= 0)
        close(fd);
    return failed ? cm_fail(CM_UNAVAILABLE, "%s: its folder could not be synchronised: %s", path, strerror(error))
                  : cm_ok();
}

static cm_status move(const char *from, const char *to)
{
    if (rename(from, to) != 0 && errno != ENOENT)
        return cm_fail(CM_PERMISSION_DENIED, "%s: could not be renamed to %s: %s", from, to, strerror(errno));
    return cm_ok();
}

/* A database file and what lies beside it while it is open. */
static const char *const suffixes[] = {"", "-wal", "-shm"};
enum { SUFFIXES = sizeof suffixes / sizeof *suffixes };

static void remove_store(const char *path)
{
    for (int i = 0; i < SUFFIXES; i++) {
        CM_FREE char *name = cm_format("%s%s", path, suffixes[i]);
        unlink(name);
    }
    CM_FREE char *journal = cm_format("%s-journal", path), *lock = cm_format("%s.lock", path);
    unlink(journal);
    unlink(lock);
}

cm_status sqlite_backup(const char *where, const char *path, cm_copied copied, void *context)
{
    CM_FREE char *part = cm_format("%s.part", path);
    cm_status s;

    if (access(path, F_OK) == 0)
        return cm_fail(CM_ALREADY_EXISTS, "%s: is there already; give a new name", path);
    remove_store(part);
    s = copy_still(where, SQLITE_OPEN_READWRITE, part, copied, context);
    if (cm_is_ok(s))
        s = move(part, path);
    if (cm_is_ok(s))
        s = sync_folder(path);
    if (!cm_is_ok(s))
        remove_store(part);
    return s;
}

static cm_status prepare(const char *path, const cm_restoring *restoring)
{
    cm_store *store;
    cm_status s;

    CM_TRY(store_sqlite.open(path, &store));
    s = restoring->prepare(restoring->context, store);
    cm_store_close(store);
    return s;
}

/* With the lock of `path`. The store's log goes with it: it would be taken for the new one's. */
static cm_status put_in_place(const char *made, const char *path, bool replace)
{
    if (access(path, F_OK) == 0 && !replace)
        return cm_fail(CM_ALREADY_EXISTS, "%s: is there already; move it away, or let it be replaced", path);
    for (int i = 0; i < SUFFIXES; i++) {
        CM_FREE char *from = cm_format("%s%s", path, suffixes[i]);
        CM_FREE char *to = cm_format("%s.replaced%s", path, suffixes[i]);
        unlink(to);
        CM_TRY(move(from, to));
    }
    CM_TRY(move(made, path));
    return sync_folder(path);
}

cm_status sqlite_restore(const char *path, const char *where, const cm_restoring *restoring)
{
    CM_FREE char *made = cm_format("%s.restoring", where);
    int lock = -1;
    cm_status s = sqlite_lock_take(where, &lock);

    CM_TRY(s);
    remove_store(made);
    s = copy_still(path, SQLITE_OPEN_READONLY, made, NULL, NULL);
    if (cm_is_ok(s))
        s = prepare(made, restoring);
    if (cm_is_ok(s))
        s = put_in_place(made, where, restoring->replace);
    remove_store(made);
    sqlite_lock_release(lock);
    return s;
}

/* What was deleted is overwritten in the pages; here the log goes, which has the pages as they were. */
static cm_status cut_log(cm_db *db)
{
    sqlite3 *handle = ((sqlite_db *)db)->handle;
    int64_t busy = 0;

    sqlite3_busy_timeout(handle, CUT_MS);
    cm_status s = cm_db_integer(db, "PRAGMA wal_checkpoint(TRUNCATE)", CM_NONE, 0, &busy);
    sqlite3_busy_timeout(handle, BUSY_MS);
    CM_TRY(s);
    return busy ? cm_fail(CM_UNAVAILABLE, "%s: is being read; try again", db->store->name) : cm_ok();
}

/* A store that was set aside knows nothing of what was deleted since. */
static cm_status remove_replaced(const char *path, int64_t deleted_at)
{
    CM_FREE char *replaced = cm_format("%s.replaced", path);
    struct stat file;

    if (stat(replaced, &file) != 0 || file.st_mtim.tv_sec * 1000000 + file.st_mtim.tv_nsec / 1000 >= deleted_at)
        return cm_ok();
    remove_store(replaced);
    if (access(replaced, F_OK) == 0)
        return cm_fail(CM_UNAVAILABLE, "%s: could not be removed", replaced);
    return cm_ok();
}

cm_status sqlite_scrub(cm_db *db, int64_t deleted_at)
{
    CM_TRY(remove_replaced(((const sqlite_store *)db->store)->path, deleted_at));
    return cut_log(db);
}

cm_status sqlite_check(cm_db *db)
{
    return check(((sqlite_db *)db)->handle, db->store->name, "PRAGMA integrity_check(1)");
}
