#include "cli/ana_series.h"

#include <math.h>
#include <string.h>

#include "base/cm_date.h"
#include "base/cm_memory.h"
#include "cli/ana_field.h"

/* NONE where it is no date. */
static cm_date date_of(const char *text)
{
    cm_date date = {0};
    cm_status status = cm_date_parse(text, &date);

    cm_status_clear(&status);
    return date;
}

/* The date as a decimal year: 2015 → 2015, 2015-07 → 2015.5; NaN where it is NONE. */
static double decimal_year(cm_date date)
{
    if (date.precision == CM_PRECISION_NONE)
        return NAN;
    cm_date first = {.year = date.year, .precision = CM_PRECISION_YEAR};
    if (date.precision <= CM_PRECISION_MONTH)
        return date.year + (date.month > 0 ? (date.month - 1) / 12.0 : 0);
    double days = cm_date_last_day(first) - cm_date_first_day(first) + 1;
    return date.year + (cm_date_first_day(date) - cm_date_first_day(first) + date.seconds / 86400.0) / days;
}

typedef struct row {
    char *label;
    cm_precision precision;
    double time, value, total;
} row;

static cm_status read_row(const char *path, const cm_table *table, bool totals, cm_arena *arena, row *r)
{
    r->label = cm_arena_strdup(arena, cm_table_field(table, "time"));
    cm_date date = date_of(r->label);
    r->precision = date.precision;
    r->time = decimal_year(date);
    CM_TRY(ana_field_number(path, table, "value", &r->value));
    r->total = NAN;
    if (totals)
        CM_TRY(ana_field_number(path, table, "total", &r->total));
    if (totals && r->value > r->total)
        return ana_field_wrong(path, table, "value", "is larger than its total");
    return cm_ok();
}

/* Times are used where all are dates and grow; dates that do not grow are a mistake in the file. */
static cm_status check_times(const char *path, const row *rows, size_t n, ana_series *series)
{
    for (size_t i = 0; i < n && !series->no_date; i++)
        if (isnan(rows[i].time))
            series->no_date = rows[i].label;
    for (size_t i = 1; !series->no_date && i < n; i++) {
        series->mixed_dates |= rows[i].precision != rows[0].precision;
        if (rows[i].time <= rows[i - 1].time)
            return cm_fail(
                CM_INVALID_ARGUMENT, "%s: time %s does not come after %s%s; sort the rows, one for each time", path,
                rows[i].label, rows[i - 1].label,
                rows[i].precision == rows[i - 1].precision ? "" : ", a partial date counting from its first day");
    }
    return cm_ok();
}

static void keep(const row *rows, size_t n, bool totals, cm_arena *arena, ana_series *series)
{
    size_t size = (n + 1) * sizeof(double);
    bool dates = n > 0 && !series->no_date;

    series->n = n;
    series->labels = cm_arena_take(arena, (n + 1) * sizeof(char *));
    series->times = dates ? cm_arena_take(arena, size) : NULL;
    series->values = cm_arena_take(arena, size);
    series->totals = totals ? cm_arena_take(arena, size) : NULL;
    for (size_t i = 0; i < n; i++) {
        series->labels[i] = rows[i].label;
        series->values[i] = rows[i].value;
        series->missing += isnan(rows[i].value);
        if (dates)
            series->times[i] = rows[i].time;
        if (totals)
            series->totals[i] = rows[i].total;
    }
}

cm_status ana_series_read(const char *path, cm_arena *arena, ana_series *series)
{
    static const char *const columns[] = {"time", "value", NULL};
    cm_table *table;
    row *rows = NULL;
    size_t n = 0, capacity = 0;
    bool more;

    *series = (ana_series){0};
    CM_TRY(ana_table_open(path, columns, &table));
    bool totals = cm_table_column(table, "total") >= 0;
    cm_status status = ana_table_next(path, table, &more);
    while (cm_is_ok(status) && more) {
        CM_GROW(rows, capacity, n + 1);
        status = read_row(path, table, totals, arena, &rows[n++]);
        if (cm_is_ok(status))
            status = ana_table_next(path, table, &more);
    }
    if (cm_is_ok(status))
        status = check_times(path, rows, n, series);
    if (cm_is_ok(status))
        keep(rows, n, totals, arena, series);
    free(rows);
    cm_table_close(table);
    return status;
}

static cm_status read_count(const char *path, const cm_table *table, const ana_mix *mix, double *count)
{
    const char *category = cm_table_field(table, "category");

    CM_TRY(ana_field_number(path, table, "count", count));
    if (isnan(*count))
        *count = 0;
    if (*count < 0)
        return ana_field_wrong(path, table, "count", "is negative; give a count of 0 or more");
    for (size_t i = 0; i < mix->n; i++)
        if (strcmp(mix->categories[i], category) == 0)
            return ana_field_wrong(path, table, "category", "comes twice; add its counts up");
    return cm_ok();
}

cm_status ana_mix_read(const char *path, cm_arena *arena, ana_mix *mix)
{
    static const char *const columns[] = {"category", "count", NULL};
    cm_table *table;
    ana_mix m = {0};
    size_t capacity = 0, count_capacity = 0;
    bool more;

    CM_TRY(ana_table_open(path, columns, &table));
    cm_status status = ana_table_next(path, table, &more);
    while (cm_is_ok(status) && more) {
        CM_GROW(m.categories, capacity, m.n + 1);
        CM_GROW(m.counts, count_capacity, m.n + 1);
        status = read_count(path, table, &m, &m.counts[m.n]);
        if (cm_is_ok(status)) {
            m.categories[m.n] = cm_arena_strdup(arena, cm_table_field(table, "category"));
            m.n++;
            status = ana_table_next(path, table, &more);
        }
    }
    mix->n = m.n;
    mix->categories = cm_arena_copy(arena, m.categories, m.n * sizeof *m.categories);
    mix->counts = cm_arena_copy(arena, m.counts, m.n * sizeof *m.counts);
    free(m.categories);
    free(m.counts);
    cm_table_close(table);
    return status;
}
