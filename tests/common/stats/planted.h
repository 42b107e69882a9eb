/* planted.h: series whose truth is known, since it is planted, and the test of a trend that a report makes of them.
 * Reach for it in studies of level and power. */
#ifndef PLANTED_H
#define PLANTED_H

#include "stats/cm_mann_kendall.h"
#include "stats/cm_normal.h"
#include "stats/cm_persistence.h"
#include "stats/cm_philox.h"

enum { PLANTED_MOST = 100 }; /* values in a series */

/* By multiplication of uniforms; for means below a few hundred. */
static inline double planted_poisson(cm_philox *random, double mean)
{
    double limit = exp(-mean), product = cm_philox_unit(random), count = 0;

    for (; product > limit; count++)
        product *= cm_philox_unit(random);
    return count;
}

static inline double planted_binomial(cm_philox *random, int total, double share)
{
    double hits = 0;

    for (int unit = 0; unit < total; unit++)
        hits += cm_philox_unit(random) < share;
    return hits;
}

/* A first-order process with variance 1 and autocorrelation `memory` from one value to the next. */
static inline void planted_process(cm_philox *random, double *x, size_t n, double memory)
{
    for (size_t i = 0; i < n; i++) {
        double shock = cm_normal_quantile(0.5 * 0x1p-53 + cm_philox_unit(random));
        x[i] = i == 0 ? shock : memory * x[i - 1] + sqrt(1 - memory * memory) * shock;
    }
}

/* Poisson counts with this mean, whose log rates wander with `deviation` and `memory` (deviation 0: they do not) and
 * grow by `growth` a year. */
static inline void planted_counts(cm_philox *random, double *x, size_t n, double mean, double deviation, double memory,
                                  double growth)
{
    double rates[PLANTED_MOST] = {0};

    if (deviation > 0)
        planted_process(random, rates, n, memory);
    for (size_t i = 0; i < n; i++)
        x[i] = planted_poisson(random, mean * exp(deviation * rates[i] + growth * ((double)i - (double)n / 2)));
}

typedef enum planted_kind { PLANTED_VALUES, PLANTED_COUNTS, PLANTED_SHARES } planted_kind;
enum { PLANTED_TOTAL = 20 }; /* of a share */

/* p of a report, of a series without gaps; a share is given as its count of PLANTED_TOTAL. NaN where there is none. */
static inline double planted_p(const double *x, size_t n, planted_kind kind)
{
    double times[PLANTED_MOST], totals[PLANTED_MOST], dispersion = NAN;
    cm_mann_kendall test;
    cm_persistence persistence;

    for (size_t i = 0; i < n; i++)
        times[i] = (double)i, totals[i] = PLANTED_TOTAL;
    if (kind != PLANTED_VALUES)
        dispersion = cm_persistence_dispersion(times, x, kind == PLANTED_SHARES ? totals : NULL, n);
    cm_status status = cm_mann_kendall_test(x, n, &test);
    if (cm_is_ok(status))
        status = cm_persistence_measure(x, n, 1, dispersion, &persistence);
    bool good = cm_is_ok(status);
    cm_status_clear(&status);
    return good ? cm_persistence_p(&persistence, test.z) : NAN;
}

#endif
