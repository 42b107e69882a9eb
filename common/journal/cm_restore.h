/* cm_restore.h: a journal's store from a backup of it. Reach for it where data are restored.
 *
 * A restored store has a new epoch: what was recorded and published after the backup is not its past, so the relay
 * sends it from its start again and consumers replace what they had. Any thread. */
#ifndef CM_RESTORE_H
#define CM_RESTORE_H

#include "store/cm_backup.h"

/* As cm_store_restore, with a new epoch. FAILED_PRECONDITION where the backup is of no service's store, or of another
 * service's than `service`. */
cm_status cm_journal_restore(const char *path, const char *url, const char *service, bool replace) CM_MUST_USE;

#endif
