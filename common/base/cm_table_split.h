/* cm_table_split.h: one row of a table taken apart. Reach for it nowhere but in cm_table. One thread. */
#ifndef CM_TABLE_SPLIT_H
#define CM_TABLE_SPLIT_H

#include <stddef.h>

/* The fields of a row; zero-initialise, cm_fields_clear frees. */
typedef struct cm_fields {
    char *bytes;
    size_t bytes_capacity;
    size_t *starts; /* where each field begins in `bytes` */
    size_t count, capacity;
} cm_fields;

/* Splits a copy of `length` bytes; with ',' quotes are taken off. NULL, or what is wrong with it: static text. */
const char *cm_fields_split(cm_fields *fields, const char *row, size_t length, char separator);
void cm_fields_clear(cm_fields *fields);

/* "" where there are not so many. */
const char *cm_fields_get(const cm_fields *fields, size_t index);

#endif
