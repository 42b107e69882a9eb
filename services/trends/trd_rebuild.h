/* trd_rebuild.h: counts the journals anew, from their first rows, into an empty store. Reach for it to prove that
 * incremental counting came to what it should, and to replace a store of trends that was lost. */
#ifndef TRD_REBUILD_H
#define TRD_REBUILD_H

#include "rpc/cm_channel.h"
#include "trends/trd_digest.h"

typedef struct trd_rebuilding {
    const char *into;      /* where the new store is made */
    const char *reference; /* a store of trends: the journals are read as far as it had counted them; NULL: to their
                            * end. What it has put aside is not counted here either, and is taken over, as are the
                            * questions and alerts that users asked it for */
    cm_channel *registry, *negotiations;
    void (*progress)(void *context, int64_t rows, int64_t total); /* NULL: none */
    void *context;

    trd_digest rebuilt, counted; /* answered; `counted` is the reference's */
    int64_t rows;
} trd_rebuilding;

/* FAILED_PRECONDITION where the reference has counted another epoch than the journals have; DATA_LOSS where a journal
 * has fewer rows than were counted. Whether both came to the same is the caller's to tell (trd_digest_equal). */
cm_status trd_rebuild(trd_rebuilding *rebuilding) CM_MUST_USE;

#endif
