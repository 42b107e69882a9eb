/* cm_message_wire.h: a message's bytes looked at before anything is made of them. Reach for it nowhere but in
 * cm_message_unpack, which gives what passed here to protobuf-c. Pure; any thread. */
#ifndef CM_MESSAGE_WIRE_H
#define CM_MESSAGE_WIRE_H

#include "base/cm_message.h"

/* Messages in messages, so that no peer chooses the depth of our stack. */
enum { CM_WIRE_DEPTH = 100 };

/* INVALID_ARGUMENT where the bytes end within a field, a string is not UTF-8 or holds a NUL (a C string would end
 * there), or messages nest deeper than CM_WIRE_DEPTH. */
cm_status cm_wire_check(const ProtobufCMessageDescriptor *descriptor, cm_bytes packed) CM_MUST_USE;

#endif
