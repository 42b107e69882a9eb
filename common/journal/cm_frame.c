#include "journal/cm_frame.h"

#include <string.h>

enum { ID_BYTES = 4, INDEX_BYTES_MOST = 12 };

static size_t put_zigzag(uint8_t *to, uint32_t number)
{
    uint32_t left = number << 1;
    size_t size = 0;

    for (; left >= 0x80; left >>= 7)
        to[size++] = (uint8_t)(left | 0x80);
    to[size++] = (uint8_t)left;
    return size;
}

cm_bytes cm_frame(cm_bytes value, int32_t schema_id, int message, cm_arena *arena)
{
    uint8_t *framed, *to;

    if (!value.size)
        return value;
    framed = to = cm_arena_take(arena, 1 + ID_BYTES + INDEX_BYTES_MOST + value.size);
    *to++ = 0;
    for (int shift = 24; shift >= 0; shift -= 8)
        *to++ = (uint8_t)((uint32_t)schema_id >> shift);
    if (message == 0) {
        *to++ = 0; /* short for a list of one index, 0 */
    } else {
        to += put_zigzag(to, 1);
        to += put_zigzag(to, (uint32_t)message);
    }
    memcpy(to, value.data, value.size);
    return (cm_bytes){framed, (size_t)(to - framed) + value.size};
}

/* Moves behind a varint; the value at zigzag. False where it does not end. */
static bool take_zigzag(cm_bytes *value, uint32_t *number)
{
    uint32_t found = 0;

    for (int shift = 0; shift < 35 && value->size; shift += 7) {
        uint8_t byte = *value->data++;
        value->size--;
        if (shift < 32)
            found |= (uint32_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *number = found >> 1;
            return true;
        }
    }
    return false;
}

cm_bytes cm_unframed(cm_bytes value)
{
    cm_bytes rest = {value.data + 1 + ID_BYTES, value.size - 1 - ID_BYTES};
    uint32_t count, index;

    if (value.size < 1 + ID_BYTES + 1 || value.data[0] != 0 || !take_zigzag(&rest, &count))
        return value;
    for (; count; count--)
        if (!take_zigzag(&rest, &index))
            return value;
    return rest;
}
