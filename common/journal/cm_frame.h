/* cm_frame.h: the framing of schema registries around a record's value: a zero byte, the schema's id, and which message
 * of the schema it is. Reach for it where values go to Kafka and where they come from there. Pure; any thread. */
#ifndef CM_FRAME_H
#define CM_FRAME_H

#include "base/cm_arena.h"
#include "base/cm_digest.h"

/* The value in its frame, in the arena. `message` is the message's place in its .proto file, from 0. An empty value,
 * which stands for what was erased or left out, gets none. */
cm_bytes cm_frame(cm_bytes value, int32_t schema_id, int message, cm_arena *arena);

/* The value without its frame, where it has one: no protobuf message begins with a zero byte. */
cm_bytes cm_unframed(cm_bytes value);

#endif
