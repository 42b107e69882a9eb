/* The hash of a row, byte by byte, so that anyone can check a journal without this program.
 *
 *     payload_digest = SHA-256(salt ‖ payload)
 *     hash           = SHA-256(previous ‖ columns)
 *
 * `previous` is the hash of the row before it in the same partition, 32 zero bytes for seq 1. `columns` is each of the
 * following, in this order, as its length in bytes (4 bytes, big-endian) and its bytes:
 *
 *     part seq id type resource revision event_time recorded_at actor request_id traceparent payload_digest
 *
 * Integers (part, seq, revision, and recorded_at in microseconds since 1970-01-01T00:00:00Z) are 8 bytes, big-endian,
 * two's complement. `id` is the UUID's 16 bytes, `payload_digest` its 32 bytes. Texts are their UTF-8 bytes, without a
 * NUL; one that is not there has length 0. Payload and salt take part through the digest alone, so that they can be
 * erased; event_precision follows from event_time. */
#include <string.h>

#include "journal/journal.h"

enum { HASHED_COLUMNS = 12, LENGTH = 4, INTEGER = 8 };

typedef struct encoder {
    cm_bytes parts[1 + 2 * HASHED_COLUMNS];
    size_t count;
    uint8_t lengths[HASHED_COLUMNS][LENGTH];
    uint8_t integers[HASHED_COLUMNS][INTEGER];
    size_t columns;
} encoder;

static void big_endian(uint64_t value, uint8_t *bytes, size_t size)
{
    for (size_t i = size; i-- > 0; value >>= 8)
        bytes[i] = (uint8_t)value;
}

static void add_bytes(encoder *e, const void *data, size_t size)
{
    uint8_t *length = e->lengths[e->columns++];

    big_endian(size, length, LENGTH);
    e->parts[e->count++] = (cm_bytes){length, LENGTH};
    e->parts[e->count++] = (cm_bytes){data, size};
}

static void add_integer(encoder *e, int64_t value)
{
    uint8_t *integer = e->integers[e->columns];

    big_endian((uint64_t)value, integer, INTEGER);
    add_bytes(e, integer, INTEGER);
}

static void add_text(encoder *e, const char *text)
{
    add_bytes(e, text, strlen(text));
}

void cm_row_hash(const cm_row *row, const uint8_t previous[CM_SHA256], uint8_t hash[CM_SHA256])
{
    encoder e;

    e.parts[0] = (cm_bytes){previous, CM_SHA256};
    e.count = 1;
    e.columns = 0;
    add_integer(&e, row->at.part);
    add_integer(&e, row->at.seq);
    add_bytes(&e, row->id.bytes, sizeof row->id.bytes);
    add_text(&e, row->type);
    add_text(&e, row->resource);
    add_integer(&e, row->revision);
    add_text(&e, row->event_time);
    add_integer(&e, row->recorded_at);
    add_text(&e, row->actor);
    add_text(&e, row->request_id);
    add_text(&e, row->traceparent);
    add_bytes(&e, row->payload_digest, sizeof row->payload_digest);
    cm_sha256(e.parts, e.count, hash);
}

void journal_payload_digest(cm_bytes salt, cm_bytes payload, uint8_t digest[CM_SHA256])
{
    cm_sha256((cm_bytes[]){salt, payload}, 2, digest);
}
