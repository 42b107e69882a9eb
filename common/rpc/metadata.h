/* metadata.h: metadata that is collected to be sent, and looked up in what was received. Reach for it around batches.
 * Internal; one thread at a time. */
#ifndef METADATA_H
#define METADATA_H

#include <grpc/grpc.h>

#include "base/cm_arena.h"
#include "base/cm_status.h"

/* What will be sent; zero-initialise. */
typedef struct cm_metadata {
    grpc_metadata *items;
    size_t count, capacity;
} cm_metadata;

/* Copies both. INVALID_ARGUMENT names a key or value that HTTP/2 or gRPC does not allow: keys are lower case, none
 * begins with `grpc-` or `:`, text values are printable ASCII; keys that end in -bin take any bytes. */
cm_status cm_metadata_add(cm_metadata *metadata, const char *key, const void *value, size_t size) CM_MUST_USE;

/* Without the check, for what this library sends itself; `key` is static, `value` is owned. */
void cm_metadata_put(cm_metadata *metadata, const char *key, grpc_slice value);

/* Drops what came after the first `count`. */
void cm_metadata_cut(cm_metadata *metadata, size_t count);
void cm_metadata_clear(cm_metadata *metadata);

/* What it takes in a header list as HTTP/2 counts: bytes of keys and values, and 32 for each. */
size_t cm_metadata_size(const grpc_metadata_array *received);

/* The first value of a key, NULL where there is none. */
const grpc_slice *cm_metadata_find(const grpc_metadata_array *received, const char *key);

#endif
