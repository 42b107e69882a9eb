/* wire.h: messages and statuses in the form in which C-core carries them. Reach for it between a message and a batch.
 * Internal; pure; any thread. */
#ifndef WIRE_H
#define WIRE_H

#include <grpc/grpc.h>
#include <protobuf-c/protobuf-c.h>

#include "base/cm_arena.h"
#include "base/cm_status.h"

/* The message, packed; whoever asked unrefs the slice. */
grpc_slice cm_wire_pack(const ProtobufCMessage *message);

/* The bytes as a buffer that SEND_MESSAGE takes; owns `packed`. */
grpc_byte_buffer *cm_wire_buffer(grpc_slice packed);

/* The message in the arena, where the received bytes are at most `largest`, also once they are decompressed.
 * RESOURCE_EXHAUSTED with both sizes, INVALID_ARGUMENT where they are no such message, INTERNAL where `buffer` is NULL:
 * nothing was sent. The buffer stays the caller's. */
cm_status cm_wire_unpack(grpc_byte_buffer *buffer, const ProtobufCMessageDescriptor *descriptor, size_t largest,
                         cm_arena *arena, ProtobufCMessage **message) CM_MUST_USE;

/* What follows goes into trailers, for which clients of most languages take 8 KiB: a text is cut at 768 bytes, and what
 * is wrong with fields after about 3 KiB, with a last one that says how many were left out. */

/* The text of a status. */
grpc_slice cm_wire_message(cm_status status);

/* A failed status as a packed google.rpc.Status with its details; an empty slice where it has none. */
grpc_slice cm_wire_details(cm_status status);

/* The status of a call: `details` is the value of grpc-status-details-bin, NULL where there was none. */
cm_status cm_wire_status(int code, const char *message, const grpc_slice *details) CM_MUST_USE;

/* The text of a slice, with its terminating NUL, in the arena. */
char *cm_wire_text(grpc_slice slice, cm_arena *arena);

/* A point in time by C-core's clock as microseconds of cm_clock_monotonic_us and back; INT64_MAX is never. */
int64_t cm_wire_deadline_us(gpr_timespec deadline);
gpr_timespec cm_wire_deadline(int64_t deadline_us);

#endif
