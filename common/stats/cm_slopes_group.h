/* cm_slopes_group.h: points whose pairs make slopes, and the selection among few enough pairs to look at each.
 * Internal to cm_slopes.c; conventions are those of cm_slopes.h. */
#ifndef CM_SLOPES_GROUP_H
#define CM_SLOPES_GROUP_H

#include "stats/cm_slopes.h"

enum { CM_SLOPES_RANKS = 16 }; /* at most so many at once */

/* Points that form pairs with each other, by time, then by value. */
typedef struct cm_slopes_group {
    double *times, *values;
    size_t n;
} cm_slopes_group;

static inline double cm_slopes_of(const cm_slopes_group *g, size_t i, size_t j)
{
    return (g->values[j] - g->values[i]) / (g->times[j] - g->times[i]);
}

/* Bounds around the ranks by the slopes of a sample of `size` pairs, spread evenly over all; about one bound in a
 * hundred fails to hold them. False where the sample is too small to say. `sample` has room for so many. */
bool cm_slopes_guess(const cm_slopes *slopes, const uint64_t *ranks, size_t count, double *sample, size_t size,
                     double bounds[2]);

/* The slopes of ascending ranks among n, of which few are outside the bounds; the array is left shorter and in another
 * order. */
void cm_slopes_pick(double *slopes, size_t n, const double bounds[2], const uint64_t *ranks, size_t count,
                    double *found);

/* cm_slopes_select in O(pairs) time, and memory for about a fifth of the pairs. */
void cm_slopes_select_few(const cm_slopes *slopes, const uint64_t *ranks, size_t count, double *found);

#endif
