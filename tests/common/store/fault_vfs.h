/* fault_vfs.h: a file system for SQLite that fails when it is told: no room at a write, an error at a write or at an
 * fsync; or the power goes, and with it what was written since the last fsync. Reach for it in tests of what a failing
 * disk does; register it before the first store is opened. It stands in front of the system's own, and counts what it
 * refuses. Plans may be changed from any thread. */
#ifndef FAULT_VFS_H
#define FAULT_VFS_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct fault_plan {
    atomic_int writes_left, syncs_left; /* how many still succeed; < 0: all */
    atomic_int write_error;             /* SQLITE_FULL, SQLITE_IOERR_WRITE */
    atomic_bool wal, database;          /* which files it holds for */
    atomic_int refused;                 /* writes and fsyncs that failed */
    int power, power_left;              /* writes and fsyncs until the power goes; 0: never */
} fault_plan;

static fault_plan fault = {.writes_left = -1, .syncs_left = -1, .write_error = SQLITE_FULL};

/* What lay where a write went that no fsync has followed. */
typedef struct fault_unsynced {
    struct fault_unsynced *before;
    sqlite3_int64 at;
    int size;
    char bytes[];
} fault_unsynced;

typedef struct fault_file {
    sqlite3_file base;
    bool is_wal;
    fault_unsynced *newest;
    struct fault_file *next; /* of those that are open */
    sqlite3_file real[];     /* as large as the real file system says */
} fault_file;

static sqlite3_vfs *fault_real;
static pthread_mutex_t fault_lock_ = PTHREAD_MUTEX_INITIALIZER; /* guards files and their unsynced writes */
static fault_file *fault_files;

static inline bool fault_applies(const fault_file *file)
{
    return file->is_wal ? atomic_load(&fault.wal) : atomic_load(&fault.database);
}

/* Counts one of those that still succeed; false where none is left. */
static inline bool fault_spend(const fault_file *file, atomic_int *left)
{
    int now = atomic_load(left);

    if (!fault_applies(file) || now < 0)
        return true;
    if (now == 0) {
        atomic_fetch_add(&fault.refused, 1);
        return false;
    }
    atomic_store(left, now - 1);
    return true;
}

/* With the lock. What lies beyond the file's end reads as zeros. */
static inline void fault_note(fault_file *file, int size, sqlite3_int64 at)
{
    fault_unsynced *u = malloc(sizeof *u + (size_t)size);

    *u = (fault_unsynced){file->newest, at, size};
    memset(u->bytes, 0, (size_t)size);
    (void)file->real->pMethods->xRead(file->real, u->bytes, size, at);
    file->newest = u;
}

/* With the lock. */
static inline void fault_synced(fault_file *file)
{
    while (file->newest) {
        fault_unsynced *before = file->newest->before;
        free(file->newest);
        file->newest = before;
    }
}

/* With the lock: counts writes and fsyncs until the power goes. Of what no fsync has followed some is lost then, in
 * whatever order it was written, and the process ends. */
static inline void fault_use_power(void)
{
    unsigned seed = (unsigned)fault.power;

    if (!fault.power_left || --fault.power_left)
        return;
    for (fault_file *file = fault_files; file; file = file->next)
        for (fault_unsynced *u = file->newest; u; u = u->before)
            if (rand_r(&seed) % 2)
                (void)file->real->pMethods->xWrite(file->real, u->bytes, u->size, u->at);
    _exit(0);
}

static inline int fault_write(sqlite3_file *base, const void *data, int size, sqlite3_int64 at)
{
    fault_file *file = (fault_file *)base;

    if (!fault_spend(file, &fault.writes_left))
        return atomic_load(&fault.write_error);
    pthread_mutex_lock(&fault_lock_);
    fault_use_power();
    fault_note(file, size, at);
    int outcome = file->real->pMethods->xWrite(file->real, data, size, at);
    pthread_mutex_unlock(&fault_lock_);
    return outcome;
}

static inline int fault_sync(sqlite3_file *base, int flags)
{
    fault_file *file = (fault_file *)base;

    if (!fault_spend(file, &fault.syncs_left))
        return SQLITE_IOERR_FSYNC;
    pthread_mutex_lock(&fault_lock_);
    fault_use_power();
    int outcome = file->real->pMethods->xSync(file->real, flags);
    if (outcome == SQLITE_OK)
        fault_synced(file);
    pthread_mutex_unlock(&fault_lock_);
    return outcome;
}

/* ---- everything else as the real file does it ---- */

static inline sqlite3_file *fault_of(sqlite3_file *base)
{
    return ((fault_file *)base)->real;
}

static inline int fault_close(sqlite3_file *base)
{
    pthread_mutex_lock(&fault_lock_);
    fault_file **at = &fault_files;
    while (*at != (fault_file *)base)
        at = &(*at)->next;
    *at = (*at)->next;
    fault_synced((fault_file *)base); /* the file is another's to lose */
    pthread_mutex_unlock(&fault_lock_);
    return fault_of(base)->pMethods->xClose(fault_of(base));
}

