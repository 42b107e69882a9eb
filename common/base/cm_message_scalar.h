/* cm_message_scalar.h: one scalar of a message from JSON. Reach for it nowhere but in the JSON of messages.
 * Pure; any thread. */
#ifndef CM_MESSAGE_SCALAR_H
#define CM_MESSAGE_SCALAR_H

#include "base/cm_message.h"
#include "base/cm_path.h"

/* Reads a value that is no message to where it lies. INVALID_ARGUMENT names the path, the value and what is right. */
cm_status cm_scalar_from_json(const ProtobufCFieldDescriptor *field, const json_t *json, const cm_path *path,
                              cm_arena *arena, void *value) CM_MUST_USE;

/* The same from a map's key, which is always text. */
cm_status cm_scalar_from_key(const ProtobufCFieldDescriptor *field, const char *key, const cm_path *path,
                             cm_arena *arena, void *value) CM_MUST_USE;

#endif
