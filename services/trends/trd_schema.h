/* trd_schema.h: the tables of trends: facts, cells, and what was published. Reach for it in the wiring. */
#ifndef TRD_SCHEMA_H
#define TRD_SCHEMA_H

#include "store/cm_store.h"

extern const cm_migrations trd_migrations;

#endif
