/* cm_change.h: where does a series change its level? Optimal partitioning: PELT for a penalty, dynamic programming for
 * a given number of changes.
 * Reach for it for regimes of counts, rates or shares. Conventions: stats/cm_series.h. Any thread.
 *
 * The cost of a segment is twice its negative log-likelihood at its best level, less what no segmentation changes:
 *   CM_COST_L2           Σ(x − mean)²
 *   CM_COST_POISSON      −2·Σx·ln(mean)                         x ≥ 0
 *   CM_COST_EXPONENTIAL  2·n·(ln(mean) + 1)                      x > 0
 *   CM_COST_BINOMIAL     −2·(R·ln(R/D) + (D−R)·ln(1−R/D)), R = Σx of D = Σtotals
 * with 0·ln 0 = 0. Missing values (and shares of a total of 0) are left out; what follows them keeps its index. */
#ifndef CM_CHANGE_H
#define CM_CHANGE_H

#include "stats/cm_series.h"

typedef enum cm_cost { CM_COST_L2, CM_COST_POISSON, CM_COST_EXPONENTIAL, CM_COST_BINOMIAL } cm_cost;

/* What one more change must save. BIC is 2·ln n, MBIC (Zhang and Siegmund 2007, as in Killick and Eckley 2014) is
 * 3·ln n and ln(length) a segment; for L2 both are multiplied by the noise variance: (median |x_{i+1} − x_i| /
 * (√2·0.6745))², or half the mean squared difference where that median is 0. */
typedef enum cm_penalty { CM_PENALTY_BIC, CM_PENALTY_MBIC, CM_PENALTY_GIVEN } cm_penalty;

typedef struct cm_change_options {
    cm_cost cost;
    cm_penalty penalty;
    double given;         /* for CM_PENALTY_GIVEN: ≥ 0, in units of the cost */
    size_t least;         /* values in a segment at least; 0 is 1 */
    const double *totals; /* for CM_COST_BINOMIAL: n of them, values ≤ totals; else NULL */
} cm_change_options;

typedef struct cm_segment {
    size_t first, last; /* indexes of its first and last value, both within */
    size_t n;           /* values in it */
    double mean;        /* binomial: Σ values / Σ totals */
    double cost;
} cm_segment;

typedef struct cm_segments {
    size_t n;             /* values used */
    size_t count;         /* segments: changes + 1; 0 where there is no value */
    cm_segment *segments; /* the change before segment k is at segments[k].first */
    double cost;          /* Σ of the segments' costs, without penalties */
    double penalty;       /* per change, as used; 0 for a given number of changes */
} cm_segments;
void cm_segments_clear(cm_segments *segments);
static inline void cm_segments_cleanup(cm_segments *segments)
{
    cm_segments_clear(segments);
}

/* PELT (Killick, Fearnhead, Eckley 2012): the exact optimum of cost + penalty·changes. Of equal optima the one whose
 * last change is earliest. INVALID_ARGUMENT for values that the cost does not take, or |x| > 1e100. `result` is
 * overwritten; end it with cm_segments_clear. */
cm_status cm_change_pelt(const double *values, size_t n, const cm_change_options *options,
                         cm_segments *result) CM_MUST_USE;

/* The exact optimum with `changes` changes (Bellman 1961; Fisher 1958); fewer where fewer than (changes+1)·least values
 * are there. RESOURCE_EXHAUSTED where changes·n² > 4e9 or changes·n > 1e8. options->penalty is not used. */
cm_status cm_change_exact(const double *values, size_t n, size_t changes, const cm_change_options *options,
                          cm_segments *result) CM_MUST_USE;

/* The noise variance that the L2 penalties use; NaN with fewer than 2 values. */
double cm_noise_variance(const double *present, size_t n);

#endif
