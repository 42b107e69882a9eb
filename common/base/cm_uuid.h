/* cm_uuid.h: identifiers as of RFC 9562. Reach for version 7 where an id is new (it sorts by time), for version 5
 * where the same input must give the same id. Any thread. */
#ifndef CM_UUID_H
#define CM_UUID_H

#include "base/cm_status.h"

typedef struct cm_uuid {
    uint8_t bytes[16];
} cm_uuid;

enum { CM_UUID_TEXT = 37 };

/* Version 7 of the given wall-clock time, random below the millisecond. */
cm_uuid cm_uuid_v7(int64_t wall_us);

/* Version 4. */
cm_uuid cm_uuid_random(void);

/* Version 5 (SHA-1) of `length` bytes of `name` in the namespace. */
cm_uuid cm_uuid_v5(cm_uuid space, const void *name, size_t length);

char *cm_uuid_format(cm_uuid uuid, char text[CM_UUID_TEXT]);

/* INVALID_ARGUMENT names the value where it is not 8-4-4-4-12 hexadecimal digits. */
cm_status cm_uuid_parse(const char *text, cm_uuid *uuid) CM_MUST_USE;

static inline bool cm_uuid_equal(cm_uuid a, cm_uuid b)
{
    return __builtin_memcmp(a.bytes, b.bytes, sizeof a.bytes) == 0;
}

#endif
