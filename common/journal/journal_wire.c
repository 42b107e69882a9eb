#include <string.h>

#include "journal/cm_journal_service.h"

static void copy_digest(const ProtobufCBinaryData *from, uint8_t to[CM_SHA256])
{
    if (from->len == CM_SHA256)
        memcpy(to, from->data, CM_SHA256);
}

cm_status cm_journal_row_of(const JrnRow *from, cm_uuid epoch, cm_row *row)
{
    *row = (cm_row){
        .at = {from->part, from->seq},
        .epoch = epoch,
        .type = from->type,
        .resource = from->resource,
        .revision = from->revision,
        .event_time = from->event_time,
        .recorded_at = from->recorded_at ? from->recorded_at->seconds * 1000000 + from->recorded_at->nanos / 1000 : 0,
        .actor = from->actor,
        .request_id = from->request_id,
        .traceparent = from->traceparent,
        .payload = {from->payload.data, from->payload.len},
        .salt = {from->salt.data, from->salt.len},
    };
    if (from->id.len != sizeof row->id.bytes)
        return cm_fail(CM_DATA_LOSS, "JournalService sent partition %d, seq %lld with an id of %zu bytes", from->part,
                       (long long)from->seq, from->id.len);
    memcpy(row->id.bytes, from->id.data, sizeof row->id.bytes);
    copy_digest(&from->payload_digest, row->payload_digest);
    copy_digest(&from->hash, row->hash);
    return cm_ok();
}
