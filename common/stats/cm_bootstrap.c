#include "stats/cm_bootstrap.h"

#include "base/cm_memory.h"
#include "stats/cm_order.h"
#include "stats/cm_philox.h"

enum { REPLICATES_MOST = 1000000 };
static const double WORK_MOST = 4e9;

cm_status cm_resampling_check(const cm_resampling *how)
{
    if (how->replicates < 1 || how->replicates > REPLICATES_MOST)
        return cm_fail(CM_INVALID_ARGUMENT, "replicates: %d is out of range; give 1 to %d", how->replicates,
                       REPLICATES_MOST);
    return cm_level_check("level", how->level);
}

cm_status cm_resampling_check_work(const cm_resampling *how, size_t n)
{
    CM_TRY(cm_resampling_check(how));
    if ((double)how->replicates * (double)n > WORK_MOST)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "replicates: %d of %zu units are too much work; give at most %.0f",
                       how->replicates, n, floor(WORK_MOST / (double)n));
    return cm_ok();
}

cm_interval cm_percentiles(double *replicates, size_t n, double level)
{
    cm_sort(replicates, n);
    return (cm_interval){cm_quantile(replicates, n, (1 - level) / 2), cm_quantile(replicates, n, (1 + level) / 2)};
}

/* Sums over clusters, without those that hold nothing. */
typedef struct ratios {
    double *tops, *bottoms;
    size_t n;
} ratios;

static void ratios_cleanup(ratios *c)
{
    free(c->tops);
    free(c->bottoms);
}

static ratios ratios_new(size_t n)
{
    return (ratios){.tops = cm_realloc(NULL, n, sizeof(double)), .bottoms = cm_realloc(NULL, n, sizeof(double))};
}

static cm_cluster_share resample(const ratios *c, const cm_resampling *how)
{
    double top = 0, bottom = 0;

    for (size_t k = 0; k < c->n; k++) {
        top += c->tops[k];
        bottom += c->bottoms[k];
    }
    cm_cluster_share result = {.clusters = c->n, .estimate = bottom > 0 ? top / bottom : NAN, .low = NAN, .high = NAN};
    if (c->n < 2)
        return result;
    CM_FREE double *replicates = cm_realloc(NULL, (size_t)how->replicates, sizeof *replicates);
    for (int r = 0; r < how->replicates; r++) {
        cm_philox random = cm_philox_make(how->seed, (uint64_t)r);
        top = bottom = 0;
        for (size_t k = 0; k < c->n; k++) {
            uint32_t drawn = cm_philox_below(&random, (uint32_t)c->n);
            top += c->tops[drawn];
            bottom += c->bottoms[drawn];
        }
        replicates[r] = top / bottom;
    }
    cm_interval interval = cm_percentiles(replicates, (size_t)how->replicates, how->level);
    result.low = interval.low;
    result.high = interval.high;
    return result;
}

static cm_status ratio_of_clusters(const char *name, const double *tops, const double *bottoms, size_t n,
                                   const cm_resampling *how, cm_cluster_share *result)
{
    CM_TRY(cm_series_check_counts("totals", bottoms, n));
    CM_TRY(cm_series_check_size(name, tops, n));
    CM_TRY(cm_series_check_size("totals", bottoms, n));
    CM_TRY(cm_resampling_check_work(how, n));
    CM_AUTO(ratios) c = ratios_new(n);
    for (size_t k = 0; k < n; k++) {
        if (isnan(tops[k]) || !(bottoms[k] > 0))
            continue;
        c.tops[c.n] = tops[k];
        c.bottoms[c.n++] = bottoms[k];
    }
    cm_cluster_share found = resample(&c, how);
    if (isinf(found.estimate) || isinf(found.low) || isinf(found.high))
        return cm_fail(CM_OUT_OF_RANGE, "totals: they are too small beside the %s for a ratio; use other units", name);
    *result = found;
    return cm_ok();
}

cm_status cm_bootstrap_share(const double *hits, const double *totals, size_t n, const cm_resampling *how,
                             cm_cluster_share *result)
{
    CM_TRY(cm_series_check_counts("hits", hits, n));
    for (size_t k = 0; k < n; k++)
        if (hits[k] > totals[k])
            return cm_fail(CM_INVALID_ARGUMENT, "hits[%zu]: %g of %g is more than all; give at most the total", k,
                           hits[k], totals[k]);
    return ratio_of_clusters("hits", hits, totals, n, how, result);
}

cm_status cm_bootstrap_mean(const double *sums, const double *counts, size_t n, const cm_resampling *how,
                            cm_cluster_share *result)
{
    return ratio_of_clusters("sums", sums, counts, n, how, result);
}

typedef struct unit {
    uint64_t cluster;
    double hit, weight;
} unit;

static int by_cluster(const void *a, const void *b)
{
    const unit *x = a, *y = b;

    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    if (x->weight != y->weight)
        return x->weight < y->weight ? -1 : 1;
    return (x->hit > y->hit) - (x->hit < y->hit);
}

cm_status cm_bootstrap_share_of_units(const uint64_t *clusters, const bool *hits, const double *weights, size_t n,
                                      const cm_resampling *how, cm_cluster_share *result)
{
    if (weights) {
        CM_TRY(cm_series_check_full("weights", weights, n));
        CM_TRY(cm_series_check_counts("weights", weights, n));
        CM_TRY(cm_series_check_size("weights", weights, n));
    }
    CM_TRY(cm_resampling_check_work(how, n));
    CM_FREE unit *units = cm_realloc(NULL, n, sizeof *units);
    for (size_t i = 0; i < n; i++) {
        double weight = weights ? weights[i] : 1;
        units[i] = (unit){clusters[i], hits[i] ? weight : 0, weight};
    }
    qsort(units, n, sizeof *units, by_cluster);
    CM_AUTO(ratios) c = ratios_new(n);
    for (size_t i = 0, j; i < n; i = j) {
        double top = 0, bottom = 0;
        for (j = i; j < n && units[j].cluster == units[i].cluster; j++) {
            top += units[j].hit;
            bottom += units[j].weight;
        }
        if (!(bottom > 0))
            continue;
        c.tops[c.n] = top;
        c.bottoms[c.n++] = bottom;
    }
    *result = resample(&c, how);
    return cm_ok();
}
