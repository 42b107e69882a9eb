/* inflate.h: takes compressed messages apart, never into more bytes than their reader accepts. Reach for it where a
 * received buffer is compressed; C-core's own decompression is switched off, since it has no such bound.
 * Internal; pure; any thread. */
#ifndef INFLATE_H
#define INFLATE_H

#include <grpc/grpc.h>

#include "base/cm_status.h"

/* C-core's argument that leaves compressed messages as they are. */
grpc_arg cm_rpc_inflate_arg(void);

/* The bytes of a buffer in gzip or zlib's format; free() ends them. `what` names the message in failures:
 * RESOURCE_EXHAUSTED where it would be larger than `largest`, INTERNAL where the bytes are no such format. */
cm_status cm_rpc_inflate(grpc_byte_buffer *buffer, const char *what, size_t largest, uint8_t **bytes,
                         size_t *size) CM_MUST_USE;

#endif
