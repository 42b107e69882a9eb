/* ana_field.h: rows and fields of a CSV file that a user brings, and what is wrong with them, said with file, line and
 * value. Reach for it behind `trends analyze`, `compare` and `network`. One thread. */
#ifndef ANA_FIELD_H
#define ANA_FIELD_H

#include "base/cm_table.h"

/* Opens a table that has these columns, a list that ends with NULL, in any order. INVALID_ARGUMENT names one that is
 * not there. */
cm_status ana_table_open(const char *path, const char *const *columns, cm_table **table) CM_MUST_USE;

/* Moves to the next row and sets *more; INVALID_ARGUMENT where it is malformed or the file cannot be read on. */
cm_status ana_table_next(const char *path, cm_table *table, bool *more) CM_MUST_USE;

/* INVALID_ARGUMENT: the field of this column in this row `right` ("is no number; leave it empty …"). */
cm_status ana_field_wrong(const char *path, const cm_table *table, const char *column, const char *right) CM_MUST_USE;

/* A finite number; NaN where the field is empty, NA, NaN or null. INVALID_ARGUMENT else, thousands separators named. */
cm_status ana_field_number(const char *path, const cm_table *table, const char *column, double *value) CM_MUST_USE;

#endif
