/* What autocorrelation leaves of a test: known cases, seasons, gaps, and where nothing is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "near.h"
#include "planted.h"
#include "series_data.h"
#include "stats/cm_mann_kendall.h"
#include "stats/cm_normal.h"
#include "stats/cm_persistence.h"
#include "stats/cm_philox.h"

static cm_persistence measured(const double *values, size_t n, size_t period)
{
    cm_persistence p;

    assert_true(cm_is_ok(cm_persistence_measure(values, n, period, NAN, &p)));
    return p;
}

static void ten_values_give_what_is_worked_out_by_hand(void **state)
{
    /* Sen's slope of the ranks is 0: the hill's two sides mirror each other. Ties share their mean rank. */
    const double hill[10] = {1, 2, 3, 4, 5, 5, 4, 3, 2, 1};
    double r1 = 0, squares = 0, rank[10];

    for (int i = 0; i < 10; i++) {
        rank[i] = 2 * hill[i] - 0.5 - 5.5;
        squares += rank[i] * rank[i];
        r1 += i > 0 ? rank[i] * rank[i - 1] : 0;
    }
    r1 /= squares;
    cm_persistence p = measured(hill, 10, 1);
    assert_near(p.r1, r1, 1e-14);
    assert_near(p.rho, 0.95, 0); /* (20 sin(π r1/6) + 2)/5 is beyond */
    assert_near(p.effective, 10 * 0.05 / 1.95, 1e-14);
    assert_true(p.ratio > 3 && p.df == 1);
    assert_true(cm_persistence_p(&p, 5) > 0.2); /* too little is left for anything to be sure */
}

static void independent_values_lose_little(void **state)
{
    double shaken[36];
    cm_philox random = cm_philox_make(1, 2);

    for (int i = 0; i < 36; i++)
        shaken[i] = i % 2 + cm_philox_unit(&random);
    cm_persistence p = measured(shaken, 36, 1);
    assert_true(p.r1 < 0 && p.rho == 0 && p.ratio == 1 && p.df == 33);
    assert_near(cm_persistence_p(&p, 2), cm_t_two_sided(2, 33), 1e-15);
}

static cm_persistence of_counts(const double *values, size_t n, double dispersion)
{
    cm_persistence p;

    assert_true(cm_is_ok(cm_persistence_measure(values, n, 1, dispersion, &p)));
    return p;
}

static void counts_leave_as_much_room_for_memory_as_chance_does_not_fill(void **state)
{
    double x[40], rho = 0;

    for (uint64_t stream = 0; rho < 0.15 || rho > 0.25; stream++) { /* some memory, less than what would be sure */
        cm_philox random = cm_philox_make(8, stream);
        planted_process(&random, x, 40, 0.2);
        rho = of_counts(x, 40, NAN).rho;
    }
    cm_persistence unknown = of_counts(x, 40, NAN), wide = of_counts(x, 40, 1e6), five = of_counts(x, 40, 5);
    assert_true(unknown.room == 1 && unknown.share == 1);
    assert_near(wide.rho, unknown.rho, 1e-5);
    assert_true(five.room == 1);
    assert_near(five.share, 0.8, 1e-15);
    assert_near(five.rho, unknown.rho / 0.8, 1e-14);
    cm_persistence one = of_counts(x, 40, 1), none = of_counts(x, 40, 0.5), still = of_counts(x, 40, 0);
    assert_true(one.room == 0.5 && one.share == 0.5);
    assert_near(one.rho, unknown.rho, 1e-14); /* half of it, in half of the variance */
    assert_near(one.df, (one.effective - 3) / 0.25, 1e-12);
    assert_true(one.ratio > 1 && one.ratio < unknown.ratio);
    assert_true(none.room == 0 && none.rho == 0 && none.ratio == 1 && none.df == 1e6);
    assert_near(cm_persistence_p(&none, 2), cm_normal_two_sided(2), 1e-6);
    assert_near(cm_persistence_p(&still, 2), cm_persistence_p(&none, 2), 0);
}

static void counts_that_are_alike_have_memory_whatever_their_dispersion(void **state)
{
    const double hill[10] = {1, 2, 3, 4, 5, 5, 4, 3, 2, 1};

    assert_true(of_counts(hill, 10, 0.2).room == 1);
    assert_near(of_counts(hill, 10, 0.2).rho, 0.95, 0);
    assert_true(of_counts(hill, 5, 0.2).room == 1); /* too few to say */
}

static void dispersion_is_one_of_independent_events(void **state)
{
    double times[20], counts[20], totals[20], zero[20] = {0}, mean = 0, of_shares = 0;

    for (uint64_t stream = 0; stream < 1000; stream++) {
        cm_philox random = cm_philox_make(9, stream);
        for (int i = 0; i < 20; i++)
            times[i] = 2000 + i, totals[i] = 30, counts[i] = planted_poisson(&random, 8 * exp(0.05 * i));
        mean += cm_persistence_dispersion(times, counts, NULL, 20) / 1000;
        for (int i = 0; i < 20; i++)
            counts[i] = planted_binomial(&random, 30, 0.3 + 0.02 * i);
        of_shares += cm_persistence_dispersion(times, counts, totals, 20) / 1000;
    }
    assert_near(mean, 1, 0.04); /* its standard error is √(2/18/1000) = 0.011 */
    assert_near(of_shares, 1, 0.04);
    for (int i = 0; i < 20; i++)
        counts[i] = 7;
    assert_near(cm_persistence_dispersion(times, counts, NULL, 20), 0, 1e-12);
    assert_false(cm_defined(cm_persistence_dispersion(times, zero, NULL, 20)));
    assert_false(cm_defined(cm_persistence_dispersion(times, zero, totals, 20)));
    assert_false(cm_defined(cm_persistence_dispersion(times, counts, NULL, 5)));
}

