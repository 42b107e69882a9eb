#include "stats/cm_mann_kendall.h"

#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_normal.h"
#include "stats/cm_order.h"
#include "stats/cm_sen.h"

/* What is summed over seasons. */
typedef struct score {
    size_t n;
    double s, pairs;
    double variance18; /* 18·var(S): a whole number, exact up to 2^53 */
} score;

/* Of present values in order of time, which are sorted on the way. */
static score score_of(double *values, size_t n)
{
    double whole = (double)n, pairs = n < 2 ? 0 : whole * (whole - 1) / 2;
    uint64_t falling = cm_sort_counting(values, n);
    cm_ties ties = cm_ties_of_sorted(values, n);

    return (score){
        .n = n,
        .s = pairs - (double)ties.pairs - 2 * (double)falling,
        .pairs = pairs,
        .variance18 = n < 2 ? 0 : whole * (whole - 1) * (2 * whole + 5) - ties.term,
    };
}

static cm_mann_kendall conclude(score sum, double ratio)
{
    cm_mann_kendall result = {
        .n = sum.n, .s = sum.s, .var_s = sum.variance18 / 18 * ratio, .ratio = ratio, .tau = NAN, .z = NAN, .p = NAN};

    if (sum.pairs == 0)
        return result;
    result.tau = sum.s / sum.pairs;
    if (sum.s == 0 && sum.variance18 == 0)
        result.z = 0;
    else if (result.var_s > 0)
        result.z = sum.s == 0 ? 0 : (sum.s > 0 ? sum.s - 1 : sum.s + 1) / sqrt(result.var_s);
    result.p = cm_normal_two_sided(result.z);
    return result;
}

static cm_mann_kendall corrected(const double *values, size_t n, double ratio)
{
    CM_FREE double *kept = cm_realloc(NULL, n, sizeof *kept);

    return conclude(score_of(kept, cm_series_present(values, n, kept, NULL)), ratio);
}

cm_status cm_mann_kendall_test(const double *values, size_t n, cm_mann_kendall *result)
{
    CM_TRY(cm_series_check("values", values, n));
    *result = corrected(values, n, 1);
    return cm_ok();
}

cm_status cm_mann_kendall_seasonal(const double *values, size_t n, size_t period, cm_mann_kendall *result)
{
    CM_TRY(cm_series_check("values", values, n));
    if (period < 1)
        return cm_fail(CM_INVALID_ARGUMENT, "period: 0 is no number of seasons; give 12 for months, 4 for quarters");
    CM_FREE double *kept = cm_realloc(NULL, n, sizeof *kept);
    score sum = {0};
    for (size_t season = 0; season < period && season < n; season++) {
        size_t count = 0;
        for (size_t i = season; i < n; i += period)
            if (!isnan(values[i]))
                kept[count++] = values[i];
        score one = score_of(kept, count);
        sum.n += one.n;
        sum.s += one.s;
        sum.pairs += one.pairs;
        sum.variance18 += one.variance18;
    }
    *result = conclude(sum, 1);
    return cm_ok();
}

/* What is left of a straight line below this share of its largest value is rounding, and has no autocorrelation. */
static const double ROUNDING = 1e-13;

/* Present values less Sen's line; `*count` of them in a new array. */
static cm_status detrend(const double *values, size_t n, double **left, size_t *count)
{
    cm_sen sen;

    CM_TRY(cm_series_check_size("values", values, n));
    CM_TRY(cm_sen_slope_by_index(values, n, 0.95, &sen));
    *left = cm_realloc(NULL, n, sizeof **left);
    *count = cm_series_present(values, n, *left, NULL);
    double largest = 0, low = INFINITY, high = -INFINITY;
    for (size_t i = 0; i < *count && cm_defined(sen.slope); i++) {
        largest = fmax(largest, fabs((*left)[i]));
        (*left)[i] -= sen.slope * (double)(i + 1);
        low = fmin(low, (*left)[i]);
        high = fmax(high, (*left)[i]);
    }
    if (high - low <= ROUNDING * largest)
        memset(*left, 0, *count * sizeof **left);
    return cm_ok();
}

static void center(double *values, size_t n, double mean)
{
    for (size_t i = 0; i < n; i++)
        values[i] -= mean;
}

/* Σ x_i x_{i+k} of centred values. */
static double lagged(const double *x, size_t n, size_t k)
{
    double sum = 0;

    for (size_t i = 0; i + k < n; i++)
        sum += x[i] * x[i + k];
    return sum;
}

static cm_status check_lags(size_t n, size_t lags)
{
    if ((lags == 0 ? n : lags) * n > 4000000000u)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "lags: all %zu of %zu values are too much work; give at most %zu", lags,
                       n, 4000000000u / n);
    return cm_ok();
}

cm_status cm_mann_kendall_hamed_rao(const double *values, size_t n, size_t lags, cm_mann_kendall *result)
{
    double *x = NULL, ratio = 1;
    size_t count = 0;

    CM_TRY(check_lags(n, lags));
    CM_TRY(detrend(values, n, &x, &count));
    if (count >= 3) {
        double m = (double)count, bound = cm_normal_quantile(0.975) / sqrt(m), sum = 0;
        size_t last = lags == 0 || lags >= count ? count - 1 : lags;
        cm_ranks(x, count, x);
        center(x, count, (m + 1) / 2);
        double variance = lagged(x, count, 0);
        for (size_t k = 1; k <= last && variance > 0; k++) {
            double r = lagged(x, count, k) / variance, gap = m - (double)k;
            if (fabs(r) > bound)
                sum += gap * (gap - 1) * (gap - 2) * r;
        }
        ratio = 1 + 2 / (m * (m - 1) * (m - 2)) * sum;
    }
    free(x);
    *result = corrected(values, n, ratio);
    return cm_ok();
}

cm_status cm_mann_kendall_yue_wang(const double *values, size_t n, size_t lags, cm_mann_kendall *result)
{
    double *x = NULL, ratio = 1;
    size_t count = 0;

    CM_TRY(check_lags(n, lags));
    CM_TRY(detrend(values, n, &x, &count));
    if (count >= 3) {
        double m = (double)count, sum = 0;
        size_t last = lags == 0 || lags >= count ? count - 1 : lags;
        center(x, count, cm_mean(x, count));
        double variance = lagged(x, count, 0);
        for (size_t k = 1; k <= last && variance > 0; k++)
            sum += (1 - (double)k / m) * lagged(x, count, k) / variance;
        ratio = 1 + 2 * sum;
    }
    free(x);
    *result = corrected(values, n, ratio);
    return cm_ok();
}
