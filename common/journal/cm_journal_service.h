/* cm_journal_service.h: cityneg.journal.v1.JournalService on any journal: GetJournal, Read (following on demand),
 * Verify. Reach for it in a service's wiring. The table is static; its state is the cm_journal. */
#ifndef CM_JOURNAL_SERVICE_H
#define CM_JOURNAL_SERVICE_H

#include "cityneg/journal/v1/journal.grpc-c.h"
#include "google/protobuf/timestamp.grpc-c.h"
#include "journal/cm_journal.h"
#include "rpc/cm_service.h"

cm_service cm_journal_service(cm_journal *journal);

/* A row as JournalService sends it; texts and bytes stay the message's. DATA_LOSS where it cannot be one. */
cm_status cm_journal_row_of(const JrnRow *from, cm_uuid epoch, cm_row *row) CM_MUST_USE;

/* Wall microseconds as messages carry them, in the arena. */
GoogleTimestamp *cm_journal_timestamp(int64_t wall_us, cm_arena *arena);

#endif
