/* neg_bulk_batch.h: the entries of one message of BulkLog on their way to the disk. Reach for it in neg_bulk.c. */
#ifndef NEG_BULK_BATCH_H
#define NEG_BULK_BATCH_H

#include "base/cm_executor.h"
#include "cityneg/negotiations/v1/negotiations.grpc-c.h"
#include "negotiations/neg_upload.h"

typedef struct neg_bulk_batch neg_bulk_batch;
typedef void neg_bulk_landed(void *context, neg_bulk_batch *first);

struct neg_bulk_batch {
    cm_task task;
    cm_call *part; /* of the stream, with the memory of all that follows */
    NegBulkLogRequest request;
    int64_t first; /* its position */
    cm_status outcome;
    neg_upload upload; /* as it stands after the batch */
    TypRefusal **refusals;
    size_t refusal_count;
    neg_bulk_landed *landed;
    void *context;
    neg_bulk_batch *next; /* for whoever has it; of those that are submitted together, the one behind it */
};

/* Copies a message but for its first `known` entries, and asks the registry about actors. UNAVAILABLE with RetryInfo
 * where it does not answer. In the background, on the stream's thread. */
cm_status neg_bulk_batch_new(cm_call *stream, const NegBulkLogRequest *request, size_t known, const char *upload,
                             int64_t first, neg_bulk_batch **made) CM_MUST_USE;

/* Hands a batch and all behind it, of one stream and in the order of their positions, to the writer as one task: what
 * they look up is looked up once, and what they add to an index goes there in one pass. Once they are durable, or
 * failed, `landed` is called on the writer's thread, and owns them. */
void neg_bulk_batch_submit(neg_bulk_batch *first, neg_bulk_landed *landed, void *context);
void neg_bulk_batch_free(neg_bulk_batch *batch);

/* Where an upload stands, and up to `limit` of its refusals from position `from` on. */
typedef struct neg_upload_page {
    neg_upload upload;
    int64_t from;
    TypRefusal **refusals;
    size_t count;
} neg_upload_page;
cm_status neg_bulk_read(cm_call *call, neg_upload_page *page, int limit) CM_MUST_USE;

#endif
