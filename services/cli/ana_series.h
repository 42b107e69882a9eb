/* ana_series.h: a series or a mix from a CSV file of the user's own. Reach for it in `trends analyze` and `trends
 * compare`. One thread. */
#ifndef ANA_SERIES_H
#define ANA_SERIES_H

#include "base/cm_arena.h"
#include "base/cm_status.h"

/* Rows of time, value and optionally total, in the order of the file; in the arena. */
typedef struct ana_series {
    size_t n;
    const char **labels; /* times as written */
    double *times;       /* as decimal years, growing; NULL where any is no date: rows then stand for time */
    double *values;      /* NaN: missing */
    double *totals;      /* NULL: the file has none */
    size_t missing;
    const char *no_date; /* the first time that is no date; NULL: all are */
    bool mixed_dates;    /* all are dates, but some more precise than others */
} ana_series;

/* Columns by name, in any order. An empty field, NA, NaN or null is missing. INVALID_ARGUMENT names the file, the line,
 * the value and what would be right: no such column, no number, a thousands separator, infinity, times that do not
 * grow, a value above its total. */
cm_status ana_series_read(const char *path, cm_arena *arena, ana_series *series) CM_MUST_USE;

/* Columns category and count (≥ 0), each category once. */
typedef struct ana_mix {
    size_t n;
    const char **categories;
    double *counts;
} ana_mix;
cm_status ana_mix_read(const char *path, cm_arena *arena, ana_mix *mix) CM_MUST_USE;

#endif
