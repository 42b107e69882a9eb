/* cm_backup.h: copies of a store: taken while it is written, and put back. Reach for it where data are backed up and
 * restored; what a journal needs besides is in journal/cm_restore.h. Any thread. */
#ifndef CM_BACKUP_H
#define CM_BACKUP_H

#include "store/cm_store.h"

/* How far a copy has come, in pages of the engine. */
typedef void (*cm_copied)(void *context, int64_t done, int64_t total);

/* Copies the store at `url` into the new file `path`: as it was at one moment, while its service, in this process or
 * another, goes on writing. The copy is checked and on disk, or not there at all. `copied` may be NULL. NOT_FOUND where
 * there is no such store, ALREADY_EXISTS where there is something at `path`, RESOURCE_EXHAUSTED where the disk is full,
 * DATA_LOSS where the store is damaged. */
cm_status cm_store_backup(const char *url, const char *path, cm_copied copied, void *context) CM_MUST_USE;

typedef struct cm_restoring {
    bool replace;                                            /* a store that is there is kept as PATH.replaced */
    cm_status (*prepare)(void *context, cm_store *restored); /* changes the copy before it is put in place */
    void *context;
} cm_restoring;

/* Makes the store at `url` from the backup at `path`. Until it is complete the store at `url` stays what it was.
 * UNAVAILABLE names the process that has the store open, ALREADY_EXISTS a store that is not to be replaced; NOT_FOUND
 * and DATA_LOSS tell of the backup. */
cm_status cm_store_restore(const char *path, const char *url, const cm_restoring *restoring) CM_MUST_USE;

/* After a commit that deleted what has to be gone for good: removes what the engine still has of it in its files, and a
 * store that was set aside by a restore (PATH.replaced) and last written before `deleted_at` (wall microseconds). With
 * the writer's connection, outside of a transaction. UNAVAILABLE while somebody reads an older state: call it again.
 * PostgreSQL vacuums; its own log and copies of it are its administrator's. */
cm_status cm_db_scrub(cm_db *db, int64_t deleted_at) CM_MUST_USE;

/* The engine's own check of a store's file, all of it. DATA_LOSS tells what is damaged first. With any connection. */
cm_status cm_db_check(cm_db *db) CM_MUST_USE;

#endif
