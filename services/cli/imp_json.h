/* imp_json.h: a line of JSON as a resource, as `cityneg export` prints it. Reach for it wherever lines are read. */
#ifndef IMP_JSON_H
#define IMP_JSON_H

#include <jansson.h>

#include "base/cm_message.h"

/* INVALID_ARGUMENT tells the column where it is no JSON. The caller ends `json` with json_decref. */
cm_status imp_json_read(const char *text, size_t length, json_t **json) CM_MUST_USE;

/* The message of it, without an etag, which is of the store that it was exported from: takes that out of `json`.
 * INVALID_ARGUMENT where it is no such message. */
cm_status imp_json_resource(const ProtobufCMessageDescriptor *message, json_t *json, cm_arena *arena,
                            ProtobufCMessage **resource) CM_MUST_USE;

#endif
