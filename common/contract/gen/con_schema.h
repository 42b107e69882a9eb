/* con_schema.h: protobuf messages as JSON Schema, with the comments of the .proto files as descriptions. Reach for it
 * when the contract's documents are made. One thread. */
#ifndef CON_SCHEMA_H
#define CON_SCHEMA_H

#include <jansson.h>

#include "base/cm_status.h"
#include "google/protobuf/descriptor.pb-c.h"

typedef Google__Protobuf__FileDescriptorSet con_set;

/* Adds to `schemas` the message `full_name` and every message and enum that it leads to, each under its full name.
 * NOT_FOUND where the set has no such message. */
cm_status con_schema_add(const con_set *set, const char *full_name, json_t *schemas) CM_MUST_USE;

#endif
