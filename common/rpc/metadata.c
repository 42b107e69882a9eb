#include "metadata.h"

#include <stdlib.h>
#include <string.h>

#include "base/cm_memory.h"

static cm_status check(const char *key, grpc_slice key_slice, grpc_slice value_slice)
{
    if (!grpc_header_key_is_legal(key_slice) || *key == ':' || strncmp(key, "grpc-", 5) == 0)
        return cm_fail(CM_INVALID_ARGUMENT,
                       "metadata key '%s' is not allowed; use a-z, 0-9, '-', '_', '.', and no grpc- in front", key);
    if (!grpc_is_binary_header(key_slice) && !grpc_header_nonbin_value_is_legal(value_slice))
        return cm_fail(CM_INVALID_ARGUMENT,
                       "the value of metadata '%s' is not printable ASCII; end the key in -bin to send any bytes", key);
    return cm_ok();
}

static void append(cm_metadata *metadata, grpc_slice key, grpc_slice value)
{
    CM_GROW(metadata->items, metadata->capacity, metadata->count + 1);
    memset(&metadata->items[metadata->count], 0, sizeof *metadata->items);
    metadata->items[metadata->count].key = key;
    metadata->items[metadata->count++].value = value;
}

cm_status cm_metadata_add(cm_metadata *metadata, const char *key, const void *value, size_t size)
{
    grpc_slice key_slice = grpc_slice_from_copied_string(key);
    grpc_slice value_slice = grpc_slice_from_copied_buffer(value, size);
    cm_status outcome = check(key, key_slice, value_slice);

    if (cm_is_ok(outcome)) {
        append(metadata, key_slice, value_slice);
    } else {
        grpc_slice_unref(key_slice);
        grpc_slice_unref(value_slice);
    }
    return outcome;
}

void cm_metadata_put(cm_metadata *metadata, const char *key, grpc_slice value)
{
    append(metadata, grpc_slice_from_static_string(key), value);
}

void cm_metadata_cut(cm_metadata *metadata, size_t count)
{
    while (metadata->count > count) {
        grpc_metadata *last = &metadata->items[--metadata->count];
        grpc_slice_unref(last->key);
        grpc_slice_unref(last->value);
    }
}

void cm_metadata_clear(cm_metadata *metadata)
{
    cm_metadata_cut(metadata, 0);
    free(metadata->items);
    *metadata = (cm_metadata){0};
}

size_t cm_metadata_size(const grpc_metadata_array *received)
{
    size_t size = 0;

    for (size_t i = 0; i < received->count; i++)
        size += GRPC_SLICE_LENGTH(received->metadata[i].key) + GRPC_SLICE_LENGTH(received->metadata[i].value) + 32;
    return size;
}

const grpc_slice *cm_metadata_find(const grpc_metadata_array *received, const char *key)
{
    for (size_t i = 0; i < received->count; i++)
        if (grpc_slice_str_cmp(received->metadata[i].key, key) == 0)
            return &received->metadata[i].value;
    return NULL;
}
