/* cm_message_known.h: the messages of google.protobuf that have a JSON form of their own. Reach for it nowhere but in
 * the JSON of messages. Pure; any thread. */
#ifndef CM_MESSAGE_KNOWN_H
#define CM_MESSAGE_KNOWN_H

#include "base/cm_message.h"
#include "base/cm_path.h"

typedef enum cm_known { CM_ORDINARY, CM_TIMESTAMP, CM_DURATION, CM_FIELD_MASK, CM_WRAPPER } cm_known;

cm_known cm_known_of(const ProtobufCMessageDescriptor *descriptor);

/* The JSON of a Timestamp, Duration or FieldMask: a string, a new reference. INVALID_ARGUMENT where the value is out of
 * its type's range. */
cm_status cm_known_to_json(cm_known known, const ProtobufCMessage *message, const cm_path *path,
                           json_t **json) CM_MUST_USE;

/* The way back, into a message that has its defaults. */
cm_status cm_known_from_json(cm_known known, const json_t *json, const cm_path *path, cm_arena *arena,
                             ProtobufCMessage *message) CM_MUST_USE;

/* `lower_snake` → `lowerCamel`, also for paths with dots, and back. In the arena. */
char *cm_json_name(const char *name, cm_arena *arena);
char *cm_proto_name(const char *json_name, cm_arena *arena);

#endif
