/* cm_table.h: reads tables in text: tab-separated (no quoting) and comma-separated (RFC 4180), with a header line.
 * Reach for it in importers. Columns are found by name, in any order; a byte-order mark and CR LF are accepted.
 * One thread. */
#ifndef CM_TABLE_H
#define CM_TABLE_H

#include <stdio.h>

#include "base/cm_status.h"

typedef struct cm_table cm_table;

/* Opens `path` and reads its header. `separator` is '\t' or ','; 0 chooses by the header. NOT_FOUND,
 * PERMISSION_DENIED or INVALID_ARGUMENT (no header) name the path. */
cm_status cm_table_open(const char *path, char separator, cm_table **table) CM_MUST_USE;

/* The same for a file without a header line, whose columns `header` names, separated as the file's are. */
cm_status cm_table_open_bare(const char *path, char separator, const char *header, cm_table **table) CM_MUST_USE;
void cm_table_close(cm_table *table);

/* The index of a column, -1 where there is none. */
int cm_table_column(const cm_table *table, const char *name);
int cm_table_columns(const cm_table *table);
const char *cm_table_header(const cm_table *table, int column);

/* Reads the next row that is not empty: true where there is one. Rows that are malformed (another number of columns
 * than the header, invalid UTF-8, an open quote, more than 256 KiB) are returned too, with `cm_table_problem` saying
 * what is wrong; after an open quote the next line is a row again. Where the file cannot be read on, it is false, and
 * `cm_table_problem` says why. */
bool cm_table_next(cm_table *table);
const char *cm_table_problem(const cm_table *table); /* NULL: the row is fine */

/* A field of the current row, "" where empty or where column is -1. Valid until the next row. */
const char *cm_table_get(const cm_table *table, int column);
const char *cm_table_field(const cm_table *table, const char *name);

long cm_table_line(const cm_table *table);       /* of the current row, 1 is the header */
const char *cm_table_row(const cm_table *table); /* the current row as it stands in the file, without its end */
size_t cm_table_offset(const cm_table *table);   /* bytes read so far, for progress */
size_t cm_table_size(const cm_table *table);     /* bytes of the file */

#endif
