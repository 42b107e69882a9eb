/* The framing of schema registries: what is put around a value comes off again, byte for byte as registries have it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "journal/cm_frame.h"

#define BYTES(...) ((cm_bytes){(const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__})})

static void assert_bytes(cm_bytes found, cm_bytes expected)
{
    assert_int_equal(found.size, expected.size);
    assert_memory_equal(found.data, expected.data, expected.size);
}

static void frame_is_as_registries_have_it(void **state)
{
    CM_ARENA(arena);

    assert_bytes(cm_frame(BYTES(10, 1, 7), 1, 0, arena), BYTES(0, 0, 0, 0, 1, 0, 10, 1, 7));
    assert_bytes(cm_frame(BYTES(10, 1, 7), 0x01020304, 2, arena), BYTES(0, 1, 2, 3, 4, 2, 4, 10, 1, 7));
    assert_bytes(cm_frame(BYTES(10), 1, 100, arena), BYTES(0, 0, 0, 0, 1, 2, 0xc8, 1, 10));
}

static void frame_comes_off_again(void **state)
{
    CM_ARENA(arena);

    for (int message = 0; message < 300; message += 23)
        assert_bytes(cm_unframed(cm_frame(BYTES(10, 1, 7), 70000, message, arena)), BYTES(10, 1, 7));
    assert_bytes(cm_unframed(BYTES(0, 0, 0, 0, 9, 4, 2, 4, 10, 1, 7)), BYTES(10, 1, 7)); /* a message within another */
}

static void value_without_a_frame_stays_as_it_is(void **state)
{
    CM_ARENA(arena);
    cm_bytes nothing = {NULL, 0};

    assert_bytes(cm_unframed(BYTES(10, 1, 7)), BYTES(10, 1, 7));
    assert_int_equal(cm_unframed(nothing).size, 0);
    assert_int_equal(cm_frame(nothing, 1, 0, arena).size, 0);
}

static void broken_frame_is_no_frame(void **state)
{
    assert_bytes(cm_unframed(BYTES(0, 0, 0)), BYTES(0, 0, 0));
    assert_bytes(cm_unframed(BYTES(0, 0, 0, 0, 1, 0x80)), BYTES(0, 0, 0, 0, 1, 0x80));
    assert_bytes(cm_unframed(BYTES(0, 0, 0, 0, 1, 8, 2)), BYTES(0, 0, 0, 0, 1, 8, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frame_is_as_registries_have_it),
        cmocka_unit_test(frame_comes_off_again),
        cmocka_unit_test(value_without_a_frame_stays_as_it_is),
        cmocka_unit_test(broken_frame_is_no_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
