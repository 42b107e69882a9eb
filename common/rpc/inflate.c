#include "inflate.h"

#include <grpc/byte_buffer_reader.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/cm_memory.h"

enum { EITHER_FORMAT = 15 + 32, FIRST_GUESS = 4 };

grpc_arg cm_rpc_inflate_arg(void)
{
    return (grpc_arg){
        .type = GRPC_ARG_INTEGER, .key = (char *)GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, .value.integer = 0};
}

typedef struct output {
    uint8_t *bytes;
    size_t used, capacity, largest;
} output;

/* Room for more: twice as much, but one byte above `largest` at most, by which too large a message shows. */
static bool make_room(output *out)
{
    if (out->capacity > out->largest)
        return false;
    out->capacity = out->capacity * 2 > out->largest ? out->largest + 1 : out->capacity * 2;
    out->bytes = cm_realloc(out->bytes, out->capacity, 1);
    return true;
}

/* What zlib says last: Z_OK where it wants more input. */
static int inflate_slice(z_stream *z, grpc_slice slice, output *out)
{
    int said = Z_OK;

    z->next_in = GRPC_SLICE_START_PTR(slice);
    z->avail_in = (uInt)GRPC_SLICE_LENGTH(slice);
    while (said == Z_OK) {
        if (out->used == out->capacity && !make_room(out))
            return Z_BUF_ERROR;
        z->next_out = out->bytes + out->used;
        z->avail_out = (uInt)(out->capacity - out->used);
        said = inflate(z, Z_NO_FLUSH);
        out->used = (size_t)(z->next_out - out->bytes);
        if (said == Z_BUF_ERROR || (said == Z_OK && z->avail_in == 0 && z->avail_out > 0))
            return Z_OK; /* all of the slice is taken */
    }
    return said == Z_STREAM_END && z->avail_in > 0 ? Z_DATA_ERROR : said;
}

cm_status cm_rpc_inflate(grpc_byte_buffer *buffer, const char *what, size_t largest, uint8_t **bytes, size_t *size)
{
    grpc_byte_buffer_reader reader;
    z_stream z = {0};
    grpc_slice slice;
    int said = Z_OK;
    size_t guess = grpc_byte_buffer_length(buffer) * FIRST_GUESS + 64;
    output out = {.largest = largest, .capacity = guess < largest ? guess : largest + 1};

    if (inflateInit2(&z, EITHER_FORMAT) != Z_OK || !grpc_byte_buffer_reader_init(&reader, buffer))
        abort(); /* memory has ended */
    out.bytes = cm_alloc(out.capacity);
    while (said == Z_OK && grpc_byte_buffer_reader_next(&reader, &slice)) {
        said = inflate_slice(&z, slice, &out);
        grpc_slice_unref(slice);
    }
    bool has_more = grpc_byte_buffer_reader_next(&reader, &slice) != 0;
    if (has_more)
        grpc_slice_unref(slice);
    grpc_byte_buffer_reader_destroy(&reader);
    inflateEnd(&z);
    *bytes = out.bytes;
    *size = out.used;
    if (out.used <= largest && said == Z_STREAM_END && !has_more)
        return cm_ok();
    free(out.bytes);
    *bytes = NULL;
    if (out.used > largest)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "a %s is too large once decompressed; at most %zu bytes are taken", what,
                       largest);
    return cm_fail(CM_INTERNAL, "the bytes of a %s cannot be decompressed: they are no whole gzip or zlib stream",
                   what);
}
