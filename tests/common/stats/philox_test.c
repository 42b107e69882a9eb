/* The random generator: its authors' known answers, its bounds, and independence of streams and of order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/cm_philox.h"

static void the_authors_known_answers_are_met(void **state)
{
    /* Salmon and others 2011, known-answer tests of Philox 4×32-10. */
    static const uint32_t cases[3][10] = {
        {0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6,
         0x6d5451fd},
        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420,
         0x24126ea1},
    };

    for (int k = 0; k < 3; k++) {
        uint32_t out[4];
        cm_philox_block(cases[k], cases[k] + 4, out);
        assert_memory_equal(out, cases[k] + 6, sizeof out);
    }
}

static void a_stream_is_the_same_whoever_asks_and_differs_from_the_next(void **state)
{
    cm_philox a = cm_philox_make(42, 7), b = cm_philox_make(42, 7), other = cm_philox_make(42, 8);
    int same = 0;

    for (int i = 0; i < 1000; i++) {
        uint32_t x = cm_philox_u32(&a);
        assert_true(x == cm_philox_u32(&b));
        same += x == cm_philox_u32(&other);
    }
    assert_true(same < 3);
}

static void numbers_stay_in_bounds_and_fill_them_evenly(void **state)
{
    cm_philox random = cm_philox_make(1, 0);
    int counts[7] = {0};
    double sum = 0;

    for (int i = 0; i < 70000; i++) {
        counts[cm_philox_below(&random, 7)]++;
        double u = cm_philox_unit(&random);
        assert_true(u >= 0 && u < 1);
        assert_true(cm_philox_below64(&random, (1ull << 40) + 1) <= 1ull << 40);
        sum += u;
    }
    for (int k = 0; k < 7; k++)
        assert_in_range(counts[k], 9600, 10400); /* 10,000 ± 4.3 standard deviations; the seed is fixed */
    assert_true(sum / 70000 > 0.495 && sum / 70000 < 0.505);
    assert_int_equal(cm_philox_below(&random, 1), 0);
}

static void a_shuffle_keeps_every_item(void **state)
{
    cm_philox random = cm_philox_make(3, 0);
    uint32_t items[100];
    bool seen[100] = {false}, moved = false;

    for (uint32_t i = 0; i < 100; i++)
        items[i] = i;
    cm_philox_shuffle(&random, items, 100);
    for (uint32_t i = 0; i < 100; i++) {
        assert_false(seen[items[i]]);
        seen[items[i]] = true;
        moved = moved || items[i] != i;
    }
    assert_true(moved);
    cm_philox_shuffle(&random, items, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_authors_known_answers_are_met),
        cmocka_unit_test(a_stream_is_the_same_whoever_asks_and_differs_from_the_next),
        cmocka_unit_test(numbers_stay_in_bounds_and_fill_them_evenly),
        cmocka_unit_test(a_shuffle_keeps_every_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
