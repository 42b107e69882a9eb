/* cm_message_map.h: map fields, which protobuf-c gives as repeated messages of a key and a value. Reach for it nowhere
 * but in the JSON of messages. Pure; any thread. */
#ifndef CM_MESSAGE_MAP_H
#define CM_MESSAGE_MAP_H

#include "base/cm_message.h"

/* Whether the repeated field was declared as a map: its messages bear the name that protoc gives to the entries of that
 * field, `LabelsEntry` for `labels`. */
bool cm_is_map(const ProtobufCFieldDescriptor *field);

const ProtobufCFieldDescriptor *cm_map_key_field(const ProtobufCFieldDescriptor *map);
const ProtobufCFieldDescriptor *cm_map_value_field(const ProtobufCFieldDescriptor *map);

/* The key of an entry as JSON writes it. */
const char *cm_map_key_text(const ProtobufCMessage *entry, cm_arena *arena);

#endif
