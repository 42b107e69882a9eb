/* cm_digest.h: SHA-256, random bytes, hexadecimal and base64. Reach for it to name content or to make tokens.
 * Any thread. */
#ifndef CM_DIGEST_H
#define CM_DIGEST_H

#include "base/cm_arena.h"
#include "base/cm_status.h"

enum { CM_SHA256 = 32 };

typedef struct cm_bytes {
    const uint8_t *data;
    size_t size;
} cm_bytes;

/* The digest of the parts one after the other. */
void cm_sha256(const cm_bytes *parts, size_t count, uint8_t digest[CM_SHA256]);

/* Fills with bytes of the system's cryptographic generator; aborts where it has none. */
void cm_random(void *bytes, size_t size);

char *cm_hex(const void *bytes, size_t size, char *text); /* needs 2·size + 1 characters; returns text */

/* RFC 4648. `url`: the URL-safe alphabet without padding, else the plain one with padding. Decoding accepts either
 * alphabet, with or without padding; INVALID_ARGUMENT where it is neither. Results are in the arena. */
char *cm_base64(const void *bytes, size_t size, bool url, cm_arena *arena);
cm_status cm_base64_decode(const char *text, cm_arena *arena, uint8_t **bytes, size_t *size) CM_MUST_USE;

/* Kafka's murmur2 (seed 0x9747b28c), as its default partitioner computes it. */
uint32_t cm_murmur2(const void *bytes, size_t size);

#endif
