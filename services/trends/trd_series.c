#include "trends/trd_series.h"

#include <math.h>

#include "trends/trd_unit.h"

size_t trd_series_bins(const trd_series *series)
{
    return series->from <= series->to ? (size_t)((series->to - series->from) / series->step + 1) : 0;
}

trd_series trd_series_new(cm_arena *arena, int from, int to, int step)
{
    trd_series series = {.from = from, .to = to, .step = step, .per = 1};
    size_t bins = trd_series_bins(&series);

    series.count = cm_arena_zero(arena, bins * sizeof(double));
    series.total = cm_arena_zero(arena, bins * sizeof(double));
    series.seen_count = cm_arena_zero(arena, bins * sizeof(double));
    series.seen_total = cm_arena_zero(arena, bins * sizeof(double));
    series.covered = cm_arena_zero(arena, bins * sizeof(bool));
    return series;
}

void trd_series_add(trd_series *series, int year, double count, double total, bool seen)
{
    size_t bin = (size_t)((year - series->from) / series->step);

    series->count[bin] += count;
    series->total[bin] += total;
    if (seen) {
        series->seen_count[bin] += count;
        series->seen_total[bin] += total;
    }
}

double trd_parts(double sum)
{
    return round(sum * TRD_WHOLE);
}

trd_bins trd_series_tested(const trd_series *series, bool shares, int unfinished, cm_arena *arena)
{
    size_t count = trd_series_bins(series);
    trd_bins bins = {.times = cm_arena_take(arena, count * sizeof(double)),
                     .counts = cm_arena_take(arena, count * sizeof(double)),
                     .totals = cm_arena_take(arena, count * sizeof(double)),
                     .shares = cm_arena_take(arena, count * sizeof(double)),
                     .per = series->per};

    for (size_t i = 0; i < count; i++) {
        int year = series->from + (int)i * series->step, last = year + series->step - 1;
        if (!series->covered[i] || (unfinished && last / series->per >= unfinished) ||
            (shares && trd_parts(series->seen_total[i]) < trd_parts(TRD_LEAST_TOTAL)))
            continue;
        bins.times[bins.n] = (double)year / series->per;
        bins.counts[bins.n] = series->seen_count[i];
        bins.totals[bins.n] = series->seen_total[i];
        bins.shares[bins.n] =
            shares ? trd_parts(series->seen_count[i]) / trd_parts(series->seen_total[i]) : series->seen_count[i];
        if (bins.n++ == 0)
            bins.from = year;
        bins.to = last;
    }
    return bins;
}
