/* cm_row_reader.h: a file cut into rows without being held in memory. Reach for it nowhere but in cm_table. One thread.
 */
#ifndef CM_ROW_READER_H
#define CM_ROW_READER_H

#include <stdio.h>

#include "base/cm_status.h"

/* A longer row is not a row: it is a quote that nobody closed, or no table at all. */
enum { CM_LONGEST_ROW = 256 << 10 };

/* Zero-initialise but for `file`, which stays the caller's; cm_row_reader_clear frees. */
typedef struct cm_row_reader {
    FILE *file;
    char *buffer; /* bytes read and not yet passed: begin … end */
    size_t begin, end, capacity;
    bool at_end;   /* of the file */
    size_t offset; /* bytes passed */
    long passed;   /* line feeds */
    long line;     /* where the row that was taken last begins, from 1 */
    bool in_long;  /* the rest of a row that is too long comes next */
} cm_row_reader;

typedef enum cm_row_end { CM_ROW_NONE, CM_ROW_WHOLE, CM_ROW_TOO_LONG } cm_row_end;

/* Takes the next row, empty or not: `*row` without its line feed is in the buffer until the next call. With `quoted`
 * a row goes on where quotes that open at a field's beginning hold line feeds; where one does not close before
 * a comma or the row's end, the row is its first line. Of a row that is too long the first CM_LONGEST_ROW bytes are
 * given. */
cm_row_end cm_row_reader_next(cm_row_reader *reader, bool quoted, const char **row, size_t *length);

/* The first line without being taken, for a look at it; NULL where the file is empty. A byte-order mark is passed. */
const char *cm_row_reader_first(cm_row_reader *reader, size_t *length);

void cm_row_reader_clear(cm_row_reader *reader);

#endif
