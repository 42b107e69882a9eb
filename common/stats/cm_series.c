#include "stats/cm_series.h"

static cm_status check_length(const char *name, size_t n)
{
    if (n > CM_SERIES_MOST)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "%s: %zu values are too many; give at most %d", name, n, CM_SERIES_MOST);
    return cm_ok();
}

cm_status cm_series_check(const char *name, const double *values, size_t n)
{
    CM_TRY(check_length(name, n));
    for (size_t i = 0; i < n; i++)
        if (isinf(values[i]))
            return cm_fail(CM_INVALID_ARGUMENT, "%s[%zu]: %g is not finite; give a number, or leave it out", name, i,
                           values[i]);
    return cm_ok();
}

cm_status cm_series_check_counts(const char *name, const double *values, size_t n)
{
    CM_TRY(cm_series_check(name, values, n));
    for (size_t i = 0; i < n; i++)
        if (values[i] < 0)
            return cm_fail(CM_INVALID_ARGUMENT, "%s[%zu]: %g is negative; give a number ≥ 0, or leave it out", name, i,
                           values[i]);
    return cm_ok();
}

cm_status cm_series_check_full(const char *name, const double *values, size_t n)
{
    CM_TRY(check_length(name, n));
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return cm_fail(CM_INVALID_ARGUMENT, "%s[%zu]: %g is no number; every value must be there", name, i,
                           values[i]);
    return cm_ok();
}

cm_status cm_series_check_size(const char *name, const double *values, size_t n)
{
    CM_TRY(cm_series_check(name, values, n));
    for (size_t i = 0; i < n; i++)
        if (fabs(values[i]) > CM_SERIES_LARGEST)
            return cm_fail(CM_INVALID_ARGUMENT, "%s[%zu]: %g is beyond ±%g, where squares overflow; use a larger unit",
                           name, i, values[i], CM_SERIES_LARGEST);
    return cm_ok();
}

cm_status cm_level_check(const char *name, double level)
{
    if (!(level > 0 && level < 1))
        return cm_fail(CM_INVALID_ARGUMENT, "%s: %g is no level; give one between 0 and 1, such as 0.95", name, level);
    return cm_ok();
}

size_t cm_series_present(const double *values, size_t n, double *kept, size_t *places)
{
    size_t count = 0;

    for (size_t i = 0; i < n; i++) {
        if (isnan(values[i]))
            continue;
        if (places)
            places[count] = i;
        kept[count++] = values[i];
    }
    return count;
}

double cm_mean(const double *values, size_t n)
{
    if (n == 0)
        return NAN;
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += values[i] / (double)n;
    double rest = 0;
    for (size_t i = 0; i < n; i++)
        rest += (values[i] / (double)n - mean / (double)n);
    return mean + rest;
}
