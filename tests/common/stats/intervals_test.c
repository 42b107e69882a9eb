/* Wilson, Garwood and Benjamini–Hochberg against published examples. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "stats/cm_fdr.h"
#include "stats/cm_garwood.h"
#include "stats/cm_wilson.h"

static void refused(cm_status status, cm_code code)
{
    assert_int_equal(status.code, code);
    cm_status_clear(&status);
}

static void newcombes_table_of_wilson_intervals_is_met(void **state)
{
    /* Newcombe 1998, Statistics in Medicine 17, table I, method 3. */
    static const struct {
        uint64_t hits, total;
        double low, high;
    } cases[] = {{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}};

    for (int k = 0; k < 4; k++) {
        cm_share share;
        assert_true(cm_is_ok(cm_wilson(cases[k].hits, cases[k].total, 0.95, &share)));
        assert_near(share.low, cases[k].low, 5e-5);
        assert_near(share.high, cases[k].high, 5e-5);
    }
}

static void a_share_of_nothing_is_undefined_and_of_all_is_one(void **state)
{
    cm_share share;

    assert_true(cm_is_ok(cm_wilson(0, 0, 0.95, &share)));
    assert_false(cm_defined(share.estimate) || cm_defined(share.low) || cm_defined(share.high));
    assert_true(cm_is_ok(cm_wilson(9, 9, 0.95, &share)));
    assert_true(share.high == 1 && share.estimate == 1 && share.low > 0.6);
    refused(cm_wilson(3, 2, 0.95, &share), CM_INVALID_ARGUMENT);
    refused(cm_wilson(1, 2, 1, &share), CM_INVALID_ARGUMENT);
    refused(cm_wilson(1, 2, NAN, &share), CM_INVALID_ARGUMENT);
}

static void garwoods_table_is_met(void **state)
{
    /* Garwood 1936, Biometrika 28, table I (95 %). */
    static const double cases[][3] = {{0, 0, 3.6889}, {1, 0.0253, 5.5716}, {10, 4.7954, 18.3904}, {50, 37.111, 65.919}};

    for (int k = 0; k < 4; k++) {
        cm_rate rate;
        assert_true(cm_is_ok(cm_garwood((uint64_t)cases[k][0], 1, 0.95, &rate)));
        assert_near(rate.low, cases[k][1], 1e-3);
        assert_near(rate.high, cases[k][2], 1e-3);
    }
}

static void a_rate_scales_with_exposure_and_needs_some(void **state)
{
    cm_rate one, thousand;

    assert_true(cm_is_ok(cm_garwood(10, 1, 0.95, &one)));
    assert_true(cm_is_ok(cm_garwood(10, 1000, 0.95, &thousand)));
    assert_near(thousand.high * 1000, one.high, 1e-9);
    assert_near(thousand.estimate, 0.01, 1e-15);
    assert_true(cm_is_ok(cm_garwood(0, 0, 0.95, &one)));
    assert_false(cm_defined(one.estimate) || cm_defined(one.high));
    refused(cm_garwood(1, -1, 0.95, &one), CM_INVALID_ARGUMENT);
    refused(cm_garwood(1, NAN, 0.95, &one), CM_INVALID_ARGUMENT);
    refused(cm_garwood(1, INFINITY, 0.95, &one), CM_INVALID_ARGUMENT);
}

static void benjamini_and_hochbergs_example_is_met(void **state)
{
    /* Benjamini and Hochberg 1995, §4: at 5 % the first four are rejected. */
    const double p[15] = {0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344,
                          0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0000};
    double q[15];
    int rejected = 0;

    assert_true(cm_is_ok(cm_fdr(p, 15, q)));
    for (int i = 0; i < 15; i++) {
        rejected += q[i] <= 0.05;
        assert_true(q[i] >= p[i] && q[i] <= 1 && (i == 0 || q[i] >= q[i - 1]));
    }
    assert_int_equal(rejected, 4);
    assert_near(q[3], 0.0095 * 15 / 4, 1e-15);
    assert_near(q[4], 0.0201 * 15 / 5, 1e-15);
}

static void what_was_not_tested_does_not_count(void **state)
{
    double p[4] = {NAN, 0.04, NAN, 0.02};

    assert_near(cm_family_p(p, 4), 0.04, 1e-15);
    assert_true(cm_is_ok(cm_fdr(p, 4, p)));
    assert_true(isnan(p[0]) && isnan(p[2]) && p[1] == 0.04 && p[3] == 0.04);
    assert_true(cm_is_ok(cm_fdr(p, 0, p)));
    assert_true(isnan(cm_family_p(p, 0)));
    p[1] = 1.01;
    refused(cm_fdr(p, 4, p), CM_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(newcombes_table_of_wilson_intervals_is_met),
        cmocka_unit_test(a_share_of_nothing_is_undefined_and_of_all_is_one),
        cmocka_unit_test(garwoods_table_is_met),
        cmocka_unit_test(a_rate_scales_with_exposure_and_needs_some),
        cmocka_unit_test(benjamini_and_hochbergs_example_is_met),
        cmocka_unit_test(what_was_not_tested_does_not_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
