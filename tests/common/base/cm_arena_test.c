#include "check.h"

#include <stdalign.h>

#include "base/cm_arena.h"

static void memory_is_aligned_for_any_type_and_does_not_overlap(void **state)
{
    CM_ARENA(arena);
    unsigned char *taken[200];

    for (size_t i = 0; i < CHECK_COUNT(taken); i++) {
        taken[i] = cm_arena_take(arena, i * 7);
        assert_int_equal((uintptr_t)taken[i] % alignof(max_align_t), 0);
        memset(taken[i], (int)i, i * 7);
    }
    for (size_t i = 0; i < CHECK_COUNT(taken); i++)
        for (size_t j = 0; j < i * 7; j++)
            assert_int_equal(taken[i][j], i);
}

static void a_block_larger_than_any_is_had(void **state)
{
    CM_ARENA(arena);
    char *large = cm_arena_zero(arena, 5 << 20);

    assert_int_equal(large[(5 << 20) - 1], 0);
    assert_true(cm_arena_used(arena) >= 5 << 20);
}

static void copies_are_copies(void **state)
{
    CM_ARENA(arena);
    char text[] = "Kazan";
    char *copy = cm_arena_strdup(arena, text);

    text[0] = 'L';
    assert_string_equal(copy, "Kazan");
    assert_string_equal(cm_arena_strndup(arena, "Moscow", 3), "Mos");
    assert_string_equal(cm_arena_format(arena, "%s/%d", copy, 5), "Kazan/5");
    assert_memory_equal(cm_arena_copy(arena, "\0\1", 2), "\0\1", 2);
}

static void reset_gives_up_everything_and_goes_on(void **state)
{
    CM_ARENA(arena);

    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 100; i++)
            memset(cm_arena_take(arena, 1000), 1, 1000);
        assert_true(cm_arena_used(arena) >= 100 * 1000);
        cm_arena_reset(arena);
        assert_int_equal(cm_arena_used(arena), 0);
    }
}

static void the_allocator_takes_from_the_arena(void **state)
{
    CM_ARENA(arena);
    ProtobufCAllocator *allocator = cm_arena_allocator(arena);
    void *memory = allocator->alloc(allocator->allocator_data, 100);

    assert_non_null(memory);
    assert_true(cm_arena_used(arena) >= 100);
    allocator->free(allocator->allocator_data, memory);
    memset(memory, 0, 100);
}

static void texts_are_joined(void **state)
{
    CM_ARENA(arena);

    assert_string_equal(cm_arena_join(arena, "cities", "/", "kazan-ru", NULL), "cities/kazan-ru");
    assert_string_equal(cm_arena_join(arena, "", "", NULL), "");
    assert_string_equal(cm_arena_join(arena, NULL), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_is_aligned_for_any_type_and_does_not_overlap),
        cmocka_unit_test(a_block_larger_than_any_is_had),
        cmocka_unit_test(copies_are_copies),
        cmocka_unit_test(reset_gives_up_everything_and_goes_on),
        cmocka_unit_test(the_allocator_takes_from_the_arena),
        cmocka_unit_test(texts_are_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
