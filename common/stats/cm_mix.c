#include "stats/cm_mix.h"

#include <string.h>

#include "base/cm_memory.h"
#include "stats/cm_philox.h"

enum { CATEGORIES_MOST = 1000000 };

cm_status cm_mix_check(const cm_mix *mix)
{
    if (mix->categories < 1 || mix->categories > CATEGORIES_MOST)
        return cm_fail(CM_INVALID_ARGUMENT, "categories: %zu is out of range; give 1 to %d", mix->categories,
                       CATEGORIES_MOST);
    if (mix->n > CM_SERIES_MOST)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "rows: %zu are too many; give at most %d", mix->n, CM_SERIES_MOST);
    for (size_t i = 0; i < mix->n; i++) {
        const cm_mix_row *row = &mix->rows[i];
        if (row->category >= mix->categories)
            return cm_fail(CM_INVALID_ARGUMENT, "rows[%zu].category: %u is none of %zu; give 0 to %zu", i,
                           row->category, mix->categories, mix->categories - 1);
        if (row->window > 1)
            return cm_fail(CM_INVALID_ARGUMENT, "rows[%zu].window: %u is neither 0 nor 1", i, row->window);
        if (!(row->weight >= 0 && row->weight <= CM_SERIES_LARGEST))
            return cm_fail(CM_INVALID_ARGUMENT, "rows[%zu].weight: %g is no weight; give a finite number ≥ 0", i,
                           row->weight);
    }
    return cm_ok();
}

double cm_mix_sums(const cm_mix *mix, int window, double *sums)
{
    double total = 0;

    memset(sums, 0, mix->categories * sizeof *sums);
    for (size_t i = 0; i < mix->n; i++)
        if (mix->rows[i].window == window)
            sums[mix->rows[i].category] += mix->rows[i].weight;
    for (size_t c = 0; c < mix->categories; c++)
        total += sums[c];
    return total;
}

typedef enum stratum { ONLY_FIRST, ONLY_SECOND, BOTH, STRATA } stratum;

struct cm_mix_sampler {
    cm_mix_row *rows; /* by cluster */
    size_t *starts;   /* cluster k is rows[starts[k]] … rows[starts[k + 1] − 1]; by stratum */
    size_t *ends;
    size_t first[STRATA + 1]; /* of each stratum's clusters */
    size_t categories;
};

static int by_cluster(const void *a, const void *b)
{
    const cm_mix_row *x = a, *y = b;

    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    if (x->window != y->window)
        return x->window < y->window ? -1 : 1;
    if (x->category != y->category)
        return x->category < y->category ? -1 : 1;
    return (x->weight > y->weight) - (x->weight < y->weight);
}

static stratum stratum_of(const cm_mix_row *rows, size_t begin, size_t end)
{
    if (rows[begin].window == rows[end - 1].window)
        return rows[begin].window == 0 ? ONLY_FIRST : ONLY_SECOND;
    return BOTH;
}

static size_t end_of_cluster(const cm_mix_row *rows, size_t n, size_t begin)
{
    size_t end = begin + 1;

    while (end < n && rows[end].cluster == rows[begin].cluster)
        end++;
    return end;
}

cm_status cm_mix_sampler_new(const cm_mix *mix, cm_mix_sampler **sampler)
{
    CM_TRY(cm_mix_check(mix));
    cm_mix_sampler *s = cm_alloc(sizeof *s);
    size_t n = 0, count = 0;

    s->categories = mix->categories;
    s->rows = cm_realloc(NULL, mix->n, sizeof *s->rows);
    for (size_t i = 0; i < mix->n; i++)
        if (mix->rows[i].weight > 0)
            s->rows[n++] = mix->rows[i];
    qsort(s->rows, n, sizeof *s->rows, by_cluster);
    s->starts = cm_realloc(NULL, n, sizeof *s->starts);
    s->ends = cm_realloc(NULL, n, sizeof *s->ends);
    for (int want = 0; want < STRATA; want++) {
        s->first[want] = count;
        for (size_t begin = 0, end; begin < n; begin = end) {
            end = end_of_cluster(s->rows, n, begin);
            if ((int)stratum_of(s->rows, begin, end) != want)
                continue;
            s->starts[count] = begin;
            s->ends[count++] = end;
        }
    }
    s->first[STRATA] = count;
    *sampler = s;
    return cm_ok();
}

void cm_mix_sampler_free(cm_mix_sampler *sampler)
{
    if (!sampler)
        return;
    free(sampler->rows);
    free(sampler->starts);
    free(sampler->ends);
    free(sampler);
}

size_t cm_mix_sampler_clusters(const cm_mix_sampler *sampler)
{
    return sampler->first[STRATA];
}

size_t cm_mix_sampler_clusters_in(const cm_mix_sampler *sampler, int window)
{
    stratum only = window == 0 ? ONLY_FIRST : ONLY_SECOND;

    return sampler->first[only + 1] - sampler->first[only] + sampler->first[STRATA] - sampler->first[BOTH];
}

/* Adds a cluster's weights; `swapped` puts each window's into the other. */
static void add(const cm_mix_sampler *s, size_t cluster, bool swapped, double *sums)
{
    for (size_t i = s->starts[cluster]; i < s->ends[cluster]; i++) {
        const cm_mix_row *row = &s->rows[i];
        size_t window = swapped ? 1u - row->window : row->window;
        sums[window * s->categories + row->category] += row->weight;
    }
}

void cm_mix_sampler_bootstrap(const cm_mix_sampler *s, uint64_t seed, uint64_t replicate, double *sums)
{
    cm_philox random = cm_philox_make(seed, replicate);

    memset(sums, 0, 2 * s->categories * sizeof *sums);
    for (int k = 0; k < STRATA; k++) {
        size_t count = s->first[k + 1] - s->first[k];
        for (size_t i = 0; i < count; i++)
            add(s, s->first[k] + cm_philox_below(&random, (uint32_t)count), false, sums);
    }
}

void cm_mix_sampler_permute(const cm_mix_sampler *s, uint64_t seed, uint64_t replicate, double *sums)
{
    cm_philox random = cm_philox_make(seed, replicate);
    size_t in_first = s->first[ONLY_SECOND] - s->first[ONLY_FIRST], single = s->first[BOTH];

    memset(sums, 0, 2 * s->categories * sizeof *sums);
    for (size_t k = 0, left = in_first; k < single; k++) {
        bool to_first = cm_philox_below(&random, (uint32_t)(single - k)) < left;
        left -= to_first;
        add(s, k, to_first != (k < in_first), sums);
    }
    for (size_t k = single; k < s->first[STRATA]; k++)
        add(s, k, cm_philox_u32(&random) >> 31, sums);
}
