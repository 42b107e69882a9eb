/* journal_service.h: the streams of JournalService. Reach for it in journal_service.c, which has the table. */
#ifndef CM_JOURNAL_SERVICE_INTERNAL_H
#define CM_JOURNAL_SERVICE_INTERNAL_H

#include "cityneg/journal/v1/journal.grpc-c.h"
#include "journal/cm_journal_service.h"
#include "journal/journal.h"

/* The partitions that a request names, all where it names none, as marks in `named` (one a partition; not cleared).
 * INVALID_ARGUMENT names the one that does not exist. */
cm_status journal_named_parts(const cm_journal *journal, const int32_t *parts, size_t count, bool *named) CM_MUST_USE;

/* journal_service_read.c */
cm_status journal_read_open(cm_call *call);
cm_status journal_read_message(cm_call *call, const JrnReadRequest *request);
cm_status journal_read_writable(cm_call *call);
void journal_read_done(cm_call *call, cm_code code);

/* journal_service_verify.c */
cm_status journal_verify_open(cm_call *call);
cm_status journal_verify_message(cm_call *call, const JrnVerifyRequest *request);
cm_status journal_verify_writable(cm_call *call);
void journal_verify_done(cm_call *call, cm_code code);

#endif
