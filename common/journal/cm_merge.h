/* cm_merge.h: which actors were merged into which, and when: a table of every store, by which lists that ask for one
 * actor find what names another that is the same. Reach for it where a service learns of a merge: the registry when it
 * records one, others when they are told. */
#ifndef CM_MERGE_H
#define CM_MERGE_H

#include "store/cm_store.h"

/* From `since` (wall microseconds) on, `actor` counts as `survivor`; "": as itself. Nothing is written where that is
 * so already. On the writer. */
cm_status cm_merge_note(cm_db *db, const char *actor, const char *survivor, int64_t since) CM_MUST_USE;

/* Forgets an actor: it was erased, or comes from a past that is none. */
cm_status cm_merge_forget(cm_db *db, const char *actor) CM_MUST_USE;

#endif
