/* cm_minimum.h: where a function of a few numbers in the unit box is least: Nelder and Mead's simplex from several
 * corners, then golden sections along each axis. It uses no randomness: the same function gives the same place.
 * Reach for it where a likelihood has no closed form. Any thread. */
#ifndef CM_MINIMUM_H
#define CM_MINIMUM_H

#include <stddef.h>

enum { CM_MINIMUM_AXES = 3 };

/* The function of `axes` numbers in 0 … 1; NaN counts as worst. */
typedef double (*cm_minimand)(const double *at, void *context);

/* Least value found; its place in `at`. 1 ≤ axes ≤ CM_MINIMUM_AXES. */
double cm_minimum(cm_minimand function, void *context, size_t axes, double *at);

#endif
