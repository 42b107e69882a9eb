/* cm_fdr.h: which of many tests stand? Benjamini and Hochberg's q-values.
 * Reach for it once for everything that a report ranks. Conventions: stats/cm_series.h. Any thread. */
#ifndef CM_FDR_H
#define CM_FDR_H

#include "stats/cm_series.h"

/* q[i] = min over p[j] ≥ p[i] of p[j]·m/rank(j), at most 1 (Benjamini and Hochberg 1995). A p that is NaN is no test:
 * it is not counted in m, and its q is NaN. INVALID_ARGUMENT where a p is outside 0 … 1. p and q may be the same
 * array. */
cm_status cm_fdr(const double *p, size_t n, double *q) CM_MUST_USE;

/* The p of a family that enters once: the smallest p times the number of tests, at most 1 (Bonferroni); NaN are no
 * tests, and NaN where none is left. */
double cm_family_p(const double *p, size_t n);

#endif
