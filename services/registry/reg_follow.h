/* reg_follow.h: keeps the index of actors as the journal has them: read from the store once, then row by row. Reach for
 * it in the registry's wiring. Also where other replicas write to the same database, since rows are what is followed.
 */
#ifndef REG_FOLLOW_H
#define REG_FOLLOW_H

#include "journal/cm_journal.h"
#include "registry/reg_index.h"

typedef struct reg_follow reg_follow;

/* Journal and index are borrowed. Nothing is read yet. */
reg_follow *reg_follow_new(cm_journal *journal, reg_index *index);

/* Brings the index to where the journal is; the first time with all that is there, after which the index is ready. On
 * one thread at a time, and on none of the journal's lanes. */
cm_status reg_follow_catch_up(reg_follow *follow) CM_MUST_USE;

/* Does so on a thread of its own, now and after each commit. What fails is logged and tried again. */
void reg_follow_start(reg_follow *follow);

/* Ends the thread, where there is one. Before the journal closes. NULL is fine. */
void reg_follow_free(reg_follow *follow);

#endif
