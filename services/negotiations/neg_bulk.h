/* neg_bulk.h: the stream BulkLog: very many entries, several messages of them under way between the caller and the
 * disk. Reach for it in the service's rows.
 *
 * Its callbacks run in the background, where a message is checked and actors are asked for. Messages that come while
 * the writer has some are its next task, all of them; when it is durable the task wakes the stream, which acknowledges
 * each message. With twelve messages ready a callback waits for the writer, and so does the caller, by flow control.
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