static void a_straight_line_has_no_autocorrelation(void **state)
{
    double line[20];

    for (int i = 0; i < 20; i++)
        line[i] = 0.1 * i + 7;
    cm_persistence p = measured(line, 20, 1);
    assert_false(cm_defined(p.r1));
    assert_true(p.rho == 0 && p.ratio == 1 && p.effective == 20);
}

static void estimates_are_right_on_the_average(void **state)
{
    const double memories[] = {0, 0.3, 0.5};

    for (int k = 0; k < 3; k++) {
        double mean = 0;
        for (uint64_t stream = 0; stream < 2000; stream++) {
            cm_philox random = cm_philox_make(11, stream);
            double x[40], memory = memories[k];
            for (int i = 0; i < 40; i++) {
                double shock = cm_normal_quantile(0.5 * 0x1p-53 + cm_philox_unit(&random));
                x[i] = i == 0 ? shock : memory * x[i - 1] + sqrt(1 - memory * memory) * shock;
            }
            cm_persistence p = measured(x, 40, 1);
            mean += (40 * 2 * sin(3.14159265358979 / 6 * p.r1) + 2) / 35 / 2000; /* rho before it is cut at 0 */
        }
        assert_near(mean, memories[k], 0.03);
    }
}

static void rising_transforms_and_reversal_change_nothing(void **state)
{
    double turned[100], cubed[100];

    for (int i = 0; i < 100; i++) {
        turned[99 - i] = -NILE[i];
        cubed[i] = NILE[i] * NILE[i] * NILE[i];
    }
    cm_persistence p = measured(NILE, 100, 1), other = measured(turned, 100, 1), same = measured(cubed, 100, 1);
    assert_true(p.rho > 0.1 && p.ratio > 1);
    assert_near(other.r1, p.r1, 1e-12);
    assert_true(same.r1 == p.r1);
}

static void seasons_and_missing_places_are_no_memory(void **state)
{
    double months[120], gaps[40];
    cm_philox random = cm_philox_make(3, 1);

    for (int i = 0; i < 120; i++)
        months[i] = 100 * sin(i % 12 / 1.9) + cm_philox_unit(&random);
    cm_persistence p = measured(months, 120, 12), blind = measured(months, 120, 1);
    assert_true(p.rho < 0.3 && blind.rho > 0.5);
    assert_near(p.df, p.effective - 14, 1e-12);
    for (int i = 0; i < 40; i++)
        gaps[i] = i % 2 ? NAN : i * i % 17;
    p = measured(gaps, 40, 1); /* no two neighbours */
    assert_true(p.n == 20 && !cm_defined(p.r1) && p.rho == 0);
}

/* Twelve years of quarters whose log rates have memory 0.4 from one to the next: few have a small p. */
static void seasonal_tests_keep_their_level(void **state)
{
    int small = 0, plain = 0;

    for (uint64_t stream = 0; stream < 1000; stream++) {
        cm_philox random = cm_philox_make(21, stream);
        double x[48], state_ = 0;
        for (int i = 0; i < 48; i++) {
            double shock = cm_normal_quantile(0.5 * 0x1p-53 + cm_philox_unit(&random));
            state_ = i == 0 ? shock : 0.4 * state_ + sqrt(1 - 0.16) * shock;
            x[i] = state_ + i % 4;
        }
        cm_mann_kendall mk;
        assert_true(cm_is_ok(cm_mann_kendall_seasonal(x, 48, 4, &mk)));
        cm_persistence p = measured(x, 48, 4);
        small += cm_persistence_p(&p, mk.z) <= 0.05;
        plain += mk.p <= 0.05;
    }
    print_message("quarters with memory 0.4: p ≤ 0.05 in %d of 1000, %d by the plain seasonal test\n", small, plain);
    assert_true(small <= 73); /* 50 ± 6.9, 3.3 standard deviations */
    assert_true(plain > 100);
}

static void few_values_are_never_sure(void **state)
{
    const double rising[7] = {1, 2, 4, 7, 11, 16, 22};

    for (size_t n = 0; n <= 5; n++) {
        cm_mann_kendall mk;
        cm_persistence p = measured(rising, n, 1);
        assert_true(cm_is_ok(cm_mann_kendall_test(rising, n, &mk)));
        assert_false(cm_defined(p.r1));
        assert_true(p.n == n && p.rho == 0 && p.ratio == 1);
        assert_false(cm_persistence_p(&p, mk.z) <= 0.05); /* undefined below three */
    }
    cm_persistence p;
    cm_status status = cm_persistence_measure(rising, 7, 0, NAN, &p);
    assert_int_equal(status.code, CM_INVALID_ARGUMENT);
    cm_status_clear(&status);
    const double infinite[2] = {1, INFINITY};
    status = cm_persistence_measure(infinite, 2, 1, NAN, &p);
    assert_int_equal(status.code, CM_INVALID_ARGUMENT);
    cm_status_clear(&status);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_values_give_what_is_worked_out_by_hand),
        cmocka_unit_test(independent_values_lose_little),
        cmocka_unit_test(counts_leave_as_much_room_for_memory_as_chance_does_not_fill),
        cmocka_unit_test(counts_that_are_alike_have_memory_whatever_their_dispersion),
        cmocka_unit_test(dispersion_is_one_of_independent_events),
        cmocka_unit_test(a_straight_line_has_no_autocorrelation),
        cmocka_unit_test(estimates_are_right_on_the_average),
        cmocka_unit_test(rising_transforms_and_reversal_change_nothing),
        cmocka_unit_test(seasons_and_missing_places_are_no_memory),
        cmocka_unit_test(seasonal_tests_keep_their_level),
        cmocka_unit_test(few_values_are_never_sure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
