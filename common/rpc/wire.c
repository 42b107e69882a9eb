#include "wire.h"

#include <grpc/byte_buffer_reader.h>
#include <stdlib.h>
#include <string.h>

#include "base/cm_clock.h"
#include "base/cm_message.h"
#include "inflate.h"

grpc_slice cm_wire_pack(const ProtobufCMessage *message)
{
    grpc_slice packed = grpc_slice_malloc(protobuf_c_message_get_packed_size(message));

    protobuf_c_message_pack(message, GRPC_SLICE_START_PTR(packed));
    return packed;
}

grpc_byte_buffer *cm_wire_buffer(grpc_slice packed)
{
    grpc_byte_buffer *buffer = grpc_raw_byte_buffer_create(&packed, 1);

    grpc_slice_unref(packed);
    return buffer;
}

static cm_status unpack_compressed(grpc_byte_buffer *buffer, const ProtobufCMessageDescriptor *descriptor,
                                   size_t largest, cm_arena *arena, ProtobufCMessage **message)
{
    uint8_t *bytes;
    size_t size;

    CM_TRY(cm_rpc_inflate(buffer, descriptor->name, largest, &bytes, &size));
    cm_status outcome = cm_message_unpack(descriptor, (cm_bytes){bytes, size}, arena, message);
    free(bytes);
    return outcome;
}

cm_status cm_wire_unpack(grpc_byte_buffer *buffer, const ProtobufCMessageDescriptor *descriptor, size_t largest,
                         cm_arena *arena, ProtobufCMessage **message)
{
    grpc_byte_buffer_reader reader;

    if (!buffer)
        return cm_fail(CM_INTERNAL, "the call ended without its message; one %s was expected", descriptor->name);
    size_t size = grpc_byte_buffer_length(buffer);
    if (size > largest)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "a %s of %zu bytes is too large; at most %zu are taken", descriptor->name,
                       size, largest);
    if (buffer->data.raw.compression != GRPC_COMPRESS_NONE)
        return unpack_compressed(buffer, descriptor, largest, arena, message);
    if (!grpc_byte_buffer_reader_init(&reader, buffer))
        return cm_fail(CM_INTERNAL, "the bytes of a %s cannot be read", descriptor->name);
    grpc_slice *first = NULL, all = grpc_empty_slice();
    bool whole = grpc_byte_buffer_reader_peek(&reader, &first) && GRPC_SLICE_LENGTH(*first) == size;
    if (!whole) {
        grpc_byte_buffer_reader_destroy(&reader);
        if (!grpc_byte_buffer_reader_init(&reader, buffer))
            return cm_fail(CM_INTERNAL, "the bytes of a %s cannot be read", descriptor->name);
        all = grpc_byte_buffer_reader_readall(&reader);
        first = &all;
    }
    size = GRPC_SLICE_LENGTH(*first);
    cm_status outcome =
        size > largest ? cm_fail(CM_RESOURCE_EXHAUSTED, "a %s of %zu bytes is too large; at most %zu are taken",
                                 descriptor->name, size, largest)
                       : cm_message_unpack(descriptor, (cm_bytes){GRPC_SLICE_START_PTR(*first), size}, arena, message);
    grpc_slice_unref(all);
    grpc_byte_buffer_reader_destroy(&reader);
    return outcome;
}

char *cm_wire_text(grpc_slice slice, cm_arena *arena)
{
    return cm_arena_strndup(arena, (const char *)GRPC_SLICE_START_PTR(slice), GRPC_SLICE_LENGTH(slice));
}

int64_t cm_wire_deadline_us(gpr_timespec deadline)
{
    if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0)
        return INT64_MAX;
    gpr_timespec left =
        gpr_time_sub(gpr_convert_clock_type(deadline, GPR_CLOCK_MONOTONIC), gpr_now(GPR_CLOCK_MONOTONIC));
    if (left.tv_sec > INT32_MAX)
        return INT64_MAX;
    return cm_clock_monotonic_us() + (int64_t)left.tv_sec * 1000000 + left.tv_nsec / 1000;
}

gpr_timespec cm_wire_deadline(int64_t deadline_us)
{
    if (deadline_us == INT64_MAX)
        return gpr_inf_future(GPR_CLOCK_MONOTONIC);
    return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC),
                        gpr_time_from_micros(deadline_us - cm_clock_monotonic_us(), GPR_TIMESPAN));
}
