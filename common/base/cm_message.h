/* cm_message.h: protobuf messages in general: made in an arena, packed, compared, walked by field, and as canonical
 * protobuf JSON. Reach for it where code treats messages by their descriptors instead of their types.
 * Pure; any thread. */
#ifndef CM_MESSAGE_H
#define CM_MESSAGE_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include "base/cm_arena.h"
#include "base/cm_digest.h"
#include "base/cm_status.h"

/* A message with every field at its default. CM_NEW(arena, RegActor) is typed. */
void *cm_message_new(cm_arena *arena, const ProtobufCMessageDescriptor *descriptor);
#define CM_NEW(arena, Type) ((Type *)cm_message_new((arena), &Type##_descriptor))

/* Unpacks into the arena. INVALID_ARGUMENT where the bytes are no such message, messages nest deeper than 100, or a
 * string in it is not UTF-8 or holds a NUL (the field's path is named). */
cm_status cm_message_unpack(const ProtobufCMessageDescriptor *descriptor, cm_bytes packed, cm_arena *arena,
                            ProtobufCMessage **message) CM_MUST_USE;

/* Packs into the arena. The bytes are deterministic: the same message gives the same bytes. */
cm_bytes cm_message_pack(const ProtobufCMessage *message, cm_arena *arena);

/* A deep copy in the arena. */
void *cm_message_copy(const ProtobufCMessage *message, cm_arena *arena);

/* By name: NULL where there is none. */
const ProtobufCFieldDescriptor *cm_message_field(const ProtobufCMessageDescriptor *descriptor, const char *name);

/* Whether the field differs from its default (repeated: is not empty; oneof: is the one that is set). */
bool cm_field_is_set(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* Where the field's member lies in the struct (for a repeated one: the pointer to its items), how many values it has
 * (0 or 1 where it is not repeated), and how many bytes one value takes. */
void *cm_field_at(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
size_t cm_field_count(const ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
size_t cm_field_size(const ProtobufCFieldDescriptor *field);

/* After a value was written where cm_field_at says: marks it as present (`has_…`, the case of a oneof). Clearing gives
 * the default back, and leaves a oneof alone whose case is another field. */
void cm_field_mark(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);
void cm_field_clear(ProtobufCMessage *message, const ProtobufCFieldDescriptor *field);

/* A string field by name, "" where it is empty or there is no such string field. */
const char *cm_message_string(const ProtobufCMessage *message, const char *name);
void cm_message_set_string(ProtobufCMessage *message, const char *name, const char *value); /* not copied */

/* Whether two messages of the same type say the same: equal values, fields at their defaults however they are kept.
 * Unknown fields are not looked at; NaN equals NaN. */
bool cm_message_equal(const ProtobufCMessage *a, const ProtobufCMessage *b);
bool cm_field_equal(const ProtobufCMessage *a, const ProtobufCMessage *b, const ProtobufCFieldDescriptor *field);

/* Copies field values (shallow) from one message to another of the same type. */
void cm_field_assign(ProtobufCMessage *to, const ProtobufCMessage *from, const ProtobufCFieldDescriptor *field);

/* Enum values by the code that files use: the value's name without the prefix that all share, in lower case
 * (CHANNEL_IN_PERSON ↔ in_person). Parsing takes the full name too. INVALID_ARGUMENT lists what is allowed;
 * "" is 0. The code of a number that has no name is "". */
cm_status cm_enum_parse(const ProtobufCEnumDescriptor *descriptor, const char *code, int *value) CM_MUST_USE;
const char *cm_enum_code(const ProtobufCEnumDescriptor *descriptor, int value, cm_arena *arena);

/* Canonical protobuf JSON: lowerCamelCase names, 64-bit integers as strings, enums by name, bytes in base64, defaults
 * left out, Timestamp, Duration, FieldMask and wrappers in their own forms (Any and Struct have none here). Reading
 * also takes the original field names, enum codes, and numbers for 64-bit integers; null is the default. What it does
 * not know is INVALID_ARGUMENT, which names the path. `*json` is a new reference. */
cm_status cm_message_to_json(const ProtobufCMessage *message, json_t **json) CM_MUST_USE;
cm_status cm_message_from_json(const ProtobufCMessageDescriptor *descriptor, const json_t *json, cm_arena *arena,
                               ProtobufCMessage **message) CM_MUST_USE;

/* Applies a field mask (AIP-134): copies from `change` into `target` the fields that the paths name; `*` is all of
 * them, an empty list is those that are set in `change`. INVALID_ARGUMENT (of `update_mask`) names a path that does not
 * exist, and nothing is applied then. Paths may go into singular messages by dots; a message on the way that only
 * `target` has is changed in place. What is copied is shallow. */
cm_status cm_mask_apply(const char *const *paths, size_t count, const ProtobufCMessage *change,
                        ProtobufCMessage *target, cm_arena *arena) CM_MUST_USE;

/* A mask that reads (AIP-157): its paths name fields of messages of a type, and may go into lists, of whose items each
 * is meant; `*` is all. INVALID_ARGUMENT (of `read_mask`) names a path that does not exist, and the fields that do. */
cm_status cm_mask_check(const char *const *paths, size_t count,
                        const ProtobufCMessageDescriptor *descriptor) CM_MUST_USE;

/* What a message is with those fields alone; of many, in a new list. What is kept is shared with the message, which
 * stays as it is. */
ProtobufCMessage *cm_mask_keep(const char *const *paths, size_t count, const ProtobufCMessage *message,
                               cm_arena *arena);
ProtobufCMessage **cm_mask_keep_all(const char *const *paths, size_t count, ProtobufCMessage *const *messages,
                                    size_t items, cm_arena *arena);

#endif
