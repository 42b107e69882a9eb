#include "cli/ana_field.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

cm_status ana_table_open(const char *path, const char *const *columns, cm_table **table)
{
    CM_TRY(cm_table_open(path, 0, table));
    for (int i = 0; columns[i]; i++)
        if (cm_table_column(*table, columns[i]) < 0) {
            cm_table_close(*table);
            return cm_fail(CM_INVALID_ARGUMENT, "%s: there is no column '%s' in its header line", path, columns[i]);
        }
    return cm_ok();
}

cm_status ana_table_next(const char *path, cm_table *table, bool *more)
{
    *more = cm_table_next(table);
    if (cm_table_problem(table))
        return cm_fail(CM_INVALID_ARGUMENT, "%s: line %ld: %s", path, cm_table_line(table), cm_table_problem(table));
    return cm_ok();
}

cm_status ana_field_wrong(const char *path, const cm_table *table, const char *column, const char *right)
{
    return cm_fail(CM_INVALID_ARGUMENT, "%s: line %ld: %s: '%s' %s", path, cm_table_line(table), column,
                   cm_table_field(table, column), right);
}

static bool is_missing(const char *field)
{
    return !*field || strcasecmp(field, "na") == 0 || strcasecmp(field, "nan") == 0 || strcasecmp(field, "null") == 0;
}

cm_status ana_field_number(const char *path, const cm_table *table, const char *column, double *value)
{
    const char *field = cm_table_field(table, column);
    char *end;

    *value = NAN;
    if (is_missing(field))
        return cm_ok();
    double number = strtod(field, &end);
    if (*end == ',' || *end == '\'' || *end == ' ')
        return ana_field_wrong(path, table, column, "is no plain number; write 1234.5, without thousands separators");
    if (*end || end == field)
        return ana_field_wrong(path, table, column, "is no number; leave it empty where it is missing");
    if (!isfinite(number))
        return ana_field_wrong(path, table, column, "is infinite; leave it empty where it is missing");
    *value = number;
    return cm_ok();
}
