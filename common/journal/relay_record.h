/* relay_record.h: a journal's row as a Kafka record, and back: CloudEvents 1.0 in binary mode, as docs/kafka.md lists
 * its headers. Reach for it where the relay writes and where it or a feed reads. Pure; any thread. */
#ifndef CM_RELAY_RECORD_H
#define CM_RELAY_RECORD_H

#include "journal/cm_journal.h"
#include "kafka/cm_kafka.h"

/* The record of a row that comes from `source` (cm_journal_source), in the arena; what it points to is the row's. A
 * payload that makes it larger than `largest` bytes is left out, and the header ce_dataref says where it can be read.
 */
cm_record relay_record_of(const cm_row *row, const char *source, const char *topic, int largest, cm_arena *arena);

/* The key of a resource's records: the first two segments of its name, within it. */
cm_bytes relay_record_key(const char *resource);

/* The place of the topic's message in its .proto file, from 0, as a schema registry's frame has it. */
int relay_record_message(const char *topic);

/* The row of a record, in the arena. What a record does not carry (actor, request_id, salt, digest, hash) is empty, and
 * a frame is gone. *whole is false where the payload was left out. INVALID_ARGUMENT names the header that is missing or
 * wrong: the record was written by somebody else. */
cm_status relay_record_read(const cm_record *record, cm_arena *arena, cm_row *row, bool *whole) CM_MUST_USE;

#endif
