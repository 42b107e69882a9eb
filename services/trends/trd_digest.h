/* trd_digest.h: what was counted, as digests: two stores that came to the same have the same ones. Reach for it to
 * compare a replay with what incremental counting came to. */
#ifndef TRD_DIGEST_H
#define TRD_DIGEST_H

#include "store/cm_store.h"

typedef struct trd_digest {
    int64_t facts, cells; /* rows */
    uint8_t facts_digest[CM_SHA256], cells_digest[CM_SHA256], report_digest[CM_SHA256];
} trd_digest;

/* Of every column of every fact and cell, in order of their keys, and of the report as it is packed; `db` is in a read
 * transaction. */
cm_status trd_digest_of(cm_db *db, trd_digest *digest) CM_MUST_USE;

bool trd_digest_equal(const trd_digest *a, const trd_digest *b);

#endif
