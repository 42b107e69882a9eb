/* What the dead-letter topic gets. A row's letter says where the row is and why it was put aside, and not what it says:
 * that is in its journal, where it can be erased. */
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_message.h"
#include "cityneg/journal/v1/journal.grpc-c.h"
#include "journal/feed.h"
#include "journal/relay_record.h"

enum { HEADERS_ADDED = 16 };

static ProtobufCBinaryData binary(cm_bytes bytes)
{
    return (ProtobufCBinaryData){bytes.size, (uint8_t *)bytes.data};
}

static void add_bytes(JrnDeadRecord *letter, const char *key, cm_bytes value, cm_arena *arena)
{
    JrnDeadRecordHeader *header = CM_NEW(arena, JrnDeadRecordHeader);

    header->key = (char *)key;
    header->value = binary(value);
    letter->headers[letter->n_headers++] = header;
}

static void add(JrnDeadRecord *letter, const char *key, const char *value, cm_arena *arena)
{
    add_bytes(letter, key, (cm_bytes){(const uint8_t *)value, strlen(value)}, arena);
}

static void add_number(JrnDeadRecord *letter, const char *key, int64_t value, cm_arena *arena)
{
    add(letter, key, cm_arena_format(arena, "%lld", (long long)value), arena);
}

static const char *uuid_text(cm_uuid uuid, cm_arena *arena)
{
    return cm_uuid_format(uuid, cm_arena_take(arena, CM_UUID_TEXT));
}

static JrnDeadRecord *begin(int part, cm_bytes key, size_t headers, cm_arena *arena)
{
    JrnDeadRecord *letter = CM_NEW(arena, JrnDeadRecord);

    letter->part = part;
    letter->key = binary(key);
    letter->headers = cm_arena_take(arena, (headers + HEADERS_ADDED) * sizeof *letter->headers);
    return letter;
}

static void say_why(const cm_feed *feed, JrnDeadRecord *letter, cm_uuid id, const char *why, cm_arena *arena)
{
    add(letter, "dlq_id", uuid_text(id, arena), arena);
    add(letter, "dlq_topic", feed->options.topic, arena);
    add_number(letter, "dlq_partition", letter->part, arena);
    add(letter, "dlq_consumer", cm_journal_name(feed->options.into), arena);
    add(letter, "dlq_time", cm_time_format(cm_clock_wall_us(), cm_arena_take(arena, CM_TIME_TEXT)), arena);
    add(letter, "dlq_why", why, arena);
}

cm_bytes feed_letter_of_row(const cm_feed *feed, const cm_row *row, cm_uuid id, const char *why, cm_arena *arena)
{
    JrnDeadRecord *letter = begin(row->at.part, relay_record_key(row->resource), 0, arena);

    say_why(feed, letter, id, why, arena);
    add_number(letter, "dlq_sequence", row->at.seq, arena);
    add(letter, "dlq_epoch", uuid_text(row->epoch, arena), arena);
    add(letter, "ce_id", uuid_text(row->id, arena), arena);
    add(letter, "ce_type", row->type, arena);
    add(letter, "ce_subject", row->resource, arena);
    return cm_message_pack(&letter->base, arena);
}

/* Whether the record says of itself which row of the journal that is followed it is: then its value is there, too. */
static bool is_in_journal(const cm_feed *feed, const cm_record *record, cm_arena *arena)
{
    const char *source = cm_record_header(record, "ce_source", arena);
    const char *sequence = cm_record_header(record, "ce_sequence", arena);
    const char *slash = source ? strrchr(source, '/') : NULL;
    cm_uuid epoch;
    cm_status s;

    if (!slash || !sequence || strtoll(sequence, NULL, 10) < 1)
        return false;
    s = cm_uuid_parse(slash + 1, &epoch);
    if (!cm_is_ok(s)) {
        cm_status_clear(&s);
        return false;
    }
    return cm_uuid_equal(epoch, feed->epoch);
}

cm_bytes feed_letter_of_record(const cm_feed *feed, const cm_record *record, cm_uuid id, const char *why,
                               cm_arena *arena)
{
    JrnDeadRecord *letter = begin(record->part, record->key, (size_t)record->header_count, arena);

    for (int i = 0; i < record->header_count; i++)
        add_bytes(letter, record->headers[i].key, (cm_bytes){record->headers[i].value, record->headers[i].size}, arena);
    say_why(feed, letter, id, why, arena);
    add_number(letter, "dlq_offset", record->offset, arena);
    if (!is_in_journal(feed, record, arena))
        letter->value = binary(record->value);
    return cm_message_pack(&letter->base, arena);
}

cm_status feed_letter_unpack(cm_bytes packed, const char *topic, cm_arena *arena, cm_record *record)
{
    ProtobufCMessage *message;
    cm_header *headers;

    CM_TRY(cm_message_unpack(&JrnDeadRecord_descriptor, packed, arena, &message));
    const JrnDeadRecord *letter = (const JrnDeadRecord *)message;
    headers = cm_arena_take(arena, (letter->n_headers + 1) * sizeof *headers);
    for (size_t i = 0; i < letter->n_headers; i++)
        headers[i] =
            (cm_header){letter->headers[i]->key, letter->headers[i]->value.data, letter->headers[i]->value.len};
    *record = (cm_record){.topic = topic,
                          .part = letter->part,
                          .timestamp = cm_clock_wall_us() / 1000,
                          .key = {letter->key.data, letter->key.len},
                          .value = {letter->value.data, letter->value.len},
                          .headers = headers,
                          .header_count = (int)letter->n_headers};
    return cm_ok();
}
