/* trd_moment.h: when facts are read: as they are now, or as they had been counted by then. Reach for it to hand both a
 * store and a time to whatever reads facts. Passed by value; lives as long as the store's connection. */
#ifndef TRD_MOMENT_H
#define TRD_MOMENT_H

#include "store/cm_store.h"

typedef struct trd_moment {
    cm_db *db;     /* in a read transaction */
    int64_t as_of; /* wall microseconds: rows recorded by then; 0: all */
} trd_moment;

static inline trd_moment trd_now(cm_db *db)
{
    return (trd_moment){db, 0};
}

#endif
