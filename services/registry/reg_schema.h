/* reg_schema.h: the registry's tables: what is searched by, and where the newest row of each resource is in the
 * journal. Reach for it where the registry's store is opened. */
#ifndef REG_SCHEMA_H
#define REG_SCHEMA_H

#include "store/cm_store.h"

extern const cm_migrations reg_migrations;

#endif
