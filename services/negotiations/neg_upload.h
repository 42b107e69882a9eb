/* neg_upload.h: how far an upload of many entries has come, and what was refused of it, kept in the transaction that
 * records the entries. Reach for it in the stream BulkLog. On the thread that the connection belongs to. */
#ifndef NEG_UPLOAD_H
#define NEG_UPLOAD_H

#include "cityneg/type/v1/type.grpc-c.h"
#include "journal/cm_journal.h"

typedef struct neg_upload {
    const char *identity; /* whose it is */
    const char *id;
    int64_t position; /* entries that were looked at */
    int64_t refused;  /* of those */
} neg_upload;

/* Fills position and refused by identity and id; 0 where it is not known. */
cm_status neg_upload_find(cm_db *db, neg_upload *upload) CM_MUST_USE;

/* On the writer. A new upload makes room by forgetting one that was not gone on with for 7 days. */
cm_status neg_upload_save(cm_db *db, const neg_upload *upload) CM_MUST_USE;
cm_status neg_upload_refuse(cm_db *db, const neg_upload *upload, const TypRefusal *refusal) CM_MUST_USE;

/* Up to `limit` refusals of entries from position `from` on, in their order. */
cm_status neg_upload_refusals(cm_db *db, const neg_upload *upload, int64_t from, int limit, cm_arena *arena,
                              TypRefusal ***refusals, size_t *count) CM_MUST_USE;

#endif
