/* reg_service.h: RegistryService as a table of methods, for a server. Reach for it in the registry's wiring and in
 * tests. It keeps no state: readers are lent a cm_db, writers a cm_tx. */
#ifndef REG_SERVICE_H
#define REG_SERVICE_H

#include "rpc/cm_service.h"

cm_service reg_service(void);

#endif
