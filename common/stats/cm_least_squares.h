/* cm_least_squares.h: the x that makes |b − A·x| least, by Householder's reflections.
 * Reach for it where a model is linear in what is sought. Any thread. */
#ifndef CM_LEAST_SQUARES_H
#define CM_LEAST_SQUARES_H

#include <stddef.h>

/* A has `rows` rows and `columns` ≤ rows columns, stored column after column; both A and b are overwritten. A column
 * that depends on those before it (to 1e-12 of its length) gets x = 0. Returns the sum of squares that is left. */
double cm_least_squares(double *a, double *b, size_t rows, size_t columns, double *x);

#endif
