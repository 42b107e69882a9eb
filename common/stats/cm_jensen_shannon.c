#include "stats/cm_jensen_shannon.h"

#include "base/cm_memory.h"
#include "stats/cm_order.h"

/* p·log2(2p/(p + q)) */
static double part(double p, double q)
{
    return p > 0 ? p * log2(2 * p / (p + q)) : 0;
}

static double divergence_of(const double *a, const double *b, size_t n)
{
    double whole[2] = {0, 0}, sum = 0;

    for (size_t i = 0; i < n; i++) {
        whole[0] += a[i];
        whole[1] += b[i];
    }
    if (whole[0] == 0 || whole[1] == 0)
        return NAN;
    for (size_t i = 0; i < n; i++) {
        double p = a[i] / whole[0], q = b[i] / whole[1];
        sum += part(p, q) + part(q, p);
    }
    return fmin(fmax(sum / 2, 0), 1);
}

cm_status cm_jensen_shannon(const double *a, const double *b, size_t categories, double *divergence)
{
    const double *both[2] = {a, b};

    for (int k = 0; k < 2; k++) {
        CM_TRY(cm_series_check_full(k == 0 ? "a" : "b", both[k], categories));
        CM_TRY(cm_series_check_counts(k == 0 ? "a" : "b", both[k], categories));
        CM_TRY(cm_series_check_size(k == 0 ? "a" : "b", both[k], categories));
    }
    *divergence = divergence_of(a, b, categories);
    return cm_ok();
}

/* Divergences that differ by rounding alone are the same. */
static const double ROUNDING = 1e-12;

static void resample(const cm_mix_sampler *sampler, size_t k, const cm_resampling *how,
                     cm_jensen_shannon_result *result)
{
    size_t replicates = (size_t)how->replicates, as_large = 0;
    CM_FREE double *sums = cm_realloc(NULL, 2 * k, sizeof *sums);
    CM_FREE double *drawn = cm_realloc(NULL, replicates, sizeof *drawn);
    double sum = 0;

    for (size_t r = 0; r < replicates; r++) {
        cm_mix_sampler_bootstrap(sampler, how->seed, r, sums);
        drawn[r] = divergence_of(sums, sums + k, k);
    }
    if (cm_mix_sampler_clusters_in(sampler, 0) >= 2 && cm_mix_sampler_clusters_in(sampler, 1) >= 2) {
        cm_interval interval = cm_percentiles(drawn, replicates, how->level);
        result->low = interval.low;
        result->high = interval.high;
    }
    for (size_t r = 0; r < replicates; r++) {
        cm_mix_sampler_permute(sampler, how->seed, replicates + r, sums);
        drawn[r] = divergence_of(sums, sums + k, k);
        sum += drawn[r];
        as_large += drawn[r] >= result->divergence - ROUNDING;
    }
    cm_sort(drawn, replicates);
    result->chance_mean = sum / (double)replicates;
    result->chance_high = cm_quantile(drawn, replicates, how->level);
    result->p = (1 + (double)as_large) / (1 + (double)replicates);
}

cm_status cm_jensen_shannon_test(const cm_mix *mix, const cm_resampling *how, cm_jensen_shannon_result *result)
{
    CM_TRY(cm_mix_check(mix));
    CM_TRY(cm_resampling_check_work(how, 2 * (mix->n + mix->categories)));
    cm_mix_sampler *sampler;
    CM_TRY(cm_mix_sampler_new(mix, &sampler));
    size_t k = mix->categories;
    CM_FREE double *sums = cm_realloc(NULL, 2 * k, sizeof *sums);
    cm_jensen_shannon_result r = {.clusters = cm_mix_sampler_clusters(sampler),
                                  .low = NAN,
                                  .high = NAN,
                                  .chance_mean = NAN,
                                  .chance_high = NAN,
                                  .p = NAN};
    r.total[0] = cm_mix_sums(mix, 0, sums);
    r.total[1] = cm_mix_sums(mix, 1, sums + k);
    r.divergence = divergence_of(sums, sums + k, k);
    if (cm_defined(r.divergence))
        resample(sampler, k, how, &r);
    cm_mix_sampler_free(sampler);
    *result = r;
    return cm_ok();
}
