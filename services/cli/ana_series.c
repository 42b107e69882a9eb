#include "cli/ana_series.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <strings.h>

#include "base/cm_date.h"
#include "base/cm_memory.h"
#include "base/cm_table.h"

static cm_status open_columns(const char *path, const char *const *columns, cm_table **table)
{
    CM_TRY(cm_table_open(path, 0, table));
    for (int i = 0; columns[i]; i++)
        if (cm_table_column(*table, columns[i]) < 0) {
            cm_table_close(*table);
            return cm_fail(CM_INVALID_ARGUMENT, "%s: there is no column '%s' in its header line", path, columns[i]);
        }
    return cm_ok();
}

static bool is_missing(const char *field)
{
    return !*field || strcasecmp(field, "na") == 0 || strcasecmp(field, "nan") == 0 || strcasecmp(field, "null") == 0;
}

static cm_status wrong(const char *path, const cm_table *table, const char *column, const char *field,
                       const char *right)
{
    return cm_fail(CM_INVALID_ARGUMENT, "%s: line %ld: %s: '%s' %s", path, cm_table_line(table), column, field, right);
}

static cm_status number(const char *path, const cm_table *table, const char *column, double *value)
{
    const char *field = cm_table_field(table, column);
    char *end;

    *value = NAN;
    if (is_missing(field))
        return cm_ok();
    errno = 0;
    *value = strtod(field, &end);
    if (*end == ',' || *end == '\'' || *end == ' ')
        return wrong(path, table, column, field, "is no plain number; write 1234.5, without thousands separators");
    if (*end || end == field)
        return wrong(path, table, column, field, "is no number; leave it empty where it is missing");
    if (!isfinite(*value))
        return wrong(path, table, column, field, "is infinite; leave it empty where it is missing");
    return cm_ok();
}

/* The time as a decimal year: 2015 → 2015, 2015-07 → 2015.5; NaN where it is no date. */
static double decimal_year(const char *text)
{
    cm_date date = {0};
    cm_status status = cm_date_parse(text, &date);

    cm_status_clear(&status);
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
    double time, value, total;
} row;

static cm_status read_row(const char *path, const cm_table *table, bool totals, cm_arena *arena, row *r)
{
    if (cm_table_problem(table))
        return cm_fail(CM_INVALID_ARGUMENT, "%s: line %ld: %s", path, cm_table_line(table), cm_table_problem(table));
    r->label = cm_arena_strdup(arena, cm_table_field(table, "time"));
    r->time = decimal_year(r->label);
    CM_TRY(number(path, table, "value", &r->value));
    r->total = NAN;
    if (totals)
        CM_TRY(number(path, table, "total", &r->total));
    if (totals && r->value > r->total)
        return wrong(path, table, "value", cm_table_field(table, "value"), "is larger than its total");
    return cm_ok();
}

/* Times are used where all are dates and grow; dates that do not grow are a mistake in the file. */
static cm_status check_times(const char *path, const row *rows, size_t n, bool *dates)
{
    *dates = n > 0;
    for (size_t i = 0; i < n; i++)
        if (isnan(rows[i].time))
            *dates = false;
    for (size_t i = 1; *dates && i < n; i++)
        if (rows[i].time <= rows[i - 1].time)
            return cm_fail(CM_INVALID_ARGUMENT, "%s: time %s does not come after %s; sort the rows, one for each time",
                           path, rows[i].label, rows[i - 1].label);
    return cm_ok();
}

static void keep(const row *rows, size_t n, bool dates, bool totals, cm_arena *arena, ana_series *series)
{
    size_t size = (n + 1) * sizeof(double);

    *series = (ana_series){.n = n,
                           .labels = cm_arena_take(arena, (n + 1) * sizeof(char *)),
                           .times = dates ? cm_arena_take(arena, size) : NULL,
                           .values = cm_arena_take(arena, size),
                           .totals = totals ? cm_arena_take(arena, size) : NULL};
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
    cm_status status = cm_ok();
    bool dates;

    CM_TRY(open_columns(path, columns, &table));
    bool totals = cm_table_column(table, "total") >= 0;
    while (cm_is_ok(status) && cm_table_next(table)) {
        CM_GROW(rows, capacity, n + 1);
        status = read_row(path, table, totals, arena, &rows[n++]);
    }
    if (cm_is_ok(status))
        status = check_times(path, rows, n, &dates);
    if (cm_is_ok(status))
        keep(rows, n, dates, totals, arena, series);
    free(rows);
    cm_table_close(table);
    return status;
}

static cm_status read_count(const char *path, const cm_table *table, const ana_mix *mix, double *count)
{
    const char *category = cm_table_field(table, "category");

    if (cm_table_problem(table))
        return cm_fail(CM_INVALID_ARGUMENT, "%s: line %ld: %s", path, cm_table_line(table), cm_table_problem(table));
    CM_TRY(number(path, table, "count", count));
    if (isnan(*count))
        *count = 0;
    if (*count < 0)
        return wrong(path, table, "count", cm_table_field(table, "count"), "is negative; give a count of 0 or more");
    for (size_t i = 0; i < mix->n; i++)
        if (strcmp(mix->categories[i], category) == 0)
            return wrong(path, table, "category", category, "comes twice; add its counts up");
    return cm_ok();
}

cm_status ana_mix_read(const char *path, cm_arena *arena, ana_mix *mix)
{
    static const char *const columns[] = {"category", "count", NULL};
    cm_table *table;
    ana_mix m = {0};
    size_t capacity = 0, count_capacity = 0;
    cm_status status = cm_ok();

    CM_TRY(open_columns(path, columns, &table));
    while (cm_is_ok(status) && cm_table_next(table)) {
        CM_GROW(m.categories, capacity, m.n + 1);
        CM_GROW(m.counts, count_capacity, m.n + 1);
        status = read_count(path, table, &m, &m.counts[m.n]);
        if (cm_is_ok(status)) {
            m.categories[m.n] = cm_arena_strdup(arena, cm_table_field(table, "category"));
            m.n++;
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
