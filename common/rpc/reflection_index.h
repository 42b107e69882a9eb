/* reflection_index.h: the .proto files behind a server's services, found by path or by the name of anything that they
 * define. Reach for it in reflection. Internal; filled by one thread, then read by any. */
#ifndef REFLECTION_INDEX_H
#define REFLECTION_INDEX_H

#include "rpc/cm_service.h"

typedef struct reflection_symbol {
    const char *name; /* full */
    const cm_proto_file *file;
} reflection_symbol;

typedef struct reflection_extension {
    const char *extendee; /* full name of the message that is extended */
    int32_t number;
    const cm_proto_file *file;
} reflection_extension;

typedef struct reflection_index {
    cm_arena *arena;
    const cm_proto_file **files;
    size_t file_count, file_capacity;
    reflection_symbol *symbols; /* by name, once it is sorted */
    size_t symbol_count, symbol_capacity;
    reflection_extension *extensions;
    size_t extension_count, extension_capacity;
} reflection_index;

/* Adds the file and what it imports; what is there already is skipped. */
void cm_rpc_reflection_index_add(reflection_index *index, const cm_proto_file *file);
void cm_rpc_reflection_index_sort(reflection_index *index);
void cm_rpc_reflection_index_clear(reflection_index *index);

const cm_proto_file *cm_rpc_reflection_index_path(const reflection_index *index, const char *path);
const cm_proto_file *cm_rpc_reflection_index_symbol(const reflection_index *index, const char *name);

#endif
