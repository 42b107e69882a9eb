/* core.h: C-core as a whole: started by the first server or channel of a program, ended by the last. Reach for it in
 * what owns C-core objects. Internal; any thread. */
#ifndef CORE_H
#define CORE_H

/* What C-core would log goes to cm_log at level DEBUG: its errors reach callers as statuses. */
void cm_rpc_core_begin(void);
void cm_rpc_core_end(void);

#endif
