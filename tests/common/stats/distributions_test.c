/* Distributions against published tables, and their quantiles against them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "stats/cm_normal.h"
#include "stats/cm_special.h"

static void near(double value, double expected, double relative)
{
    if (!(fabs(value - expected) <= relative * fabs(expected)))
        fail_msg("%.17g instead of %.17g", value, expected);
}

static void tables_of_quantiles_are_met(void **state)
{
    near(cm_normal_quantile(0.975), 1.959963984540054, 1e-14);
    near(cm_normal_quantile(0.995), 2.5758293035489004, 1e-14);
    near(cm_normal_quantile(1e-10), -6.361340902404056, 1e-13);
    near(cm_t_quantile(0.975, 10), 2.2281388519862742, 1e-12);
    near(cm_t_quantile(0.975, 1), 12.706204736174705, 1e-12);
    near(cm_chi2_quantile(0.95, 1), 3.841458820694124, 1e-12);
    near(cm_chi2_quantile(0.05, 10), 3.9402991361190605, 1e-12);
    assert_true(cm_normal_quantile(0.5) == 0 && cm_t_quantile(0.5, 3) == 0);
}

static void tails_keep_their_digits(void **state)
{
    near(cm_normal_upper(10), 7.619853024160527e-24, 1e-13);
    near(cm_normal_two_sided(-10), 2 * 7.619853024160527e-24, 1e-13);
    near(cm_chi2_upper(100, 1), 1.52397060483211e-23, 1e-12);
    near(cm_t_two_sided(2.2281388519862742, 10), 0.05, 1e-12);
    near(cm_f_upper(4.964602743730711, 1, 10), 0.05, 1e-12);
    near(cm_t_two_sided(1e100, 1), 2 / M_PI * 1e-100, 1e-12);
}

static void closed_forms_are_met(void **state)
{
    for (double x = 0.01; x < 60; x *= 1.7) {
        near(cm_gamma_q(1, x), exp(-x), 1e-13);
        near(cm_gamma_p(0.5, x), erf(sqrt(x)), 1e-13);
        near(cm_t_cdf(-x, 1), atan2(1, x) / M_PI, 1e-12);
        near(cm_beta(3, 1, x / (1 + x), 1 / (1 + x)), pow(x / (1 + x), 3), 1e-13);
    }
    near(cm_log_choose(52, 5), log(2598960), 1e-13);
    near(cm_log_choose(1000, 20), cm_log_choose(1000, 980), 1e-13);
    assert_true(cm_log_choose(7, 0) == 0 && cm_log_choose(7, 7) == 0);
}

static void quantiles_are_the_inverse(void **state)
{
    for (double p = 1e-6; p < 1; p = p < 0.4 ? p * 3 : p + 0.04) {
        near(cm_normal_cdf(cm_normal_quantile(p)), p, 1e-12);
        for (double df = 0.5; df < 3e5; df *= 7) {
            near(cm_chi2_cdf(cm_chi2_quantile(p, df), df), p, 1e-11);
            near(cm_t_cdf(cm_t_quantile(p, df), df), p, 1e-11);
        }
    }
}

static void what_is_outside_is_undefined(void **state)
{
    assert_true(isnan(cm_normal_quantile(-0.1)) && isnan(cm_normal_quantile(1.5)) && isnan(cm_normal_quantile(NAN)));
    assert_true(isnan(cm_gamma_p(-1, 2)) && isnan(cm_gamma_q(1, -2)) && isnan(cm_t_two_sided(1, 0)));
    assert_true(isnan(cm_beta(1, 1, 1.5, -0.5)) && isnan(cm_f_upper(-1, 2, 2)) && isnan(cm_gamma_quantile(0.5, 0)));
    assert_true(cm_gamma_p(2, INFINITY) == 1 && cm_gamma_q(2, INFINITY) == 0 && cm_t_two_sided(INFINITY, 3) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_of_quantiles_are_met),  cmocka_unit_test(tails_keep_their_digits),
        cmocka_unit_test(closed_forms_are_met),         cmocka_unit_test(quantiles_are_the_inverse),
        cmocka_unit_test(what_is_outside_is_undefined),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
