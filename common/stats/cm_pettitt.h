/* cm_pettitt.h: did the level change once, whatever the distribution? Pettitt's rank test.
 * Reach for it as a second opinion on a single change. Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_PETTITT_H
#define CM_PETTITT_H

#include "stats/cm_series.h"

typedef struct cm_pettitt {
    size_t n;
    double k; /* max |U_t|, U_t = Σ_{i≤t} Σ_{j>t} sgn(x_i − x_j); 0 where n < 2 */
    double p; /* min(1, 2·exp(−6k²/(n³+n²))) (Pettitt 1979, eq. 3.2), approximate: good where p < 0.5; NaN for n < 2 */
    size_t index; /* of the first value after the change; of equal |U_t| the first. 0 where p is NaN */
} cm_pettitt;

cm_status cm_pettitt_test(const double *values, size_t n, cm_pettitt *result) CM_MUST_USE;

#endif
