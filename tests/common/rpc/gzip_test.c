/* Compressed messages on both sides: what is sent so, what is read, and what is too large once it is decompressed. What
 * an interceptor hears of as received are the bytes that came over the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/cm_memory.h"
#include "base/cm_message.h"
#include "echo_server.h"
#include "rpc/inflate.h"

static atomic_size_t came_to_server, came_to_client;

static void count(void *context, void *kept, size_t bytes)
{
    atomic_store((atomic_size_t *)context, bytes);
}

typedef struct bed {
    echo_server echo;
    cm_channel *channel;
} bed;

static void set_up(bed *b, cm_compression server, cm_compression client, size_t largest_answer)
{
    cm_interceptor heard = {.received = count, .context = &came_to_server};
    cm_client_interceptor answered = {.received = count, .context = &came_to_client};

    echo_start(&b->echo, &(cm_server_options){.compression = server, .interceptors = &heard, .interceptor_count = 1});
    ASSERT_OK(cm_channel_new(
        b->echo.target,
        &(cm_channel_options){
            .compression = client, .largest_answer = largest_answer, .interceptors = &answered, .interceptor_count = 1},
        &b->channel));
}

static void tear_down(bed *b)
{
    cm_channel_free(b->channel);
    echo_stop(&b->echo);
}

/* Says so many zeros, which come back. */
static cm_status say_zeros(bed *b, size_t size, cm_compression compression)
{
    CM_ARENA(arena);
    EchoSayRequest *request = CM_NEW(arena, EchoSayRequest);
    EchoSayResponse *response;

    request->payload = (ProtobufCBinaryData){size, cm_arena_zero(arena, size)};
    CM_TRY(
        echo_echo_service_say(b->channel, &(cm_call_options){.compression = compression}, request, arena, &response));
    assert_int_equal(response->payload.len, size);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(response->payload.data[i], 0);
    return cm_ok();
}

enum { SIZE = 200000, SMALL = SIZE / 50 };

static void each_side_compresses_what_it_sends_where_asked(void **state)
{
    bed b;

    set_up(&b, CM_COMPRESS_PRESET, CM_COMPRESS_PRESET, 0);
    ASSERT_OK(say_zeros(&b, SIZE, CM_COMPRESS_PRESET));
    assert_true(atomic_load(&came_to_server) > SIZE);
    assert_true(atomic_load(&came_to_client) > SIZE);
    ASSERT_OK(say_zeros(&b, SIZE, CM_COMPRESS_GZIP));
    assert_true(atomic_load(&came_to_server) < SMALL);
    assert_true(atomic_load(&came_to_client) > SIZE);
    tear_down(&b);
    set_up(&b, CM_COMPRESS_GZIP, CM_COMPRESS_GZIP, 0);
    ASSERT_OK(say_zeros(&b, SIZE, CM_COMPRESS_PRESET));
    assert_true(atomic_load(&came_to_server) < SMALL);
    assert_true(atomic_load(&came_to_client) < SMALL);
    ASSERT_OK(say_zeros(&b, SIZE, CM_COMPRESS_NOTHING));
    assert_true(atomic_load(&came_to_server) > SIZE);
    assert_true(atomic_load(&came_to_client) < SMALL);
    tear_down(&b);
}

static void a_handler_decides_for_its_call(void **state)
{
    CM_ARENA(arena);
    EchoExpandRequest request;
    EchoSayResponse *response;
    cm_client_stream *stream;
    bed b;

    set_up(&b, CM_COMPRESS_NOTHING, CM_COMPRESS_PRESET, 0);
    EchoExpandRequest_init(&request);
    request.count = 3;
    request.padding = SIZE / 10;
    ASSERT_OK(echo_echo_service_expand_open(
        b.channel, &(cm_call_options){.metadata = &(cm_metadatum){"x-echo-compress", "yes", 3}, .metadata_count = 1},
        &request, &stream));
    for (int i = 0; i < 3; i++) {
        ASSERT_OK(echo_echo_service_expand_receive(stream, arena, &response));
        assert_non_null(response);
        assert_int_equal(response->payload.len, SIZE / 10);
        assert_true(atomic_load(&came_to_client) < SMALL);
    }
    cm_client_stream_free(stream);
    tear_down(&b);
}

static void a_request_that_becomes_too_large_is_refused(void **state)
{
    bed b;

    set_up(&b, CM_COMPRESS_PRESET, CM_COMPRESS_PRESET, 0);
    ASSERT_FAILS(say_zeros(&b, 32 << 20, CM_COMPRESS_GZIP), CM_RESOURCE_EXHAUSTED,
                 "is too large once decompressed; at most 1048576 bytes are taken");
    assert_true(atomic_load(&came_to_server) < 64 << 10);
    ASSERT_OK(say_zeros(&b, 1000000, CM_COMPRESS_GZIP));
    tear_down(&b);
}

