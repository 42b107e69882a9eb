#include "stats/cm_cusum.h"

#include "base/cm_memory.h"
#include "stats/cm_philox.h"

/* Sums that differ by rounding alone are the same. */
static const double ROUNDING = 1e-11;

/* Range of the cumulative sums of centred values in the given order (NULL: as they stand). */
static double range_of(const double *centred, const uint32_t *order, size_t n, size_t *furthest)
{
    double sum = 0, low = 0, high = 0, far = 0;

    for (size_t i = 0; i + 1 < n; i++) {
        sum += centred[order ? order[i] : i];
        low = fmin(low, sum);
        high = fmax(high, sum);
        if (fabs(sum) > far * (1 + ROUNDING)) {
            far = fabs(sum);
            *furthest = i;
        }
    }
    return high - low;
}

cm_status cm_cusum_test(const double *values, size_t n, const cm_resampling *how, cm_cusum *result)
{
    CM_TRY(cm_series_check_size("values", values, n));
    CM_TRY(cm_resampling_check_work(how, n));
    CM_FREE double *kept = cm_realloc(NULL, n, sizeof *kept);
    CM_FREE size_t *places = cm_realloc(NULL, n, sizeof *places);
    CM_FREE uint32_t *order = cm_realloc(NULL, n, sizeof *order);
    cm_cusum r = {.n = cm_series_present(values, n, kept, places), .range = 0, .p = NAN};
    if (r.n >= 2) {
        double mean = cm_mean(kept, r.n);
        bool varies = false;
        size_t furthest = 0, ignored, as_large = 0;
        for (size_t i = 0; i < r.n; i++) {
            varies = varies || kept[i] != kept[0];
            order[i] = (uint32_t)i;
        }
        for (size_t i = 0; i < r.n; i++)
            kept[i] = varies ? kept[i] - mean : 0;
        r.range = range_of(kept, NULL, r.n, &furthest);
        r.index = places[furthest + 1];
        for (int k = 0; k < how->replicates && varies; k++) {
            cm_philox random = cm_philox_make(how->seed, (uint64_t)k);
            cm_philox_shuffle(&random, order, r.n);
            as_large += range_of(kept, order, r.n, &ignored) >= r.range * (1 - ROUNDING);
        }
        r.p = varies ? (1 + (double)as_large) / (1 + (double)how->replicates) : 1;
    }
    *result = r;
    return cm_ok();
}
