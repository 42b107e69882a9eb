#include "stats/cm_diversity.h"

#include "base/cm_memory.h"
#include "stats/cm_order.h"

static cm_status check_weights(const double *weights, size_t n)
{
    CM_TRY(cm_series_check_full("weights", weights, n));
    CM_TRY(cm_series_check_counts("weights", weights, n));
    return cm_series_check_size("weights", weights, n);
}

static double total_of(const double *weights, size_t n)
{
    double total = 0;

    for (size_t i = 0; i < n; i++)
        total += weights[i];
    return total;
}

static double entropy_of(const double *weights, size_t n)
{
    double total = total_of(weights, n), sum = 0;

    if (total == 0)
        return NAN;
    for (size_t i = 0; i < n; i++) {
        double p = weights[i] / total;
        sum -= p > 0 && p < 1 ? p * log(p) : 0;
    }
    return sum;
}

static double hhi_of(const double *weights, size_t n)
{
    double total = total_of(weights, n), sum = 0;

    if (total == 0)
        return NAN;
    for (size_t i = 0; i < n; i++)
        sum += weights[i] / total * (weights[i] / total);
    return fmin(sum, 1);
}

cm_status cm_entropy(const double *weights, size_t n, double *nats)
{
    CM_TRY(check_weights(weights, n));
    *nats = entropy_of(weights, n);
    return cm_ok();
}

cm_status cm_hhi(const double *weights, size_t n, double *index)
{
    CM_TRY(check_weights(weights, n));
    *index = hhi_of(weights, n);
    return cm_ok();
}

cm_status cm_hill(const double *weights, size_t n, double order, double *number)
{
    CM_TRY(check_weights(weights, n));
    if (!(order >= 0 && order <= 100))
        return cm_fail(CM_INVALID_ARGUMENT, "order: %g is out of range; give 0 to 100", order);
    double total = total_of(weights, n), sum = 0;
    if (total == 0) {
        *number = NAN;
        return cm_ok();
    }
    if (fabs(order - 1) < 1e-9) {
        *number = exp(entropy_of(weights, n));
        return cm_ok();
    }
    /* The largest share is taken out of the sum, so that no power underflows. */
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, weights[i]);
    for (size_t i = 0; i < n; i++)
        sum += weights[i] > 0 ? pow(weights[i] / largest, order) : 0;
    *number = exp((order * log(largest / total) + log(sum)) / (1 - order));
    return cm_ok();
}

cm_status cm_diversity_of(const cm_mix *mix, int window, const cm_resampling *how, cm_diversity *result)
{
    CM_TRY(cm_mix_check(mix));
    CM_TRY(cm_resampling_check_work(how, mix->n + mix->categories));
    if (window != 0 && window != 1)
        return cm_fail(CM_INVALID_ARGUMENT, "window: %d is neither 0 nor 1", window);
    size_t k = mix->categories, n = 0, replicates = (size_t)how->replicates;
    CM_FREE double *sums = cm_realloc(NULL, 2 * k, sizeof *sums);
    CM_FREE cm_mix_row *rows = cm_realloc(NULL, mix->n, sizeof *rows);
    for (size_t i = 0; i < mix->n; i++)
        if (mix->rows[i].window == window) {
            rows[n] = mix->rows[i];
            rows[n++].window = 0;
        }
    cm_mix one = {rows, n, k};
    cm_mix_sampler *sampler;
    CM_TRY(cm_mix_sampler_new(&one, &sampler));
    const cm_interval undefined = {NAN, NAN};
    cm_diversity d = {.clusters = cm_mix_sampler_clusters(sampler),
                      .total = cm_mix_sums(&one, 0, sums),
                      .entropy_interval = undefined,
                      .hhi_interval = undefined,
                      .hill1_interval = undefined,
                      .hill2_interval = undefined};
    for (size_t c = 0; c < k; c++)
        d.categories += sums[c] > 0;
    d.entropy = entropy_of(sums, k);
    d.hhi = hhi_of(sums, k);
    d.hill1 = exp(d.entropy);
    d.hill2 = 1 / d.hhi;
    if (d.clusters >= 2) {
        CM_FREE double *entropies = cm_realloc(NULL, 2 * replicates, sizeof *entropies);
        double *hhis = entropies + replicates;
        for (size_t r = 0; r < replicates; r++) {
            cm_mix_sampler_bootstrap(sampler, how->seed, r, sums);
            entropies[r] = entropy_of(sums, k);
            hhis[r] = hhi_of(sums, k);
        }
        d.entropy_interval = cm_percentiles(entropies, replicates, how->level);
        d.hhi_interval = cm_percentiles(hhis, replicates, how->level);
        d.hill1_interval = (cm_interval){exp(d.entropy_interval.low), exp(d.entropy_interval.high)};
        d.hill2_interval = (cm_interval){1 / d.hhi_interval.high, 1 / d.hhi_interval.low};
    }
    cm_mix_sampler_free(sampler);
    *result = d;
    return cm_ok();
}