static void an_answer_that_becomes_too_large_is_refused(void **state)
{
    bed b;

    set_up(&b, CM_COMPRESS_GZIP, CM_COMPRESS_GZIP, 100000);
    ASSERT_FAILS(say_zeros(&b, SIZE, CM_COMPRESS_PRESET), CM_RESOURCE_EXHAUSTED,
                 "is too large once decompressed; at most 100000 bytes are taken");
    ASSERT_OK(say_zeros(&b, 99000, CM_COMPRESS_PRESET));
    tear_down(&b);
}

/* ---- the bytes themselves ---- */

typedef struct packed {
    uint8_t bytes[4096];
    size_t size;
} packed;

/* 15: zlib's format, 15 + 16: gzip's. */
static void pack(const uint8_t *plain, size_t size, int format, packed *into)
{
    z_stream z = {0};

    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, format, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (uint8_t *)plain;
    z.avail_in = (uInt)size;
    z.next_out = into->bytes;
    z.avail_out = sizeof into->bytes;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    into->size = sizeof into->bytes - z.avail_out;
    deflateEnd(&z);
}

/* Unpacks the bytes as they arrive in slices of `step`. */
static cm_status unpack(const packed *p, size_t step, size_t largest, uint8_t **bytes, size_t *size)
{
    grpc_slice slices[4096];
    size_t count = 0;

    for (size_t at = 0; at < p->size; at += step)
        slices[count++] =
            grpc_slice_from_copied_buffer((const char *)p->bytes + at, p->size - at < step ? p->size - at : step);
    grpc_byte_buffer *buffer = grpc_raw_compressed_byte_buffer_create(slices, count, GRPC_COMPRESS_GZIP);
    cm_status outcome = cm_rpc_inflate(buffer, "Thing", largest, bytes, size);
    grpc_byte_buffer_destroy(buffer);
    for (size_t i = 0; i < count; i++)
        grpc_slice_unref(slices[i]);
    return outcome;
}

static void both_formats_are_read_in_slices_of_any_size(void **state)
{
    static const int formats[] = {15, 15 + 16};
    static const size_t steps[] = {1, 7, 4096};
    uint8_t plain[3000], *bytes;
    size_t size;
    packed p;

    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * i >> 4);
    for (size_t f = 0; f < 2; f++)
        for (size_t s = 0; s < 3; s++) {
            pack(plain, sizeof plain, formats[f], &p);
            ASSERT_OK(unpack(&p, steps[s], sizeof plain, &bytes, &size));
            assert_int_equal(size, sizeof plain);
            assert_memory_equal(bytes, plain, size);
            free(bytes);
            ASSERT_FAILS(unpack(&p, steps[s], sizeof plain - 1, &bytes, &size), CM_RESOURCE_EXHAUSTED,
                         "at most 2999 bytes are taken");
            assert_null(bytes);
        }
    pack(plain, 0, 15 + 16, &p);
    ASSERT_OK(unpack(&p, 3, 0, &bytes, &size));
    assert_int_equal(size, 0);
    free(bytes);
}

static void bytes_that_are_cut_or_changed_or_too_many_are_no_message(void **state)
{
    uint8_t plain[500], *bytes;
    size_t size;
    packed p;

    memset(plain, 'a', sizeof plain);
    pack(plain, sizeof plain, 15 + 16, &p);
    for (p.size--; p.size > 0; p.size--)
        ASSERT_FAILS(unpack(&p, 5, 1000, &bytes, &size), CM_INTERNAL, "a Thing cannot be decompressed");
    pack(plain, sizeof plain, 15 + 16, &p);
    p.bytes[p.size++] = 0;
    ASSERT_FAILS(unpack(&p, 5, 1000, &bytes, &size), CM_INTERNAL, "a Thing cannot be decompressed");
    ASSERT_FAILS(unpack(&p, p.size - 1, 1000, &bytes, &size), CM_INTERNAL, "a Thing cannot be decompressed");
    ASSERT_FAILS(unpack(&p, 4096, 1000, &bytes, &size), CM_INTERNAL, "a Thing cannot be decompressed");
    pack(plain, sizeof plain, 15 + 16, &p);
    p.bytes[p.size - 6] ^= 1; /* the checksum */
    ASSERT_FAILS(unpack(&p, 5, 1000, &bytes, &size), CM_INTERNAL, "a Thing cannot be decompressed");
    p = (packed){.bytes = "no gzip at all", .size = 14};
    ASSERT_FAILS(unpack(&p, 5, 1000, &bytes, &size), CM_INTERNAL, "a Thing cannot be decompressed");
}

static int start_core(void **state)
{
    grpc_init();
    return 0;
}

static int end_core(void **state)
{
    grpc_shutdown();
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_side_compresses_what_it_sends_where_asked),
        cmocka_unit_test(a_handler_decides_for_its_call),
        cmocka_unit_test(a_request_that_becomes_too_large_is_refused),
        cmocka_unit_test(an_answer_that_becomes_too_large_is_refused),
        cmocka_unit_test(both_formats_are_read_in_slices_of_any_size),
        cmocka_unit_test(bytes_that_are_cut_or_changed_or_too_many_are_no_message),
    };

    return cmocka_run_group_tests(tests, start_core, end_core);
}
