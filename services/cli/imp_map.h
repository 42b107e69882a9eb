/* imp_map.h: which column of a table, or member of a line of JSON, is which field of a resource. Reach for it in the
 * importer of resources of any kind. One thread. */
#ifndef IMP_MAP_H
#define IMP_MAP_H

#include <jansson.h>
#include <protobuf-c/protobuf-c.h>

#include "base/cm_arena.h"
#include "base/cm_status.h"

typedef struct imp_map imp_map;

/* Rules are COLUMN=FIELD, COLUMN= to leave a column out, or the path of a file with one on each line (# before
 * comments). FIELD is a path such as `location.latitude`; in a list `sources[0].source` is the first item's, and
 * `external_ids[geonames]` or `populations[2020]` the second field of the item whose first field is that. What has no
 * rule goes by its own name. INVALID_ARGUMENT names a rule that makes no sense, and what would be right; NOT_FOUND and
 * PERMISSION_DENIED a file. All of it lies in the arena. */
cm_status imp_map_new(const ProtobufCMessageDescriptor *message, const char *const *rules, int count, cm_arena *arena,
                      imp_map **map) CM_MUST_USE;

/* INVALID_ARGUMENT where the column has neither a rule nor a field of its name. */
cm_status imp_map_check(const imp_map *map, const char *column) CM_MUST_USE;

/* Puts a value (borrowed) where the column belongs in the resource's JSON. A text is read as the field's type says: a
 * number, JSON where it is no single value, parts between semicolons for a list of texts; an empty one is left out. */
void imp_map_put(const imp_map *map, const char *column, json_t *value, json_t *resource);

#endif
