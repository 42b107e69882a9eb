/* neg_log.h: the client stream LogEntries: entries recorded as they come, each durable before the next is looked at.
 * Reach for it in the service's rows. All of its callbacks run in the background: an entry may name actors that the
 * registry has to be asked about, so each message is prepared there and then written by a task of the writer that the
 * callback waits for. */
#ifndef NEG_LOG_H
#define NEG_LOG_H

#include "cityneg/negotiations/v1/negotiations.grpc-c.h"

cm_status neg_log_open(cm_call *call) CM_MUST_USE;

/* A refused entry ends the stream; the message says which it was, counted from 0. */
cm_status neg_log_message(cm_call *call, const NegLogEntriesRequest *request) CM_MUST_USE;
cm_status neg_log_half_close(cm_call *call) CM_MUST_USE;
void neg_log_done(cm_call *call, cm_code code);

#endif
