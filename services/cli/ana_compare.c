#include <math.h>
#include <string.h>

#include "base/cm_memory.h"
#include "cli/ana_json.h"
#include "stats/cm_diversity.h"
#include "stats/cm_jensen_shannon.h"

enum { UNITS_MOST = 2000000 };

static json_t *number(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static size_t place_of(const char **names, size_t *count, const char *name)
{
    for (size_t i = 0; i < *count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    names[*count] = name;
    return (*count)++;
}

static cm_status check_counts(const ana_mix *mix, double *total)
{
    for (size_t i = 0; i < mix->n; i++) {
        if (mix->counts[i] != floor(mix->counts[i]))
            return cm_invalid("count", "%g of %s is no whole number: fractions cannot be resampled", mix->counts[i],
                              mix->categories[i]);
        *total += mix->counts[i];
    }
    if (*total > UNITS_MOST)
        return cm_fail(CM_RESOURCE_EXHAUSTED, "%.0f units are too many to resample; at most %d fit", *total,
                       UNITS_MOST);
    return cm_ok();
}

/* One row for each unit, a cluster of its own. */
static size_t add_units(const ana_mix *mix, int window, const char **names, size_t *categories, cm_mix_row *rows,
                        size_t n)
{
    for (size_t i = 0; i < mix->n; i++) {
        uint32_t category = (uint32_t)place_of(names, categories, mix->categories[i]);
        for (double k = 0; k < mix->counts[i]; k++, n++)
            rows[n] = (cm_mix_row){.cluster = n, .category = category, .window = (uint8_t)window, .weight = 1};
    }
    return n;
}

static json_t *with_interval(double value, double low, double high)
{
    json_t *j = json_object();

    json_object_set_new(j, "value", number(value));
    json_object_set_new(j, "low", number(low));
    json_object_set_new(j, "high", number(high));
    return j;
}

static cm_status add_diversity(json_t *json, const char *key, const cm_mix *mix, int window)
{
    cm_diversity d;
    json_t *j = json_object();

    CM_TRY(cm_diversity_of(mix, window, &CM_RESAMPLING_USUAL, &d));
    json_object_set_new(j, "n", number(d.total));
    json_object_set_new(j, "categories", json_integer((json_int_t)d.categories));
    json_object_set_new(j, "entropy", with_interval(d.entropy, d.entropy_interval.low, d.entropy_interval.high));
    json_object_set_new(j, "hhi", with_interval(d.hhi, d.hhi_interval.low, d.hhi_interval.high));
    json_object_set_new(j, "hill1", with_interval(d.hill1, d.hill1_interval.low, d.hill1_interval.high));
    json_object_set_new(j, "hill2", with_interval(d.hill2, d.hill2_interval.low, d.hill2_interval.high));
    json_object_set_new(json, key, j);
    return cm_ok();
}

cm_status ana_compare_json(const ana_mix *a, const ana_mix *b, cm_arena *arena, json_t **json)
{
    double total = 0;
    size_t categories = 0;
    cm_jensen_shannon_result result;

    CM_TRY(check_counts(a, &total));
    CM_TRY(check_counts(b, &total));
    const char **names = cm_arena_take(arena, (a->n + b->n + 1) * sizeof *names);
    CM_FREE cm_mix_row *rows = cm_alloc(((size_t)total + 1) * sizeof *rows);
    size_t n = add_units(a, 0, names, &categories, rows, 0);
    n = add_units(b, 1, names, &categories, rows, n);
    cm_mix mix = {rows, n, categories ? categories : 1};
    CM_TRY(cm_jensen_shannon_test(&mix, &CM_RESAMPLING_USUAL, &result));
    *json = json_object();
    json_t *jsd = with_interval(result.divergence, result.low, result.high);
    json_object_set_new(jsd, "chance_mean", number(result.chance_mean));
    json_object_set_new(jsd, "p", number(result.p));
    json_object_set_new(*json, "jsd", jsd);
    CM_TRY(add_diversity(*json, "a", &mix, 0));
    return add_diversity(*json, "b", &mix, 1);
}
