/* neg_bulk.h: the stream BulkLog: very many entries, several messages of them under way between the caller and the
 * disk. Reach for it in the service's rows.
 *
 * Its callbacks run in the background, where a message is checked, actors are asked for, and a task is handed to the
 * writer; the callback goes on with the next message meanwhile. When the task is durable it wakes the stream, which
 * acknowledges it. With four tasks under way a callback waits for the oldest, and so does the caller, by flow control.
 */
#ifndef NEG_BULK_H
#define NEG_BULK_H

#include "cityneg/negotiations/v1/negotiations.grpc-c.h"

cm_status neg_bulk_open(cm_call *call) CM_MUST_USE;
cm_status neg_bulk_message(cm_call *call, const NegBulkLogRequest *request) CM_MUST_USE;
cm_status neg_bulk_half_close(cm_call *call) CM_MUST_USE;
cm_status neg_bulk_writable(cm_call *call) CM_MUST_USE;
void neg_bulk_done(cm_call *call, cm_code code);

#endif