static inline int fault_read(sqlite3_file *base, void *data, int size, sqlite3_int64 at)
{
    return fault_of(base)->pMethods->xRead(fault_of(base), data, size, at);
}

static inline int fault_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    return fault_of(base)->pMethods->xTruncate(fault_of(base), size);
}

static inline int fault_size(sqlite3_file *base, sqlite3_int64 *size)
{
    return fault_of(base)->pMethods->xFileSize(fault_of(base), size);
}

static inline int fault_lock(sqlite3_file *base, int level)
{
    return fault_of(base)->pMethods->xLock(fault_of(base), level);
}

static inline int fault_unlock(sqlite3_file *base, int level)
{
    return fault_of(base)->pMethods->xUnlock(fault_of(base), level);
}

static inline int fault_reserved(sqlite3_file *base, int *held)
{
    return fault_of(base)->pMethods->xCheckReservedLock(fault_of(base), held);
}

static inline int fault_control(sqlite3_file *base, int what, void *argument)
{
    return fault_of(base)->pMethods->xFileControl(fault_of(base), what, argument);
}

static inline int fault_sector(sqlite3_file *base)
{
    return fault_of(base)->pMethods->xSectorSize(fault_of(base));
}

static inline int fault_device(sqlite3_file *base)
{
    return fault_of(base)->pMethods->xDeviceCharacteristics(fault_of(base));
}

static inline int fault_shm_map(sqlite3_file *base, int page, int size, int extend, void volatile **map)
{
    return fault_of(base)->pMethods->xShmMap(fault_of(base), page, size, extend, map);
}

static inline int fault_shm_lock(sqlite3_file *base, int offset, int count, int flags)
{
    return fault_of(base)->pMethods->xShmLock(fault_of(base), offset, count, flags);
}

static inline void fault_shm_barrier(sqlite3_file *base)
{
    fault_of(base)->pMethods->xShmBarrier(fault_of(base));
}

static inline int fault_shm_unmap(sqlite3_file *base, int remove)
{
    return fault_of(base)->pMethods->xShmUnmap(fault_of(base), remove);
}

static const sqlite3_io_methods fault_methods = {.iVersion = 2,
                                                 .xClose = fault_close,
                                                 .xRead = fault_read,
                                                 .xWrite = fault_write,
                                                 .xTruncate = fault_truncate,
                                                 .xSync = fault_sync,
                                                 .xFileSize = fault_size,
                                                 .xLock = fault_lock,
                                                 .xUnlock = fault_unlock,
                                                 .xCheckReservedLock = fault_reserved,
                                                 .xFileControl = fault_control,
                                                 .xSectorSize = fault_sector,
                                                 .xDeviceCharacteristics = fault_device,
                                                 .xShmMap = fault_shm_map,
                                                 .xShmLock = fault_shm_lock,
                                                 .xShmBarrier = fault_shm_barrier,
                                                 .xShmUnmap = fault_shm_unmap};

static inline int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base, int flags, int *given)
{
    fault_file *file = (fault_file *)base;
    int outcome;

    file->is_wal = flags & SQLITE_OPEN_WAL;
    file->newest = NULL;
    outcome = fault_real->xOpen(fault_real, name, file->real, flags, given);
    base->pMethods = file->real->pMethods ? &fault_methods : NULL;
    if (!base->pMethods)
        return outcome; /* never closed */
    pthread_mutex_lock(&fault_lock_);
    file->next = fault_files;
    fault_files = file;
    pthread_mutex_unlock(&fault_lock_);
    return outcome;
}

/* Becomes what every store of this program is opened with. */
static inline void fault_register(void)
{
    static sqlite3_vfs vfs;

    fault_real = sqlite3_vfs_find(NULL);
    vfs = *fault_real;
    vfs.zName = "fault";
    vfs.xOpen = fault_open;
    vfs.szOsFile = (int)sizeof(fault_file) + fault_real->szOsFile;
    sqlite3_vfs_register(&vfs, 1);
}

/* Of the files named ("wal", "database", "wal database"): so many writes and fsyncs succeed still, < 0: all. */
static inline void fault_after(const char *files, int writes, int syncs, int write_error)
{
    atomic_store(&fault.wal, strstr(files, "wal") != NULL);
    atomic_store(&fault.database, strstr(files, "database") != NULL);
    atomic_store(&fault.write_error, write_error);
    atomic_store(&fault.writes_left, writes);
    atomic_store(&fault.syncs_left, syncs);
    atomic_store(&fault.refused, 0);
}

/* At the so many-th write or fsync from now the power goes. Before other threads write. */
static inline void fault_power(int after)
{
    fault.power = fault.power_left = after;
}

static inline void fault_none(void)
{
    fault_after("", -1, -1, SQLITE_FULL);
}

#endif
