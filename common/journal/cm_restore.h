/* cm_restore.h: a journal's store from a backup of it. Reach for it where data are restored.
 *
 * A restored store has a new epoch: what was recorded and published after the backup is not its past, so the relay
 * sends it from its start again and consumers replace what they had. What was erased after the backup is erased again
 * before the service serves (cm_resource_erase_pending). Any thread. */
#ifndef CM_RESTORE_H
#define CM_RESTORE_H

#include "store/cm_backup.h"

typedef struct cm_journal_restoring {
    const char *service;
    bool replace; /* as in cm_restoring */

    /* Resources that are known to have been erased, besides those that the store in place knows of. With `erased_told`
     * it does not matter if the store in place cannot be read. */
    const char *const *erased;
    size_t erased_count;
    bool erased_told;

    size_t again; /* answered: how many will be erased again */
} cm_journal_restoring;

/* As cm_store_restore, with a new epoch. FAILED_PRECONDITION where the backup is of no service's store, or of another
 * service's, and where the store in place cannot tell what was erased. */
cm_status cm_journal_restore(const char *path, const char *url, cm_journal_restoring *restoring) CM_MUST_USE;

#endif
