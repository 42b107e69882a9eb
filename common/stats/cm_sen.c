#include "stats/cm_sen.h"

#include <float.h>
#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_mann_kendall.h"
#include "stats/cm_normal.h"
#include "stats/cm_order.h"
#include "stats/cm_slopes.h"

/* Times and values of what is there, values scaled by 2^-shift so that their differences cannot overflow. */
typedef struct points {
    double *times, *values;
    size_t n;
    int shift;
} points;

static void points_cleanup(points *p)
{
    free(p->times);
    free(p->values);
}

static points points_new(size_t n)
{
    return (points){.times = cm_realloc(NULL, n, sizeof(double)), .values = cm_realloc(NULL, n, sizeof(double))};
}

static void points_scale(points *p)
{
    double largest = 0;

    for (size_t i = 0; i < p->n; i++)
        largest = fmax(largest, fabs(p->values[i]));
    if (largest < 0x1p1000)
        return;
    p->shift = 64;
    for (size_t i = 0; i < p->n; i++)
        p->values[i] = ldexp(p->values[i], -p->shift);
}

/* The slope at a rank that may lie between two whole ones, 1-based. */
static double between(double rank, double at_floor, double at_next)
{
    double share = rank - floor(rank);

    return share == 0 ? at_floor : at_floor + share * (at_next - at_floor);
}

static cm_status unscale(double *value, int shift)
{
    if (isnan(*value))
        return cm_ok();
    *value = ldexp(*value, shift);
    if (isinf(*value))
        return cm_fail(CM_OUT_OF_RANGE, "values: their slope is beyond ±%g; use a larger unit", DBL_MAX);
    return cm_ok();
}

/* Median and interval of the slopes, whose S has the given variance. */
static cm_status conclude(cm_slopes *slopes, const points *p, double variance, double level, cm_sen *result)
{
    uint64_t pairs = cm_slopes_count(slopes);
    cm_sen sen = {.n = p->n, .pairs = pairs, .slope = NAN, .intercept = NAN, .low = NAN, .high = NAN};

    if (pairs > 0) {
        double half = cm_normal_quantile(0.5 + level / 2) * sqrt(variance) / 2, middle = (double)pairs / 2;
        double low = middle - half, high = middle + half + 1;
        bool bounded = low >= 1 && high <= (double)pairs;
        uint64_t ranks[6];
        double found[6];
        size_t count = 0;
        if (bounded) {
            ranks[count++] = (uint64_t)low - 1;
            ranks[count++] = (uint64_t)ceil(low) - 1;
        }
        ranks[count++] = (pairs - 1) / 2;
        ranks[count++] = pairs / 2;
        if (bounded) {
            ranks[count++] = (uint64_t)high - 1;
            ranks[count++] = (uint64_t)ceil(high) - 1;
        }
        CM_TRY(cm_slopes_select(slopes, ranks, count, found));
        const double *median = found + (bounded ? 2 : 0);
        sen.slope = median[0] / 2 + median[1] / 2;
        if (bounded) {
            sen.low = between(low, found[0], found[1]);
            sen.high = between(high, found[4], found[5]);
        }
        CM_TRY(unscale(&sen.slope, p->shift));
        CM_TRY(unscale(&sen.low, p->shift));
        CM_TRY(unscale(&sen.high, p->shift));
    }
    *result = sen;
    return cm_ok();
}

static cm_status add_intercept(const points *p, double period, cm_sen *result)
{
    if (isnan(result->slope))
        return cm_ok();
    double at = cm_median(p->times, p->n) / period;
    result->intercept = cm_median(p->values, p->n) - at * ldexp(result->slope, -p->shift);
    return unscale(&result->intercept, p->shift);
}

cm_status cm_sen_slope(const double *times, const double *values, size_t n, double level, cm_sen *result)
{
    CM_TRY(cm_level_check("level", level));
    CM_TRY(cm_series_check_full("times", times, n));
    CM_TRY(cm_series_check("values", values, n));
    CM_AUTO(points) p = points_new(n);
    for (size_t i = 0; i < n; i++) {
        if (fabs(times[i]) > 1e12)
            return cm_fail(CM_INVALID_ARGUMENT, "times[%zu]: %g is beyond ±1e12; use a larger unit", i, times[i]);
        if (isnan(values[i]))
            continue;
        p.times[p.n] = times[i];
        p.values[p.n++] = values[i];
    }
    points_scale(&p);
    CM_AUTO(cm_slopes) slopes = {0};
    CM_TRY(cm_slopes_add(&slopes, p.times, p.values, p.n));
    cm_sen sen;
    CM_TRY(conclude(&slopes, &p, cm_slopes_variance(&slopes), level, &sen));
    CM_TRY(add_intercept(&p, 1, &sen));
    *result = sen;
    return cm_ok();
}

cm_status cm_sen_slope_by_index(const double *values, size_t n, double level, cm_sen *result)
{
    CM_TRY(cm_series_check("values", values, n));
    CM_FREE double *times = cm_realloc(NULL, n, sizeof *times);
    for (size_t i = 0; i < n; i++)
        times[i] = (double)i;
    return cm_sen_slope(times, values, n, level, result);
}

cm_status cm_sen_slope_seasonal(const double *values, size_t n, size_t period, double level, cm_sen *result)
{
    cm_mann_kendall test;

    CM_TRY(cm_level_check("level", level));
    CM_TRY(cm_mann_kendall_seasonal(values, n, period, &test));
    CM_AUTO(points) p = points_new(n);
    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i]))
            continue;
        p.times[p.n] = (double)i;
        p.values[p.n++] = values[i];
    }
    points_scale(&p);
    CM_AUTO(cm_slopes) slopes = {0};
    CM_FREE double *times = cm_realloc(NULL, n / period + 1, sizeof *times);
    CM_FREE double *season = cm_realloc(NULL, n / period + 1, sizeof *season);
    for (size_t first = 0; first < period && first < n; first++) {
        size_t count = 0;
        for (size_t i = first; i < n; i += period) {
            if (isnan(values[i]))
                continue;
            size_t year = i / period;
            times[count] = (double)year;
            season[count++] = ldexp(values[i], -p.shift);
        }
        CM_TRY(cm_slopes_add(&slopes, times, season, count));
    }
    cm_sen sen;
    CM_TRY(conclude(&slopes, &p, test.var_s, level, &sen));
    CM_TRY(add_intercept(&p, (double)period, &sen));
    *result = sen;
    return cm_ok();
}
