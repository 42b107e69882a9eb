/* neg_schema.h: the tables of the negotiations service, one a kind, with the columns that lists are filtered by; and
 * what is known of the registry's actors. Reach for it in the service's wiring. */
#ifndef NEG_SCHEMA_H
#define NEG_SCHEMA_H

#include "store/cm_store.h"

extern const cm_migrations neg_migrations;

#endif
