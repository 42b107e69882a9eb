/* reg_service.h: RegistryService as a table of methods, for a server. Reach for it in the registry's wiring and in
 * tests. Readers are lent a cm_db, writers a cm_tx; searches look at the index. */
#ifndef REG_SERVICE_H
#define REG_SERVICE_H

#include "journal/cm_journal.h"
#include "registry/reg_index.h"
#include "rpc/cm_service.h"

cm_service reg_service(reg_index *index); /* borrowed; NULL: searches are UNAVAILABLE */

/* Before it serves: finishes what a restore left to do (cm_resource_erase_pending). */
cm_status reg_service_resume(cm_journal *journal) CM_MUST_USE;

#endif
