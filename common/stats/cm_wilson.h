/* cm_wilson.h: how sure is a share of independent units? Wilson's score interval (Wilson 1927).
 * Reach for it where each unit counts as one; where units hang together or count in fractions, take cm_bootstrap.h.
 * Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_WILSON_H
#define CM_WILSON_H

#include "stats/cm_series.h"

typedef struct cm_share {
    double estimate;  /* hits/total; NaN where total is 0 */
    double low, high; /* NaN where total is 0 */
} cm_share;

/* `hits` of `total`, whole numbers, hits ≤ total (INVALID_ARGUMENT otherwise). */
cm_status cm_wilson(uint64_t hits, uint64_t total, double level, cm_share *result) CM_MUST_USE;

#endif
